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


@dataclass
class Told:
    """What the clients were told, and what they had asked for when nobody told them anything.

    Args:
        acknowledged: note of an order -> its id and the last step that was acknowledged.
        asked: note of an order -> the step that was asked for last.
        refusals: answers that are no success.
        broken: how many calls were not answered at all.
    """

    acknowledged: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    refusals: list[Answer] = field(default_factory=list)
    broken: int = 0


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
        made = self.ask(note, "created", "/orders", body)
        if made is None:
            return
        pk = int(made.data["order"]["id"])
        self.told.acknowledged[note] = (pk, "created")
        for step, path, sent in (("paid", "mark-as-paid", {}), ("refunded", "refund", {"amount": REFUND_CENTS})):
            if self.ask(note, step, f"/orders/{pk}/{path}", sent) is None:
                return
            self.told.acknowledged[note] = (pk, step)

    def ask(self, note: str, step: str, path: str, body: Any) -> Answer | None:
        """A call that succeeds, or None."""
        self.told.asked[note] = step
        try:
            answer = self.served.call("POST", path, body)
        except requests.RequestException:
            self.told.broken += 1
            self.stopping.wait(0.02)  # nobody is there: no reason to ask a thousand times a second
            return None
        if answer.status < 300:
            return answer
        self.told.refusals.append(answer)
        self.stopping.wait(0.02)
        return None

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
