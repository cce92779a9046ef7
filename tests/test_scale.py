"""docs/scale.md: its statements run on our tables, and the service is the same on partitions."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.capabilities import ALL_CAPABILITIES
from customers.kept import kept as kept_of_customers
from fluentcart.kept.installing import ensure, triggers
from orders.demo.load import load_shop
from orders.kept import kept as kept_of_orders
from orders.models import Order, ProductVariation
from tests.callers import V1, V2
from tests.orders.audit_shop import audit_books
from tests.serving import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

PAGE = (ROOT / "docs" / "scale.md").read_text()
READS = (
    *(f"{V2}/orders", f"{V2}/orders?page=30", f"{V2}/orders?per_page=100&page=2", f"{V2}/orders?search=inv-1"),
    *(f"{V2}/orders?search=an", f"{V2}/orders?filters[status]=completed&order_by=created_at", f"{V1}/orders"),
    *(f"{V2}/orders?filters[date_from]=2020-01-01&filters[date_to]=2030-01-01", f"{V2}/orders?order_by=receipt_number"),
    *(f"{V2}/customers", f"{V2}/customers/1/orders", f"{V2}/customers/1?with[]=orders", f"{V2}/orders/7"),
    "/api/customers/cust_1/analytics",
)


def blocks(section: str) -> Iterator[str]:
    """The blocks of SQL of a section of the page."""
    text = PAGE.split(f"\n## {section}", 1)[1].split("\n## ", 1)[0]
    yield from re.findall(r"```sql\n(.*?)```", text, re.DOTALL)


def run(block: str) -> None:
    """All statements of a block."""
    with connection.cursor() as cursor:
        # What this test's transaction has written is checked now, so that the tables can be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(block)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def caller(api):
    """Someone who may do everything, in a shop of 60 customers and 300 orders."""
    load_shop(customers=60, orders=300, seed=1, advance=lambda count: None)
    return api(*ALL_CAPABILITIES)


@pytest.fixture
def partitioned(caller):
    """The same shop, with what its routes answered before its orders were parted; new orders get another partition."""
    before = {path: caller.get(path).json() for path in READS}
    for block in blocks("Orders in partitions"):
        run(block)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('orders_order', 'id'), 10000000)")
    return before


@pytest.mark.parametrize("section", re.findall(r"^## (.*)$", PAGE, re.MULTILINE))
def test_every_statement_of_the_page_runs(section):
    with transaction.atomic():
        for block in blocks(section):
            run(block)
        transaction.set_rollback(True)


def test_the_page_has_its_statements():
    assert {section: len(list(blocks(section))) for section in re.findall(r"^## (.*)$", PAGE, re.MULTILINE)} == {
        "How far one primary goes": 1,
        "A replica for lists and reports": 2,
        "Connections, and PgBouncer": 1,
        "Orders in partitions": 4,
        "Several machines: Citus": 1,
    }


def test_every_answer_is_the_same_on_partitions(caller, partitioned):
    assert {path: caller.get(path).json() for path in READS} == partitioned


def test_orders_live_their_lives_on_partitions(caller, partitioned):
    customer = caller.get(f"{V2}/customers?filters[status]=active").json()["data"]["customers"][0]
    variation = ProductVariation.objects.filter(manage_stock=False).first() or ProductVariation.objects.first()
    items = [{"product_id": variation.product_id, "variation_id": variation.pk, "quantity": 1}]
    body = {"customer_id": customer["id"], "items": items, "payment_method": "manual"}

    made = [caller.post(f"{V2}/orders", body).json()["data"]["order"]["id"] for _ in range(2)]
    paid = caller.post(f"{V2}/orders/{made[0]}/mark-as-paid", {"payment_method": "manual"})
    refunded = caller.post(f"{V2}/orders/{made[0]}/refund", {"amount": 1, "reason": "Test"})
    deleted = caller.delete(f"{V2}/orders/{made[1]}")
    restored = caller.post(f"{V2}/orders/{made[1]}/restore")

    assert made == [10_000_001, 10_000_002]
    assert [answer.status_code for answer in (paid, refunded, deleted, restored)] == [200] * 4
    listed = caller.get(f"{V2}/orders").json()["data"]
    assert [order["id"] for order in listed["orders"][:2]] == made[::-1]
    total = partitioned[f"{V2}/orders"]["data"]["pagination"]["total"]
    assert listed["pagination"]["total"] == total + 2
    assert caller.get(f"{V2}/customers/{customer['id']}").json()["data"]["customer"]["order_count"] == (
        customer["order_count"] + 1
    )


@pytest.mark.parametrize("name", ["uuid", "receipt_number", "invoice_no", "order_number"])
def test_what_is_unique_is_refused_twice_over_partitions(caller, partitioned, name):
    old = Order.with_deleted.exclude(receipt_number=None).earliest("pk")
    Order.with_deleted.filter(pk=old.pk).update(order_number="SO-2020-001")
    value = Order.with_deleted.values_list(name, flat=True).get(pk=old.pk)
    old.pk, old.uuid, old.receipt_number, old.invoice_no, old.order_number = 10_000_050, "0" * 32, None, "", ""
    Order.objects.bulk_create([old])

    with pytest.raises(IntegrityError, match=f"order_key_{name}"), transaction.atomic():
        Order.with_deleted.filter(pk=10_000_050).update(**{name: value})


def test_the_books_are_right_on_partitions(caller, partitioned):
    assert audit_books() == (0, [])


def test_migrate_leaves_triggers_and_totals_alone_on_partitions(caller, partitioned):
    made_again = [ensure(thing, "default") for thing in (*kept_of_orders(), *kept_of_customers())]

    assert made_again == [False] * len(made_again)
    assert set(triggers(connection, "orders_ordertally").values()) == {"orders_order"}


def test_one_partition_is_looked_into_for_an_order_and_the_newest_first_for_a_list(caller, partitioned):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT * FROM orders_order WHERE id = 10000001")
        one = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM orders_order WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 10")
        newest = "\n".join(line for (line,) in cursor.fetchall())

    assert ("orders_order_p1" in one, "orders_order_p0" in one) == (True, False)
    # Partition after partition until there are enough, and nothing is merged or sorted.
    assert re.findall(r" on (orders_order_p\d)", newest) == ["orders_order_p2", "orders_order_p1", "orders_order_p0"]
    assert "Merge" not in newest
    assert "Sort" not in newest
