"""What `make bench` calls a wrong plan."""

from __future__ import annotations

import pytest

from bench.endpoints import ENDPOINTS
from bench.judging import INTENDED, read_whole, wrong

ROWS = {"orders_order": 1_000_000, "customers_customer": 100_000, "orders_orderitem": 3_000_000, "orders_product": 500}
INDEXES = {
    "customers_customer_pkey": "customers_customer",
    "order_live": "orders_order",
    "orders_orderitem_order_id_fe61a34d": "orders_orderitem",
    "customers_customer_search_e08d2ec8": "customers_customer",
}


def node(kind, *plans, **more):
    """A node of a plan as EXPLAIN tells it."""
    return {"Node Type": kind, "Plans": list(plans)} | {key.replace("_", " "): value for key, value in more.items()}


def scan(kind="Seq Scan", table="orders_order", **more):
    """A node that reads a table."""
    return node(kind, Relation_Name=table, **more)


def judged(name, *indexes, whole=(), rows=ROWS):
    """What is wrong with an endpoint whose statements use these indexes."""
    plans = {name: [{"indexes": [index], "whole": []} for index in indexes] + [{"indexes": [], "whole": list(whole)}]}
    return wrong(plans, rows, INDEXES)


def test_every_endpoint_has_its_indexes():
    assert list(INTENDED) == [endpoint.name for endpoint in ENDPOINTS]
    assert all(INTENDED.values())


@pytest.mark.parametrize(
    ("plan", "tables"),
    [
        (scan(), ["orders_order"]),
        (scan("Index Scan", Index_Cond="(id = 7)"), []),
        (scan("Index Only Scan"), ["orders_order"]),
        (node("Limit", scan("Index Scan")), []),
        (node("Limit", node("Nested Loop", scan("Index Scan"))), []),
        (node("Limit", node("Sort", scan("Index Scan"))), ["orders_order"]),
        (node("Limit", node("Result"), node("Aggregate", scan("Index Only Scan"))), ["orders_order"]),
        (node("Limit", scan("Index Scan", Parent_Relationship="InitPlan")), []),
        (
            node("Limit", node("Result", scan("Index Only Scan", Parent_Relationship="SubPlan"))),
            ["orders_order"],
        ),
        (node("Limit", scan("Seq Scan")), ["orders_order"]),
    ],
)
def test_what_is_read_from_end_to_end(plan, tables):
    assert list(read_whole(plan)) == tables


def test_an_endpoint_by_its_indexes_is_right():
    assert judged("orders-list", "order_live", "orders_orderitem_order_id_fe61a34d") == []


def test_an_index_that_is_not_used_is_wrong_where_its_table_is_big():
    small = {**ROWS, "orders_orderitem": 3000}

    assert judged("orders-list", "order_live") == ["orders-list does not use orders_orderitem_order_id."]
    assert judged("orders-list", "order_live", rows=small) == []


def test_an_index_that_is_gone_is_wrong_at_any_size():
    assert judged("orders-newest-of-month", "orders_orderitem_order_id_fe61a34d", rows={}) == [
        "orders-newest-of-month: there is no index order_status|order_created_at."
    ]


def test_a_big_table_that_is_read_whole_is_wrong_and_a_small_one_is_not():
    found = judged("customers-list", "customers_customer_pkey", whole=["customers_customer", "orders_product"])

    assert found == ["customers-list reads customers_customer from end to end."]


def test_searches_are_judged():
    whole = ["customers_customer"]

    assert judged("customers-search-name", whole=whole) == [
        "customers-search-name reads customers_customer from end to end.",
        "customers-search-name does not use customers_customer_search.",
    ]
