"""`manage.py erase_personal_data`: makes a customer nobody and keeps the books."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from fluentcart.errors import DomainError
from fluentcart.history.commands import ActingCommand
from orders.management.commands.export_personal_data import find_customer
from orders.services.personal_data import erase_customer


class Command(ActingCommand):
    """There is no way back; without `--no-input` it asks."""

    help = "Erases the personal data of a customer everywhere; amounts, currencies, countries and numbers stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom it is about, and whether to ask."""
        parser.add_argument("customer", metavar="CUSTOMER", help="id or e-mail address")
        parser.add_argument("--no-input", action="store_false", dest="asks", help="do not ask")

    def handle(self, *args: Any, customer: str, asks: bool, **options: Any) -> None:
        """Erase, or say why not.

        Raises:
            CommandError: no such customer, or not confirmed.
        """
        customer_id = find_customer(customer)
        if asks and input(f"Erase the personal data of customer {customer_id} for good? [yes/no] ") != "yes":
            raise CommandError("Nothing was erased.")
        try:
            erasure = erase_customer(customer_id=customer_id)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Customer {customer_id}: {erasure.row_count} rows erased.")
        if erasure.user_id is not None:
            self.stdout.write(f"The user account {erasure.user_id} is no longer linked, and otherwise as it was.")
