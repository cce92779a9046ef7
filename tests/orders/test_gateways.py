"""Gateways: by hand, and Stripe against localstripe, a server that the tests start."""

import json
import socket
import subprocess
import threading
import time
import uuid
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests

from orders.gateways.base import GatewayRefused, GatewayUncertain, get_gateway
from orders.gateways.stripe import StripeGateway
from orders.models import OrderTransaction
from orders.services.refund import refund_order
from tests.orders.factories import ChargeFactory, ItemFactory, OrderFactory

LOCALSTRIPE = Path(__file__).parents[2] / ".venv-localstripe" / "bin" / "localstripe"
API_KEY = "sk_test_12345"


def free_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return listener.getsockname()[1]


def wait_until_it_answers(server, base):
    for _ in range(200):
        assert server.poll() is None, "localstripe ended by itself"
        try:
            return requests.get(f"{base}/v1/charges", auth=(API_KEY, ""), timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("localstripe does not answer")


@pytest.fixture(scope="module")
def stripe_base(tmp_path_factory):
    """The address of a Stripe of our own."""
    if not LOCALSTRIPE.exists():
        pytest.skip("localstripe is not installed; `make .venv-localstripe/stamp` installs it.")
    port = free_port()
    server = subprocess.Popen(
        [LOCALSTRIPE, "--port", str(port), "--from-scratch"],
        cwd=tmp_path_factory.mktemp("localstripe"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_answers(server, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=10)


def post(base, path, **fields):
    answer = requests.post(f"{base}/v1/{path}", auth=(API_KEY, ""), data=fields, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def charge_id(stripe_base):
    """A charge of 50.00 that Stripe captured."""
    card = {"card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2040, "card[cvc]": "123"}
    method = post(stripe_base, "payment_methods", type="card", **card)
    return post(stripe_base, "charges", amount=5000, currency="usd", source=method["id"])["id"]


def refunded_at_stripe(base, charge_id):
    answer = requests.get(f"{base}/v1/charges/{charge_id}", auth=(API_KEY, ""), timeout=5)
    return answer.json()["amount_refunded"]


@pytest.fixture
def gateway(stripe_base):
    return StripeGateway(api_key=API_KEY, api_base=stripe_base)


def ask(gateway, charge_id, amount=2000, key=None, **extra):
    return gateway.refund(
        charge_reference=charge_id,
        amount_cents=amount,
        currency="USD",
        idempotency_key=key or uuid.uuid4().hex,
        **extra,
    )


class TestStripe:
    def test_parts_add_up_to_the_whole(self, gateway, stripe_base, charge_id):
        references = {ask(gateway, charge_id, 2000), ask(gateway, charge_id, 3000)}

        assert len(references) == 2
        assert all(reference.startswith("re_") for reference in references)
        assert refunded_at_stripe(stripe_base, charge_id) == 5000

    def test_a_retry_finds_what_the_first_call_made(self, gateway, stripe_base, charge_id):
        key = uuid.uuid4().hex
        first = ask(gateway, charge_id, key=key)

        again = ask(gateway, charge_id, key=key, is_retry=True)

        assert again == first
        assert refunded_at_stripe(stripe_base, charge_id) == 2000

    def test_a_retry_of_a_call_that_never_arrived_refunds(self, gateway, stripe_base, charge_id):
        ask(gateway, charge_id, 1000)

        ask(gateway, charge_id, 2000, is_retry=True)

        assert refunded_at_stripe(stripe_base, charge_id) == 3000

    def test_an_unknown_charge_is_refused(self, gateway):
        with pytest.raises(GatewayRefused):
            ask(gateway, "ch_unknown")

    @pytest.mark.django_db
    def test_an_order_is_refunded_by_the_gateway_that_captured_it(self, stripe_base, charge_id, settings):
        settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = API_KEY, stripe_base
        order = OrderFactory(payment_status="paid", total_paid_cents=5000)
        ItemFactory(order=order)
        ChargeFactory(order=order, status="succeeded", gateway="stripe", vendor_charge_id=charge_id)

        refund = refund_order(order_id=order.pk, amount_cents=2000)

        order.refresh_from_db()
        assert (refund.status, refund.vendor_charge_id[:3]) == ("refunded", "re_")
        assert (order.payment_status, order.total_refund_cents) == ("partially_refunded", 2000)
        assert refunded_at_stripe(stripe_base, charge_id) == 2000


class Answering(BaseHTTPRequestHandler):
    """Answers every call as the test says, and remembers the headers."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys.append(self.headers["Idempotency-Key"])
        status, body = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def network():
    """A server at 127.0.0.1 that answers what `network.answer` says."""
    server = HTTPServer(("127.0.0.1", 0), Answering)
    server.keys = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def at(server):
    return StripeGateway(api_key=API_KEY, api_base=f"http://127.0.0.1:{server.server_port}")


def error(kind):
    return {"error": {"type": kind, "message": "said Stripe"}}


@pytest.mark.parametrize(
    ("status", "body", "raised"),
    [
        (400, error("invalid_request_error"), GatewayRefused),
        (401, error("invalid_request_error"), GatewayRefused),
        (402, error("card_error"), GatewayRefused),
        (429, error("invalid_request_error"), GatewayRefused),
        (400, error("idempotency_error"), GatewayUncertain),
        (409, error("invalid_request_error"), GatewayUncertain),
        (302, error("api_error"), GatewayUncertain),
        (200, "no JSON of Stripe's", GatewayUncertain),
        (200, {"object": "refund"}, GatewayUncertain),
        (500, error("api_error"), GatewayUncertain),
        (503, error("api_error"), GatewayUncertain),
        (200, {"object": "refund", "id": "re_1", "status": "failed"}, GatewayRefused),
    ],
)
def test_what_an_answer_of_stripe_means(network, status, body, raised):
    network.answer = (status, body)

    with pytest.raises(raised):
        ask(at(network), "ch_1", key="k1")

    assert network.keys == ["k1"]


@pytest.mark.parametrize("status", ["succeeded", "pending"])
def test_an_accepted_refund_is_made(network, status):
    network.answer = (200, {"object": "refund", "id": "re_1", "status": status})

    assert ask(at(network), "pi_1") == "re_1"


def test_nobody_there_is_uncertain():
    with pytest.raises(GatewayUncertain):
        ask(StripeGateway(api_key=API_KEY, api_base=f"http://127.0.0.1:{free_port()}"), "ch_1")


def test_no_answer_in_time_is_uncertain():
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(GatewayUncertain):
            ask(StripeGateway(api_key=API_KEY, api_base=base, timeout_seconds=0.3), "ch_1")


def test_by_hand_the_reference_is_the_key_s():
    assert ask(get_gateway("manual"), "", key="abc") == "ref_abc"


@pytest.mark.parametrize("name", ["paypal", "", "stripe"])
def test_a_gateway_that_is_not_there_refuses(name, settings):
    settings.STRIPE_API_KEY = ""

    with pytest.raises(GatewayRefused):
        get_gateway(name)


def test_a_refund_s_uuid_fits_stripe_s_key():
    assert len(OrderTransaction().uuid) <= 255
