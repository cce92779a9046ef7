"""Putting triggers and indexes into a database: by a name that tells their make, once, after `migrate`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.models.signals import post_migrate


class Kept(Protocol):
    """Something that a database keeps."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it is about."""

    def statements(self, connection: Any, make: str) -> list[str]:
        """What creates it; every trigger's name ends in `make`."""

    def removal(self, connection: Any) -> list[str]:
        """What takes away every make of it."""

    def is_there(self, connection: Any, make: str) -> bool:
        """Whether this make of it is there."""

    def fill(self, connection: Any) -> None:
        """Make it agree with the rows that are there already."""


def make_of(kept: Kept, connection: Any) -> str:
    """Eight letters that change whenever what would be created changes."""
    text = "\n".join(kept.statements(connection, ""))
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


class Index:
    """Marks what is nothing but an index on PostgreSQL, which is built while others write."""


def ensure(kept: Kept, using: str) -> bool:
    """Create something that is missing or of another make, and fill it, in one transaction; whether that was done."""
    connection = connections[using]
    make = make_of(kept, connection)
    if kept.is_there(connection, make):
        return False
    is_index = isinstance(kept, Index) and connection.vendor == "postgresql"
    if is_index and not connection.in_atomic_block and not is_partitioned(connection, kept.tables):
        build_online(kept, connection, make)
        return True
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in (*kept.removal(connection), *kept.statements(connection, make)):
            cursor.execute(statement)
        kept.fill(connection)
    return True


def is_partitioned(connection: Any, tables: Iterable[str]) -> bool:
    """Whether PostgreSQL keeps one of some tables in partitions; it cannot build an index of such a one online."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_partitioned_table WHERE partrelid::regclass::text = ANY(%s)", [list(tables)])
        return cursor.fetchone() is not None


def build_online(kept: Kept, connection: Any, make: str) -> None:
    """Build an index without keeping writers out, and then take away those of another make.

    No transaction can do that. What breaks off leaves an index of this make that is not valid; it is taken away first.
    """
    removal = kept.removal(connection)
    unfinished = [statement for statement in removal if statement.endswith(f"_{make}")]
    outdated = [statement for statement in removal if statement not in unfinished]
    with connection.cursor() as cursor:
        for statement in (*unfinished, *kept.statements(connection, make), *outdated):
            cursor.execute(_INDEX.sub(r"\1 INDEX CONCURRENTLY ", statement))


_INDEX = re.compile(r"\A(CREATE|DROP) INDEX ")


def keep(app: AppConfig, things: Callable[[], Iterable[Kept]]) -> None:
    """Have an app's things ensured after each `migrate`; to be called in `AppConfig.ready`."""

    def ensure_all(sender: AppConfig, using: str, **_: Any) -> None:
        tables = set(connections[using].introspection.table_names())
        for thing in things():
            if tables.issuperset(thing.tables):  # not yet there while older migrations are tried out
                ensure(thing, using)

    post_migrate.connect(ensure_all, sender=app, weak=False, dispatch_uid=f"kept by {app.label}")


def calling(name: str, make: str, when: str) -> str:
    """A statement for a trigger of PostgreSQL's that calls the function `name`; its own name ends in the make."""
    return f"CREATE TRIGGER {name}_{make} {when} EXECUTE FUNCTION {name}()"


def triggers(connection: Any, prefix: str) -> dict[str, str]:
    """Trigger -> its table, for those whose name begins with `prefix`."""
    query = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
        if connection.vendor == "sqlite"
        # Partitions have the row triggers of their table as children, which come and go with them.
        else "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgparentid = 0 AND tgname LIKE %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [f"{prefix}%"])
        return dict(cursor.fetchall())


def drop_triggers(connection: Any, prefix: str) -> list[str]:
    """What takes away the triggers whose name begins with `prefix`."""
    on = " ON {}" if connection.vendor == "postgresql" else ""
    return [f"DROP TRIGGER {name}{on.format(table)}" for name, table in triggers(connection, prefix).items()]
