"""Clients that write without pause, and remember what they were told; what they were told must be in the books."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

from tests.soak.service import Answer, Service

CLIENTS = 4
REFUND_CENTS = 1000
# How far an order has come, and what the books say of it then: what was paid and what was given back, in minor units.
STEPS = {"created": (0, 0), "paid": (2500, 0), "refunded": (2500, REFUND_CENTS)}


@dataclass(frozen=True)
class Call:
    """A write, with a key, so that it may be sent again; `step` is where its order has come to when it succeeds."""

    step: str
    path: str
    body: dict[str, Any]
    key: dict[str, str] = field(default_factory=lambda: {"Idempotency-Key": str(uuid4())})


@dataclass
class Told:
    """What the clients were told, and what they had asked for when nobody told them anything.

    Args:
        acknowledged: note of an order -> its id and the last step that was acknowledged.
        asked: note of an order -> the step that was asked for last.
        refusals: answers that are no success.
        broken: how many calls were not answered at all.
        failed: note of an order -> the call that did not succeed.
    """

    acknowledged: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    refusals: list[Answer] = field(default_factory=list)
    broken: int = 0
    failed: dict[str, Call] = field(default_factory=dict)


class Clients:
    """Write from several threads until they are told to stop: orders are made, paid and partly given back."""

    def __init__(self, served: Service, customer_ids: list[int], line: dict[str, Any]) -> None:
        self.served = served
        self.customer_ids = customer_ids
        self.line = line
        self.prefix = uuid4().hex
        self.told = Told()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> Clients:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def work(self, number: int) -> None:
        """One client."""
        count = 0
        while not self.stopping.is_set():
            count += 1
            self.take_order(f"{self.prefix} {number} {count}", self.customer_ids[count % len(self.customer_ids)])

    def take_order(self, note: str, customer_id: int) -> None:
        """Make an order, receive its money, give a part back; until something fails."""
        body = {"customer_id": customer_id, "items": [self.line], "note": note}
        if not self.ask(note, Call("created", "/orders", body)):
            return
        path = f"/orders/{self.told.acknowledged[note][0]}"
        if self.ask(note, Call("paid", f"{path}/mark-as-paid", {})):
            self.ask(note, Call("refunded", f"{path}/refund", {"amount": REFUND_CENTS}))

    def ask(self, note: str, call: Call) -> bool:
        """Whether a call succeeds."""
        self.told.asked[note] = call.step
        try:
            answer = self.send(call)
        except requests.RequestException:
            self.told.broken += 1
        else:
            if answer.status < 300:
                self.acknowledge(note, call.step, answer)
                return True
            self.told.refusals.append(answer)
        self.told.failed[note] = call
        self.stopping.wait(0.02)  # nobody is there: no reason to ask a thousand times a second
        return False

    def send(self, call: Call) -> Answer:
        """One call."""
        return self.served.call("POST", call.path, call.body, call.key)

    def acknowledge(self, note: str, step: str, answer: Answer) -> None:
        """An order has come so far."""
        known = self.told.acknowledged.get(note)
        self.told.acknowledged[note] = (known[0] if known else int(answer.data["order"]["id"]), step)

    def send_again(self) -> Counter[str]:
        """Send what failed once more, each call with its key; after it, everything that was asked for is acknowledged.

        Returns:
            How many were done now, and how many had been and were only answered.
        """
        ends: Counter[str] = Counter()
        for note, call in self.told.failed.items():
            answer = self.served.when_free("POST", call.path, call.body, call.key)
            assert answer.status < 300, (note, call, answer.text)
            ends["replayed" if answer.is_replayed else f"{call.step} now"] += 1
            self.acknowledge(note, call.step, answer)
        self.told.failed.clear()
        return ends

    def compare(self) -> Counter[str]:
        """Hold what was told against the books, once everything that was left uncertain is settled.

        Returns:
            How many orders ended at which step.
        """
        books = self.served.books
        books.do("settle")
        found = books.do("notes", prefix=self.prefix)
        ends: Counter[str] = Counter()
        for note, asked in self.told.asked.items():
            rows = found.pop(note, [])
            acknowledged = self.told.acknowledged.get(note)
            assert len(rows) <= 1, f"{note} is there {len(rows)} times"
            if acknowledged is None:
                assert not rows or (asked, rows[0][1:]) == ("created", list(STEPS["created"])), (note, rows)
                ends["created, not told" if rows else "lost, not told"] += 1
                continue
            pk, step = acknowledged
            assert rows, f"order {pk}, acknowledged as {step}, is gone"
            assert rows[0][0] == pk
            assert rows[0][1:] in (list(STEPS[step]), list(STEPS[asked])), (note, rows, step, asked)
            ends[step] += 1
        assert not found, "orders that nobody asked for"
        assert books.do("differences") == []
        return ends
