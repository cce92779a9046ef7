"""The audit: a shop that the services wrote is clean, and each kind of damage is found as such and as nothing else."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.audit import progress, run
from orders.services.payment import mark_as_paid
from tests.orders.audit_damages import DAMAGES
from tests.orders.audit_shop import Shop, audit_books, found
from tests.orders.factories import OrderFactory
from tests.orders.shop import place


@pytest.fixture
def shop(db):
    return Shop()


# --- Clean ------------------------------------------------------------------------------------------------


def test_a_shop_that_the_services_wrote_is_clean(shop):
    assert found() == []
    assert audit_books() == (0, [])


def test_an_empty_shop_is_clean(db):
    assert audit_books() == (0, [])


def test_the_demo_is_clean(db, settings):
    settings.EMBEDDED = True
    call_command("load_demo", customers=130, orders=600)

    assert found() == []


def test_more_rows_take_no_more_queries(shop):
    with CaptureQueriesContext(connection) as at_three_orders:
        assert found() == []
    for _ in range(9):
        mark_as_paid(order_id=place(shop.variation, quantity=1, customer=shop.customer).pk)
    Shop(email="grace@example.com")

    with CaptureQueriesContext(connection) as at_fifteen_orders:
        assert found() == []

    assert len(at_fifteen_orders) == len(at_three_orders)


# --- Every check finds its damage, and nothing else ---------------------------------------------------------


@pytest.mark.parametrize(("damage", "expected"), DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_found_and_nothing_else(shop, damage, expected):
    damage(shop)

    assert found() == expected(shop)


def test_every_check_is_shown_some_damage(shop):
    shop.old = shop.refund  # only a row to name

    seen = {difference[0] for _, expected in DAMAGES.values() for difference in expected(shop)}

    assert seen == set(run.BY_NAME)


@pytest.mark.parametrize(
    ("paid", "refunded", "right", "wrong"),
    [
        (0, 0, "pending", "paid"),
        (0, 0, "failed", "partially_paid"),
        (0, 0, "authorized", "refunded"),
        (1, 0, "partially_paid", "pending"),
        (4999, 0, "partially_paid", "paid"),
        (5000, 0, "paid", "partially_paid"),
        (5000, 1, "partially_refunded", "paid"),
        (5000, 4999, "partially_refunded", "refunded"),
        (5000, 5000, "refunded", "partially_refunded"),
        (4000, 4000, "refunded", "partially_refunded"),
        (4000, 1, "partially_refunded", "partially_paid"),
    ],
)
def test_the_payment_status_follows_from_the_amounts(db, paid, refunded, right, wrong):
    amounts = {"total_paid_cents": paid, "total_refund_cents": refunded}
    OrderFactory(payment_status=right, **amounts)
    odd = OrderFactory(payment_status=wrong, **amounts)

    assert [(each.id, each.found) for each in progress.payment_statuses()] == [(odd.pk, wrong)]
