"""Plans of all orders of a demo shop, oldest first: the documents' own, then made-up ones over two years."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Iterator
from random import Random

from orders.demo import catalogue, scenarios
from orders.demo.catalogue import BY_SKU, VARIATIONS, Variation
from orders.demo.customer_rows import ABSENT_ID, Customers
from orders.demo.scenarios import (
    CARD_METHODS,
    DAY,
    FRESH_SECONDS,
    HOUR,
    POSSIBLE_STATES,
    SLOW_METHODS,
    Plan,
    State,
)
from orders.demo.timeline import DOCUMENT_FIRST, DOCUMENT_SECOND, Timeline

# Every so many orders one takes the next of the possible states; every so many is a test, or deleted.
SHOWCASE_EVERY, TEST_EVERY, DELETED_EVERY = 20, 97, 173
# Customer 456 buys steadily through the last year, as the B2B document's analytics want.
STEADY_CUSTOMER, STEADY_ORDERS = 456, 24
NOTES = (
    "Please leave it with the neighbour.",
    "A gift: no invoice in the parcel, please.",
    "Ring twice.",
    "Thank you!",
)


def document_plans() -> list[Plan]:
    """Orders 1 to 4, oldest first.

    Order 1 is the orders document's: customer 123, two of SP-001, 5000. Orders 2 to 4 are customer 1's:
    5000 in three orders, the first and the last of them when the customers document says.
    """
    first, second = DOCUMENT_FIRST, DOCUMENT_SECOND
    week = first + 7 * DAY
    done: State = ("completed", "paid", "delivered")
    plans = [
        Plan(1, 123, first, done, [(BY_SKU["SP-001"], 2)], "stripe", vendor_id="txn_123456"),
        Plan(2, 1, second, ("processing", "paid", "unshipped"), [(BY_SKU["SP-001"], 1)], "stripe"),
        Plan(3, 1, first, done, [(BY_SKU["NOTE-A5"], 1)], "paypal"),
        Plan(4, 1, week, ("completed", "paid", ""), [(BY_SKU["EBOOK-WATER"], 1)], "stripe"),
    ]
    for plan in plans:
        plan.paid = plan.updated = plan.created + 10 * plan.id
        if plan.state == done:
            plan.shipped, plan.delivered = plan.created + DAY, plan.created + 3 * DAY
            plan.completed = plan.updated = plan.delivered + HOUR
        elif plan.state[0] == "completed":
            plan.completed = plan.paid
    return sorted(plans, key=lambda plan: (plan.created, plan.id))


class OrderPlans:
    """Makes the plans; the same seed gives the same ones, moved along with `now`."""

    def __init__(self, *, count: int, seed: int, timeline: Timeline, customers: Customers) -> None:
        self.count = count
        self.timeline = timeline
        self.customers = customers
        self.rng = Random(f"plans {seed}")  # noqa: S311 - made-up data
        for_sale = [variation for variation in VARIATIONS if variation.is_for_sale]
        # Small things sell more often than desks: each stands in the list by its price.
        popular = [v for v in for_sale for _ in range(1 + 12_000 // (v.price_cents + 500))]
        self.any = popular
        self.physical = [v for v in popular if v.fulfillment == catalogue.PHYSICAL]
        self.digital = [v for v in popular if v.fulfillment == catalogue.DIGITAL]
        self.showcase = 0

    def __iter__(self) -> Iterator[Plan]:
        documents = document_plans()[: self.count]
        yield from documents
        steady = self._steady_orders(len(documents))
        for index in range(len(documents), self.count):
            yield self._plan(index, is_steady=index in steady)

    def _steady_orders(self, first: int) -> frozenset[int]:
        """Which orders are customer 456's whatever the dice say: spread over the orders of the last year."""
        start = first + self.timeline.index_at(self.timeline.now - 350 * DAY, self.count - first)
        room = self.count - start
        many = min(STEADY_ORDERS, room // 4)
        return frozenset(start + (2 * number + 1) * room // (2 * many) for number in range(many))

    def _plan(self, index: int, *, is_steady: bool) -> Plan:
        rng, now = self.rng, self.timeline.now
        created = self.timeline.order_time(index, self.count, rng.random())
        state = self._state(index, now - created, is_steady=is_steady)
        method = (SLOW_METHODS if rng.random() < 0.12 else CARD_METHODS)[int(rng.random() * 2)]
        plan = Plan(
            index + 1 + (index + 1 >= ABSENT_ID),
            STEADY_CUSTOMER if is_steady else self.customers.at(created, rng.random()),
            created,
            state,
            self._lines(is_digital=not state[2]),
            method.word,
            mode="test" if index % TEST_EVERY == TEST_EVERY - 1 else "live",
            discount_percent=10 if rng.random() < 0.08 else 0,
            note=NOTES[int(rng.random() * len(NOTES))] if rng.random() < 0.06 else "",
        )
        plan.has_failed_attempt = plan.is_fully_paid and rng.random() < 0.03
        if state[2]:
            plan.shipping_method = "express" if rng.random() < 0.2 else "standard"
        plan.deleted = int(index % DELETED_EVERY == 0 and self._may_be_deleted(plan))
        scenarios.schedule(plan, payment_seconds=method.seconds, now=now, rng=rng)
        return plan

    def _state(self, index: int, age: int, *, is_steady: bool) -> State:
        if is_steady:
            # The newest is on terms and still open: it is the account's balance.
            return ("completed", "paid", "delivered") if age > 14 * DAY else ("pending", "pending", "unshipped")
        if index % SHOWCASE_EVERY == 0:
            self.showcase += 1
            return POSSIBLE_STATES[self.showcase % len(POSSIBLE_STATES)]
        is_fresh = age < FRESH_SECONDS
        if self.rng.random() < 0.25:
            return (scenarios.FRESH_DIGITAL if is_fresh else scenarios.SETTLED_DIGITAL).pick(self.rng)
        return (scenarios.FRESH_PHYSICAL if is_fresh else scenarios.SETTLED_PHYSICAL).pick(self.rng)

    def _lines(self, *, is_digital: bool) -> list[tuple[Variation, int]]:
        """One to four different things; the first of a physical order is physical."""
        rng = self.rng
        pool = self.digital if is_digital else self.physical
        lines: dict[int, tuple[Variation, int]] = {}
        for _ in range(1 + int(rng.random() ** 2 * 4)):
            variation = pool[int(rng.random() * len(pool))]
            lines[variation.id] = (variation, 1 if rng.random() < 0.75 else 2 + int(rng.random() * 2))
            pool = self.digital if is_digital else self.any
        return list(lines.values())

    @staticmethod
    def _may_be_deleted(plan: Plan) -> bool:
        """Semantics 7.5: tests always, live ones when canceled and without money."""
        is_open = plan.state[0] in ("canceled", "on-hold", "pending")
        return plan.mode == "test" or (is_open and plan.state[1] in ("pending", "failed"))


def in_sequence(plans: Iterator[Plan]) -> Iterator[Plan]:
    """Give orders their numbers of the year, in the order in which they were made: plans come oldest first."""
    last: Counter[int] = Counter()
    for plan in plans:
        plan.year = dt.datetime.fromtimestamp(plan.created, dt.UTC).year
        last[plan.year] += 1
        plan.sequence = last[plan.year]
        yield plan


def numbered(plans: Iterator[Plan], *, first_number: int) -> Iterator[Plan]:
    """Give receipts their numbers in the order of payment, which is not quite that of the orders.

    Plans come oldest first. One that is paid later waits until no order can be paid before it any more, so
    only the orders of a few days are held, whatever their number.
    """
    waiting: list[tuple[int, int, Plan]] = []
    number = first_number
    for plan in plans:
        while waiting and waiting[0][0] < plan.created:
            yield _with_number(heapq.heappop(waiting)[2], number)
            number += 1
        if plan.is_fully_paid:
            heapq.heappush(waiting, (plan.paid, plan.id, plan))
        else:
            yield plan
    while waiting:
        yield _with_number(heapq.heappop(waiting)[2], number)
        number += 1


def _with_number(plan: Plan, number: int) -> Plan:
    plan.receipt = number
    return plan
