"""`manage.py backup FILE`: copy the whole database into one file while the service runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from fluentcart.backup import BackupError, backup
from fluentcart.commands import ShopCommand, described_database


class Command(ShopCommand):
    """See fluentcart/backup.py."""

    help = "Copies the whole database into a new file; the service may run meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--bin-dir", type=Path, help="folder of pg_dump; default: PATH and Debian's packages")

    def handle(self, *args: Any, file: Path, bin_dir: Path | None, **options: Any) -> None:
        """Say what was copied where.

        Raises:
            CommandError: why there is no copy.
        """
        try:
            backup(file, bin_dir)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Copied {described_database()} into {file}: {file.stat().st_size} bytes.")
