"""`manage.py restore FILE`: fill the database from a copy that `backup` made."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from customers.models import Customer
from fluentcart.backup import BackupError, refuse_other_kind, restore
from fluentcart.commands import described_database
from orders.models import Order


class Command(BaseCommand):
    """See fluentcart/backup.py. It must work on a database without any table."""

    help = "Fills the database from a copy made by `backup`. End the service first."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From where, and whether what is there may be lost."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", dest="replaces", help="give up what is in the database")
        parser.add_argument("--bin-dir", type=Path, help="folder of pg_restore; default: PATH and Debian's packages")

    def handle(self, *args: Any, file: Path, replaces: bool, bin_dir: Path | None, **options: Any) -> None:
        """Say what is given up, before it is, and what was restored.

        Raises:
            CommandError: why nothing was restored.
        """
        try:
            refuse_other_kind(file)
            if replaces and (held := rows_held()):
                self.stderr.write(
                    f"Replacing what is in {described_database()}: {held}. What was written since the copy was made is "
                    "lost, and so is what a service that still runs writes meanwhile.",
                    style_func=str,
                )
            restore(file, replaces=replaces, bin_dir=bin_dir)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Filled {described_database()} from {file}: {file.stat().st_size} bytes.")


def rows_held() -> str:
    """How many customers and orders there are, those in the trash too; "" without such tables."""
    there = set(connection.introspection.table_names())
    known = [model for model in (Customer, Order) if model._meta.db_table in there]
    counts = (f"{model._base_manager.count()} {model._meta.verbose_name_plural}" for model in known)
    return " and ".join(counts)
