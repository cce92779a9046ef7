"""What a refund may give back, from which charge and on which lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluentcart.errors import InvalidFields
from orders.errors import ChargeNotFound, OrderNotFound, RefundFailed
from orders.models import OrderTransaction
from orders.services.payment import mark_as_paid
from orders.services.refund import refund_order, reserve_refund
from orders.services.refund_plan import LinePlan, RefundPlan, split_plan
from orders.services.status import update_statuses
from tests.orders.factories import ChargeFactory, ItemFactory, VariationFactory
from tests.orders.shop import books, counters, paid_order, place

pytestmark = pytest.mark.django_db


def test_a_part_is_given_back_by_hand():
    order = paid_order()

    refund = refund_order(order_id=order.pk, amount_cents=2000, reason="Too late")

    refund.refresh_from_db()
    assert (refund.type, refund.status, refund.amount_cents, refund.requested_cents) == (
        "refund",
        "refunded",
        2000,
        2000,
    )
    assert (refund.reason, refund.gateway, refund.vendor_charge_id) == ("Too late", "manual", f"ref_{refund.uuid}")
    assert refund.parent == order.transactions.get(type="charge")
    assert books(order) == ("partially_refunded", 5000, 2000, 3000)
    assert (order.refunded_at, order.status) == (None, "processing")
    assert order.items.get().refund_total_cents == 2000


def test_the_whole_is_given_back_and_the_order_no_longer_counts():
    order = paid_order()

    refund_order(order_id=order.pk, amount_cents=5000)

    assert books(order) == ("refunded", 5000, 5000, 0)
    assert order.refunded_at is not None
    assert order.customer.order_count == 0


@pytest.mark.parametrize("amount", [3001, 2**63])
def test_no_more_than_is_left_can_be_given_back(amount):
    order = paid_order()
    refund_order(order_id=order.pk, amount_cents=2000)

    with pytest.raises(RefundFailed) as refusal:
        refund_order(order_id=order.pk, amount_cents=amount)

    assert refusal.value.code == "refund_failed"
    assert refusal.value.details == {"reason": "limit", "limit_cents": 3000}
    assert books(order) == ("partially_refunded", 5000, 2000, 3000)


def test_the_rest_can_be_given_back():
    order = paid_order()
    refund_order(order_id=order.pk, amount_cents=2000)

    refund_order(order_id=order.pk, amount_cents=3000)

    assert books(order) == ("refunded", 5000, 5000, 0)


@pytest.mark.parametrize("amount", [0, -1, None])
def test_an_amount_has_to_be_above_zero(amount):
    order = paid_order()

    with pytest.raises(InvalidFields) as refusal:
        refund_order(order_id=order.pk, amount_cents=amount)

    assert list(refusal.value.fields) == ["amount"]


def test_an_unpaid_order_has_nothing_to_give_back():
    order = place()

    with pytest.raises(RefundFailed) as refusal:
        refund_order(order_id=order.pk, amount_cents=1)

    assert refusal.value.details == {"reason": "unpaid"}


def test_an_unknown_order_is_not_found():
    with pytest.raises(OrderNotFound):
        refund_order(order_id=999999, amount_cents=1)


def test_an_unknown_method_is_refused():
    with pytest.raises(InvalidFields) as refusal:
        refund_order(order_id=paid_order().pk, amount_cents=1, refund_method="voucher")

    assert list(refusal.value.fields) == ["refund_method"]


class TestCharges:
    def test_a_named_charge_pays_alone_and_no_more_than_it_took(self):
        order = paid_order(amounts=(3000, 2000))
        older = order.transactions.order_by("pk").first()

        with pytest.raises(RefundFailed) as refusal:
            refund_order(order_id=order.pk, amount_cents=3001, transaction_id=older.pk)
        refund = refund_order(order_id=order.pk, amount_cents=3000, transaction_id=older.pk)

        assert refusal.value.details["limit_cents"] == 3000
        assert refund.parent_id == older.pk

    @pytest.mark.parametrize("is_settled", [True, False], ids=["settled", "reserved"])
    def test_a_charge_gives_no_more_than_earlier_refunds_left_on_it(self, is_settled):
        order = paid_order(amounts=(3000, 2000))
        older = order.transactions.order_by("pk").first()
        (refund_order if is_settled else reserve_refund)(order_id=order.pk, amount_cents=2000, transaction_id=older.pk)

        with pytest.raises(RefundFailed) as refusal:
            refund_order(order_id=order.pk, amount_cents=1001, transaction_id=older.pk)

        assert refusal.value.details["limit_cents"] == 1000

    def test_reserved_money_is_not_promised_twice_even_when_charges_hold_more(self):
        order = paid_order(amounts=(5000,))
        ChargeFactory(order=order, amount_cents=5000, status="succeeded")
        reserve_refund(order_id=order.pk, amount_cents=4000)

        with pytest.raises(RefundFailed) as refusal:
            reserve_refund(order_id=order.pk, amount_cents=1001)

        assert refusal.value.details["limit_cents"] == 1000

    def test_only_succeeded_charges_of_the_order_can_be_named(self):
        order = paid_order()
        pending = ChargeFactory(order=order)
        foreign = paid_order().transactions.get()

        for charge in (pending, foreign):
            with pytest.raises(ChargeNotFound) as refusal:
                refund_order(order_id=order.pk, amount_cents=1, transaction_id=charge.pk)
            assert refusal.value.code == "transaction_not_found"


class TestLines:
    def test_the_amount_is_the_worth_of_the_pieces_when_none_is_given(self):
        order = paid_order(amounts=(100,))
        item = order.items.get()
        type(item).objects.update(quantity=3)

        amounts = [
            refund_order(order_id=order.pk, items=[{"id": item.pk, "quantity": 1}]).amount_cents for _ in range(3)
        ]

        assert amounts == [33, 34, 33]
        assert books(order)[0] == "refunded"

    def test_an_amount_falls_on_the_named_lines_only(self):
        order = place(VariationFactory(), VariationFactory(), quantity=1)
        mark_as_paid(order_id=order.pk)
        second = order.items.order_by("pk").last()

        refund_order(order_id=order.pk, amount_cents=700, items=[{"id": second.pk, "quantity": 1}])

        assert list(order.items.order_by("pk").values_list("refund_total_cents", flat=True)) == [0, 700]

    def test_without_lines_the_amount_falls_on_all_by_what_is_left(self):
        order = place(VariationFactory(price_cents=3000), VariationFactory(price_cents=1000), quantity=1)
        mark_as_paid(order_id=order.pk)

        refund_order(order_id=order.pk, amount_cents=1000)

        assert list(order.items.order_by("pk").values_list("refund_total_cents", flat=True)) == [750, 250]

    def test_pieces_come_back_only_when_asked(self):
        variation = VariationFactory(stock=5)
        order = place(variation, quantity=3)
        mark_as_paid(order_id=order.pk)
        item = order.items.get()

        refund_order(order_id=order.pk, items=[{"id": item.pk, "quantity": 1, "restock": True}])
        refund_order(order_id=order.pk, items=[{"id": item.pk, "quantity": 1}])

        item.refresh_from_db()
        assert counters(variation) == (3, 2, 0)
        assert (item.restocked_count, item.held_count, item.quantity) == (1, 2, 3)

    def test_delivered_pieces_come_back_from_the_committed_ones(self):
        variation = VariationFactory(stock=5)
        order = place(variation, quantity=3)
        update_statuses(order_id=order.pk, payment_status="paid", shipping_status="delivered")

        refund_order(order_id=order.pk, items=[{"id": order.items.get().pk, "quantity": 2, "restock": True}])

        assert counters(variation) == (4, 0, 1)

    def test_pieces_of_a_canceled_order_do_not_come_back_twice(self):
        variation = VariationFactory(stock=5)
        order = place(variation, quantity=3)
        update_statuses(order_id=order.pk, payment_status="paid", order_status="canceled")

        refund_order(order_id=order.pk, items=[{"id": order.items.get().pk, "quantity": 3, "restock": True}])

        assert counters(variation) == (5, 0, 0)
        assert order.items.get().restocked_count == 0

    @pytest.mark.parametrize(("quantities", "is_accepted"), [([1, 2], True), ([2, 2], False), ([0], False)])
    def test_no_more_pieces_than_the_line_has_can_come_back(self, quantities, is_accepted):
        order = place(quantity=3)
        mark_as_paid(order_id=order.pk)
        items = [{"id": order.items.get().pk, "quantity": quantity} for quantity in quantities]

        if is_accepted:
            assert refund_order(order_id=order.pk, items=items).amount_cents == 7500
            return
        with pytest.raises(InvalidFields) as refusal:
            refund_order(order_id=order.pk, items=items)
        assert list(refusal.value.fields) == [f"items[{len(items) - 1}].quantity"]

    def test_a_line_of_another_order_is_refused(self):
        with pytest.raises(InvalidFields) as refusal:
            refund_order(order_id=paid_order().pk, items=[{"id": ItemFactory().pk, "quantity": 1}])

        assert list(refusal.value.fields) == ["items[0].id"]


@given(
    charges=st.lists(st.integers(1, 1000), min_size=1, max_size=5),
    weights=st.lists(st.integers(0, 1000), min_size=1, max_size=5),
)
def test_parts_of_a_plan_keep_every_cent_and_piece(charges, weights):
    total = sum(charges)
    amounts, rest = [], total
    for weight in weights:
        amounts.append(min(weight, rest))
        rest -= amounts[-1]
    lines = [
        LinePlan(item_id=number, amount_cents=amount, quantity=2, restock_count=1)
        for number, amount in enumerate(amounts)
    ]

    parts = split_plan(RefundPlan(total, [(OrderTransaction(), amount) for amount in charges], lines))

    assert [part.amount_cents for part in parts] == charges
    assert all(sum(line["amount_cents"] for line in part.lines) <= part.amount_cents for part in parts)
    for line in lines:
        mine = [found for part in parts for found in part.lines if found["item_id"] == line["item_id"]]
        assert {key: sum(found[key] for found in mine) for key in ("amount_cents", "quantity", "restock_count")} == {
            "amount_cents": line["amount_cents"], "quantity": 2, "restock_count": 1,
        }  # fmt: skip
