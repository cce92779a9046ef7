"""What is meant: by which index PostgreSQL runs the service's queries, and how fast the service is on SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.driving import Round
from bench.endpoints import LITE_FLOOR

LITE = "sqlite"
# What the service on SQLite reaches at least: reading, of itself on PostgreSQL; creating orders, of the floor there.
READS_SHARE_MIN, WRITES_SHARE_MIN = 1 / 2, 1 / 3
# Writers take turns: who waits longest waits no more than so many times as long as half of them.
P99_TIMES_MAX = 50
# A smaller table is read from end to end in a few milliseconds, and PostgreSQL may be right to do so.
BIG_ROWS = 50_000
SEARCHES = ("customers_customer_search", "orders_order_search")
CUSTOMER, ORDERS_OF = "customers_customer_pkey", "order_customer|orders_order_customer_id"
BY_SPENT, ORDER = "customer_total_spent|customer_status_spent", "order_live|orders_order_pkey"
# Endpoint -> how the indexes begin that find its rows, each of which one of its statements has to use; | means or.
INTENDED: Mapping[str, tuple[str, ...]] = {
    "customers-list": (CUSTOMER,),
    "customers-search-name": (SEARCHES[0],),
    "customers-search-email": (SEARCHES[0],),
    "customers-search-broad": (SEARCHES[0],),
    "customers-search-common": (CUSTOMER,),
    "customers-by-spent": (BY_SPENT,),
    "customers-deep-page": (CUSTOMER,),
    "customers-last-by-spent": (BY_SPENT,),
    "customer": (CUSTOMER,),
    "customer-with-orders": (CUSTOMER, ORDERS_OF, "customers_customeraddress_customer_id"),
    "customer-orders": (CUSTOMER, ORDERS_OF),
    "orders-list": (ORDER, "orders_orderitem_order_id"),
    "orders-search-invoice": (SEARCHES[0], f"orders_order_digits|{SEARCHES[1]}"),
    "orders-search-customer": (*SEARCHES, ORDERS_OF),
    "orders-search-product": (*SEARCHES, "orders_orderitem_product_id"),
    "orders-search-common": (ORDER, "orders_orderitem_order_id"),
    "orders-by-status-date": ("orderday_status|orderday_any", "orders_orderitem_order_id"),
    "orders-newest-of-month": ("order_status|order_created_at", "orders_orderitem_order_id"),
    "orders-by-status": (f"{ORDER}|order_status", "orders_orderitem_order_id"),
    "orders-by-payment": (f"{ORDER}|order_payment_status", "orders_orderitem_order_id"),
    "orders-deep-page": (ORDER, "orders_orderitem_order_id"),
    "order": (ORDER, "orders_orderitem_order_id", "orders_ordertransaction_order_id"),
    "orders-export-100": (ORDER,),
    "v1-customers-list": (CUSTOMER,),
    "v1-orders-list": (ORDER, "orders_orderitem_order_id"),
    "b2b-customers-list": (CUSTOMER, ORDERS_OF, "customers_customeraddress_customer_id|address_one_primary"),
    "b2b-customer-orders": (CUSTOMER, ORDERS_OF, "orders_orderitem_order_id", "orders_orderaddress_order_id"),
    "b2b-customer-analytics": (CUSTOMER, ORDERS_OF, "orders_orderitem_order_id"),
    "customer-create": ("customers_customer_email_key",),
    "order-create": (CUSTOMER, "orders_productvariation_pkey"),
    "order-create-one-customer": (CUSTOMER, "orders_productvariation_pkey"),
    "order-mark-as-paid": (ORDER, CUSTOMER, "orders_orderitem_order_id", "orders_ordertransaction_order_id"),
    "order-refund": (ORDER, CUSTOMER, "orders_orderitem_order_id", "orders_ordertransaction_order_id"),
}
# Nodes that read all that is below them before they give a row, however few are wanted above.
GREEDY = ("Sort", "Aggregate", "Hash", "WindowAgg", "Materialize", "Bitmap Heap Scan")


def read_whole(node: Mapping[str, Any], *, is_limited: bool = False) -> Iterator[str]:
    """The tables that a plan reads from end to end, be it along an index, unless a LIMIT above ends that."""
    kind = node["Node Type"]
    if kind == "Seq Scan":
        yield node["Relation Name"]
    if kind in ("Index Scan", "Index Only Scan") and "Index Cond" not in node and not is_limited:
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        is_own = child.get("Parent Relationship") in ("InitPlan", "SubPlan")
        below = kind == "Limit" or (is_limited and kind not in GREEDY and not is_own)
        yield from read_whole(child, is_limited=below)


def wrong(
    plans: Mapping[str, Sequence[Mapping[str, Any]]],
    row_counts: Mapping[str, int],
    index_tables: Mapping[str, str],
) -> list[str]:
    """What is not as is meant, a sentence each.

    Args:
        plans: endpoint -> its statements with the indexes they use and the tables they read from end to end.
        row_counts: table -> how many rows PostgreSQL takes it to have.
        index_tables: index -> its table.
    """
    found = []
    for name, statements in plans.items():
        tables = {table for statement in statements for table in statement["whole"]}
        big = sorted(table for table in tables if row_counts.get(table, 0) > BIG_ROWS)
        found += [f"{name} reads {table} from end to end." for table in big]
        used = {index for statement in statements for index in statement["indexes"]}
        for wanted in INTENDED[name]:
            starts = tuple(wanted.split("|"))
            of_tables = {table for index, table in index_tables.items() if index.startswith(starts)}
            if not of_tables:
                found.append(f"{name}: there is no index {wanted}.")
            elif not any(index.startswith(starts) for index in used) and is_big(of_tables, row_counts):
                found.append(f"{name} does not use {wanted}.")
    return found


def is_big(tables: set[str], row_counts: Mapping[str, int]) -> bool:
    """Whether one of the tables is too big to be read without an index."""
    return any(row_counts.get(table, 0) > BIG_ROWS for table in tables)


# --- On SQLite -----------------------------------------------------------------------------------


def short_of_goals(name: str, measured: Mapping[str, Round], *, writes: bool) -> list[str]:
    """Where the service on SQLite falls short, a sentence each; of what was not measured nothing is said.

    Args:
        measured: server -> what an endpoint reached there.
        writes: rows change; no goal compares that with PostgreSQL.
    """
    if LITE not in measured:
        return []
    mine, found = measured[LITE], []
    if mine.refused or mine.broken:
        found.append(f"{name}: SQLite refused or broke {mine.refused + mine.broken:.0f} requests.")
    if writes and mine.p99_ms > P99_TIMES_MAX * mine.p50_ms:
        found.append(f"{name}: p99 on SQLite is {mine.p99_ms / mine.p50_ms:.0f} times the median.")
    other, share_min = (LITE_FLOOR, WRITES_SHARE_MIN) if writes else ("service", READS_SHARE_MIN)
    if other in measured and mine.per_second < share_min * measured[other].per_second:
        share = mine.per_second / measured[other].per_second
        found.append(f"{name}: SQLite reaches {share:.2f} of {other}, not {share_min:.2f}.")
    return found
