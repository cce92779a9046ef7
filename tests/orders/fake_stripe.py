"""A Stripe that fails when and how a test says, before or after a refund took effect."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CHARGED_CENTS = 5000
# How a call fails: an answer, or none.
ANSWERS = {
    "500": (500, {"error": {"type": "api_error", "message": "oops"}}),
    "503": (503, "<html>busy</html>"),
    "409": (409, {"error": {"type": "invalid_request_error", "message": "another request with this key"}}),
    "garbage": (200, "<html>hello</html>"),
    "half": (200, {"object": "refund"}),
}


class Handler(BaseHTTPRequestHandler):
    """POST makes a refund, GET lists those of a charge."""

    server: FakeStripe

    def do_GET(self) -> None:
        fault = self.server.next_fault("list")
        if fault and self.fail(fault):
            return
        charge = parse_qs(urlsplit(self.path).query)["charge"][0]
        found = [refund for refund in self.server.refunds if refund["charge"] == charge]
        self.answer(200, {"object": "list", "data": found, "has_more": False, "url": "/v1/refunds"})

    def do_POST(self) -> None:
        sent = {name: values[0] for name, values in parse_qs(self.rfile.read(self.length).decode()).items()}
        when, _, fault = (self.server.next_fault("create") or "").partition(" ")
        if when == "before" and self.fail(fault):
            return
        status, body = self.server.refund(sent, self.headers["Idempotency-Key"])
        if when == "after" and self.fail(fault):
            return
        self.answer(status, body)

    @property
    def length(self) -> int:
        return int(self.headers["Content-Length"])

    def fail(self, fault: str) -> bool:
        """Answer as the fault says; whether that was all.

        "drop" breaks the connection, "hang" says nothing until the test ends, "wait" is only slow.
        """
        if fault in ("hang", "wait"):
            self.server.is_called.set()
            self.server.may_go_on.wait(timeout=60)
            if fault == "wait":
                return False
        elif fault != "drop":
            self.answer(*ANSWERS[fault])
        self.close_connection = True
        return True

    def answer(self, status: int, body: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        """Quiet."""


class FakeStripe(ThreadingHTTPServer):
    """Keeps what it gave back. `faults` are used up one a call: "before 500", "after drop", or a kind for a list."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Nothing was given back, and nothing will fail."""
        self.refunds: list[dict[str, Any]] = []
        self.faults: dict[str, list[str]] = {"create": [], "list": []}
        self.by_key: dict[str, dict[str, Any]] = {}
        self.is_called, self.may_go_on = threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def next_fault(self, kind: str) -> str | None:
        with self.lock:
            return self.faults[kind].pop(0) if self.faults[kind] else None

    def refund(self, sent: dict[str, str], key: str) -> tuple[int, Any]:
        """Give back once for each key, and never more than was charged."""
        with self.lock:
            if key in self.by_key:
                return 200, self.by_key[key]
            amount = int(sent["amount"])
            if self.refunded_cents(sent["charge"]) + amount > CHARGED_CENTS:
                return 400, {"error": {"type": "invalid_request_error", "message": "greater than the charge"}}
            made = {
                "id": f"re_{len(self.refunds) + 1}",
                "object": "refund",
                "status": "succeeded",
                "charge": sent["charge"],
                "amount": amount,
                "metadata": {"refund_uuid": sent["metadata[refund_uuid]"]},
            }
            self.refunds.append(made)
            self.by_key[key] = made
            return 200, made

    def refunded_cents(self, charge: str) -> int:
        return sum(int(refund["amount"]) for refund in self.refunds if refund["charge"] == charge)


@contextmanager
def fake_stripe() -> Iterator[FakeStripe]:
    """A server on a free port, until the test ends."""
    with FakeStripe() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.may_go_on.set()
        server.shutdown()
        thread.join()
