"""Pages of what a search finds, when many rows have its term: by the total that is kept, along the buckets of ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from fluentcart.compiled import Found, Listed, Selection, Total
from fluentcart.compiled.reading import tuples_of_all
from fluentcart.compiled.running import vendor_of
from fluentcart.compiled.selection import NEWEST, Test
from fluentcart.kept.foreseen import SAMPLE_TEXTS, TERMS_AT_ONCE, foreseen
from fluentcart.kept.samples import rarity_of
from fluentcart.kept.searching import is_id, or_id
from fluentcart.kept.tallies import COARSE_BITS, IDS_BITS
from fluentcart.kept.terms import TermTally
from fluentcart.kept.texts import PART_CHARS_MIN
from fluentcart.kept.totals import BUCKET_MAX, BY_KEY

# To count so many rows takes some tens of milliseconds, and to find a page of them along the buckets few.
COMMON_FROM = {"postgresql": 50_000, "sqlite": 10_000}
# Terms that no index serves are looked for in every row, however few have them.
COMMON_SHORT_FROM = 5_000
# To take a term up takes seconds in a big shop: too much for one that is counted in less than this. Those that are
# content with SQLite are smaller.
SLOW_SECONDS = {"postgresql": 0.04, "sqlite": 0.01}
Page = tuple[int | Total, Found[Any]]


@dataclass(frozen=True)
class CommonSearch:
    """A search whose common terms are kept.

    Args:
        terms: where they are.
        has: the condition that the tally counts by, of the folded term.
        is_whole: whether that is all that finds rows by a term and a database's alias.
    """

    terms: TermTally
    has: Test
    is_whole: Callable[[str, str], bool] = lambda term, using: True

    def page(self, selection: Selection, limit: int, offset: int, count: Callable[[Selection, int, int], Page]) -> Page:
        """How many rows a selection has, and a window of them.

        Args:
            count: what finds that out by counting. Of a common term that happens once.
        """
        term, using = selection.term, selection.using
        if not term or selection.order not in BY_KEY:
            return count(selection, limit, offset)
        is_known = self.terms.is_known(term, using)
        if (is_known or self.seems_common(term, using)) and self.is_whole(term, using):
            is_kept = is_known or self.terms.keep(term, at_least=COMMON_SHORT_FROM)
            found = self._kept(selection, limit, offset) if is_kept else None
            if found is not None:
                return found
        began = monotonic()
        total, rows = count(selection, limit, offset)
        vendor = vendor_of(using)
        is_slow = monotonic() - began >= SLOW_SECONDS[vendor]
        is_common = is_slow and int(total) >= (COMMON_SHORT_FROM if len(term) < PART_CHARS_MIN else COMMON_FROM[vendor])
        if is_common and self.is_whole(term, using):
            self.terms.keep(term, at_least=COMMON_SHORT_FROM)
        return total, rows

    def seems_common(self, term: str, using: str) -> bool:
        """Whether a term is surely common, so that counting it first would be in vain; by PostgreSQL's samples."""
        if vendor_of(using) != "postgresql":
            return False
        tables = [self.terms.source, *([self.terms.owner.table] if self.terms.owner else [])]
        return any(rarity_of(table, using).is_common(term, COMMON_FROM["postgresql"]) for table in tables)

    def foresee(self, progress: Callable[[int, int], None]) -> int | None:
        """Take up what many rows have of all that people may type, so that nobody waits for the count; how many terms.

        Args:
            progress: is told how many terms were looked at, and of how many.

        Returns:
            None when another process is at it.
        """
        using = DEFAULT_DB_ALIAS
        terms = [term for term in foreseen(self.terms.texts(SAMPLE_TEXTS, using)) if self.is_whole(term, using)]
        at_once, taken = TERMS_AT_ONCE[vendor_of(using)], 0
        for start in range(0, len(terms), at_once):
            progress(start, len(terms))
            found = self.terms.keep_all(terms[start : start + at_once], at_least=COMMON_SHORT_FROM)
            if found is None:
                return None
            taken += len(found)
        progress(len(terms), len(terms))
        return taken

    def _kept(self, selection: Selection, limit: int, offset: int) -> Page | None:
        """The same of a term that is kept; None when it is not any more."""
        coarse = self._counts(selection, "id18", 0, BUCKET_MAX)
        if not coarse:
            return None
        rows = Selection(selection.source, using=selection.using).having(self.has, selection.term)
        also = self._row_of_id(selection, rows)
        if also is not None:
            rows = Selection(selection.source, using=selection.using).having(or_id(self.has), selection.term, also)
            coarse = with_row(coarse, also >> IDS_BITS >> COARSE_BITS)
        ids: list[int] = []
        for bucket, skipped in self._buckets(selection, coarse, also, limit, offset):
            here = rows.filtered(pk__gte=bucket << IDS_BITS, pk__lt=(bucket + 1) << IDS_BITS)
            window = here.ordered(*selection.order).window(limit - len(ids), skipped)
            ids += [pk for (pk,) in window.tuples("pk")]
            if len(ids) >= limit:
                break
        return sum(count for _, count in coarse), Listed.of(selection.source, ids, selection.using)

    def _counts(self, selection: Selection, level: str, first: int, last: int) -> list[tuple[int, int]]:
        return self.terms.having(selection.term, selection.using, level, first, last)

    def _row_of_id(self, selection: Selection, rows: Selection) -> int | None:
        """The row whose id the term is, when there is one that does not have the term in its text as well."""
        if not is_id(selection.term):
            return None
        pk = int(selection.term)
        own = Selection(selection.source, using=selection.using)
        there, having = tuples_of_all([(found.filtered(pk=pk).found(), ("pk",)) for found in (own, rows)])
        return pk if there and not having else None

    def _buckets(
        self, selection: Selection, coarse: Sequence[tuple[int, int]], also: int | None, limit: int, offset: int
    ) -> Iterator[tuple[int, int]]:
        """Buckets in which the rows of a window are, in order, and how many rows are left out in each before them."""
        is_down = selection.order == NEWEST
        left, wanted = offset, limit
        for bucket, count in coarse if is_down else reversed(coarse):
            if left >= count:
                left -= count
                continue
            first = bucket << COARSE_BITS
            fine = self._counts(selection, "ids", first, first + (1 << COARSE_BITS) - 1)
            if also is not None and also >> IDS_BITS >> COARSE_BITS == bucket:
                fine = with_row(fine, also >> IDS_BITS)
            for inner, inner_count in fine if is_down else reversed(fine):
                if left >= inner_count:
                    left -= inner_count
                    continue
                yield inner, left
                wanted -= inner_count - left
                left = 0
                if wanted <= 0:
                    return


def with_row(counts: Sequence[tuple[int, int]], bucket: int) -> list[tuple[int, int]]:
    """Counts of buckets, newest first, with one row more."""
    found = dict(counts)
    found[bucket] = found.get(bucket, 0) + 1
    return sorted(found.items(), reverse=True)
