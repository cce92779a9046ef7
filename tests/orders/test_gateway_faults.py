"""However a gateway fails, before or after the money moved: in the end the books say what the gateway did."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from orders.audit.run import audit
from orders.errors import GatewayFailed
from orders.gateways import stripe
from orders.services.refund import refund_order
from tests.orders.fake_stripe import ANSWERS, fake_stripe
from tests.orders.shop import place

pytestmark = pytest.mark.django_db
FAULTS = [f"{when} {how}" for when in ("before", "after") for how in (*ANSWERS, "drop", "hang")]


@pytest.fixture(scope="module")
def server():
    with fake_stripe() as running:
        yield running


@pytest.fixture
def network(server, settings, monkeypatch):
    """The gateway's server, as new."""
    server.forget()
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_test_1", server.url
    monkeypatch.setattr(stripe, "TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(
        stripe, "gateway", lambda: stripe.StripeGateway(api_key="sk_test_1", api_base=server.url, timeout_seconds=0.3)
    )
    yield server
    server.may_go_on.set()


@pytest.fixture
def order():
    """An order of 50.00 that stripe captured."""
    from orders.services.payment import mark_as_paid

    order = place()
    mark_as_paid(order_id=order.pk, transaction_id="ch_1")
    order.transactions.update(gateway="stripe")
    return order


def settle():
    call_command("settle_refunds", older_than=0)


def refunds(order):
    return list(order.transactions.filter(type="refund").order_by("pk").values_list("status", "amount_cents"))


def agree(network, order, cents):
    """The gateway, the order and the audit say the same."""
    order.refresh_from_db()
    assert (network.refunded_cents("ch_1"), order.total_refund_cents) == (cents, cents)
    assert [finding for finding in audit() if finding.check != "old_reserves"] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_an_uncertain_refund_is_made_once_and_booked_once(network, order, fault):
    network.faults["create"] = [fault]
    with pytest.raises(GatewayFailed) as failure:
        refund_order(order_id=order.pk, amount_cents=3000)
    assert failure.value.details["outcome"] == "uncertain"
    assert refunds(order) == [("pending", 3000)]
    network.may_go_on.set()

    settle()

    assert refunds(order) == [("refunded", 3000)]
    agree(network, order, 3000)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_when_the_gateway_has_forgotten_the_key(network, order, fault):
    network.faults["create"] = [fault]
    with pytest.raises(GatewayFailed):
        refund_order(order_id=order.pk, amount_cents=3000)
    network.may_go_on.set()
    network.by_key.clear()

    settle()

    agree(network, order, 3000)


@pytest.mark.parametrize("fault", [*ANSWERS, "drop"])
@pytest.mark.parametrize("first", ["before drop", "after drop"])
def test_settling_fails_too_until_it_does_not(network, order, first, fault):
    network.faults["create"] = [first]
    with pytest.raises(GatewayFailed):
        refund_order(order_id=order.pk, amount_cents=3000)
    network.faults["list"] = [fault if fault != "half" else "500"]
    settle()
    assert refunds(order) == [("pending", 3000)]
    network.faults["create"] = [f"after {fault}"]
    settle()

    settle()

    assert refunds(order) == [("refunded", 3000)]
    agree(network, order, 3000)


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_retry_that_says_nothing_about_the_refund_frees_no_money(network, order, status, monkeypatch):
    network.faults["create"] = ["after drop"]
    with pytest.raises(GatewayFailed):
        refund_order(order_id=order.pk, amount_cents=3000)
    answer = (status, {"error": {"type": "invalid_request_error", "message": "not now"}})
    monkeypatch.setitem(ANSWERS, "told", answer)
    network.faults["list"] = ["told"]

    settle()

    assert refunds(order) == [("pending", 3000)]
    settle()
    agree(network, order, 3000)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("is_made", [False, True], ids=["before-the-call", "after-the-call"])
def test_a_process_that_ends_in_the_middle_leaves_what_can_be_settled(network, order, is_made, monkeypatch):
    gateway = stripe.gateway()

    class Dying:
        def refund(self, **question):
            if is_made:
                gateway.refund(**question)
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(stripe, "gateway", Dying)
        with pytest.raises(Killed):
            refund_order(order_id=order.pk, amount_cents=3000)
    assert refunds(order) == [("pending", 3000)]

    settle()

    agree(network, order, 3000)


def test_what_the_gateway_refuses_for_good_can_be_refunded_again(network, order):
    network.refund({"charge": "ch_1", "amount": "4000", "metadata[refund_uuid]": "in the gateway's dashboard"}, "x")

    with pytest.raises(GatewayFailed) as failure:
        refund_order(order_id=order.pk, amount_cents=3000)

    assert failure.value.details["outcome"] == "refused"
    assert refunds(order) == [("failed", 3000)]
    assert refund_order(order_id=order.pk, amount_cents=1000).status == "refunded"
