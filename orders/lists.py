"""Pages of orders with exact totals, whatever their number; how each filter is counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from django.db.models import QuerySet

from customers.lists import customer_by_id
from fluentcart.compiled import NEWEST, Found, Listed, Selection, Statement, Total, compiled, execute
from fluentcart.compiled.plans import unseen
from fluentcart.compiled.running import vendor_of
from fluentcart.compiled.selection import Paged
from fluentcart.kept.common import CommonSearch
from fluentcart.kept.digits import digits_of, with_digits
from fluentcart.kept.indexes import POSTGRES_DAY
from fluentcart.kept.searching import has_part, has_short_part, or_id, part_of
from fluentcart.kept.texts import has_trigrams, holding, including, with_pieces
from fluentcart.kept.totals import JUMP_FROM, Keys, early_page, number_of, rows_at, split_keys, total_of, whole_days
from orders.kept import ORDERS, TERMS
from orders.models import Order, Product
from orders.search import anywhere, anywhere_common, anywhere_rare

OF_CUSTOMER = "customer_id"


def order_page(selection: Selection, limit: int, offset: int) -> tuple[int | Total, Found[Any]]:
    """How many orders a selection has, and a window of them.

    Totals come from the tally for any of: the order's status, the status of its payment, whole days of creation; all
    orders of one customer are counted on the customer. For what else is asked, such as orders of a shipping status,
    all that match are found by an index and counted.
    """
    if selection.term:
        return search_page(selection, limit, offset)
    split = split_keys(ORDERS, selection)
    if split is None:
        return selection.counted(limit, offset)
    keys, rest = split
    if early := early_page(ORDERS, selection, limit, offset):
        return early
    if rest.keys() == {OF_CUSTOMER} and not keys:
        count = live_orders_of(rest[OF_CUSTOMER], selection.using)
        if selection.order == NEWEST:  # as an index has a customer's orders
            return count, selection.window(limit, offset, total=count)
        total: int | None = int(count)
    elif (days := whole_days(rest)) and selection.order == NEWEST and offset < JUMP_FROM:
        return page_of_days(selection, keys, days, limit, offset)
    else:
        total = total_of(ORDERS, selection, keys, rest)
    if total is None:
        return selection.counted(limit, offset)
    if offset >= total:
        return total, selection.none()
    known = None if rest else keys
    if selection.order[0][0] == "created_at" and [len(values) for values in keys.values()] == [1]:
        # Each status, and each payment status, has an index by time.
        return total, rows_at(ORDERS, selection.singled(), known, limit, offset, total=total, is_indexed=True)
    return total, rows_at(ORDERS, selection, known, limit, offset, total=total)


def orders_of(customer_id: int) -> Selection:
    """The orders of a customer, newest first."""
    return Selection(Order.objects.all).filtered(customer_id=customer_id)


def live_orders_of(customer_id: int, using: str) -> Total:
    """How many orders a customer has that are not deleted, as the database keeps it; 0 for nobody."""
    found = customer_by_id(pk=customer_id).on(using)
    return Total(*found.call(found.plan(("live_order_count",))), using)


def page_of_days(
    selection: Selection, keys: Keys, days: tuple[dt.date, dt.date], limit: int, offset: int
) -> tuple[int, Found[Any]]:
    """The orders of some days, newest id first.

    Ids and days need not rise together. So the newest of each day that has any are looked up, which an index gives in
    order, and the newest of those are the page: its cost depends on the days, not on how many orders they have.
    """
    first, last = days
    if first > last:
        return 0, selection.none()
    counts = ORDERS.counts(selection.using, [("day", number_of(first), number_of(last))], keys, by_bucket=True)
    counts = [(bucket, count) for bucket, count in counts if count > 0]
    total = sum(count for _, count in counts)
    if offset >= total:
        return total, selection.none()
    if vendor_of(selection.using) == "sqlite" or len(counts) > DAYS_MAX:
        return total, Paged.of(selection, limit, offset)  # which sorts keys alone, and no rows
    values, upto = [list(values) for values in keys.values()], limit + offset
    latest, others = split_days(counts, upto)
    params = [dates_of(latest), *values, upto, upto, upto, dates_of(others), *values, upto, limit, offset]
    rows, _ = execute(_newest_of_days(tuple(keys)), params, selection.using)
    return total, Listed.of(selection.source, [pk for (pk,) in rows], selection.using)


# So many days are looked up one by one; for more, the rows are few among many only in a shop that sells nothing.
DAYS_MAX = 800


def split_days(counts: Sequence[tuple[int, int]], wanted: int) -> tuple[list[int], list[int]]:
    """The latest days that have as many orders as are wanted, and the others, latest first.

    Args:
        counts: day, as 20240131, and how many orders it has; latest first.
    """
    days, sums = [day for day, _ in counts], accumulate(count for _, count in counts)
    enough = next((place for place, count in enumerate(sums, 1) if count >= wanted), len(days))
    return days[:enough], days[enough:]


def dates_of(days: Sequence[int]) -> str:
    """An array of PostgreSQL's."""
    return "{" + ",".join(f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}" for day in days) + "}"


@lru_cache
def _newest_of_days(keys: Sequence[str]) -> Statement:
    """The keys are compared one value at a time: only so an index has the rows of a day and a value in their order.

    Of the latest days come as many rows as are wanted, and of the others such as are newer than all of those: hardly
    any, where ids rise with time.
    """
    values = "".join(f" CROSS JOIN unnest({unseen('varchar[]')}) AS {key} (value)" for key in keys)
    wanted = "".join(f" AND o.{key} = {key}.value" for key in keys)
    day = POSTGRES_DAY.replace("created_at", "o.created_at")
    limit = f"LIMIT {unseen('bigint')}"

    def newest(also: str = "") -> str:
        found = (
            f"SELECT o.id FROM {ORDERS.source} o WHERE o.deleted_at IS NULL AND {day} = days.day{wanted}{also}"
            f" ORDER BY o.id DESC {limit}"
        )
        return (
            f"SELECT newest.id FROM unnest({unseen('date[]')}) AS days (day){values}"
            f" CROSS JOIN LATERAL ({found}) AS newest"
        )

    # None that are left out, should there be fewer meanwhile than were counted.
    least = f"SELECT CASE WHEN count(*) = {unseen('bigint')} THEN min(id) ELSE 0 END AS id FROM latest"
    return Statement.of(
        f"WITH latest AS MATERIALIZED ({newest()} ORDER BY newest.id DESC {limit}), least AS MATERIALIZED ({least})"
        f" SELECT id FROM (SELECT id FROM latest UNION ALL {newest(' AND o.id > (SELECT least.id FROM least)')})"
        f" AS found ORDER BY id DESC {limit} OFFSET {unseen('bigint')}",
        8 + 2 * len(keys),
        "postgresql",
    )


# --- Searches ------------------------------------------------------------------------------------


def search_page(selection: Selection, limit: int, offset: int) -> tuple[int | Total, Found[Any]]:
    """The orders that a search finds; see CommonSearch."""
    count = found_page if is_mere_search(selection) else Selection.counted
    return COMMON.page(selection, limit, offset, count)


def is_in_no_title(term: str, using: str) -> bool:
    """Whether no product has a folded term in its title; whose orders would be found by that."""
    part, is_long = part_of(term, using)
    return not (titles_with(part=part) if is_long else titles_with_short(part=part)).on(using).window(1).tuples("pk")


@compiled
def titles_with(part: Any) -> QuerySet[Product]:
    """Products by a part of their title."""
    return Product.objects.filter(has_part(part))


@compiled
def titles_with_short(part: Any) -> QuerySet[Product]:
    """Products by a shorter part."""
    return Product.objects.filter(has_short_part(part))


COMMON = CommonSearch(TERMS, anywhere_common, is_in_no_title)
RARE = (anywhere_rare, or_id(anywhere_rare))
SEARCHES = (anywhere, or_id(anywhere), *RARE)


def is_mere_search(selection: Selection) -> bool:
    """Whether a selection is a search of three letters or more and nothing else, newest first, on PostgreSQL."""
    is_search = bool(selection.term) and selection.where[0][0] in SEARCHES
    return is_search and selection.order == NEWEST and vendor_of(selection.using) == "postgresql"


UNINDEXED = "(o.search_text || '')"
# So many customers whose orders are looked up one by one; of more, some have ordered lately.
CUSTOMERS_FEW = 500


def found_page(selection: Selection, limit: int, offset: int) -> tuple[int, Found[Any]]:
    """The orders that a search finds, newest first, on PostgreSQL.

    A customer's name may be that of many customers with ten times as many orders. Those are not joined to be counted:
    each customer's row says how many orders it has, and what is found by an order's own text or a product's title
    is counted beside them, but for the orders of these customers. Of few customers the newest orders are looked up
    for each; of many, orders are walked newest first, and soon enough are theirs.
    """
    ((condition, values),) = selection.where
    is_rare = condition in RARE
    part, *more = values
    theirs, pks = (more[:2], more[2:]) if is_rare else ([part], more)
    numbers = numbers_of(part)
    params = [*theirs, *([numbers] if numbers else []), part, *pks, part, limit + offset]
    statement = _found_statement(selection.using, len(pks), is_rare, bool(numbers))
    ((total, own, customers, count),), _ = execute(statement, params, selection.using)
    if count <= CUSTOMERS_FEW:
        rows, _ = execute(_orders_of_few(), [customers, limit + offset], selection.using)
    else:
        rows, _ = execute(_orders_of_many(selection.using), [part, limit + offset], selection.using)
    newest = sorted({*own, *(pk for (pk,) in rows)}, reverse=True)
    return int(total), Listed.of(selection.source, newest[offset : offset + limit], selection.using)


def numbers_of(part: str) -> list[int]:
    """What an index of numbers is asked for in place of a part of an order's text; none for an address's part.

    Every invoice number begins with the same letters, and an index of trigrams reads all that it has of those and of
    each three digits.
    """
    return [] if "@" in part else digits_of(part)


@lru_cache
def _found_statement(using: str, pks_count: int, is_rare: bool, has_numbers: bool) -> Statement:
    """Total; newest keys by the orders' own text and products; keys of a few customers, and how many there are."""
    # What is rare has one right plan, and to plan it takes longer than to run it. Otherwise PostgreSQL is to see how
    # common a part is; nor can it use an index of our own trigrams for a part that it does not see.
    is_planned_once = (is_rare or has_numbers) and has_trigrams(using)

    def of_text(condition: str) -> str:
        return condition.replace("%s", unseen("text")) if is_planned_once else condition

    # The last condition of each is one that no index serves.
    theirs = of_text(f"{with_pieces('search_text', using)} AND {including('search_text')}")
    numbered = f"{with_digits('o.search_text')} AND {of_text(holding(UNINDEXED, using))}"
    own = numbered if has_numbers else of_text(holding("o.search_text", using))
    own_id = f" OR o.id = {unseen('bigint')}" if pks_count else ""
    return Statement.of(
        "WITH customers AS MATERIALIZED ("
        f" SELECT id, live_order_count FROM customers_customer"
        f" WHERE {theirs if is_rare else of_text(holding('search_text', using))}"
        "), own AS MATERIALIZED ("
        " SELECT o.id, o.customer_id FROM orders_order o"
        f" WHERE ({own}{own_id}) AND o.deleted_at IS NULL"
        " UNION SELECT o.id, o.customer_id FROM orders_product p JOIN orders_orderitem i ON i.product_id = p.id"
        " JOIN orders_order o ON o.id = i.order_id"
        f" WHERE {of_text(holding('p.search_text', using))} AND o.deleted_at IS NULL"
        ") SELECT (SELECT COALESCE(sum(live_order_count), 0) FROM customers) + (SELECT count(*) FROM own"
        " WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = own.customer_id)),"
        f" ARRAY(SELECT id FROM own ORDER BY id DESC LIMIT {unseen('bigint')}),"
        f" ARRAY(SELECT id FROM customers LIMIT {CUSTOMERS_FEW}), (SELECT count(*) FROM customers)",
        4 + is_rare + has_numbers + pks_count,
        "postgresql",
    )


@lru_cache
def _orders_of_few() -> Statement:
    """The newest orders of some customers."""
    theirs = (
        "SELECT o.id FROM orders_order o WHERE o.customer_id = c.id AND o.deleted_at IS NULL"
        f" ORDER BY o.id DESC LIMIT {unseen('bigint')}"
    )
    return Statement.of(
        f"SELECT newest.id FROM unnest({unseen('bigint[]')}) AS c (id) CROSS JOIN LATERAL ({theirs}) AS newest",
        2,
        "postgresql",
    )


@lru_cache
def _orders_of_many(using: str) -> Statement:
    """The newest orders of the customers that a term finds; the subquery keeps the walk in its order."""
    walk = "SELECT o.id, o.customer_id FROM orders_order o WHERE o.deleted_at IS NULL ORDER BY o.id DESC OFFSET 0"
    return Statement.of(
        f"SELECT o.id FROM ({walk}) AS o WHERE (SELECT {holding('c.search_text', using)} FROM customers_customer c"
        " WHERE c.id = o.customer_id) LIMIT %s",
        2,
        "postgresql",
    )
