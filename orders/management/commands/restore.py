"""`manage.py restore FILE`: fill the database from a copy that `backup` made."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fluentcart.backup import BackupError, restore


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
        """Nothing to say when it went well.

        Raises:
            CommandError: why nothing was restored.
        """
        try:
            restore(file, replaces=replaces, bin_dir=bin_dir)
        except BackupError as error:
            raise CommandError(str(error)) from error
