"""Whatever happens to orders, no piece appears or disappears."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluentcart.errors import DomainError
from orders.models import OrderItem
from orders.services.delete import delete_order
from orders.services.payment import mark_as_paid
from orders.services.refund import refund_order
from orders.services.status import update_statuses
from orders.services.stock import StockLedger
from tests.orders.factories import VariationFactory
from tests.orders.shop import counters, place

MOVES = {
    "pay": lambda order: mark_as_paid(order_id=order.pk),
    "ship": lambda order: update_statuses(order_id=order.pk, shipping_status="shipped"),
    "deliver": lambda order: update_statuses(order_id=order.pk, shipping_status="delivered"),
    "unship": lambda order: update_statuses(order_id=order.pk, shipping_status="unshippable"),
    "cancel": lambda order: update_statuses(order_id=order.pk, order_status="canceled"),
    "delete": lambda order: delete_order(order_id=order.pk),
    "refund": lambda order: refund_order(
        order_id=order.pk, items=[{"id": order.items.first().pk, "quantity": 1, "restock": True}]
    ),
}


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=6))
def test_no_piece_is_lost_and_lines_and_variations_agree(names):
    physical, digital = VariationFactory(stock=10), VariationFactory(stock=10, fulfillment_type="digital")
    order = place(physical, digital, quantity=3)

    for name in names:
        try:
            MOVES[name](order)
        except DomainError:
            continue

    for variation in (physical, digital):
        item = OrderItem.objects.get(variation=variation)
        available, held, committed = counters(variation)
        assert (item.held_count, item.committed_count) == (held, committed)
        assert available + held + committed == 10


@pytest.mark.django_db
def test_an_unmanaged_variation_is_neither_locked_nor_written(django_assert_num_queries):
    order = place()

    with django_assert_num_queries(1):
        ledger = StockLedger.lock([order.pk])
        ledger.commit(ledger.physical)
        ledger.give_back_all()
        ledger.save()


@pytest.mark.django_db
def test_stock_that_is_no_longer_managed_is_still_given_back():
    variation = VariationFactory(stock=5)
    order = place(variation)
    type(variation).objects.update(manage_stock=False)

    update_statuses(order_id=order.pk, order_status="canceled")

    assert counters(variation) == (5, 0, 0)
