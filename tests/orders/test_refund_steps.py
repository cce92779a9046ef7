"""Refunds in three steps: reserve, call the gateway, settle or release."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from fluentcart.errors import NotFound
from orders.errors import GatewayFailed, InvalidTransition, RefundFailed
from orders.gateways.base import GATEWAYS, GatewayRefused, GatewayUncertain
from orders.models import OrderTransaction
from orders.services.delete import delete_order
from orders.services.refund import refund_order, release_refund, reserve_refund, settle_refund
from tests.orders.shop import books, paid_order

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


class TestGateways:
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
        then = timezone.now() - timedelta(minutes=minutes)
        OrderTransaction.objects.filter(type="refund").update(created_at=then, updated_at=then)
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

    def test_whom_one_run_has_in_hand_the_next_one_leaves_alone(self, network):
        order = self.pending(network, minutes=6)
        asked_within = []

        def refund(**question):
            asked_within.append(question)
            call_command("settle_refunds")  # which starts while the first one waits for the gateway
            return "re_1"

        network.refund = refund
        call_command("settle_refunds")

        assert len(asked_within) == 1
        assert books(order) == ("partially_refunded", 5000, 2000, 3000)

    def test_a_gateway_that_is_not_set_up_any_more_leaves_it_uncertain(self, network, monkeypatch, capsys):
        order = self.pending(network, minutes=6)
        monkeypatch.delitem(GATEWAYS, "network")

        call_command("settle_refunds")

        assert order.transactions.get(type="refund").status == "pending"
        assert "will be settled" in capsys.readouterr().out

    def test_one_that_was_ended_meanwhile_does_not_stop_the_others(self, network, capsys):
        first, second = self.pending(network, minutes=6), self.pending(network, minutes=6)

        def refund(**question):
            if not network.asked:
                release_refund(refund_id=first.transactions.get(type="refund").pk, failure="by hand")
            network.asked.append(question)
            return "re_1"

        network.asked = []
        network.refund = refund
        call_command("settle_refunds")

        assert second.transactions.get(type="refund").status == "refunded"
        assert "is failed" in capsys.readouterr().out

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
