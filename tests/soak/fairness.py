"""Eight clients that write at once: how long each write takes, and what it is answered with."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

from tests.soak.service import Service, at_once

CLIENTS = 8


@dataclass(frozen=True)
class Writing:
    """What a while of writing came to.

    Args:
        statuses: how many answers had which HTTP status.
        waits_ms: how long each write took, sorted.
        seconds: how long it went on.
    """

    statuses: Counter[int]
    waits_ms: list[float]
    seconds: float

    @property
    def median_ms(self) -> float:
        """Half of the writes were faster."""
        return statistics.median(self.waits_ms)

    @property
    def p99_ms(self) -> float:
        """One write in a hundred was slower."""
        return self.waits_ms[int(len(self.waits_ms) * 0.99)]

    def __str__(self) -> str:
        return (
            f"{len(self.waits_ms) / self.seconds:.0f} orders/s, median {self.median_ms:.1f} ms, "
            f"p99 {self.p99_ms:.1f} ms ({self.p99_ms / self.median_ms:.1f} x), "
            f"longest {self.waits_ms[-1]:.0f} ms, answers {dict(self.statuses)}"
        )


def write(served: Service, customer_ids: list[int], line: dict[str, Any], seconds: float) -> Writing:
    """Let eight clients create orders for these customers in turn, for so long."""
    statuses: Counter[int] = Counter()
    waits_ms: list[float] = []
    began = time.monotonic()

    def client(number: int) -> None:
        turns = cycle(customer_ids[number % len(customer_ids) :] + customer_ids[: number % len(customer_ids)])
        while time.monotonic() < began + seconds:
            sent = time.monotonic()
            answer = served.call("POST", "/orders", {"customer_id": next(turns), "items": [line]})
            waits_ms.append((time.monotonic() - sent) * 1000)
            statuses[answer.status] += 1

    at_once([partial(client, number) for number in range(CLIENTS)])
    return Writing(statuses, sorted(waits_ms), time.monotonic() - began)
