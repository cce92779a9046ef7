"""Pages of orders of some days, newest id first, whatever the order of ids and days; and statements planned once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from fluentcart.compiled import Selection, execute
from fluentcart.kept.texts import has_trigrams
from orders import lists
from orders.lists import order_page, split_days
from orders.models import Order
from orders.search import search_orders
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory

FIRST = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
# For each order, by id, on which day it was made.
DAYS = {
    "ids rise": [0, 0, 0, 1, 2, 2, 2, 2, 4, 4, 4, 4],
    "ids fall": [4, 4, 4, 4, 2, 2, 2, 2, 1, 0, 0, 0],
    "mixed": [4, 0, 2, 1, 4, 0, 2, 4, 2, 0, 4, 2],
    "one day": [3] * 12,
}


def selection_of(statuses):
    """The orders of five days, of some statuses or of any."""
    chosen = Selection(Order.objects.all).filtered(created_at__gte=FIRST.replace(hour=0))
    chosen = chosen.filtered(created_at__lt=FIRST.replace(hour=0) + dt.timedelta(days=5))
    return chosen.filtered(status__any=statuses) if statuses else chosen


def make_orders(days):
    """Twelve orders, two of three pending, of which one is deleted, and two of days before and after."""
    customer = CustomerFactory()
    for number, day in enumerate([*days, -1, 5]):
        OrderFactory(
            customer=customer,
            created_at=FIRST + dt.timedelta(days=day),
            status="pending" if number % 3 else "completed",
            deleted_at=FIRST if number == 4 else None,
        )


@pytest.mark.django_db
@pytest.mark.parametrize("offset", [0, 1, 3, 9])
@pytest.mark.parametrize("statuses", [[], ["pending"], ["pending", "completed"]], ids=["any", "one", "two"])
@pytest.mark.parametrize("days", DAYS.values(), ids=DAYS)
def test_the_newest_of_some_days_are_those_with_the_highest_ids(days, statuses, offset):
    make_orders(days)
    chosen = selection_of(statuses)
    expected = [pk for (pk,) in chosen.found().tuples("pk")]

    total, rows = order_page(chosen, 3, offset)

    assert total == len(expected)
    assert [pk for (pk,) in rows.tuples("pk")] == expected[offset : offset + 3]


@pytest.mark.postgres
@pytest.mark.django_db
def test_no_order_is_left_out_when_the_latest_days_have_fewer_than_were_counted():
    make_orders(DAYS["ids rise"])
    latest, others = "{2024-03-04}", "{2024-03-05,2024-03-03}"  # the first has none any more

    rows, _ = execute(lists._newest_of_days(()), [latest, 3, 3, 3, others, 3, 3, 0], "default")

    expected = Order.objects.filter(created_at__gte=FIRST + dt.timedelta(days=2), created_at__lt=FIRST.replace(day=6))
    assert [pk for (pk,) in rows] == [pk for (pk,) in expected.order_by("-pk").values_list("pk")[:3]]


@pytest.mark.parametrize(
    ("wanted", "expected"), [(1, ([9], [8, 7])), (2, ([9], [8, 7])), (3, ([9, 8], [7])), (99, ([9, 8, 7], []))]
)
def test_the_latest_days_have_as_many_as_are_wanted(wanted, expected):
    assert split_days([(9, 2), (8, 5), (7, 1)], wanted) == expected


@pytest.mark.postgres
@pytest.mark.django_db
def test_statements_with_the_same_plan_for_all_values_are_planned_once():
    make_orders(DAYS["mixed"])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # what other tests have run
    connection.connection._compiled_session = None
    for offset in [0, 1, 2, 3] * 2:
        order_page(selection_of(["pending"]), 3, offset)[1].tuples("pk", "customer__email")
        for term in ("example", "inv-98765"):
            order_page(search_orders(Selection(Order.objects.all), term), 3, offset)[1].tuples("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement, custom_plans FROM pg_prepared_statements WHERE generic_plans + custom_plans >= 8"
        )
        custom = dict(cursor.fetchall())

    once = (
        "SELECT bucket, CAST",
        "WITH latest AS",
        "SELECT newest.id FROM unnest",
        'SELECT "orders_order"."id" AS "pk"',
    )
    for beginning in once:
        found = {count for sql, count in custom.items() if sql.startswith(beginning) and " = ANY($" not in sql}
        assert found == {5}, beginning
    if has_trigrams("default"):
        assert {count for sql, count in custom.items() if "fluentcart_digits" in sql} == {5}
