"""`manage.py export_personal_data`: everything that is stored about a customer, as JSON on stdout."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.core.serializers.json import DjangoJSONEncoder

from customers.models import Customer
from fluentcart.errors import DomainError
from fluentcart.history.commands import ActingCommand
from fluentcart.storable import storable_ids
from orders.services.personal_data import export_customer


def find_customer(named: str) -> int:
    """The id of the customer whom an argument names by id or e-mail address.

    Raises:
        CommandError: there is none.
    """
    by_id = storable_ids([int(named)]) if named.isascii() and named.isdecimal() else []
    found = Customer.objects.filter(pk__in=by_id) if by_id else Customer.objects.filter(email_key=named.casefold())
    customer_id = found.values_list("pk", flat=True).first()
    if customer_id is None:
        raise CommandError(f"There is no customer {named}.")
    return customer_id


class Command(ActingCommand):
    """Prints one JSON object, and only that, on stdout."""

    help = "Prints everything that is stored about a customer as JSON: also orders, addresses and the history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom it is about."""
        parser.add_argument("customer", metavar="CUSTOMER", help="id or e-mail address")

    def handle(self, *args: Any, customer: str, **options: Any) -> None:
        """All of it.

        Raises:
            CommandError: no such customer.
        """
        try:
            told = export_customer(customer_id=find_customer(customer))
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
