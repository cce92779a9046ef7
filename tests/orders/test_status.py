"""Moves along the three status axes."""

import pytest

from fluentcart.errors import InvalidFields
from orders.errors import AlreadyPaid, InvalidTransition, OrderCanceled, OrderNotFound
from orders.services.status import update_statuses
from tests.orders.factories import OrderFactory, VariationFactory
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db


def stored(order):
    order.refresh_from_db()
    return order.payment_status, order.shipping_status, order.status


def test_the_documents_three_at_once():
    order = place()

    update_statuses(order_id=order.pk, payment_status="paid", shipping_status="shipped", order_status="processing")

    assert stored(order) == ("paid", "shipped", "processing")
    assert (order.total_paid_cents, order.invoice_no, order.customer.pk) == (5000, "INV-1", order.customer_id)
    assert order.shipped_at is not None
    assert order.delivered_at is None
    order.customer.refresh_from_db()
    assert order.customer.order_count == 1


class TestOrderStatus:
    @pytest.mark.parametrize("to", ["on-hold", "processing", "completed", "canceled", "cancelled"])
    def test_any_editable_status_follows_any_other(self, to):
        order = OrderFactory(status="failed")

        update_statuses(order_id=order.pk, order_status=to)

        assert stored(order)[2] == to.replace("ll", "l")
        assert (order.completed_at is not None) == (to == "completed")

    @pytest.mark.parametrize("word", ["pending", "failed", "shipped", "", "Completed"])
    def test_other_words_are_refused_with_those_that_are_allowed(self, word):
        order = OrderFactory(status="on-hold")

        with pytest.raises(InvalidFields) as refusal:
            update_statuses(order_id=order.pk, order_status=word)

        assert list(refusal.value.fields) == ["order_status"]
        assert "canceled, completed" in refusal.value.fields["order_status"][0]

    @pytest.mark.parametrize(
        "given",
        [
            {"order_status": "processing"},
            {"order_status": "canceled"},
            {"shipping_status": "shipped"},
            {"payment_status": "paid"},
        ],
    )
    def test_canceled_is_final(self, given):
        order = OrderFactory(status="canceled")

        with pytest.raises(OrderCanceled) as refusal:
            update_statuses(order_id=order.pk, **given)

        assert refusal.value.code == "order_canceled"
        assert stored(order) == ("pending", "unshipped", "canceled")

    def test_canceling_gives_all_pieces_back_and_keeps_the_money(self):
        physical, digital = VariationFactory(stock=5), VariationFactory(stock=5, fulfillment_type="digital")
        order = place(physical, digital)
        update_statuses(order_id=order.pk, payment_status="paid", shipping_status="delivered")

        update_statuses(order_id=order.pk, order_status="canceled")

        assert counters(physical) == counters(digital) == (5, 0, 0)
        order.refresh_from_db()
        assert (order.payment_status, order.total_refund_cents) == ("paid", 0)

    def test_canceling_without_stock_leaves_the_pieces(self):
        variation = VariationFactory(stock=5)
        order = place(variation)

        update_statuses(order_id=order.pk, order_status="canceled", manage_stock=False)

        assert counters(variation) == (3, 2, 0)


class TestPaymentStatus:
    @pytest.mark.parametrize("word", ["refunded", "partially_refunded"])
    def test_a_refund_is_made_elsewhere(self, word):
        order = OrderFactory(paid=True)

        with pytest.raises(InvalidTransition, match=f"/orders/{order.pk}/refund"):
            update_statuses(order_id=order.pk, payment_status=word, order_status="completed")

        assert stored(order) == ("paid", "unshipped", "processing")

    @pytest.mark.parametrize("word", ["failed", "authorized"])
    def test_unpaid_words_follow_each_other(self, word):
        order = OrderFactory()

        update_statuses(order_id=order.pk, payment_status=word)

        assert stored(order)[0] == word

    @pytest.mark.parametrize("word", ["pending", "failed", "authorized", "partially_paid"])
    def test_a_paid_order_does_not_become_unpaid(self, word):
        order = OrderFactory(paid=True)

        with pytest.raises(InvalidTransition):
            update_statuses(order_id=order.pk, payment_status=word)

        assert stored(order)[0] == "paid"

    def test_paid_twice_is_already_paid(self):
        order = OrderFactory(paid=True)

        with pytest.raises(AlreadyPaid):
            update_statuses(order_id=order.pk, payment_status="paid")


class TestShippingStatus:
    @pytest.mark.parametrize(
        ("to", "ledger", "fulfilled"),
        [
            ("shipped", (3, 2, 0), 2),
            ("delivered", (3, 0, 2), 2),
            ("unshippable", (3, 2, 0), 0),
        ],
    )
    def test_what_each_status_moves(self, to, ledger, fulfilled):
        variation = VariationFactory(stock=5)
        order = place(variation)

        update_statuses(order_id=order.pk, shipping_status=to)

        assert stored(order) == ("pending", to, "pending")
        assert counters(variation) == ledger
        assert order.items.get().fulfilled_count == fulfilled
        assert (order.shipped_at is not None, order.delivered_at is not None) == (bool(fulfilled), to == "delivered")

    def test_leaving_delivered_takes_everything_back(self):
        variation = VariationFactory(stock=5)
        order = place(variation)
        update_statuses(order_id=order.pk, shipping_status="delivered")

        update_statuses(order_id=order.pk, shipping_status="unshipped")

        order.refresh_from_db()
        assert counters(variation) == (3, 2, 0)
        assert order.items.get().fulfilled_count == 0
        assert (order.shipped_at, order.delivered_at) == (None, None)

    def test_digital_lines_are_not_sent(self):
        physical, digital = VariationFactory(stock=5), VariationFactory(stock=5, fulfillment_type="digital")
        order = place(physical, digital)

        update_statuses(order_id=order.pk, shipping_status="delivered")

        assert counters(digital) == (3, 2, 0)
        assert order.items.get(variation=digital).fulfilled_count == 0

    def test_a_digital_order_has_nothing_to_send(self):
        order = place(VariationFactory(fulfillment_type="digital"))

        with pytest.raises(InvalidTransition):
            update_statuses(order_id=order.pk, shipping_status="shipped")

    @pytest.mark.parametrize("word", ["", "lost"])
    def test_other_words_are_refused(self, word):
        with pytest.raises(InvalidFields) as refusal:
            update_statuses(order_id=OrderFactory().pk, shipping_status=word)

        assert list(refusal.value.fields) == ["shipping_status"]


def test_one_unchanged_status_is_a_mistake():
    order = OrderFactory(status="processing")

    with pytest.raises(InvalidTransition) as refusal:
        update_statuses(order_id=order.pk, order_status="processing")

    assert refusal.value.code == "invalid_transition"


def test_an_unchanged_status_among_several_is_left_alone():
    order = OrderFactory(status="pending")

    update_statuses(order_id=order.pk, order_status="pending", shipping_status="unshipped")

    assert stored(order) == ("pending", "unshipped", "pending")


def test_nothing_given_is_a_mistake():
    with pytest.raises(InvalidFields) as refusal:
        update_statuses(order_id=OrderFactory().pk)

    assert set(refusal.value.fields) == {"payment_status", "shipping_status", "order_status"}


def test_a_later_refusal_undoes_the_payment():
    order = place(VariationFactory(fulfillment_type="digital"))

    with pytest.raises(InvalidTransition):
        update_statuses(order_id=order.pk, payment_status="paid", shipping_status="shipped")

    order.refresh_from_db()
    assert (order.payment_status, order.invoice_no) == ("pending", "")
    assert order.transactions.get().status == "pending"


def test_an_unknown_order_is_not_found():
    with pytest.raises(OrderNotFound):
        update_statuses(order_id=999999, order_status="processing")
