"""Tallies: how many rows there are, by what lists filter them, exact in every transaction.

A row of the base table says how many rows of the source a bucket of a level has, for each value of the keys:
level "day", bucket 20240131, status "paid": 12. All rows together, whatever their keys, have levels of their own, such
as "+day".

On SQLite, where one writes at a time, triggers change the base. On PostgreSQL they only append to a table of deltas, so
writers never wait for each other's row; a total is the sum over base and deltas, read by one statement, in one
snapshot. Now and then a writer folds the deltas into the base, in its own transaction and only when nobody else is at
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluentcart.compiled import Statement, Total, execute
from fluentcart.compiled.plans import unseen
from fluentcart.compiled.running import vendor_of
from fluentcart.kept.installing import calling, drop_triggers, triggers

# Rows whose keys differ in the last 13 bits are one bucket: 8,192 of them; 32 of those are a coarser one.
IDS_BITS = 13
COARSE_BITS = 5
_IDS = f"({{row}}.id >> {IDS_BITS})"
IDS = {"postgresql": _IDS, "sqlite": _IDS}
# The day of a row in UTC, as 20240131.
DAY = {
    "postgresql": "to_char({row}.created_at AT TIME ZONE 'UTC', 'YYYYMMDD')::integer",
    "sqlite": "CAST(replace(substr({row}.created_at, 1, 10), '-', '') AS integer)",
}
LEVELS = {"all": "0", "ids": "ids", "id18": f"ids >> {COARSE_BITS}", "day": "day", "month": "day / 100"}
FOLD_CHANCE = 0.02
FOLD_AT_ONCE = 20
Range = tuple[str, int, int]


def among(vendor: str) -> str:
    """The comparison with a list of values that is one parameter."""
    return "IN (SELECT value FROM json_each(%s))" if vendor == "sqlite" else "= ANY(%s)"


def planned_once(reading: Statement) -> Statement:
    """PostgreSQL's statement about a tally for one value of each key: the same index serves it whatever they are."""
    one, bound = f"= {unseen('varchar')}", unseen("bigint")
    sql = reading.watched.replace(among("postgresql"), one).replace("BETWEEN %s AND %s", f"BETWEEN {bound} AND {bound}")
    return Statement.of(sql, sql.count("%s"), "postgresql")


@dataclass(frozen=True)
class Tally:
    """What is counted, and by what.

    Args:
        source: the table whose rows are counted.
        name: the base table (`level`, `bucket`, the keys, `count`); the deltas are in `<name>delta`.
        live: a condition on `{row}`: only such rows count.
        live_columns: the columns in it.
        keys: columns of the source, by whose values rows are counted.
        facts: name -> vendor -> a whole number made of `{row}`; deltas have a column for each.
        fact_columns: the columns in them that may change.
        levels: level -> expression over facts; coarser levels come of finer facts.
        has_sums: whether each level has another beside it, "+day" beside "day", for all rows, with empty keys.
    """

    source: str
    name: str
    keys: tuple[str, ...]
    facts: Mapping[str, Mapping[str, str]]
    levels: Mapping[str, str]
    live: str = "true"
    live_columns: tuple[str, ...] = ()
    fact_columns: tuple[str, ...] = ()
    has_sums: bool = True
    caches: dict[Any, Statement] = field(default_factory=dict, hash=False, compare=False)

    @property
    def delta(self) -> str:
        """The table of what was not folded yet."""
        return f"{self.name}delta"

    # --- Reading -------------------------------------------------------------------------------

    def counts(
        self, using: str, ranges: Sequence[Range], keys: Mapping[str, Sequence[str]], *, by_bucket: bool = False
    ) -> list[tuple[int, int]]:
        """(bucket, count) of the buckets in some ranges of levels, newest first; or one row (0, total).

        Args:
            ranges: (level, first bucket, last bucket), which do not overlap; the finest level comes first, and its
                bucket of a row says whether the row is in any of them.
            keys: column -> the values that count; a key that is not named counts whatever its value is.
        """
        rows, _ = execute(*self._call(using, ranges, keys, by_bucket), using)
        return [(int(bucket), int(count)) for bucket, count in rows]

    def total(self, using: str) -> Total:
        """How many rows count, to be read beside others."""
        return Total(*self._call(using, [("all", 0, 0)], {}, False), using)

    def _call(
        self, using: str, ranges: Sequence[Range], keys: Mapping[str, Sequence[str]], by_bucket: bool
    ) -> tuple[Statement, list[Any]]:
        is_single = vendor_of(using) == "postgresql" and all(len(values) == 1 for values in keys.values())
        shape = (using, tuple(level for level, _, _ in ranges), tuple(keys), by_bucket, is_single)
        statement = self.caches.get(shape)
        if statement is None:
            made = self._reading(vendor_of(using), ranges, tuple(keys), by_bucket)
            statement = self.caches[shape] = planned_once(made) if is_single else made
        wanted = [values[0] if is_single else list(values) for values in keys.values()]
        bounds = [bound for _, first, last in ranges for bound in (first, last)]
        params: list[Any] = [*wanted, *bounds]
        if vendor_of(using) == "postgresql":
            params += [*wanted, min(bounds), max(bounds)] if len(ranges) == 1 else [*wanted, *self._whole(ranges)]
        return statement, params

    def level(self, name: str, *, has_keys: bool) -> str:
        """What the base calls a level for those who ask for some values of keys, or for none."""
        return name if has_keys or not self.has_sums else f"+{name}"

    @staticmethod
    def _whole(ranges: Sequence[Range]) -> tuple[int, int]:
        """The finest level's first and last bucket over ranges of which the coarser lie between the finer."""
        finest = [(first, last) for level, first, last in ranges if level == ranges[0][0]]
        return min(first for first, _ in finest), max(last for _, last in finest)

    def _reading(self, vendor: str, ranges: Sequence[Range], keys: tuple[str, ...], by_bucket: bool) -> Statement:
        wanted = "".join(f" AND {key} {among(vendor)}" for key in keys)
        names = [self.level(level, has_keys=bool(keys)) for level, _, _ in ranges]
        parts = " OR ".join(f"(level = '{name}' AND bucket BETWEEN %s AND %s)" for name in names)
        base = f"SELECT bucket, count FROM {self.name} WHERE true{wanted} AND ({parts})"
        params = len(keys) + 2 * len(ranges)
        if vendor == "postgresql":
            of_delta = self.levels[ranges[0][0]]
            base += (
                f" UNION ALL SELECT {of_delta}, delta FROM {self.delta}"
                f" WHERE true{wanted} AND {of_delta} BETWEEN %s AND %s"
            )
            params += len(keys) + 2
        shown, end = ("bucket", " GROUP BY bucket ORDER BY bucket DESC") if by_bucket else ("0", "")
        total = "CAST(COALESCE(SUM(count), 0) AS bigint)"
        return Statement.of(f"SELECT {shown}, {total} FROM ({base}) AS kept{end}", params, vendor)

    # --- Keeping -------------------------------------------------------------------------------

    @property
    def tables(self) -> tuple[str, ...]:
        """See Kept."""
        return self.source, self.name, self.delta

    def statements(self, connection: Any, make: str) -> list[str]:
        """See Kept."""
        return self._on_sqlite(make) if connection.vendor == "sqlite" else self._on_postgres(make)

    def removal(self, connection: Any) -> list[str]:
        """See Kept."""
        return drop_triggers(connection, f"{self.name}_")

    def is_there(self, connection: Any, make: str) -> bool:
        """See Kept."""
        found = triggers(connection, f"{self.name}_")
        made = [text for text in self.statements(connection, make) if text.startswith("CREATE TRIGGER ")]
        return len(found) == len(made) and all(name.endswith(make) for name in found)

    def fill(self, connection: Any) -> None:
        """Count all rows anew; to be called in a transaction."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"LOCK TABLE {self.source} IN SHARE ROW EXCLUSIVE MODE")
                cursor.execute(f"DELETE FROM {self.delta}")
            cursor.execute(f"DELETE FROM {self.name}")
            columns = ", ".join(["level", "bucket", *self.keys, "count"])
            cursor.execute(f"INSERT INTO {self.name} ({columns}) {self.recount(connection.vendor)}")

    def recount(self, vendor: str) -> str:
        """A query for what the base table should say: level, bucket, keys, count; independent of the triggers."""
        keys, rows = ", ".join(self.keys), self._rows(vendor)
        counted = " UNION ALL ".join(
            f"SELECT '{level}' AS level, {bucket} AS bucket, {keys}, count(*) AS count FROM ({rows}) AS r{number}"
            f" GROUP BY {keys if bucket == '0' else f'{bucket}, {keys}'}"
            for number, (level, bucket) in enumerate(self.levels.items())
        )
        if not self.has_sums:
            return counted
        # Made of what was counted, so that each row is read no more often.
        sums = (
            f"SELECT '+' || level, bucket, {', '.join(self._no_keys)}, SUM(count) FROM counted GROUP BY level, bucket"
        )
        return f"WITH counted AS ({counted}) SELECT * FROM counted UNION ALL {sums}"

    def _places(self, values: Sequence[str]) -> Iterator[tuple[str, str, Sequence[str]]]:
        """Where a row with some values of the keys counts: level, expression of the bucket, values of keys there.

        A reader of all rows need not add up what dozens of pairs of statuses have.
        """
        for level, bucket in self.levels.items():
            yield level, bucket, values
            if self.has_sums:
                yield self.level(level, has_keys=False), bucket, self._no_keys

    @property
    def _no_keys(self) -> list[str]:
        """The values of the keys where rows count whatever theirs are."""
        return ["''"] * len(self.keys)

    def _rows(self, vendor: str) -> str:
        """A query for the facts and keys of all that counts."""
        facts = ", ".join(f"{made[vendor].format(row='r')} AS {name}" for name, made in self.facts.items())
        return f"SELECT {facts}, {', '.join(self.keys)} FROM {self.source} r WHERE {self.live.format(row='r')}"

    def current(self, vendor: str) -> str:
        """A query for what readers are told: level, bucket, keys, count."""
        keys = ", ".join(self.keys)
        base = f"SELECT level, bucket, {keys}, count FROM {self.name}"
        if vendor == "postgresql":
            base += f" UNION ALL SELECT {self._of_noted()}, delta FROM {self._noted(self.delta)}"
        return f"SELECT level, bucket, {keys}, SUM(count) FROM ({base}) AS kept GROUP BY level, bucket, {keys}"

    def _noted(self, deltas: str) -> str:
        """FROM what has the level, the bucket and the keys `l` of deltas, and the delta."""
        places = ", ".join(
            f"('{level}', ({bucket})::bigint, {', '.join(values)})" for level, bucket, values in self._places(self.keys)
        )
        return f"{deltas} CROSS JOIN LATERAL (VALUES {places}) AS l (level, bucket, {', '.join(self.keys)})"

    def _of_noted(self) -> str:
        """The level, the bucket and the keys of that."""
        return ", ".join(f"l.{column}" for column in ("level", "bucket", *self.keys))

    @property
    def delta_columns(self) -> tuple[str, ...]:
        """The columns of the table of deltas, without the delta."""
        return (*self.facts, *self.keys)

    def _made(self, vendor: str, row: str) -> list[str]:
        """The values of a row in these columns."""
        facts = [made[vendor].format(row=row) for made in self.facts.values()]
        return [*facts, *(f"{row}.{key}" for key in self.keys)]

    @property
    def _watched(self) -> list[str]:
        return [*self.keys, *self.live_columns, *self.fact_columns]

    def _on_postgres(self, make: str) -> list[str]:
        fold = f"""
            CREATE OR REPLACE FUNCTION {self.name}_fold() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
                IF current_setting('transaction_isolation') = 'read committed'
                    AND pg_try_advisory_xact_lock(hashtext('{self.name}')) THEN
                    {self._folding()};
                END IF;
            END $$"""

        def function(name: str, body: str) -> str:
            return (
                f"CREATE OR REPLACE FUNCTION {self.name}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
                f" DECLARE n bigint; BEGIN {body} RETURN NULL; END $$"
            )

        def of_all(rows: str, sign: str) -> str:
            return f"{self._noting(rows, sign)} {self._fold_at_times}"

        def of_one(row: str, delta: int) -> str:
            made = ", ".join(self._made("postgresql", row))
            return (
                f"IF {self.live.format(row=row)} THEN INSERT INTO {self.delta} ({', '.join(self.delta_columns)}, delta)"
                f" VALUES ({made}, {delta}); END IF;"
            )

        changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in self._watched)
        fold_now = f" IF random() < {FOLD_CHANCE} THEN PERFORM {self.name}_fold(); END IF;"

        def trigger(name: str, when: str) -> str:
            return calling(f"{self.name}_{name}", make, when)

        # Every write leaves a dead row behind here, in a table that would otherwise stay small.
        swept = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000"
        return [
            f"ALTER TABLE {self.delta} SET ({swept})",
            fold,
            function("added", of_all("added", "")),
            function("removed", of_all("removed", "-")),
            function("changed", self._before_change() + of_one("OLD", -1) + of_one("NEW", 1) + fold_now),
            function("emptied", f"DELETE FROM {self.name}; DELETE FROM {self.delta};"),
            trigger(
                "added",
                f"AFTER INSERT ON {self.source} REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
            ),
            trigger(
                "removed",
                f"AFTER DELETE ON {self.source} REFERENCING OLD TABLE AS removed FOR EACH STATEMENT",
            ),
            trigger("changed", f"AFTER UPDATE ON {self.source} FOR EACH ROW WHEN ({changed})"),
            trigger("emptied", f"AFTER TRUNCATE ON {self.source} FOR EACH STATEMENT"),
        ]

    @property
    def _fold_at_times(self) -> str:
        """What folds after `n` rows were noted, when they are many, else now and then."""
        return f"IF n > {FOLD_AT_ONCE} OR random() < {FOLD_CHANCE} THEN PERFORM {self.name}_fold(); END IF;"

    def _before_change(self) -> str:
        """What a trigger does before it looks at a row that was changed."""
        return ""

    def _noting(self, rows: str, sign: str) -> str:
        """What notes rows that came or went, and sets `n` to how many deltas that made."""
        columns = self.delta_columns
        places = ", ".join(str(number + 1) for number in range(len(columns)))
        return (
            f"INSERT INTO {self.delta} ({', '.join(columns)}, delta)"
            f" SELECT {', '.join(self._made('postgresql', 'r'))}, {sign}count(*) FROM {rows} r"
            f" WHERE {self.live.format(row='r')} GROUP BY {places}; GET DIAGNOSTICS n = ROW_COUNT;"
        )

    @property
    def _forgets(self) -> str:
        """The condition of deltas `gone` on which the base is emptied, and they are not added; never when empty."""
        return ""

    def _folding(self) -> str:
        """What folds all deltas that it sees into the base."""
        keys = ", ".join(self.keys)
        forgotten, unless = "", ""
        if self._forgets:
            forgotten = f" forgotten AS (DELETE FROM {self.name} WHERE {self._forgets}),"
            unless = f" WHERE NOT {self._forgets}"
        return f"""WITH gone AS (DELETE FROM {self.delta} RETURNING *),{forgotten} sums AS (
                        SELECT {self._of_noted()}, sum(delta) AS n FROM {self._noted("gone")}{unless}
                        GROUP BY {self._of_noted()})
                    INSERT INTO {self.name} AS kept (level, bucket, {keys}, count)
                    SELECT level, bucket, {keys}, n FROM sums WHERE n <> 0 ORDER BY level, bucket, {keys}
                    ON CONFLICT (level, bucket, {keys}) DO UPDATE SET count = kept.count + excluded.count"""

    def _bucket(self, level: str, row: str) -> str:
        """In which bucket of a level SQLite has a row."""
        return self._of_row(self.levels[level], row)

    def _of_row(self, expression: str, row: str) -> str:
        """An expression over facts as SQLite has it of a row."""
        for name, made in self.facts.items():
            expression = re.sub(rf"\b{name}\b", f"({made['sqlite'].format(row=row)})", expression)
        return expression

    def _on_sqlite(self, make: str) -> list[str]:
        keys = ", ".join(self.keys)

        def places(row: str) -> Iterator[tuple[str, str, Sequence[str]]]:
            for level, bucket, values in self._places([f"{row}.{key}" for key in self.keys]):
                yield level, self._of_row(bucket, row), values

        def more(row: str) -> str:
            return " ".join(
                f"INSERT INTO {self.name} (level, bucket, {keys}, count)"
                f" VALUES ('{level}', {bucket}, {', '.join(values)}, 1)"
                f" ON CONFLICT (level, bucket, {keys}) DO UPDATE SET count = count + 1;"
                for level, bucket, values in places(row)
            )

        def fewer(row: str) -> str:
            return " ".join(
                f"UPDATE {self.name} SET count = count - 1 WHERE level = '{level}' AND bucket = {bucket} AND "
                + " AND ".join(f"{key} = {value}" for key, value in zip(self.keys, values, strict=True))
                + ";"
                for level, bucket, values in places(row)
            )

        changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in self._watched)
        of = ", ".join(self._watched)

        def trigger(name: str, when: str, row: str, body: str, also: str = "") -> str:
            return (
                f"CREATE TRIGGER {self.name}_{name}_{make} {when} ON {self.source}"
                f" WHEN {self.live.format(row=row)}{also} BEGIN {body} END"
            )

        return [
            trigger("added", "AFTER INSERT", "NEW", more("NEW")),
            trigger("removed", "AFTER DELETE", "OLD", fewer("OLD")),
            trigger("left", f"AFTER UPDATE OF {of}", "OLD", fewer("OLD"), f" AND ({changed})"),
            trigger("came", f"AFTER UPDATE OF {of}", "NEW", more("NEW"), f" AND ({changed})"),
        ]
