"""Indexes of expressions that only PostgreSQL needs; SQLite does without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fluentcart.kept.installing import Index

# The day of a row in UTC, as PostgreSQL can index it: `to_char` depends on settings, this does not.
POSTGRES_DAY = "((created_at AT TIME ZONE 'UTC')::date)"


@dataclass(frozen=True)
class PostgresIndex(Index):
    """An index by name and definition.

    Args:
        columns: what stands in its brackets.
        where: the condition of a partial index.
        method: `USING gin ` when it is not a B-tree.
        storage: ` WITH (...)`.
        functions: statements that create what its expressions call.
    """

    table: str
    name: str
    columns: str
    where: str
    method: str = ""
    storage: str = ""
    functions: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """See Kept."""
        return (self.table,)

    def statements(self, connection: Any, make: str) -> list[str]:
        """See Kept."""
        if connection.vendor != "postgresql":
            return []
        rows = f"{self.table} {self.method}({self.columns}){self.storage} WHERE {self.where}"
        return [*self.functions, f"CREATE INDEX {self.name}_{make} ON {rows}"]

    def removal(self, connection: Any) -> list[str]:
        """See Kept."""
        return [f"DROP INDEX {name}" for name in indexes(connection, f"{self.name}_")]

    def is_there(self, connection: Any, make: str) -> bool:
        """See Kept."""
        return connection.vendor != "postgresql" or is_only_index(connection, f"{self.name}_", make)

    def fill(self, connection: Any) -> None:
        """PostgreSQL fills an index when it makes it."""


def indexes(connection: Any, prefix: str) -> list[str]:
    """The names of a PostgreSQL's indexes that begin with a prefix."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND starts_with(indexname::text, %s)",
            [prefix],
        )
        return [name for (name,) in cursor.fetchall()]


def is_only_index(connection: Any, prefix: str, make: str) -> bool:
    """Whether the only index that begins with a prefix is of a make, and was built to its end."""
    name = f"{prefix}{make}"
    return bool(is_built(connection, name)) and indexes(connection, prefix) == [name]


def is_built(connection: Any, name: str) -> bool | None:
    """Whether an index of PostgreSQL was built to its end; None when there is none of that (quoted) name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        found = cursor.fetchone()
    return None if found is None else bool(found[0])
