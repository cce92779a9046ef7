"""Marking an order as paid."""

import pytest

from orders.errors import AlreadyPaid, OrderCanceled
from orders.models import OrderTransaction
from orders.services.payment import mark_as_paid
from tests.orders.factories import ChargeFactory, OrderFactory, VariationFactory
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db


def test_the_pending_charge_is_captured_by_hand_whatever_the_word():
    order = place(payment_method="stripe", note="old")

    mark_as_paid(order_id=order.pk, transaction_id="manual_123")

    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("processing", "paid")
    assert (order.total_paid_cents, order.note, order.payment_method) == (5000, "old", "stripe")
    assert order.paid_at == order.updated_at
    charge = order.transactions.get()
    assert (charge.status, charge.amount_cents, charge.gateway) == ("succeeded", 5000, "manual")
    assert (charge.payment_method, charge.vendor_charge_id) == ("stripe", "manual_123")


def test_method_and_note_are_replaced_when_given():
    order = place(payment_method="stripe", note="old")

    mark_as_paid(order_id=order.pk, payment_method="bank", note="")

    order.refresh_from_db()
    assert (order.payment_method, order.note, order.transactions.get().payment_method) == ("bank", "", "bank")


def test_a_partly_paid_order_gets_a_charge_of_what_is_due():
    order = OrderFactory(payment_status="partially_paid", total_paid_cents=2000)
    ChargeFactory(order=order, amount_cents=2000, status="succeeded")

    mark_as_paid(order_id=order.pk)

    order.refresh_from_db()
    assert (order.payment_status, order.total_paid_cents) == ("paid", 5000)
    assert list(order.transactions.order_by("pk").values_list("amount_cents", "status")) == [
        (2000, "succeeded"),
        (3000, "succeeded"),
    ]


def test_money_that_went_back_before_stays_visible():
    order = OrderFactory(payment_status="refunded", total_paid_cents=2000, total_refund_cents=2000)

    mark_as_paid(order_id=order.pk)

    order.refresh_from_db()
    order.customer.refresh_from_db()
    assert (order.payment_status, order.total_paid_cents, order.total_refund_cents) == (
        "partially_refunded", 5000, 2000,
    )  # fmt: skip
    assert order.customer.total_spent_cents == 3000


def test_receipt_invoice_and_statistics_follow(settings):
    settings.MIN_RECEIPT_NUMBER, settings.INVOICE_PREFIX = 1000, "Inv-"
    order = place()

    mark_as_paid(order_id=order.pk)

    order.refresh_from_db()
    order.customer.refresh_from_db()
    assert (order.receipt_number, order.invoice_no, order.search_text) == (1000, "Inv-1000", "inv-1000")
    assert (order.customer.order_count, order.customer.total_spent_cents) == (1, 5000)


def test_a_digital_order_is_completed_and_its_pieces_are_gone():
    variation = VariationFactory(stock=5, fulfillment_type="digital")
    order = place(variation)

    mark_as_paid(order_id=order.pk)

    order.refresh_from_db()
    assert (order.status, order.completed_at) == ("completed", order.paid_at)
    assert counters(variation) == (3, 0, 2)


def test_physical_pieces_stay_held():
    physical, digital = VariationFactory(stock=5), VariationFactory(stock=5, fulfillment_type="digital")
    order = place(physical, digital)

    mark_as_paid(order_id=order.pk)

    order.refresh_from_db()
    assert order.status == "processing"
    assert counters(physical) == (3, 2, 0)
    assert counters(digital) == (3, 0, 2)


@pytest.mark.parametrize(
    ("status", "after"), [("on-hold", "processing"), ("failed", "processing"), ("completed", "completed")]
)
def test_payment_lifts_to_processing_and_never_moves_back(status, after):
    order = OrderFactory(status=status)

    assert mark_as_paid(order_id=order.pk).status == after


def test_a_second_payment_is_refused():
    order = place()
    mark_as_paid(order_id=order.pk)

    with pytest.raises(AlreadyPaid) as refusal:
        mark_as_paid(order_id=order.pk, note="again")

    order.refresh_from_db()
    assert (refusal.value.code, order.note, order.total_paid_cents) == ("already_paid", "", 5000)
    assert OrderTransaction.objects.count() == 1


def test_a_canceled_order_is_refused():
    order = OrderFactory(status="canceled")

    with pytest.raises(OrderCanceled) as refusal:
        mark_as_paid(order_id=order.pk)

    order.refresh_from_db()
    assert (refusal.value.code, order.payment_status, order.total_paid_cents) == ("order_canceled", "pending", 0)


@pytest.mark.parametrize("count", [2, 9])
def test_the_number_of_queries_does_not_grow_with_the_lines(django_assert_num_queries, count):
    order = place(*[VariationFactory(stock=5, fulfillment_type="digital") for _ in range(count)])

    # a savepoint, order, lines, stock, charge (read, write), order, stock, lines,
    # history, customer (lock, sum, write), counter, numbers
    with django_assert_num_queries(16):
        mark_as_paid(order_id=order.pk)
