"""Lists and searches: one statement for the total, one for the page; a search finds both in one fenced statement.

Totals come from what the database keeps for the service too (`totals`); what the service counts is counted here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from bench.floor.columns import CUSTOMER, ITEM, ORDER, ORDER_CUSTOMER
from bench.floor.database import Connection, Rows, one_value, rows
from bench.floor.totals import (
    JUMP_FROM,
    common_ids,
    days_with_rows,
    deep_ids,
    is_kept,
    kept_total,
    newest_of_days,
    spent_total,
)  # fmt: skip
from fluentcart.kept.digits import digits_of
from fluentcart.kept.rarity import SAMPLE_SECONDS, Rarity, sample_of

Query = Mapping[str, str]
SPECIAL, BACKSLASHED = re.compile(r"([\\%_])"), r"\\\1"
# When customers' texts were sampled, and what that told; empty until then.
SAMPLED: list[tuple[float, Rarity]] = []
# The keys of a page as rows that PostgreSQL does not count beforehand: it keeps the plan, as it does for the service.
IDS = "ARRAY(SELECT unnest(%(ids)s::bigint[]))"
SORTS = {"id": "id", "total_spent": "total_spent_cents", "created_at": "created_at"}


def window(query: Query) -> tuple[int, int]:
    """Page and rows a page."""
    return int(query.get("page", 1)), min(int(query.get("per_page", 10)), 100)


def pagination(number: int, size: int, total: int) -> dict[str, int]:
    """Where the page stands."""
    return {"current_page": number, "per_page": size, "total": total, "total_pages": -(-total // size)}


def ordering(query: Query, alias: str, *, is_turned: bool = False) -> str:
    """ORDER BY of a list: the key last, all in one direction; turned, the other way round."""
    direction = "ASC" if (query.get("order_type", "").upper() == "ASC") != is_turned else "DESC"
    columns = dict.fromkeys((SORTS[query.get("order_by", "id")], "id"))
    return ", ".join(f"{alias}.{column} {direction}" for column in columns)


def page_ids(connection: Connection, table: str, where: str, order: str, values: dict[str, Any]) -> list[int]:
    """The ids of a page: a deep OFFSET walks the index, and only the page's rows are read."""
    found: list[int] = one_value(
        connection,
        f"SELECT ARRAY(SELECT t.id FROM {table} t {where} ORDER BY {order} LIMIT %(size)s OFFSET %(offset)s)",
        values,
    )
    return found


def found_ids(
    connection: Connection, matches: str, table: str, order: str, values: dict[str, Any]
) -> tuple[int, list[int]]:
    """Total and ids of a page of a search; fenced, so that the planner cannot prefer to walk the key."""
    source = "found t" if order.startswith("t.id ") else f"found JOIN {table} t USING (id)"
    found: tuple[int, list[int]] = tuple(
        rows(
            connection,
            f"WITH found AS MATERIALIZED ({matches}) SELECT (SELECT count(*) FROM found) AS total,"
            f" ARRAY(SELECT t.id FROM {source} ORDER BY {order}"
            " LIMIT %(size)s OFFSET %(offset)s) AS ids",
            values,
        )[0].values()
    )
    return found


def folded(term: str) -> str:
    """A term as texts are compared with it."""
    return " ".join(term.casefold().split())


def like(*parts: str) -> str:
    """A pattern that finds folded parts anywhere, one after the other."""
    return f"%{'%'.join(re.sub(SPECIAL, BACKSLASHED, part) for part in parts)}%"


def sought(term: str) -> dict[str, Any]:
    """The values of a search."""
    text = folded(term)
    return {"folded": text, "like": like(text), "id": int(term) if term.isdecimal() else None}


def customers_having(connection: Connection, values: dict[str, Any]) -> str:
    """The condition of customers whose text has the term `folded`; by rare pieces of it, as the service has it."""
    pieces = rarity_of(connection).rarest(values["folded"])
    if pieces is None:
        return "search_text LIKE %(like)s"
    values["pieces"] = like(*pieces)
    return "search_text LIKE %(pieces)s AND strpos(search_text, %(folded)s) > 0"


def rarity_of(connection: Connection) -> Rarity:
    """What a sample of customers' texts tells, taken anew now and then."""
    since, found = SAMPLED[-1] if SAMPLED else (0.0, None)
    if found is None or monotonic() - since > SAMPLE_SECONDS:
        sample = rows(connection, sample_of("customers_customer", "search_text"), {})
        found = Rarity((row["search_text"] for row in sample), is_ascii=False)
        SAMPLED[:] = [(monotonic(), found)]
    return found


# --- Customers -----------------------------------------------------------------------------------

SPENT = "filters[total_spent_min]"


def customers(connection: Connection, query: Query, countries: Mapping[str, str]) -> dict[str, Any]:
    """GET /customers."""
    number, size = window(query)
    values = {**query, "size": size, "offset": (number - 1) * size}
    order = ordering(query, "t")
    if "search" in query:
        values |= sought(query["search"])
        total, ids = found_customers(connection, order, values)
    else:
        total, ids = customer_ids(connection, query, order, values)
    found = rows(
        connection,
        f"SELECT {CUSTOMER} FROM customers_customer c WHERE c.id = ANY({IDS}) ORDER BY {ordering(query, 'c')}",
        {"ids": ids},
    )
    for row in found:
        row["country_name"] = countries.get(row["country"], "")
    return {"success": True, "data": {"customers": found, "pagination": pagination(number, size, total)}}


def found_customers(connection: Connection, order: str, values: dict[str, Any]) -> tuple[int, list[int]]:
    """Total and ids of a page of a search."""
    if values["id"] is None and is_kept(connection, "customers_customer", values["folded"]):
        having = "strpos(t.search_text, %(folded)s) > 0"
        if found := common_ids(connection, "customers_customer", having, values):
            return found
    matches = f"SELECT id FROM customers_customer WHERE {customers_having(connection, values)} OR id = %(id)s"
    return found_ids(connection, matches, "customers_customer", order, values)


def customer_ids(connection: Connection, query: Query, order: str, values: dict[str, Any]) -> tuple[int, list[int]]:
    """Total and ids of a page of a list that is not searched."""
    status = "AND t.status = %(filters[status])s" if "filters[status]" in query else ""
    if SPENT in query:
        total = spent_total(connection, status, values, int(query[SPENT]))
        where = f"WHERE t.total_spent_cents >= %({SPENT})s::bigint {status}"
    else:
        total = kept_total(connection, "customers_customer", status, values)
        where = f"WHERE true {status}"
        if values["offset"] >= JUMP_FROM and "order_by" not in query:
            return total, deep_ids(connection, "customers_customer", "true", status, values)
    if values["offset"] >= max(JUMP_FROM, total // 2):  # the other end is nearer
        size = min(values["size"], total - values["offset"])
        values = {**values, "size": size, "offset": total - values["offset"] - size}
        order = ordering(query, "t", is_turned=True)
    return total, page_ids(connection, "customers_customer", where, order, values)


# --- Orders --------------------------------------------------------------------------------------

ORDER_FILTERS = {
    "filters[status]": "t.status = %(filters[status])s",
    "filters[payment_status]": "t.payment_status = %(filters[payment_status])s",
}
CUSTOMERS_FEW = 500
ORDERS_HAVING = """
    t.deleted_at IS NULL AND (strpos(t.search_text, %(folded)s) > 0 OR EXISTS (
        SELECT 1 FROM customers_customer c WHERE c.id = t.customer_id AND strpos(c.search_text, %(folded)s) > 0))
"""
ORDERS_FOUND = """
    WITH customers AS MATERIALIZED (
        SELECT id, live_order_count FROM customers_customer WHERE {having}
    ), own AS MATERIALIZED (
        SELECT o.id, o.customer_id FROM orders_order o
            WHERE ({own} OR o.id = %(id)s)
            AND o.deleted_at IS NULL
        UNION SELECT o.id, o.customer_id FROM orders_product p JOIN orders_orderitem i ON i.product_id = p.id
            JOIN orders_order o ON o.id = i.order_id WHERE p.search_text LIKE %(like)s AND o.deleted_at IS NULL
    ) SELECT (SELECT coalesce(sum(live_order_count), 0) FROM customers) + (SELECT count(*) FROM own
            WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = own.customer_id)) AS total,
        ARRAY(SELECT id FROM own ORDER BY id DESC LIMIT %(most)s) AS own,
        ARRAY(SELECT id FROM customers LIMIT 500) AS customers, (SELECT count(*) FROM customers) AS n
"""
OWN = "o.search_text LIKE %(like)s"
NUMBERED = (
    "o.search_text <> '' AND fluentcart_digits(o.search_text) @> %(numbers)s::integer[]"
    " AND (o.search_text || '') LIKE %(like)s"
)
TYPES = {"like": "text", "pieces": "text", "folded": "text", "numbers": "integer[]", "id": "bigint", "most": "bigint"}
ORDERS_OF_FEW = """
    SELECT newest.id FROM unnest((SELECT %(customers)s::bigint[])) AS c (id) CROSS JOIN LATERAL (
        SELECT o.id FROM orders_order o WHERE o.customer_id = c.id AND o.deleted_at IS NULL
        ORDER BY o.id DESC LIMIT (SELECT %(most)s::bigint)) AS newest
"""
ORDERS_OF_MANY = """
    SELECT o.id FROM (SELECT o.id, o.customer_id FROM orders_order o WHERE o.deleted_at IS NULL
        ORDER BY o.id DESC OFFSET 0) AS o
    WHERE (SELECT c.search_text LIKE %(like)s FROM customers_customer c WHERE c.id = o.customer_id) LIMIT %(most)s
"""


def found_orders(connection: Connection, values: dict[str, Any]) -> tuple[int, list[int]]:
    """Total and ids of a page of a search."""
    if values["id"] is None and is_kept(connection, "orders_order", values["folded"]):
        titles = rows(connection, "SELECT id FROM orders_product WHERE search_text LIKE %(like)s LIMIT 1", values)
        if not titles and (common := common_ids(connection, "orders_order", ORDERS_HAVING, values)):
            return common
    numbers = [] if "@" in values["folded"] else digits_of(values["folded"])
    values = {**values, "most": values["size"] + values["offset"], "numbers": numbers}
    having = customers_having(connection, values)
    found_by = ORDERS_FOUND.replace("{own}", NUMBERED if numbers else OWN).replace("{having}", having)
    if numbers or "pieces" in values:  # which the service has planned once
        for name, kind in TYPES.items():
            found_by = found_by.replace(f"%({name})s", f"(SELECT %({name})s::{kind})")
    found = rows(connection, found_by, values)[0]
    statement = ORDERS_OF_FEW if int(str(found["n"])) <= CUSTOMERS_FEW else ORDERS_OF_MANY
    theirs = rows(connection, statement, {**values, "customers": found["customers"]})
    newest = sorted({*found["own"], *(row["id"] for row in theirs)}, reverse=True)
    return int(found["total"]), newest[values["offset"] : values["most"]]


def orders(connection: Connection, query: Query) -> dict[str, Any]:
    """GET /orders: each with its customer and its lines."""
    number, size = window(query)
    values = {**query, "size": size, "offset": (number - 1) * size}
    order = ordering(query, "t")
    if "search" in query:
        values |= sought(query["search"])
        total, ids = found_orders(connection, values)
    else:
        total, ids = order_ids(connection, query, order, values)
    found = [
        with_customer(row)
        for row in rows(
            connection,
            f"SELECT {ORDER}, {ORDER_CUSTOMER} FROM orders_order o JOIN customers_customer c ON c.id = o.customer_id"
            f" WHERE o.id = ANY({IDS}) ORDER BY {ordering(query, 'o')}",
            {"ids": ids},
        )
    ]
    items = items_of(connection, ids)
    for row in found:
        row["order_items"] = items[row["id"]]
    return {"success": True, "data": {"orders": found, "pagination": pagination(number, size, total)}}


def order_ids(connection: Connection, query: Query, order: str, values: dict[str, Any]) -> tuple[int, list[int]]:
    """Total and ids of a page of a list that is not searched; of days, when there are both ends of them."""
    wanted = " ".join(f"AND {sql}" for name, sql in ORDER_FILTERS.items() if name in query)
    live = "t.deleted_at IS NULL"
    if "filters[date_to]" in query:
        first, last = (dt.date.fromisoformat(query[f"filters[date_{end}]"]) for end in ("from", "to"))
        values |= {"first_day": int(f"{first:%Y%m%d}"), "last_day": int(f"{last:%Y%m%d}")}
        days = days_with_rows(connection, wanted, values)
        total = sum(days.values())
        if "order_by" not in query:
            return total, newest_of_days(connection, days, wanted, values)
        values |= {"first": first, "end": last + dt.timedelta(days=1)}
        live += " AND t.created_at >= %(first)s::timestamptz AND t.created_at < %(end)s::timestamptz"
    else:
        total = kept_total(connection, "orders_order", wanted, values)
        if values["offset"] >= JUMP_FROM and "order_by" not in query:
            return total, deep_ids(connection, "orders_order", live, wanted, values)
    return total, page_ids(connection, "orders_order", f"WHERE {live} {wanted}", order, values)


def with_customer(row: dict[str, Any]) -> dict[str, Any]:
    """An order whose customer's columns stand in an object of their own."""
    row["customer"] = {
        "id": row["customer_id"],
        "email": row.pop("customer_email"),
        "first_name": row.pop("customer_first_name"),
        "last_name": row.pop("customer_last_name"),
    }
    return row


def items_of(connection: Connection, order_ids: Sequence[int]) -> Mapping[int, Rows]:
    """Order id -> its lines."""
    grouped: defaultdict[int, Rows] = defaultdict(list)
    statement = f"SELECT i.order_id, {ITEM} FROM orders_orderitem i WHERE i.order_id = ANY(%(ids)s) ORDER BY i.id"
    for row in rows(connection, statement, {"ids": order_ids}):
        grouped[row.pop("order_id")].append(row)
    return grouped


def orders_of_customer(connection: Connection, customer_id: int, query: Query) -> dict[str, Any] | None:
    """GET /customers/{id}/orders; None when there is no such customer."""
    number, size = window(query)
    values = {"id": customer_id, "size": size, "offset": (number - 1) * size}
    total = one_value(
        connection,
        "SELECT c.live_order_count FROM customers_customer c WHERE c.id = %(id)s",
        values,
    )
    if total is None:
        return None
    found = rows(
        connection,
        f"SELECT {ORDER} FROM orders_order o WHERE o.customer_id = %(id)s AND o.deleted_at IS NULL"
        " ORDER BY o.id DESC LIMIT %(size)s OFFSET %(offset)s",
        values,
    )
    return {"orders": found, "pagination": pagination(number, size, total)}
