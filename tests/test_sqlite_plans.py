"""How SQLite would run a list's queries in a shop of 100,000 orders, by the statistics that ANALYZE had of one."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.callers import V2
from tests.orders.shop import place

pytestmark = pytest.mark.once

# Index -> its table, and how many rows there are, of one first value, of one value of the first two.
STATISTICS = {
    "order_created_at": ("orders_order", "100000 1 1"),
    "order_customer": ("orders_order", "100000 12 1"),
    "order_live": ("orders_order", "99949 1"),
    "order_status": ("orders_order", "100000 16667 1"),
    "orders_orderitem_order_id_fe61a34d": ("orders_orderitem", "185342 2"),
    "orders_orderitem_product_id_afe4254a": ("orders_orderitem", "185342 6392"),
    "product_created_at": ("orders_product", "32 32"),
}


def statements_of_schema() -> list[str]:
    """What makes the tables and indexes anew; a full-text table brings tables of its own."""
    made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')"
    with connection.cursor() as cursor:
        cursor.execute(f"{made} AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '%!_search!_%' ESCAPE '!'")
        return [sql for (sql,) in cursor.fetchall()]


@pytest.fixture
def plans(api):
    """What a GET of orders reads: of each query the steps of its plan."""

    def found(query: str) -> list[list[str]]:
        with CaptureQueriesContext(connection) as queries:
            assert api("orders/view").get(f"{V2}/orders?{query}").status_code == 200
        return [steps_of(sql) for sql in (entry["sql"] for entry in queries) if sql.startswith(("SELECT", "WITH"))]

    with closing(sqlite3.connect(":memory:")) as copy:
        for sql in statements_of_schema():
            copy.execute(sql)
        copy.execute("ANALYZE")
        copy.execute("DELETE FROM sqlite_stat1")
        rows = [(table, index, counts) for index, (table, counts) in STATISTICS.items()]
        copy.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", rows)
        copy.execute("ANALYZE sqlite_schema")

        def steps_of(sql: str) -> list[str]:
            return [row[3] for row in copy.execute(f"EXPLAIN QUERY PLAN {sql}")]

        yield found


def test_the_statistics_speak_of_indexes_that_there_are(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'")
        there = dict(cursor.fetchall())

    assert {index: there.get(index) for index in STATISTICS} == {index: row[0] for index, row in STATISTICS.items()}


def test_a_search_of_orders_finds_lines_by_the_index_of_their_products(plans):
    steps = [step for plan in plans("search=bottle") for step in plan]

    assert any("orders_orderitem_product_id" in step for step in steps), steps
    assert not any(step.startswith("SCAN V0") for step in steps), steps


def test_orders_of_some_days_are_sorted_by_their_keys_and_not_as_rows(plans):
    place()
    found = plans("filters[status]=pending&filters[date_from]=2024-01-01&filters[date_to]=2099-12-31")
    (plan,) = (plan for plan in found if "order_status" in str(plan))

    assert plan[0].startswith("SEARCH orders_order USING INTEGER PRIMARY KEY"), plan
