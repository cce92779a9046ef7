"""The base of management commands that work on a shop: where there is none they say what to do, and make none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

NO_SHOP = (
    "There is no shop in {database} yet. Run `make run`, or `manage.py migrate`, first; or set DATABASE_URL (and "
    "FLUENTCART_VAR) as the service has them."
)


class ShopCommand(BaseCommand):
    """A command that needs the tables."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """See BaseCommand.

        Raises:
            CommandError: nothing was migrated yet.
        """
        if not has_tables():
            raise CommandError(NO_SHOP.format(database=described_database()))
        return super().execute(*args, **options)


def has_tables() -> bool:
    """Whether migrations have run; without connecting to a SQLite file that is not there, which would make it."""
    database: Any = connection
    if database.vendor == "sqlite" and not database.is_in_memory_db() and not Path(sqlite_file()).exists():
        return False
    return "django_migrations" in connection.introspection.table_names()


def sqlite_file() -> str:
    """The file that the service works on."""
    return str(connection.settings_dict["NAME"])


def described_database() -> str:
    """Which database this is, for people: its kind, name and place; never a password."""
    if connection.vendor == "sqlite":
        return f"the SQLite database {sqlite_file()}"
    config = connection.settings_dict
    host = config["HOST"] or config["OPTIONS"].get("host") or "the local socket"
    port = f", port {config['PORT']}" if config["PORT"] else ""
    return f"the PostgreSQL database {config['NAME']} ({host}{port})"
