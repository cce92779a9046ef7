"""Exact totals of lists from a tally, and the page of a list by a jump over its buckets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from fluentcart.compiled import Found, Selection, Total
from fluentcart.compiled.selection import NEWEST, Paged
from fluentcart.kept.tallies import COARSE_BITS, IDS_BITS, Range, Tally

# From here on a jump is cheaper than to walk an index.
JUMP_FROM = 1000
BUCKET_MAX = 2**62
# To find and sort so many keys takes less than a millisecond; of more, a walk along the key meets some soon.
FEW_ROWS = 2000
Keys = Mapping[str, Sequence[str]]
BY_KEY = (NEWEST, (("pk", False),))


def split_keys(tally: Tally, selection: Selection) -> tuple[Keys, dict[str, Any]] | None:
    """A selection's look-ups as values of the tally's keys and the rest; None when it has more than look-ups."""
    lookups = selection.lookups
    if lookups is None:
        return None
    keys: dict[str, Sequence[str]] = {}
    for key in tally.keys:
        if f"{key}__any" in lookups:
            keys[key] = lookups.pop(f"{key}__any")
    return (keys, lookups)


def whole_days(lookups: Mapping[str, Any]) -> tuple[dt.date, dt.date] | None:
    """First and last day of a range of `created_at`; None when the look-ups say something else, or parts of days."""
    if not lookups or lookups.keys() - {"created_at__gte", "created_at__lt"}:
        return None
    start = lookups.get("created_at__gte", dt.datetime(1, 1, 1, tzinfo=dt.UTC))
    end = lookups.get("created_at__lt", dt.datetime(9999, 12, 31, tzinfo=dt.UTC))
    if start.time() != dt.time() or end.time() != dt.time():
        return None
    return start.date(), (end - dt.timedelta(days=1)).date() if end > start else start.date() - dt.timedelta(days=1)


def number_of(day: dt.date) -> int:
    """20240131."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_ranges(first: dt.date, last: dt.date) -> list[Range]:
    """The buckets of some days: whole months between the days of the first and of the last month."""
    start, end = number_of(first), number_of(last)
    if start // 100 >= end // 100:
        return [("day", start, end)]
    return [
        ("day", start, start // 100 * 100 + 99),
        ("day", end // 100 * 100, end),
        ("month", start // 100 + 1, end // 100 - 1),
    ]


def total_of(tally: Tally, selection: Selection, keys: Keys, rest: Mapping[str, Any]) -> int | None:
    """How many rows a selection has by its tally; None when it does not know."""
    if not rest:
        return tally.counts(selection.using, [("all", 0, 0)], keys)[0][1]
    if days := whole_days(rest):
        return tally.counts(selection.using, day_ranges(*days), keys)[0][1] if days[0] <= days[1] else 0
    return None


def early_page(tally: Tally, selection: Selection, limit: int, offset: int) -> tuple[Total, Found[Any]] | None:
    """How many rows a selection has, and a window of them, in one round trip; None when it is filtered or goes deep.

    Then the total decides how the window is found.
    """
    if selection.where or offset >= JUMP_FROM:
        return None
    total = tally.total(selection.using)
    is_planned_once = selection.order in BY_KEY
    return total, selection.window(limit, offset, total=total, is_planned_once=is_planned_once)


def rows_at(
    tally: Tally,
    selection: Selection,
    keys: Keys | None,
    limit: int,
    offset: int,
    *,
    total: int,
    is_indexed: bool = False,
) -> Found[Any]:
    """The rows of a window of a selection.

    Few rows among many are found by their own index and sorted: whoever walks the key meets one in a million.

    Args:
        total: how many rows the selection has.
        keys: all that the selection is filtered by, when that is so; it is sorted by id then, and the window is found
            by a jump to the bucket in which it begins.
        is_indexed: an index has these rows, and no others, in their order.
    """
    if selection.where and total <= FEW_ROWS and not is_indexed:
        return selection.sifted(limit, offset)
    by_id = selection.order in BY_KEY
    if keys is None or not by_id or offset < JUMP_FROM:
        is_far = offset >= max(JUMP_FROM, total // 2)
        return from_the_end(selection, limit, offset, total) if is_far else selection.window(limit, offset)
    is_down = selection.order == NEWEST
    outside = tally.counts(selection.using, [("id18", 0, BUCKET_MAX)], keys, by_bucket=True)
    coarse, skipped = bucket_at(outside, offset, is_down)
    first = coarse << COARSE_BITS
    inside: list[Range] = [("ids", first, first + (1 << COARSE_BITS) - 1)]
    within = tally.counts(selection.using, inside, keys, by_bucket=True)
    fine, more = bucket_at(within, offset - skipped, is_down)
    bound = {"pk__lt": (fine + 1) << IDS_BITS} if is_down else {"pk__gte": fine << IDS_BITS}
    return selection.filtered(**bound).window(limit, max(offset - skipped - more, 0))


def from_the_end(selection: Selection, limit: int, offset: int, total: int) -> Found[Any]:
    """The same rows, walked to from the other end of the list, which is nearer."""
    count = min(limit, total - offset)
    turned = selection.ordered(*((column, not is_down) for column, is_down in selection.order))
    return Paged.of(turned, count, total - offset - count, shown=selection.order)


def bucket_at(counts: Sequence[tuple[int, int]], offset: int, is_down: bool) -> tuple[int, int]:
    """In which bucket the row after `offset` others stands, and how many stand in the buckets before it."""
    skipped = 0
    for bucket, count in counts if is_down else reversed(counts):
        if skipped + count > offset:
            return bucket, skipped
        skipped += count
    return (counts[-1 if is_down else 0][0], skipped) if counts else (0, 0)
