"""Refunds: reserve, call, settle or release."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from fluentcart.errors import InvalidFields, NotFound
from orders.errors import ChargeNotFound, GatewayFailed, InvalidTransition, OrderNotFound, RefundFailed
from orders.gateways.base import GATEWAYS, GatewayRefused, GatewayUncertain
from orders.models import OrderTransaction
from orders.services.delete import delete_order
from orders.services.payment import mark_as_paid
from orders.services.refund import refund_order, release_refund, reserve_refund, settle_refund
from orders.services.refund_plan import LinePlan, RefundPlan, split_plan
from orders.services.status import update_statuses
from tests.orders.factories import ChargeFactory, ItemFactory, OrderFactory, VariationFactory
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db


class Network:
    """A gateway whose answers a test decides; it remembers what it was asked."""

    def __init__(self):
        self.answers = []
        self.asked = []

    def gateway(self):
        return self

    def refund(self, **question):
        self.asked.append(question)
        answer = self.answers.pop(0) if self.answers else f"re_{len(self.asked)}"
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def network(monkeypatch):
    """The gateway "network"."""
    found = Network()
    monkeypatch.setitem(GATEWAYS, "network", "tests.orders.network")
    monkeypatch.setitem(__import__("sys").modules, "tests.orders.network", found)
    return found


def paid_order(*, gateway="manual", amounts=(5000,), **columns):
    """A paid order with one line worth it all and a charge for each amount, the last the newest."""
    total = sum(amounts)
    order = OrderFactory(
        status="processing", payment_status="paid", total_amount_cents=total, total_paid_cents=total, **columns
    )
    ItemFactory(order=order, variation__price_cents=total, quantity=1)
    for number, amount in enumerate(amounts):
        ChargeFactory(
            order=order, amount_cents=amount, status="succeeded", gateway=gateway, vendor_charge_id=f"ch_{number}"
        )
    return order


def books(order):
    """What a refund changes on the order and its customer, as stored now."""
    order.refresh_from_db()
    order.customer.refresh_from_db()
    return order.payment_status, order.total_paid_cents, order.total_refund_cents, order.customer.total_spent_cents


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
    def test_the_newest_charge_pays_first_and_the_rest_is_visible(self, network):
        order = paid_order(gateway="network", amounts=(3000, 2000))
        older, newer = order.transactions.order_by("pk")

        refund = refund_order(order_id=order.pk, amount_cents=4000)

        rows = list(order.transactions.filter(type="refund").order_by("pk"))
        assert [(row.parent, row.amount_cents, row.vendor_charge_id) for row in rows] == [
            (newer, 2000, "re_1"),
            (older, 2000, "re_2"),
        ]
        assert (refund.pk, refund.requested_cents, refund.plan["shared_with"]) == (rows[0].pk, 4000, [rows[1].pk])
        assert books(order) == ("partially_refunded", 5000, 4000, 1000)
        assert order.items.get().refund_total_cents == 4000

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


class TestGateways:
    def test_the_gateway_that_captured_is_asked_after_the_reserve_is_committed(self, network, monkeypatch):
        order = paid_order(gateway="network")
        depth = len(connection.savepoint_ids)
        seen = []
        monkeypatch.setattr(
            network, "refund", lambda **q: seen.append((q, len(connection.savepoint_ids), books(order))) or "re_9"
        )

        refund = refund_order(order_id=order.pk, amount_cents=2000)

        [(question, depth_then, books_then)] = seen
        assert question == {
            "charge_reference": "ch_0",
            "amount_cents": 2000,
            "currency": "USD",
            "idempotency_key": refund.uuid,
            "is_retry": False,
        }
        assert (depth_then, books_then) == (depth, ("paid", 5000, 0, 0))
        assert refund.vendor_charge_id == "re_9"

    def test_a_refusal_books_nothing_and_frees_the_money(self, network):
        order = paid_order(gateway="network")
        network.answers = [GatewayRefused("card expired")]

        with pytest.raises(GatewayFailed) as refusal:
            refund_order(order_id=order.pk, amount_cents=5000)

        assert refusal.value.code == "refund_failed"
        assert refusal.value.details == {"reason": "gateway", "outcome": "refused", "refunded_cents": 0}
        refund = order.transactions.get(type="refund")
        assert (refund.status, refund.failure) == ("failed", "card expired")
        assert books(order) == ("paid", 5000, 0, 0)
        assert refund_order(order_id=order.pk, amount_cents=5000).status == "refunded"

    def test_an_uncertain_end_keeps_the_money_aside(self, network):
        order = paid_order(gateway="network")
        network.answers = [GatewayUncertain("timeout")]

        with pytest.raises(GatewayFailed) as refusal:
            refund_order(order_id=order.pk, amount_cents=4000)
        with pytest.raises(RefundFailed) as second:
            refund_order(order_id=order.pk, amount_cents=1001)

        assert refusal.value.details["outcome"] == "uncertain"
        assert "will be settled" in refusal.value.message
        assert second.value.details["limit_cents"] == 1000
        assert order.transactions.get(type="refund").status == "pending"
        assert books(order) == ("paid", 5000, 0, 0)

    def test_one_refusing_gateway_does_not_undo_another_s_refund(self, network):
        order = paid_order(gateway="network", amounts=(3000, 2000))
        network.answers = ["re_1", GatewayRefused("no")]

        with pytest.raises(GatewayFailed) as refusal:
            refund_order(order_id=order.pk, amount_cents=5000)

        assert refusal.value.details["refunded_cents"] == 2000
        assert books(order) == ("partially_refunded", 5000, 2000, 3000)

    def test_manual_asks_no_gateway(self, network):
        order = paid_order(gateway="network")

        refund = refund_order(order_id=order.pk, amount_cents=1, refund_method="manual")

        assert (refund.gateway, network.asked) == ("manual", [])

    @pytest.mark.parametrize("gateway", ["paypal", "stripe"])
    def test_a_gateway_that_is_not_set_up_refuses(self, gateway, settings):
        settings.STRIPE_API_KEY = ""

        with pytest.raises(GatewayFailed) as refusal:
            refund_order(order_id=paid_order(gateway=gateway).pk, amount_cents=1)

        assert refusal.value.details["outcome"] == "refused"


class TestCommand:
    def pending(self, network, minutes):
        order = paid_order(gateway="network")
        network.answers = [GatewayUncertain("timeout")]
        with pytest.raises(GatewayFailed):
            refund_order(order_id=order.pk, amount_cents=2000)
        OrderTransaction.objects.filter(type="refund").update(created_at=timezone.now() - timedelta(minutes=minutes))
        return order

    def test_old_ones_are_asked_again_with_the_same_key_and_settled(self, network, capsys):
        order = self.pending(network, minutes=6)

        call_command("settle_refunds")

        first, again = network.asked
        assert (again["idempotency_key"], again["is_retry"]) == (first["idempotency_key"], True)
        assert books(order) == ("partially_refunded", 5000, 2000, 3000)
        assert capsys.readouterr().out.endswith("settled\n")

    def test_young_ones_are_left_alone(self, network):
        self.pending(network, minutes=4)

        call_command("settle_refunds")

        assert len(network.asked) == 1

    def test_what_is_refused_now_is_released(self, network, capsys):
        order = self.pending(network, minutes=6)
        network.answers = [GatewayRefused("no such charge")]

        call_command("settle_refunds")

        assert order.transactions.get(type="refund").status == "failed"
        assert "no such charge" in capsys.readouterr().out

    def test_a_deleted_order_s_refund_is_settled_too(self, network):
        order = self.pending(network, minutes=6)
        type(order).objects.update(mode="test")
        delete_order(order_id=order.pk)

        call_command("settle_refunds")

        assert OrderTransaction.objects.get(type="refund").status == "refunded"


class TestSteps:
    def test_settling_twice_books_once(self):
        order = paid_order()
        [refund] = reserve_refund(order_id=order.pk, amount_cents=2000)

        for _ in range(2):
            settle_refund(refund_id=refund.pk, reference="re_1")

        assert books(order) == ("partially_refunded", 5000, 2000, 3000)

    def test_a_released_refund_is_not_settled_nor_a_settled_one_released(self):
        order = paid_order()
        [released] = reserve_refund(order_id=order.pk, amount_cents=1000)
        [settled] = reserve_refund(order_id=order.pk, amount_cents=1000)
        release_refund(refund_id=released.pk, failure="no")
        settle_refund(refund_id=settled.pk, reference="re_1")

        with pytest.raises(InvalidTransition):
            settle_refund(refund_id=released.pk, reference="re_2")
        with pytest.raises(InvalidTransition):
            release_refund(refund_id=settled.pk, failure="no")

        assert books(order) == ("partially_refunded", 5000, 1000, 4000)

    def test_a_charge_cannot_be_settled(self):
        with pytest.raises(NotFound):
            settle_refund(refund_id=paid_order().transactions.get().pk, reference="x")


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
