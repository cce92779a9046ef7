"""Pages of customers with exact totals, whatever their number; how each filter is counted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from customers.kept import CUSTOMERS, SPENT_BITS, TERMS
from customers.models import Customer
from fluentcart.compiled import Found, Selection, Statement, Total, compiled, execute
from fluentcart.compiled.running import vendor_of
from fluentcart.kept.common import CommonSearch
from fluentcart.kept.searching import has_common_part
from fluentcart.kept.tallies import among
from fluentcart.kept.totals import BUCKET_MAX, Keys, early_page, rows_at, split_keys, total_of


@compiled
def customer_by_id(pk: Any) -> QuerySet[Customer]:
    """The customer with a primary key."""
    return Customer.objects.filter(pk=pk)


COMMON = CommonSearch(TERMS, has_common_part)
SPENT = {"total_spent_cents__gte", "total_spent_cents__lte"}


def customer_page(selection: Selection, limit: int, offset: int) -> tuple[int | Total, Found[Any]]:
    """How many customers a selection has, and a window of them.

    Totals come from the tally for any of: status, whole days of creation or a range of money spent; common search
    terms have one of their own. For what else is asked, such as another term or days and money at once, all that match
    are found by an index and counted.
    """
    if selection.term:
        return COMMON.page(selection, limit, offset, Selection.counted)
    split = split_keys(CUSTOMERS, selection)
    if split is None:
        return selection.counted(limit, offset)
    keys, rest = split
    if early := early_page(CUSTOMERS, selection, limit, offset):
        return early
    if rest and rest.keys() <= SPENT:
        total: int | None = spent_total(selection, keys, rest)
    else:
        total = total_of(CUSTOMERS, selection, keys, rest)
    if total is None:
        return selection.counted(limit, offset)
    if offset >= total:
        return total, selection.none()
    return total, rows_at(CUSTOMERS, selection, None if rest else keys, limit, offset, total=total)


def spent_total(selection: Selection, keys: Keys, rest: Mapping[str, Any]) -> int:
    """How many customers spent an amount in a range: whole buckets by the tally, the ends of the range by index."""
    low, high = rest.get("total_spent_cents__gte", 0), rest.get("total_spent_cents__lte", BUCKET_MAX)
    first, last = -(-low >> SPENT_BITS), ((high + 1) >> SPENT_BITS) - 1
    if first > last:
        return selection.count()
    # Coarse buckets where there are whole ones, fine ones around them.
    coarse_first, coarse_last = -(-first >> SPENT_BITS), ((last + 1) >> SPENT_BITS) - 1
    if coarse_first > coarse_last:
        fine = [first, last, 0, -1, 0, -1]
    else:
        whole = [coarse_first << SPENT_BITS, (coarse_last + 1) << SPENT_BITS]
        fine = [first, whole[0] - 1, whole[1], last, coarse_first, coarse_last]
    edges = [low, (first << SPENT_BITS) - 1, (last + 1) << SPENT_BITS, high]
    statuses = [list(values) for values in keys.values()]
    vendor = vendor_of(selection.using)
    params = [*statuses, *fine, *statuses, *edges]
    if vendor == "postgresql":
        params += [*statuses, first, last]
    rows, _ = execute(_spent_statement(vendor, bool(keys)), params, selection.using)
    return int(rows[0][0])


@lru_cache
def _spent_statement(vendor: str, has_status: bool) -> Statement:
    """One statement, so that a customer who moves from bucket to bucket meanwhile is counted once."""
    status = f" AND status {among(vendor)}" if has_status else ""
    between = " BETWEEN %s AND %s"
    fine, coarse = (CUSTOMERS.level(name, has_keys=has_status) for name in ("spent", "spents"))
    kept = (
        f"SELECT count FROM {CUSTOMERS.name} WHERE ((level = '{fine}' AND (bucket{between} OR bucket{between}))"
        f" OR (level = '{coarse}' AND bucket{between}))"
    )
    # The order of the parameters: statuses come first in each part.
    kept = kept.replace(" WHERE ", f" WHERE true{status} AND ", 1)
    edges = (
        f"SELECT count(*) FROM {CUSTOMERS.source} WHERE true{status}"
        f" AND (total_spent_cents{between} OR total_spent_cents{between})"
    )
    parts = f"{kept} UNION ALL {edges}"
    count = 10 + 2 * has_status
    if vendor == "postgresql":
        parts += f" UNION ALL SELECT delta FROM {CUSTOMERS.delta} WHERE true{status} AND spent{between}"
        count += 2 + has_status
    total = "CAST(COALESCE(SUM(count), 0) AS bigint)"
    return Statement.of(f"SELECT {total} FROM ({parts}) AS kept", count, vendor)
