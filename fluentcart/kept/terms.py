"""How many rows have a search term that many have: counted when somebody first asks, and kept by triggers from then on.

An index of trigrams finds few rows fast, and of many each must be counted. So a tally has the terms that turned out to
be common as its keys. Readers ask for their totals here, and terms are taken up here; `noting` has what writers do.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import randint
from time import monotonic
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction

from fluentcart.compiled import Statement, execute
from fluentcart.compiled.running import execute_aside, vendor_of
from fluentcart.kept.noting import WITHIN, NotedTexts
from fluentcart.kept.tallies import COARSE_BITS, IDS, among

log = logging.getLogger(__name__)
# So many terms are kept for a table; a further one takes the place of any of them.
TERMS_MAX = 500
TERM_CHARS_MAX = 100
# So long others wait for him who counts a term.
COUNTING_SECONDS_MAX = 60
# How long a process believes to know which terms are kept. It only decides where a total is looked for first.
KNOWN_SECONDS = 10
# What keeps a subquery from being merged into the query around it, which would make its texts anew for each term.
FENCE = {"postgresql": "OFFSET 0", "sqlite": "LIMIT -1"}
# Table of the tally and alias -> when it was asked for its terms, and what they are.
_known: dict[tuple[str, str], tuple[float, set[str]]] = {}


def is_keepable(term: str) -> bool:
    """Whether a term can be kept: line feeds stand between the parts of a text, and a key is not long."""
    return len(term) <= TERM_CHARS_MAX and "\n" not in term


@dataclass(frozen=True)
class TermTally(NotedTexts):
    """How many rows have each of some terms; what NotedTexts is, with its readers."""

    # --- Reading -------------------------------------------------------------------------------

    def having(self, term: str, using: str, level: str, first: int, last: int) -> list[tuple[int, int]]:
        """(bucket, count) of rows that have a term, newest first; nothing of a term that is not kept.

        Args:
            level: whose buckets from `first` to `last` are told.
        """
        vendor = vendor_of(using)
        statement = self.caches.get((vendor, level))
        if statement is None:
            statement = self.caches[vendor, level] = self._having(vendor, level)
        params: list[Any] = [term, first, last]
        if vendor == "postgresql":
            params += [*params, term]
        rows, _ = execute(statement, params, using)
        return [(int(bucket), int(count)) for bucket, count in rows if count > 0]

    def _having(self, vendor: str, level: str) -> Statement:
        base = (
            f"SELECT bucket, count FROM {self.name} WHERE level = '{level}' AND term = %s AND bucket BETWEEN %s AND %s"
        )
        count, is_kept = 3, ""
        if vendor == "postgresql":
            bucket = self.levels[level]
            base += (
                f" UNION ALL SELECT {bucket}, delta FROM {self.delta}"
                f" WHERE strpos(text, %s) > 0 AND {bucket} BETWEEN %s AND %s"
            )
            count = 7
            # What is noted is not all that counts when the term is not there, or is to be forgotten.
            is_kept = (
                f" WHERE EXISTS ({self._terms} AND term = %s)"
                f" AND NOT EXISTS (SELECT 1 FROM {self.delta} WHERE text IS NULL)"
            )
        sql = f"SELECT bucket, CAST(SUM(count) AS bigint) FROM ({base}) AS kept{is_kept} GROUP BY bucket"
        return Statement.of(f"{sql} ORDER BY bucket DESC", count, vendor)

    def is_known(self, term: str, using: str) -> bool:
        """Whether a term seems to be kept; wrong for some seconds, or after a rollback."""
        since, terms = _known.get((self.name, using), (0.0, set[str]()))
        if not since or monotonic() - since > KNOWN_SECONDS:
            statement = Statement.of(self._terms, 0, "")
            terms = {term for (term,) in execute_aside(statement, using)}
            _known[self.name, using] = (monotonic(), terms)
        return term in terms

    # --- Taking a term up ----------------------------------------------------------------------

    def keep(self, term: str, *, at_least: int = 0) -> bool:
        """Count the rows that have a term, and keep that when they are so many; whether it is kept now.

        Of those who ask for one term at once, one counts, and the others wait for him. Nobody keeps it while another
        process folds or takes another term up, when the transaction around it would see old rows, or when the database
        does not let it: whoever asks has his answer anyway, which is counted.
        """
        if not is_keepable(term):
            return False
        try:
            with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
                if cursor.db.vendor == "postgresql":
                    cursor.execute(f"SET LOCAL lock_timeout = '{COUNTING_SECONDS_MAX}s'")
                    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [self.name, term])
                cursor.execute(f"{self._terms} AND term = %s", [term])
                is_kept = cursor.fetchone() is not None
                if not is_kept and not (self._is_alone(cursor) and self._take_up(cursor, term, at_least)):
                    return False
        except DatabaseError as error:
            log.warning("A common search term could not be kept: %s", error)
            return False
        self._remember([term])
        return True

    def _remember(self, terms: Iterable[str]) -> None:
        for (name, _), (_, known) in list(_known.items()):  # other threads add to it
            if name == self.name:
                known.update(terms)

    def _is_alone(self, cursor: Any) -> bool:
        """Whether nobody else folds or takes terms up until the transaction ends; what was noted is folded then."""
        if cursor.db.vendor == "sqlite":
            return True
        cursor.execute(
            "SELECT current_setting('transaction_isolation') = 'read committed'"
            " AND pg_try_advisory_xact_lock(hashtext(%s))",
            [self.name],
        )
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(f"SELECT {self.name}_fold()")
        return True

    def _take_up(self, cursor: Any, term: str, at_least: int) -> bool:
        """What is noted and not yet folded comes off: it is added whenever a total is read, and when it is folded."""
        vendor = cursor.db.vendor
        source, condition, places = self._having_it(vendor)
        counted = (
            f"SELECT {IDS[vendor].format(row='r')} AS bucket, count(*) AS n FROM {source}"
            f" WHERE {self.live.format(row='r')} AND ({condition}) GROUP BY 1"
        )
        if vendor == "postgresql":
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 2")
            counted += f" UNION ALL SELECT ids, -delta FROM {self.delta} WHERE strpos(text, %s) > 0"
            places += 1
        cursor.execute(f"SELECT bucket, SUM(n) FROM ({counted}) AS counted GROUP BY bucket", [term] * places)
        return self._store(cursor, term, cursor.fetchall(), at_least)

    def _store(self, cursor: Any, term: str, counted: Iterable[tuple[int, int]], at_least: int) -> bool:
        """Keep what was counted of a term, by bucket of ids, when that is enough."""
        found: Counter[tuple[str, int]] = Counter({("all", 0): 0})
        for bucket, count in counted:
            found["all", 0] += int(count)
            found["ids", bucket] += int(count)
            found["id18", bucket >> COARSE_BITS] += int(count)
        if found["all", 0] < at_least:
            return False
        rows = [(level, bucket, term, count) for (level, bucket), count in found.items()]
        # Buckets can be left of a term that was forgotten while somebody folded.
        cursor.execute(f"DELETE FROM {self.name} WHERE term = %s", [term])
        self._make_room(cursor)
        cursor.executemany(f"INSERT INTO {self.name} (level, bucket, term, count) VALUES (%s, %s, %s, %s)", rows)
        return True

    def keep_all(self, terms: Sequence[str], *, at_least: int = 0) -> list[str] | None:
        """Count the rows that have each of some terms, in one pass, and keep those counts that reach `at_least`.

        Returns:
            the terms that were taken up, without those that were kept before; None when another process is at it.
        """
        with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            if not self._is_alone(cursor):
                return None
            cursor.execute(self._terms)
            kept = {term for (term,) in cursor.fetchall()}
            wanted = [term for term in terms if term not in kept and is_keepable(term)]
            counted = self._counted(cursor, wanted) if wanted else {}
            taken = [term for term, found in counted.items() if self._store(cursor, term, found, at_least)]
        self._remember(taken)
        return taken

    def _counted(self, cursor: Any, terms: Sequence[str]) -> Mapping[str, Sequence[tuple[int, int]]]:
        """The rows that have each of some terms, by bucket of ids, but for what is noted and not yet folded.

        Texts are put together once, and not for each term.
        """
        vendor = cursor.db.vendor
        values = (
            "SELECT value AS term FROM json_each(%s)" if vendor == "sqlite" else "SELECT unnest(%s::text[]) AS term"
        )
        rows = (
            f"SELECT {IDS[vendor].format(row='r')} AS ids, {self._text(vendor, 'r')} AS text FROM {self.source} r"
            f" WHERE {self.live.format(row='r')}"
        )
        counted = f"SELECT term, ids, 1 AS n FROM texts JOIN asked ON {WITHIN[vendor]}(text, term) > 0"
        if vendor == "postgresql":
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 2")
            counted += f" UNION ALL SELECT term, ids, -delta FROM {self.delta} JOIN asked ON strpos(text, term) > 0"
        cursor.execute(
            f"WITH asked AS ({values}), texts AS ({rows} {FENCE[vendor]})"
            f" SELECT term, ids, SUM(n) FROM ({counted}) AS counted GROUP BY term, ids",
            [json.dumps(terms) if vendor == "sqlite" else list(terms)],
        )
        found: dict[str, list[tuple[int, int]]] = {term: [] for term in terms}
        for term, ids, count in cursor.fetchall():
            found[term].append((int(ids), int(count)))
        return found

    def texts(self, count: int, using: str) -> list[str]:
        """The texts of some rows from all over the table; fewer where rows are missing or do not count."""
        vendor = vendor_of(using)
        with connections[using].cursor() as cursor:
            cursor.execute(f"SELECT max(id) FROM {self.source}")
            top = cursor.fetchone()[0] or 0
            ids = [randint(1, top) for _ in range(count)] if top else []  # noqa: S311 (a sample is no secret)
            cursor.execute(
                f"SELECT {self._text(vendor, 'r')} FROM {self.source} r"
                f" WHERE r.id {among(vendor)} AND {self.live.format(row='r')}",
                [json.dumps(ids) if vendor == "sqlite" else ids],
            )
            return [text for (text,) in cursor.fetchall()]

    def _having_it(self, vendor: str) -> tuple[str, str, int]:
        """FROM and WHERE of the rows `r` that have a term, and how often the term stands there.

        Owners are joined and not looked for in a list: PostgreSQL expects so many of them that it would not hash it.
        """
        own = f"{WITHIN[vendor]}(r.search_text, %s) > 0"
        if self.owner is None:
            return f"{self.source} r", own, 1
        owners = f"SELECT id FROM {self.owner.table} WHERE {WITHIN[vendor]}(search_text, %s) > 0"
        return f"{self.source} r LEFT JOIN ({owners}) w ON w.id = r.{self.owner.key}", f"{own} OR w.id IS NOT NULL", 2

    def _make_room(self, cursor: Any) -> None:
        cursor.execute(f"{self._terms} ORDER BY random()")
        surplus = [term for (term,) in cursor.fetchall()[TERMS_MAX - 1 :]]
        if surplus:
            places = ", ".join(["%s"] * len(surplus))
            cursor.execute(f"DELETE FROM {self.name} WHERE term IN ({places})", surplus)
