"""Turns the plan of an order into rows: the order, its lines, its transactions, its addresses; and keeps the stock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

from fluentcart.money import spread
from orders.demo.catalogue import PHYSICAL, SHIPPING_RATES, Variation
from orders.demo.people import People, Person
from orders.demo.scenarios import Plan, is_physical
from orders.demo.writing import Row, moment
from orders.services.numbers import order_number

ORDER_FIELDS = (
    "id uuid status payment_status shipping_status mode fulfillment_type customer_id currency subtotal_cents"
    " discount_total_cents shipping_total_cents total_amount_cents total_paid_cents total_refund_cents payment_method"
    " shipping_method note receipt_number invoice_no search_text created_at updated_at paid_at shipped_at delivered_at"
    " completed_at refunded_at deleted_at order_number"
)
ITEM_FIELDS = (
    "id order_id product_id variation_id title variation_title sku fulfillment_type quantity unit_price_cents"
    " subtotal_cents discount_total_cents line_total_cents shipping_charge_cents refund_total_cents fulfilled_count"
    " held_count committed_count restocked_count"
)
TRANSACTION_FIELDS = (
    "id order_id parent_id uuid type status amount_cents currency mode payment_method gateway vendor_charge_id reason"
    " failure created_at updated_at"
)
ORDER_ADDRESS_FIELDS = "order_id type name email phone address_1 address_2 city state postcode country id"
REASONS = ("Customer requested refund", "Arrived damaged", "Wrong size", "Ordered twice")
# A charge names its gateway once it is captured, and so does the refund of one (decisions, "Money and stock").
CAPTURED = frozenset({"succeeded", "refunded"})
# An unpaid order has one charge, in the same state.
UNPAID = frozenset({"pending", "failed", "authorized"})


class OrderRows(NamedTuple):
    """Rows of one chunk of orders, one list a table, orders first."""

    orders: list[Row]
    items: list[Row]
    transactions: list[Row]
    addresses: list[Row]


class Sums(NamedTuple):
    """What an order comes to, in minor units."""

    subtotal_cents: int
    discount_cents: int
    shipping_cents: int
    total_cents: int
    paid_cents: int
    refund_cents: int


class Line(NamedTuple):
    """A line with its share of the discount, the shipping and the refund, in minor units."""

    variation: Variation
    quantity: int
    discount_cents: int
    shipping_cents: int
    refund_cents: int
    is_restocked: bool


class Stock(NamedTuple):
    """Pieces of a variation that orders hold."""

    held: int = 0
    committed: int = 0


def reached(epoch_seconds: int) -> str | None:
    """A time, or None when it was not reached."""
    return moment(epoch_seconds) if epoch_seconds else None


def ledger(plan: Plan, line: Line) -> Stock:
    """How many pieces of a line stand in the variation's counters (semantics 3.5).

    A deleted order gives back what it only holds, and a test order what was committed too.
    """
    variation, quantity = line.variation, line.quantity
    status, _, shipping = plan.state
    is_returned = status == "canceled" or line.is_restocked
    if variation.stock is None or is_returned:
        return Stock()
    is_done = shipping == "delivered" if variation.fulfillment == PHYSICAL else plan.is_fully_paid
    if plan.deleted and (not is_done or plan.mode == "test"):
        return Stock()
    return Stock(0, quantity) if is_done else Stock(quantity, 0)


class OrderBuilder:
    """Makes the rows of orders; what the orders hold of each variation is in `stock` when they are all made."""

    def __init__(self, *, people: People, seed: int, currency: str, invoice_prefix: str) -> None:
        self.people = people
        self.rng = Random(f"rows {seed}")  # noqa: S311 - made-up data
        self.currency = currency
        self.invoice_prefix = invoice_prefix
        self.stock: defaultdict[int, Stock] = defaultdict(Stock)
        self.last_receipt = 0
        self.last_sequences: Counter[int] = Counter()
        self.item_id = self.transaction_id = self.address_id = 0

    def chunks(self, plans: Iterable[Plan], size: int) -> Iterator[OrderRows]:
        """All rows, so many orders at a time."""
        chunk = OrderRows([], [], [], [])
        for plan in plans:
            self._add(plan, chunk)
            if len(chunk.orders) >= size:
                yield chunk
                chunk = OrderRows([], [], [], [])
        yield chunk

    def _add(self, plan: Plan, chunk: OrderRows) -> None:
        person = self.people.get(plan.customer_id)
        sums, lines = self._sums(plan)
        self.last_receipt = max(self.last_receipt, plan.receipt)
        self.last_sequences[plan.year] = max(self.last_sequences[plan.year], plan.sequence)
        chunk.orders.append(self._order(plan, sums))
        chunk.items.extend(self._item(plan, line) for line in lines)
        chunk.transactions.extend(self._transactions(plan, sums))
        chunk.addresses.append(self._address(plan, person, "billing"))
        if is_physical(plan.lines):
            chunk.addresses.append(self._address(plan, person, "shipping"))

    def _sums(self, plan: Plan) -> tuple[Sums, list[Line]]:
        """Add a plan's lines up, and say what was paid and given back."""
        amounts = [variation.price_cents * quantity for variation, quantity in plan.lines]
        subtotal = sum(amounts)
        discount = subtotal * plan.discount_percent // 100
        shipping = SHIPPING_RATES.get(plan.shipping_method, 0)
        total = subtotal - discount + shipping
        discounts = spread(discount, amounts)
        charges = self._shipping_charges(plan, amounts, shipping)
        costs = [a - less + more for a, less, more in zip(amounts, discounts, charges, strict=True)]
        paid = total if plan.is_fully_paid else 0
        if plan.state[1] == "partially_paid":
            paid = total * 2 // 5
        refund, refunds, restocked = self._refund(plan, costs, paid)
        lines = [
            Line(*line, less, more, back, back > 0 and restocked)
            for line, less, more, back in zip(plan.lines, discounts, charges, refunds, strict=True)
        ]
        return Sums(subtotal, discount, shipping, total, paid, refund), lines

    @staticmethod
    def _shipping_charges(plan: Plan, amounts: list[int], shipping: int) -> list[int]:
        """What each line carries of the shipping; digital ones nothing."""
        is_sent = [variation.fulfillment == PHYSICAL for variation, _ in plan.lines]
        weights = [amount if sent else 0 for amount, sent in zip(amounts, is_sent, strict=True)]
        return spread(shipping, weights)

    def _refund(self, plan: Plan, costs: list[int], paid: int) -> tuple[int, list[int], bool]:
        """What is given back: all of it, or the first line with its shipping, or half of the only line.

        Returns:
            The amount, its share of each line, and whether the pieces came back into stock.
        """
        payment = plan.state[1]
        if payment == "refunded":
            return paid, costs, self.rng.random() < 0.5
        if payment == "partially_refunded":
            is_whole_line = costs[0] < paid
            amount = costs[0] if is_whole_line else costs[0] // 2
            return amount, [amount] + [0] * (len(costs) - 1), is_whole_line and self.rng.random() < 0.5
        return 0, [0] * len(costs), False

    def _order(self, plan: Plan, sums: Sums) -> Row:
        invoice_no = f"{self.invoice_prefix}{plan.receipt}" if plan.receipt else ""
        return (
            plan.id,
            self._uuid(),
            *plan.state,
            plan.mode,
            PHYSICAL if is_physical(plan.lines) else "digital",
            plan.customer_id,
            self.currency,
            *sums,
            plan.method,
            plan.shipping_method,
            plan.note,
            plan.receipt or None,
            invoice_no,
            invoice_no.casefold(),
            moment(plan.created),
            moment(plan.updated),
            reached(plan.paid),
            reached(plan.shipped),
            reached(plan.delivered),
            reached(plan.completed),
            reached(plan.refunded) if plan.state[1] == "refunded" else None,
            reached(plan.deleted),
            order_number(plan.year, plan.sequence),
        )

    def _item(self, plan: Plan, line: Line) -> Row:
        variation, quantity = line.variation, line.quantity
        stock = ledger(plan, line)
        if variation.stock is not None:
            before = self.stock[variation.id]
            self.stock[variation.id] = Stock(before.held + stock.held, before.committed + stock.committed)
        is_fulfilled = variation.fulfillment == PHYSICAL and plan.state[2] in ("shipped", "delivered")
        is_counted_back = line.is_restocked and variation.stock is not None and plan.state[0] != "canceled"
        subtotal = variation.price_cents * quantity
        self.item_id += 1
        return (
            self.item_id,
            plan.id,
            variation.product_id,
            variation.id,
            variation.product_title,
            variation.title,
            variation.sku,
            variation.fulfillment,
            quantity,
            variation.price_cents,
            subtotal,
            line.discount_cents,
            subtotal - line.discount_cents,
            line.shipping_cents,
            line.refund_cents,
            quantity if is_fulfilled else 0,
            stock.held,
            stock.committed,
            quantity if is_counted_back else 0,
        )

    def _transactions(self, plan: Plan, sums: Sums) -> Iterator[Row]:
        """The charge, what is left to pay, a first attempt that failed, and the refund; as the states ask for."""
        payment = plan.state[1]
        charged_at = plan.paid or plan.created
        if plan.has_failed_attempt:
            yield self._transaction(plan, "failed", sums.total_cents, plan.created)
        if payment in UNPAID:
            yield self._transaction(plan, payment, sums.total_cents, charged_at)
            return
        yield self._transaction(plan, "succeeded", sums.paid_cents, charged_at)
        charge_id = self.transaction_id
        if payment == "partially_paid":
            yield self._transaction(plan, "pending", sums.total_cents - sums.paid_cents, plan.created)
        if sums.refund_cents:
            yield self._transaction(plan, "refunded", sums.refund_cents, plan.refunded, charge_id=charge_id)

    def _transaction(self, plan: Plan, status: str, amount: int, at: int, *, charge_id: int | None = None) -> Row:
        self.transaction_id += 1
        reference = plan.vendor_id or f"txn_{self.rng.getrandbits(48):012x}"
        if charge_id:
            reference = f"ref_{self.rng.getrandbits(48):012x}"
        when = moment(at)
        return (
            self.transaction_id,
            plan.id,
            charge_id,
            self._uuid(),
            "refund" if charge_id else "charge",
            status,
            amount,
            self.currency,
            plan.mode,
            plan.method,
            "manual" if status in CAPTURED else "",
            reference if status in CAPTURED or status == "authorized" else "",
            REASONS[plan.id % len(REASONS)] if charge_id else "",
            "The card was declined." if status == "failed" else "",
            when,
            when,
        )

    def _address(self, plan: Plan, person: Person, kind: str) -> Row:
        self.address_id += 1
        place = (person.shipping if kind == "shipping" else None) or person.home
        return (plan.id, kind, person.full_name, person.email, person.phone, *place, self.address_id)

    def _uuid(self) -> str:
        return f"{self.rng.getrandbits(128):032x}"
