"""What becomes of an order: which states it ends in, how often, and when each thing happened. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random
from typing import NamedTuple

from orders.demo.catalogue import Variation
from orders.states import OrderStatus, PaymentStatus, ShippingStatus

MINUTE, HOUR, DAY = 60, 3600, 86_400
FRESH_SECONDS = 5 * DAY
FULLY_PAID = frozenset({"paid", "refunded", "partially_refunded"})

State = tuple[str, str, str]
"""Status, payment status, shipping status."""


class Mix(NamedTuple):
    """States and how often they come, as a list in which each stands as often as its weight."""

    states: tuple[State, ...]

    def pick(self, rng: Random) -> State:
        """One of them, by weight."""
        return self.states[int(rng.random() * len(self.states))]


def weighted(text: str) -> Mix:
    """Lines of "weight status payment shipping"; a shipping status that is left out is that of digital orders."""
    cells = [line.split() for line in text.strip().splitlines()]
    return Mix(tuple((c[1], c[2], c[3] if len(c) == 4 else "") for c in cells for _ in range(int(c[0]))))


SETTLED_PHYSICAL = weighted("""
    60 completed paid delivered
     7 completed paid shipped
     4 processing paid shipped
     1 processing paid unshippable
     5 completed partially_refunded delivered
     2 processing partially_refunded shipped
     4 completed refunded delivered
     3 canceled refunded unshipped
     6 canceled pending unshipped
     1 canceled paid unshipped
     3 failed failed unshipped
     2 on-hold pending unshipped
     1 on-hold partially_paid unshipped
     1 processing partially_paid shipped
""")
FRESH_PHYSICAL = weighted("""
    50 processing paid unshipped
    16 processing paid shipped
    18 pending pending unshipped
     4 on-hold pending unshipped
     3 on-hold authorized unshipped
     3 pending failed unshipped
     3 completed paid delivered
     2 canceled pending unshipped
     1 canceled refunded unshipped
""")
SETTLED_DIGITAL = weighted("""
    84 completed paid
     4 completed refunded
     3 completed partially_refunded
     4 failed failed
     3 canceled pending
     2 on-hold pending
""")
FRESH_DIGITAL = weighted("""
    80 completed paid
    11 pending pending
     5 failed failed
     3 on-hold authorized
     1 completed partially_refunded
""")


def is_possible(status: str, payment: str) -> bool:
    """Whether an order can stand in both (semantics 3.2, 3.3); shipping moves by itself (3.4).

    Payment takes an order out of pending and nothing brings it back; only a failed payment makes it failed.
    """
    if status == OrderStatus.FAILED:
        return payment == PaymentStatus.FAILED
    return status != OrderStatus.PENDING or payment not in FULLY_PAID


# Every one of them, for the orders that are there to show that each can be.
POSSIBLE_STATES: tuple[State, ...] = tuple(
    (status.value, payment.value, shipping.value)
    for status, payment, shipping in product(OrderStatus, PaymentStatus, ShippingStatus)
    if is_possible(status, payment)
)


class Method(NamedTuple):
    """A way to pay, and how long the money takes at most."""

    word: str
    seconds: int


CARD_METHODS = (
    Method("stripe", MINUTE),
    Method("paypal", 5 * MINUTE),
    Method("card", MINUTE),
    Method("stripe", MINUTE),
)
SLOW_METHODS = (Method("bank_transfer", 3 * DAY), Method("offline_payment", 2 * DAY))


@dataclass(slots=True)
class Plan:
    """What an order is going to be, before its rows are written. Times are epoch seconds, 0 when not reached."""

    id: int
    customer_id: int
    created: int
    state: State
    lines: list[tuple[Variation, int]]
    method: str
    paid: int = 0
    shipped: int = 0
    delivered: int = 0
    completed: int = 0
    refunded: int = 0
    deleted: int = 0
    updated: int = 0
    mode: str = "live"
    shipping_method: str = ""
    discount_percent: int = 0
    vendor_id: str = ""
    note: str = ""
    has_failed_attempt: bool = False
    receipt: int = 0
    year: int = 0
    sequence: int = 0

    @property
    def is_fully_paid(self) -> bool:
        """Whether it has a receipt, also when money went back later."""
        return self.state[1] in FULLY_PAID


def is_physical(lines: list[tuple[Variation, int]]) -> bool:
    """Whether anything has to be sent."""
    return any(variation.fulfillment == "physical" for variation, _ in lines)


def schedule(plan: Plan, *, payment_seconds: int, now: int, rng: Random) -> None:
    """Give a plan its times, in the order in which things happen and none of them after `now`."""
    status, payment, shipping = plan.state
    at = plan.created
    if plan.is_fully_paid:
        plan.paid = at = min(at + 10 + int(rng.random() * payment_seconds), now)
    if shipping in ("shipped", "delivered"):
        plan.shipped = at = min(at + 6 * HOUR + int(rng.random() * 3 * DAY), now)
    if shipping == "delivered":
        plan.delivered = at = min(at + DAY + int(rng.random() * 5 * DAY), now)
    if status == "completed":
        at = min(at + (HOUR if shipping else 0), now)
        plan.completed = at
    if payment in ("refunded", "partially_refunded"):
        plan.refunded = at = min(at + 2 * HOUR + int(rng.random() * 9 * DAY), now)
    if status in ("canceled", "failed", "on-hold"):
        at = min(at + 30 * MINUTE + int(rng.random() * DAY), now)
    plan.updated = at
    if plan.deleted:
        plan.deleted = plan.updated = min(at + DAY, now)
