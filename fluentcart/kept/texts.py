"""Indexes of stored texts that find any part of three letters or more, by the trigrams in it.

PostgreSQL has them in pg_trgm. Where that may not be put in, a function of ours gives a text's trigrams as an array,
which PostgreSQL's own GIN can index: larger and slower to write, and it finds the same. SQLite has them in FTS5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections, models

from fluentcart.compiled.running import vendor_of
from fluentcart.kept.indexes import indexes, is_only_index
from fluentcart.kept.installing import Index, drop_triggers, triggers

PART_CHARS_MIN = 3
# So many kB of what was written wait to be sorted in. Each search reads them all: of PostgreSQL's 4 MB that took 9 ms.
PENDING = "gin_pending_list_limit = 64"


@dataclass(frozen=True)
class TextIndex(Index):
    """An index of a table's column, which holds case-folded text (decisions, "Search")."""

    table: str
    column: str = "search_text"

    @property
    def tables(self) -> tuple[str, ...]:
        """See Kept."""
        return (self.table,)

    @property
    def name(self) -> str:
        """The full-text table on SQLite, the beginning of the index's name on PostgreSQL."""
        return f"{self.table}_search"

    def statements(self, connection: Any, make: str) -> list[str]:
        """See Kept."""
        if connection.vendor == "sqlite":
            return self._on_sqlite(make)
        index = f"CREATE INDEX {self.name}_{make} ON {self.table} USING gin"
        if has_trigrams(connection.alias):
            return ["CREATE EXTENSION IF NOT EXISTS pg_trgm", f"{index} ({self.column} gin_trgm_ops) WITH ({PENDING})"]
        return [*OWN_TRIGRAMS, f"{index} (fluentcart_trigrams({self.column})) WITH ({PENDING})"]

    def removal(self, connection: Any) -> list[str]:
        """See Kept."""
        if connection.vendor == "sqlite":
            return [*drop_triggers(connection, f"{self.name}_"), f"DROP TABLE IF EXISTS {self.name}"]
        return [f"DROP INDEX {name}" for name in indexes(connection, f"{self.name}_")]

    def is_there(self, connection: Any, make: str) -> bool:
        """See Kept."""
        if connection.vendor == "sqlite":
            return len(triggers(connection, f"{self.name}_")) == 3 and all(
                name.endswith(make) for name in triggers(connection, f"{self.name}_")
            )
        return is_only_index(connection, f"{self.name}_", make)

    def fill(self, connection: Any) -> None:
        """See Kept; PostgreSQL fills an index when it makes it."""
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {self.name} ({self.name}) VALUES ('rebuild')")

    def _on_sqlite(self, make: str) -> list[str]:
        name, column = self.name, self.column
        more = f"INSERT INTO {name} (rowid, {column}) VALUES (NEW.id, NEW.{column});"
        fewer = f"INSERT INTO {name} ({name}, rowid, {column}) VALUES ('delete', OLD.id, OLD.{column});"
        content = f"content='{self.table}', content_rowid='id', columnsize=0"
        return [
            f"CREATE VIRTUAL TABLE {name} USING fts5 ({column}, {content}, tokenize='trigram case_sensitive 1')",
            f"CREATE TRIGGER {name}_added_{make} AFTER INSERT ON {self.table} BEGIN {more} END",
            f"CREATE TRIGGER {name}_removed_{make} AFTER DELETE ON {self.table} BEGIN {fewer} END",
            f"CREATE TRIGGER {name}_changed_{make} AFTER UPDATE OF {column} ON {self.table} BEGIN {fewer} {more} END",
        ]


# The second one is simple enough for PostgreSQL to put its body where it is called, where an index serves it.
OWN_TRIGRAMS = (
    "CREATE OR REPLACE FUNCTION fluentcart_trigrams(whole text) RETURNS text[]"
    " LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS"
    " 'SELECT array_agg(DISTINCT substr(whole, place, 3)) FROM generate_series(1, length(whole) - 2) AS place'",
    "CREATE OR REPLACE FUNCTION fluentcart_holds(whole text, part text) RETURNS boolean"
    " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS"
    " 'SELECT fluentcart_trigrams(whole) @> fluentcart_trigrams(part) AND strpos(whole, part) > 0'",
)


@cache
def has_trigrams(alias: str) -> bool:
    """Whether a PostgreSQL has pg_trgm, or this user can put it in."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm' AND (installed_version IS NOT NULL"
            " OR has_database_privilege(current_database(), 'CREATE'))"
        )
        return cursor.fetchone() is not None


@models.CharField.register_lookup
@models.TextField.register_lookup
class Holds(models.Lookup):
    """`search_text__holds=part`: the part stands anywhere in a text that has a `TextIndex`; both are folded.

    The part is to be given as `pattern_of` makes it, for the database at hand.
    """

    lookup_name = "holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """See `holding`."""
        column, params = self.process_lhs(compiler, connection)
        return holding(column, connection.alias), [*params, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By a phrase of trigrams."""
        alias, table = self.lhs.alias, self.lhs.target.model._meta.db_table
        quoted = connection.ops.quote_name(alias)
        return f"{quoted}.id IN (SELECT rowid FROM {table}_search WHERE {table}_search MATCH %s)", [self.rhs]


@models.CharField.register_lookup
@models.TextField.register_lookup
class HasPieces(models.Lookup):
    """`search_text__pieces=value`: on PostgreSQL, by its index alone, what `pieces_of` made the value of."""

    lookup_name = "pieces"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """See `with_pieces`."""
        column, params = self.process_lhs(compiler, connection)
        return with_pieces(column, connection.alias), [*params, self.rhs]


@models.CharField.register_lookup
@models.TextField.register_lookup
class Includes(models.Lookup):
    """`search_text__includes=part`: the part stands anywhere in a text, compared row by row: no index sees this."""

    lookup_name = "includes"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """See `including`."""
        column, params = self.process_lhs(compiler, connection)
        return including(column), [*params, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The same."""
        column, params = self.process_lhs(compiler, connection)
        return f"instr({column}, %s) > 0", [*params, self.rhs]


def holding(column: str, using: str) -> str:
    """PostgreSQL's condition that a column holds a part, which `pattern_of` made."""
    return f"{column} LIKE %s" if has_trigrams(using) else f"fluentcart_holds({column}, %s)"


def with_pieces(column: str, using: str) -> str:
    """PostgreSQL's condition that a column has pieces of three characters, of which `pieces_of` made a value."""
    return f"{column} LIKE %s" if has_trigrams(using) else f"fluentcart_trigrams({column}) @> CAST(%s AS text[])"


def including(column: str) -> str:
    """PostgreSQL's condition that a column has a part, as it is, which no index serves."""
    return f"strpos({column}, %s) > 0"


def pieces_of(pieces: Sequence[str], using: str) -> str | list[str]:
    """What `with_pieces` compares with: a LIKE pattern that has one after the other, or a list."""
    return f"%{'%'.join(escaped(piece) for piece in pieces)}%" if has_trigrams(using) else list(pieces)


def pattern_of(part: str, using: str) -> str:
    """What `holds` compares with: a LIKE pattern, the part itself, or on SQLite a phrase."""
    if vendor_of(using) == "sqlite":
        return '"' + part.replace('"', '""') + '"'
    if not has_trigrams(using):
        return part
    return f"%{escaped(part)}%"


def escaped(part: str) -> str:
    """A part of a LIKE pattern that stands for itself."""
    for special in ("\\", "%", "_"):
        part = part.replace(special, f"\\{special}")
    return part
