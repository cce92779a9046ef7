"""Totals that the database keeps are what counting the rows gives, whoever writes and however."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection, connections, transaction
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from customers.kept import CUSTOMERS
from customers.lists import customer_page
from customers.models import Customer
from fluentcart.compiled import Arg, Selection
from fluentcart.kept import totals
from fluentcart.kept.installing import drop_triggers, ensure
from fluentcart.kept.totals import day_ranges
from orders.kept import ORDERS, OrderCounts
from orders.lists import order_page
from orders.models import Order
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory

pytestmark = pytest.mark.django_db
STATUSES = ("pending", "processing", "completed")
PAYMENTS = ("pending", "paid")
DAYS = [dt.datetime(2024, month, day, hour, tzinfo=dt.UTC) for month in (1, 2, 5) for day, hour in ((1, 0), (28, 23))]


def ids_of(selection, limit, offset):
    """The keys of a window, found by a walk that leaves out what stands before it."""
    return [pk for (pk,) in selection.found().window(limit, offset).tuples("pk")]


def kept(tally):
    """What readers are told, by level, bucket and keys; what counts nothing left out."""
    with connection.cursor() as cursor:
        cursor.execute(tally.current(connection.vendor))
        return {tuple(row[:-1]): row[-1] for row in cursor.fetchall() if row[-1]}


def counted(tally):
    """The same, counted."""
    with connection.cursor() as cursor:
        cursor.execute(tally.recount(connection.vendor))
        return {tuple(row[:-1]): row[-1] for row in cursor.fetchall()}


def agree():
    """Both tallies and the customers' counts say what the rows say."""
    assert kept(ORDERS) == counted(ORDERS)
    assert kept(CUSTOMERS) == counted(CUSTOMERS)
    live = dict(Order.objects.values_list("customer").annotate(orders=Count("pk")).order_by())
    assert {pk: count for pk, count in Customer.objects.values_list("pk", "live_order_count") if count} == live


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "status", "date", "trash", "restore", "move", "remove", "spend", "undo", "bulk"]),
              st.integers(0, 5), st.integers(0, 5)),
    min_size=1, max_size=12,
)  # fmt: skip


class RandomWrites(TestCase):
    """Whatever is written, in whatever order."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def test_a_walk_over_all_kinds_of_writes(self, steps):
        customers = [CustomerFactory(), CustomerFactory(status="inactive")]
        orders = [OrderFactory(customer=customers[0]) for _ in range(3)]
        for what, which, how in steps:
            walk(what, orders, which, how, customers)
        agree()


def walk(what, orders, which, how, customers):
    """One write."""
    rows = Order.with_deleted.filter(pk=orders[which % len(orders)].pk)
    match what:
        case "add":
            orders.append(OrderFactory(customer=customers[how % 2], status=STATUSES[how % 3], created_at=DAYS[which]))
        case "status":
            rows.update(status=STATUSES[how % 3], payment_status=PAYMENTS[how % 2])
        case "date":
            rows.update(created_at=DAYS[how])
        case "trash":
            rows.update(deleted_at=DAYS[0])
        case "restore":
            Order.with_deleted.update(deleted_at=None)
        case "move":
            rows.update(customer=customers[how % 2])
        case "remove":
            Order.with_deleted.filter(pk__gt=orders[0].pk).filter(pk__lte=orders[0].pk + how).delete()
        case "spend":
            Customer.objects.filter(pk=customers[how % 2].pk).update(total_spent_cents=which * 1000 + how)
        case "undo":
            with transaction.atomic():
                OrderFactory(customer=customers[0])
                transaction.set_rollback(True)
        case "bulk":
            Order.with_deleted.bulk_update([rows.first() or orders[0]], ["status"])


@pytest.mark.parametrize("offset", [0, 3, 8, 9, 10])
@pytest.mark.parametrize("is_down", [True, False], ids=["newest", "oldest"])
@pytest.mark.parametrize("lookups", [{}, {"status__any": ["pending"]}], ids=["all", "pending"])
def test_a_jump_arrives_where_walking_does(monkeypatch, offset, is_down, lookups):
    monkeypatch.setattr(totals, "JUMP_FROM", 0)
    customer = CustomerFactory()
    for number in range(14):
        # Three buckets of ids, of which the coarser two are one.
        OrderFactory(
            pk=1 + number % 3 * 8192 * (200 if number % 3 == 2 else 1) + number,
            customer=customer,
            status="pending" if number % 4 else "completed",
            deleted_at=DAYS[0] if number == 5 else None,
        )
    selection = Selection(Order.objects.all).filtered(**lookups).ordered(("pk", is_down))

    total, rows = order_page(selection, 4, offset)

    assert int(total) == selection.count()
    assert [pk for (pk,) in rows.tuples("pk")] == ids_of(selection, 4, offset)


RANGES = [(0, 10**9), (1, 255), (255, 256), (300, 70_000), (256, 65_536), (65_536, 10**7), (5, 5), (10, 9)]


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_money_spent_is_counted_to_the_cent(low, high):
    for cents in (0, 1, 255, 256, 257, 299, 300, 65_535, 65_536, 65_537, 70_000, 10**6, 10**7):
        CustomerFactory(total_spent_cents=cents, status="active" if cents % 2 else "inactive")
    everybody = Selection(Customer.objects.all).filtered(total_spent_cents__gte=low, total_spent_cents__lte=high)

    for selection in (everybody, everybody.filtered(status__any=["active"])):
        total, rows = customer_page(selection, 100, 0)
        assert total == selection.count() == len(rows.tuples("pk"))


@pytest.mark.parametrize("last", [dt.date(2024, 1, 1), dt.date(2024, 1, 28), dt.date(2024, 2, 1), dt.date(2024, 5, 28)])
def test_days_are_counted_by_whole_months_and_single_days(last):
    customer = CustomerFactory()
    for moment in DAYS:
        OrderFactory(customer=customer, created_at=moment)
    end = dt.datetime.combine(last, dt.time(), dt.UTC) + dt.timedelta(days=1)
    selection = Selection(Order.objects.all).filtered(created_at__gte=DAYS[0], created_at__lt=end)

    assert ORDERS.counts("default", day_ranges(DAYS[0].date(), last), {})[0][1] == selection.count()
    total, rows = order_page(selection, 2, 1)
    assert (total, [pk for (pk,) in rows.tuples("pk")]) == (selection.count(), ids_of(selection, 2, 1))


@pytest.mark.parametrize("thing", [ORDERS, OrderCounts(), CUSTOMERS], ids=["orders", "counts", "customers"])
def test_what_is_missing_is_put_back_and_filled(thing):
    customer = CustomerFactory()
    OrderFactory(customer=customer)
    with connection.cursor() as cursor:
        for statement in drop_triggers(connection, f"{thing.name}_"):
            cursor.execute(statement)
    OrderFactory(customer=CustomerFactory())

    assert ensure(thing, "default") is True
    assert ensure(thing, "default") is False
    agree()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_writers_of_one_bucket_do_not_wait_for_each_other_and_lose_nothing():
    customers = [CustomerFactory() for _ in range(4)]
    begun, errors = threading.Barrier(4), []

    def write(customer):
        try:
            with transaction.atomic():
                for _ in range(40):
                    OrderFactory(customer=customer)
                begun.wait(timeout=20)  # nobody gets here while another's transaction holds them up
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=[customer]) for customer in customers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert int(order_page(Selection(Order.objects.all), 1, 0)[0]) == 160
    agree()


@pytest.mark.postgres
def test_folding_changes_no_total():
    for _ in range(5):
        OrderFactory(customer=CustomerFactory())
    before = kept(ORDERS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT orders_ordertally_fold()")
        cursor.execute("SELECT count(*) FROM orders_ordertallydelta")
        assert cursor.fetchone() == (0,)

    assert kept(ORDERS) == before == counted(ORDERS)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_transaction_with_an_older_snapshot_does_not_fold_what_another_folded():
    OrderFactory()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM orders_ordertallydelta")

        def fold():
            with connection.cursor() as other:
                other.execute("SELECT orders_ordertally_fold()")
            connection.close()

        thread = threading.Thread(target=fold)
        thread.start()
        thread.join()
        cursor.execute("SELECT orders_ordertally_fold()")  # would fail: those rows are gone for it

    agree()


def test_few_rows_of_a_status_are_found_by_their_own_index():
    customer = CustomerFactory()
    for number in range(6):
        OrderFactory(customer=customer, status=STATUSES[number % 2])
    selection = Selection(Order.objects.all).filtered(status__any=["pending"])

    with CaptureQueriesContext(connection) as queries:
        total, rows = order_page(selection, 2, 1)
        found = [pk for (pk,) in rows.tuples("pk")]

    assert (total, found) == (3, ids_of(selection, 2, 1))
    assert "MATERIALIZED" in queries[1]["sql"]


@pytest.mark.parametrize("offset", [5, 8, 9, 10, 11])
@pytest.mark.parametrize("column", ["total_spent_cents", "first_order_at"])
@pytest.mark.parametrize("is_down", [True, False], ids=["most", "least"])
def test_the_last_pages_are_walked_to_from_the_end(monkeypatch, offset, column, is_down):
    monkeypatch.setattr(totals, "JUMP_FROM", 0)
    for number in range(12):
        CustomerFactory(total_spent_cents=number % 4, first_order_at=DAYS[number % 3] if number % 4 else None)
    selection = Selection(Customer.objects.all).ordered((column, is_down), ("pk", is_down))

    with CaptureQueriesContext(connection) as queries:
        total, rows = customer_page(selection, 2, offset)
        found = [pk for (pk,) in rows.tuples("pk")]

    assert (int(total), found) == (12, ids_of(selection, 2, offset))
    walked = queries[1]["sql"].split(" ORDER BY ")[1].split(" LIMIT ")[0]
    assert ("DESC" in walked) == (is_down if offset < 6 else not is_down)


def test_a_total_comes_with_the_rows_or_is_read_by_itself():
    customer = CustomerFactory()
    OrderFactory(customer=customer)
    total, rows = order_page(Selection(Order.objects.all).filtered(customer_id=customer.pk), 10, 0)

    with CaptureQueriesContext(connection) as with_rows:
        assert len(rows.tuples("pk")) == 1
    with CaptureQueriesContext(connection) as already_there:
        assert int(total) == int(total) == 1
    nobody, _ = order_page(Selection(Order.objects.all).filtered(customer_id=customer.pk + 1), 10, 0)
    with CaptureQueriesContext(connection) as by_itself:
        assert int(nobody) == int(nobody) == 0

    assert [len(queries) for queries in (with_rows, already_there, by_itself)] == [2, 0, 1]


@pytest.mark.parametrize("offset", [0, 1, 3, 5])
def test_early_pages_by_key_are_planned_once_and_others_for_each_run(offset):
    for _ in range(4):
        OrderFactory(customer=CustomerFactory())
    everything = Selection(Order.objects.all)

    for selection in (everything, everything.ordered(("pk", False)), everything.ordered(("created_at", True))):
        _, rows = order_page(selection, 2, offset)
        with CaptureQueriesContext(connection) as queries:
            found = [pk for (pk,) in rows.tuples("pk")]
        is_planned_once = selection.order[0][0] == "pk"
        plan = rows.plan(("pk",))

        assert found == ids_of(selection, 2, offset)
        assert any(type(param) is Arg and param.name == "limit" for param in plan.params) != is_planned_once
        assert len(queries) == 2
