"""What writers note for the totals of common search terms: the text of a row that comes or goes.

On PostgreSQL they do not ask which terms the text has: whoever reads a total, or folds, compares the few texts that
were noted lately with the terms. So a term can be taken up while others write, and there is no moment at which a row
could be missed. On SQLite, where one writes at a time, triggers compare the text at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from fluentcart.kept.installing import calling
from fluentcart.kept.tallies import COARSE_BITS, IDS, Tally

# After a statement that writes more rows than this all terms are forgotten, and counted anew when they are asked for.
ROWS_NOTED_MAX = 5000
WITHIN = {"postgresql": "strpos", "sqlite": "instr"}
LINE_FEED = {"postgresql": "chr(10)", "sqlite": "char(10)"}
RENAMED = {
    "postgresql": "OLD.search_text IS DISTINCT FROM NEW.search_text",
    "sqlite": "OLD.search_text IS NOT NEW.search_text",
}


@dataclass(frozen=True)
class Owner:
    """Rows of another table whose text is looked through too, and the column that names them."""

    table: str
    key: str


@dataclass(frozen=True)
class NotedTexts(Tally):
    """A tally by terms that rows have in `search_text`, along buckets of ids.

    Args:
        owner: whose `search_text` counts as the row's own too.
    """

    keys: tuple[str, ...] = ("term",)
    has_sums: bool = False
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"ids": IDS})
    levels: Mapping[str, str] = field(
        default_factory=lambda: {"all": "0", "ids": "ids", "id18": f"ids >> {COARSE_BITS}"}
    )
    owner: Owner | None = None

    @property
    def _terms(self) -> str:
        """A query for the terms that are kept, which can be given a further condition."""
        return f"SELECT term FROM {self.name} WHERE level = 'all' AND bucket = 0"

    @property
    def tables(self) -> tuple[str, ...]:
        """See Kept."""
        return (*super().tables, *([self.owner.table] if self.owner else []))

    def fill(self, connection: Any) -> None:
        """Forget all terms: each is counted anew when somebody asks for it."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # In this order: who folds while he writes has a lock on the table, and never waits for the other one.
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [self.name])
                cursor.execute(f"LOCK TABLE {self.source} IN SHARE ROW EXCLUSIVE MODE")
                cursor.execute(f"DELETE FROM {self.delta}")
            cursor.execute(f"DELETE FROM {self.name}")

    def fold(self) -> None:
        """Fold what was noted, and leave no text behind; waits for whoever is at it."""
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor == "postgresql":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [self.name])
                cursor.execute(f"SELECT {self.name}_fold()")

    @property
    def delta_columns(self) -> tuple[str, ...]:
        """See Tally."""
        return (*self.facts, "text")

    @property
    def _watched(self) -> list[str]:
        return ["search_text", *([self.owner.key] if self.owner else []), *self.live_columns]

    def _text(self, vendor: str, row: str) -> str:
        """All text of a row."""
        if self.owner is None:
            return f"{row}.search_text"
        owner = f"SELECT w.search_text FROM {self.owner.table} w WHERE w.id = {row}.{self.owner.key}"
        return self._joined(vendor, row, f"COALESCE(({owner}), '')")

    @staticmethod
    def _joined(vendor: str, row: str, owners: str) -> str:
        """The text of a row and of its owner; no term has a line feed, so none is found in both together."""
        return f"{row}.search_text || {LINE_FEED[vendor]} || {owners}"

    def _made(self, vendor: str, row: str) -> list[str]:
        return [IDS[vendor].format(row=row), self._text(vendor, row)]

    def _rows(self, vendor: str) -> str:
        return (
            f"SELECT {IDS[vendor].format(row='r')} AS ids, k.term FROM {self.source} r"
            f" JOIN ({self._terms}) k ON {WITHIN[vendor]}({self._text(vendor, 'r')}, k.term) > 0"
            f" WHERE {self.live.format(row='r')}"
        )

    def _noted(self, deltas: str) -> str:
        return super()._noted(f"{deltas} d JOIN ({self._terms}) k ON strpos(d.text, k.term) > 0")

    def _noting(self, rows: str, sign: str) -> str:
        made = ", ".join(self._made("postgresql", "r"))
        noted = f"SELECT {made}, {sign}1 FROM {rows} r WHERE {self.live.format(row='r')}"
        return f"SELECT count(*) INTO n FROM {rows}; {self._few(noted)}"

    def _few(self, noted: str) -> str:
        """What notes `n` rows; of too many that they came, by a text of NULL."""
        return (
            f"IF n > {ROWS_NOTED_MAX} THEN INSERT INTO {self.delta} (ids, text, delta) VALUES (0, NULL, 0);"
            f" ELSE INSERT INTO {self.delta} (ids, text, delta) {noted}; END IF;"
        )

    @property
    def _forgets(self) -> str:
        """See Tally."""
        return "EXISTS (SELECT 1 FROM gone WHERE text IS NULL)"

    def _before_change(self) -> str:
        """Whoever gives the owner another text meanwhile is waited for: he notes this row as he sees it."""
        if self.owner is None:
            return ""
        table, key = self.owner.table, self.owner.key
        return f"PERFORM 1 FROM {table} WHERE id IN (OLD.{key}, NEW.{key}) ORDER BY id FOR NO KEY UPDATE; "

    def _on_postgres(self, make: str) -> list[str]:
        made = super()._on_postgres(make)
        if self.owner is None:
            return made
        table, key = self.owner.table, self.owner.key

        def function(name: str, new_text: str) -> str:
            theirs = f"{self.source} r WHERE r.{key} = OLD.id AND {self.live.format(row='r')}"
            text = self._joined("postgresql", "r", "t.text")
            noted = (
                f"SELECT {IDS['postgresql'].format(row='r')}, {text}, t.delta"
                f" FROM (VALUES (OLD.search_text, -1), ({new_text}, 1)) AS t (text, delta), {theirs}"
            )
            return (
                f"CREATE OR REPLACE FUNCTION {self.name}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
                f" DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM {theirs}; {self._few(noted)}"
                f" {self._fold_at_times} RETURN NULL; END $$"
            )

        def trigger(name: str, when: str) -> str:
            return calling(f"{self.name}_{name}", make, when)

        return [
            *made,
            function("renamed", "NEW.search_text"),
            function("orphaned", "''"),
            trigger("renamed", f"AFTER UPDATE ON {table} FOR EACH ROW WHEN ({RENAMED['postgresql']})"),
            trigger("orphaned", f"AFTER DELETE ON {table} FOR EACH ROW"),
        ]

    def _on_sqlite(self, make: str) -> list[str]:
        """A writer looks itself which terms its row has: nobody else writes meanwhile."""

        def note(row: str, text: str, count: int, source: str = "", also: str = "") -> str:
            return " ".join(
                f"INSERT INTO {self.name} (level, bucket, term, count)"
                f" SELECT '{level}', {self._bucket(level, row)}, k.term, {count} FROM {source}{self.name} k"
                f" WHERE k.level = 'all' AND k.bucket = 0 AND instr({text}, k.term) > 0{also}"
                " ON CONFLICT (level, bucket, term) DO UPDATE SET count = count + excluded.count;"
                for level in self.levels
            )

        def trigger(name: str, when: str, condition: str, body: str) -> str:
            return f"CREATE TRIGGER {self.name}_{name}_{make} {when} WHEN {condition} BEGIN {body} END"

        def own(name: str, when: str, row: str, count: int, also: str = "") -> str:
            body = note(row, self._text("sqlite", row), count)
            return trigger(name, f"{when} ON {self.source}", self.live.format(row=row) + also, body)

        of = ", ".join(self._watched)
        changed = f" AND ({' OR '.join(f'OLD.{column} IS NOT NEW.{column}' for column in self._watched)})"
        made = [
            own("added", "AFTER INSERT", "NEW", 1),
            own("removed", "AFTER DELETE", "OLD", -1),
            own("left", f"AFTER UPDATE OF {of}", "OLD", -1, changed),
            own("came", f"AFTER UPDATE OF {of}", "NEW", 1, changed),
        ]
        if self.owner is None:
            return made
        table, key = self.owner.table, self.owner.key

        def owners(name: str, when: str, condition: str, new_text: str) -> str:
            source, theirs = f"{self.source} r CROSS JOIN ", f" AND r.{key} = OLD.id AND {self.live.format(row='r')}"
            body = " ".join(
                note("r", self._joined("sqlite", "r", text), count, source, theirs)
                for text, count in (("OLD.search_text", -1), (new_text, 1))
            )
            return trigger(name, f"{when} ON {table}", condition, body)

        return [
            *made,
            owners("renamed", "AFTER UPDATE OF search_text", RENAMED["sqlite"], "NEW.search_text"),
            owners("orphaned", "AFTER DELETE", "true", "''"),
        ]
