"""One Idempotency-Key at two servers of a shop, and at one that is killed: one write, and one answer to all."""

from __future__ import annotations

import json
import select
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import partial
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.orders.fake_stripe import FakeStripe
from tests.soak.holding import customers_held, until_somebody_waits
from tests.soak.options import ROUNDS
from tests.soak.races import judge
from tests.soak.service import ANSWER_SECONDS, LOGIN, V2, Answer, Service, at_once

pytestmark = [pytest.mark.once, pytest.mark.slow]


@pytest.fixture(scope="module")
def second(request: pytest.FixtureRequest) -> Iterator[dict[str, Service]]:
    """The second server of each shop, by its address; started when first asked for."""
    started: dict[str, Service] = {}
    yield started
    for each in started.values():
        each.stop()


@pytest.fixture
def pair(served: Service, second: dict[str, Service]) -> tuple[Service, Service]:
    """Two servers of one shop, of four processes and of one."""
    other = second.setdefault(served.url, served.beside())
    if not other.is_up:
        other.start()
    return served, other


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def somebody() -> dict[str, str]:
    return {"email": f"{uuid4().hex}@example.com", "full_name": "Ada Lovelace"}


def replays(answer: Answer, first: Answer) -> bool:
    """Whether it is what the first request was answered."""
    return (answer.status, answer.text, answer.is_replayed) == (first.status, first.text, True)


def on_postgres(served: Service) -> bool:
    return served.env["DATABASE_URL"].startswith("postgres")


class TestTwins:
    def test_at_one_moment_write_once(self, pair: tuple[Service, Service]) -> None:
        busy = 0
        for _ in range(ROUNDS):
            body, key = somebody(), new_key()

            answers = at_once([partial(each.call, "POST", "/customers", body, key) for each in pair])

            done = [answer for answer in answers if answer.status == 201]
            assert {answer.status for answer in answers} <= ({201, 409} if on_postgres(pair[0]) else {201})
            assert sum(answer.is_replayed for answer in done) == len(done) - 1
            assert len({answer.text for answer in done}) == 1
            assert pair[0].books.do("named", email=body["email"]) == 1
            busy += len(answers) - len(done)
        print(f"{ROUNDS} pairs, {busy} times 409, {ROUNDS - busy} times replayed")

    def test_while_the_first_runs_are_told_so_or_wait_for_its_answer(self, pair: tuple[Service, Service]) -> None:
        body, key = somebody(), new_key()
        found: dict[str, Answer] = {}

        def send(name: str, served: Service) -> None:
            found[name] = served.call("POST", "/customers", body, key)

        threads = [threading.Thread(target=send, args=call) for call in zip(("first", "twin"), pair, strict=True)]
        with customers_held(pair[0]):
            threads[0].start()
            until_somebody_waits(pair[0])
            threads[1].start()
            if on_postgres(pair[0]):
                threads[1].join(ANSWER_SECONDS)
                assert (found["twin"].status, found["twin"].body["code"]) == (409, "idempotency_key_in_use")
            else:
                until_somebody_waits(pair[0])
        for thread in threads:
            thread.join(ANSWER_SECONDS)

        ours = sorted((answer for answer in found.values() if answer.status == 201), key=lambda each: each.is_replayed)
        assert not ours[0].is_replayed
        assert on_postgres(pair[0]) or replays(ours[1], ours[0])
        assert replays(pair[1].call("POST", "/customers", body, key), ours[0])
        assert pair[0].books.do("named", email=body["email"]) == 1

    def test_of_a_refund_are_told_so_while_the_gateway_works(
        self, pair: tuple[Service, Service], stripe: FakeStripe
    ) -> None:
        order, charge = paid_by_stripe(pair[0])
        path, key = f"/orders/{order}/refund", new_key()
        stripe.forget()
        stripe.faults["create"] = ["before wait"]
        found: list[Answer] = []
        thread = threading.Thread(target=lambda: found.append(pair[0].call("POST", path, {"amount": 2000}, key)))
        thread.start()
        assert stripe.is_called.wait(ANSWER_SECONDS)

        twins = [each.call("POST", path, {"amount": 2000}, key) for each in pair]
        stripe.may_go_on.set()
        thread.join(ANSWER_SECONDS)

        assert [(twin.status, twin.body["code"]) for twin in twins] == [(409, "idempotency_key_in_use")] * 2
        assert found[0].status == 200, found[0].text
        assert replays(pair[1].call("POST", path, {"amount": 2000}, key), found[0])
        gave_back(pair[0], stripe, order, charge, 2000)


class TestAKilledServer:
    """Killed when its answer is on its way: the client never reads it, and asks the other one."""

    def test_has_written_once(self, pair: tuple[Service, Service]) -> None:
        served, killed = pair
        body, key = somebody(), new_key()
        send_and_kill(killed, "/customers", body, key)
        assert served.books.do("named", email=body["email"]) == 1

        again = served.call("POST", "/customers", body, key)

        assert (again.status, again.is_replayed) == (201, True)
        assert served.books.do("named", email=body["email"]) == 1

    def test_has_given_back_once(self, pair: tuple[Service, Service], stripe: FakeStripe) -> None:
        served, killed = pair
        order, charge = paid_by_stripe(served)
        path, key = f"/orders/{order}/refund", new_key()
        stripe.forget()
        send_and_kill(killed, path, {"amount": 2000}, key)

        again = served.call("POST", path, {"amount": 2000}, key)

        assert (again.status, again.is_replayed) == (200, True)
        gave_back(served, stripe, order, charge, 2000)

    @pytest.mark.parametrize("side", ["before", "after"])
    def test_while_the_gateway_works_leaves_a_refund_that_is_taken_up(
        self, pair: tuple[Service, Service], stripe: FakeStripe, side: str
    ) -> None:
        served, killed = pair
        order, charge = paid_by_stripe(served)
        path, key = f"/orders/{order}/refund", new_key()
        stripe.forget()
        stripe.faults["create"] = [f"{side} hang"]
        with posted(killed, path, {"amount": 2000}, key):
            assert stripe.is_called.wait(ANSWER_SECONDS)
            killed.kill()
        stripe.may_go_on.set()
        assert served.books.do("refunds", order_id=order) == [["pending", 2000]]

        again = served.when_free("POST", path, {"amount": 2000}, key)

        assert (again.status, again.is_replayed) == (200, False), again.text
        gave_back(served, stripe, order, charge, 2000)


def paid_by_stripe(served: Service) -> tuple[int, str]:
    """An order of 50.00 and the charge that paid it."""
    charge = f"ch_{uuid4().hex}"
    return served.books.do("order", is_paid=True, charge=charge)["id"], charge


def gave_back(served: Service, stripe: FakeStripe, order: int, charge: str, cents: int) -> None:
    """The gateway, the order and the audit know of one refund."""
    assert stripe.refunded_cents(charge) == cents
    assert served.books.do("refunds", order_id=order) == [["refunded", cents]]
    judge(served)


def posted(served: Service, path: str, body: Mapping[str, object], headers: dict[str, str]) -> socket.socket:
    """A connection over which a request was sent whose answer nobody reads."""
    host = urlsplit(served.url)
    text = json.dumps(body)
    sent = {
        "Host": host.netloc, "Content-Type": "application/json", "Content-Length": str(len(text)),
        "Authorization": "Basic " + b64encode(f"{LOGIN}:{served.password}".encode()).decode(), **headers,
    }  # fmt: skip
    lines = [f"POST {V2}{path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", text]
    connection = socket.create_connection((str(host.hostname), host.port or 80))
    connection.sendall("\r\n".join(lines).encode())
    return connection


def send_and_kill(served: Service, path: str, body: Mapping[str, object], headers: dict[str, str]) -> None:
    """Kill the service as soon as the first byte of its answer is there, and read none of it."""
    with posted(served, path, body, headers) as connection:
        assert select.select([connection], [], [], ANSWER_SECONDS)[0], "no answer"
        served.kill()
