"""How a refund falls on the charges and lines of an order; it reads, and writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

from django.db.models import QuerySet

from fluentcart.compiled import compiled
from fluentcart.errors import InvalidFields
from orders import states
from orders.errors import ChargeNotFound, RefundFailed
from orders.models import Order, OrderItem, OrderTransaction
from orders.services.stock import items_of_orders
from orders.totals import part_of_line, spread_refund


class ItemInput(TypedDict):
    """A line that comes back, as it was sent; `restock` puts its pieces on sale again (default: no)."""

    id: int
    quantity: int
    restock: NotRequired[bool]


class LinePlan(TypedDict):
    """What settling does to one line, as it is stored on the refund."""

    item_id: int
    amount_cents: int
    quantity: int
    restock_count: int


@dataclass
class RefundPlan:
    """An amount, the charges that pay it and the lines that it falls on."""

    amount_cents: int
    charges: list[tuple[OrderTransaction, int]]
    lines: list[LinePlan]


@dataclass
class RefundPart:
    """What one charge pays of a plan."""

    charge: OrderTransaction
    amount_cents: int
    lines: list[LinePlan] = field(default_factory=list)


@dataclass
class Spent:
    """What earlier refunds, settled or reserved, took; failed ones took nothing."""

    total_cents: int = 0
    pending_cents: int = 0
    by_charge: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    pending_by_item: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    count_by_item: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(cls, refunds: Iterable[OrderTransaction]) -> Spent:
        """The sum over an order's refunds."""
        spent = cls()
        for refund in refunds:
            is_pending = refund.status == states.TransactionStatus.PENDING
            assert refund.parent_id is not None, "the database demands it of every refund"
            spent.by_charge[refund.parent_id] += refund.amount_cents
            spent.pending_cents += refund.amount_cents if is_pending else 0
            for line in refund.plan.get("lines", []):
                spent.count_by_item[line["item_id"]] += line["quantity"]
                spent.pending_by_item[line["item_id"]] += line["amount_cents"] if is_pending else 0
        return spent


def plan_refund(
    order: Order, *, amount_cents: int | None, items: Sequence[ItemInput], charge_id: int | None
) -> RefundPlan:
    """Decide a refund of a locked order; arguments and errors as in `refund.reserve_refund`.

    Two queries. Source: semantics 7.7 (limits, newest charges first, spread over lines).
    """
    by_type: defaultdict[str, list[OrderTransaction]] = defaultdict(list)
    for row in standing_transactions(order_id=order.pk).all():
        by_type[row.type].append(row)
    spent = Spent.of(by_type[states.TransactionType.REFUND])
    charges = _charges(by_type[states.TransactionType.CHARGE], charge_id)
    lines = items_of_orders(order_ids=[order.pk]).all()
    left = {line.pk: _left_on_line(line, spent) for line in lines}
    named = _named_lines(items, {line.pk: line for line in lines}, left, spent)
    amount_cents = _amount(amount_cents, named)
    _check_limit(order, amount_cents, spent)
    return RefundPlan(amount_cents, _pay(charges, amount_cents, spent), _fall(amount_cents, named, left))


@compiled
def standing_transactions(order_id: Any) -> QuerySet[OrderTransaction]:
    """The charges and refunds of an order that did not fail, the newest first."""
    standing = OrderTransaction.objects.exclude(status=states.TransactionStatus.FAILED)
    return standing.filter(order_id=order_id).order_by("-created_at", "-pk")


def split_plan(plan: RefundPlan) -> list[RefundPart]:
    """A plan as one part for each charge; lines are filled in order, and pieces come back with a line's first part."""
    parts = [RefundPart(charge, amount_cents) for charge, amount_cents in plan.charges]
    rooms = [part.amount_cents for part in parts]
    index = 0
    for line in plan.lines:
        rest = line["amount_cents"]
        quantity, restock_count = line["quantity"], line["restock_count"]
        while True:
            while index < len(parts) - 1 and not rooms[index]:
                index += 1
            taken = min(rest, rooms[index])
            parts[index].lines.append(
                LinePlan(item_id=line["item_id"], amount_cents=taken, quantity=quantity, restock_count=restock_count)
            )
            rooms[index] -= taken
            rest -= taken
            quantity = restock_count = 0
            if not rest:
                break
    return parts


def _charges(charges: list[OrderTransaction], charge_id: int | None) -> list[OrderTransaction]:
    """The succeeded charges, newest first, or the one that was asked for."""
    succeeded = [charge for charge in charges if charge.status == states.TransactionStatus.SUCCEEDED]
    if charge_id is None:
        return succeeded
    chosen = [charge for charge in succeeded if charge.pk == charge_id]
    if not chosen:
        raise ChargeNotFound(charge_id)
    return chosen


def _left_on_line(line: OrderItem, spent: Spent) -> int:
    worth_cents = line.line_total_cents + line.tax_amount_cents + line.shipping_charge_cents
    return max(worth_cents - line.refund_total_cents - spent.pending_by_item[line.pk], 0)


def _named_lines(
    items: Sequence[ItemInput], lines: dict[int, OrderItem], left: dict[int, int], spent: Spent
) -> dict[int, LinePlan]:
    """The lines of a request, each with the worth of its pieces as amount; two entries of one line add up."""
    named: dict[int, LinePlan] = {}
    for index, item in enumerate(items):
        line = lines.get(item["id"])
        if line is None:
            raise InvalidFields.of(f"items[{index}].id", f"The order has no item with ID {item['id']}.")
        before = named.get(line.pk, LinePlan(item_id=line.pk, amount_cents=0, quantity=0, restock_count=0))
        count = item["quantity"]
        done_count = spent.count_by_item[line.pk] + before["quantity"]
        if not 1 <= count <= line.quantity - done_count:
            sentence = f"{line.quantity - done_count} of {line.quantity} can still come back."
            raise InvalidFields.of(f"items[{index}].quantity", sentence)
        worth_cents = part_of_line(line.line_total_cents, quantity=line.quantity, done_count=done_count, count=count)
        named[line.pk] = LinePlan(
            item_id=line.pk,
            amount_cents=min(before["amount_cents"] + worth_cents, left[line.pk]),
            quantity=before["quantity"] + count,
            restock_count=before["restock_count"] + (count if item.get("restock") else 0),
        )
    return named


def _amount(amount_cents: int | None, named: dict[int, LinePlan]) -> int:
    if amount_cents is None:
        if not named:
            raise InvalidFields.of("amount", "Amount is required.")
        return sum(line["amount_cents"] for line in named.values())
    if amount_cents < 1:
        raise InvalidFields.of("amount", "Amount must be above zero.")
    return amount_cents


def _check_limit(order: Order, amount_cents: int, spent: Spent) -> None:
    if not order.total_paid_cents:
        raise RefundFailed(f"Order with ID {order.pk} has not been paid", details={"reason": "unpaid"})
    limit_cents = order.net_paid_cents - spent.pending_cents
    if not 1 <= amount_cents <= limit_cents:
        raise _over_limit(limit_cents)


def _over_limit(limit_cents: int) -> RefundFailed:
    sentence = (
        f"At most {limit_cents} minor units can still be refunded" if limit_cents else "Nothing is left to refund"
    )
    return RefundFailed(sentence, details={"reason": "limit", "limit_cents": limit_cents})


def _pay(charges: list[OrderTransaction], amount_cents: int, spent: Spent) -> list[tuple[OrderTransaction, int]]:
    """What each charge pays, the newest first and none more than is left on it."""
    paying = []
    rest = amount_cents
    for charge in charges:
        taken = min(rest, charge.amount_cents - spent.by_charge[charge.pk])
        if taken > 0:
            paying.append((charge, taken))
            rest -= taken
    if rest:
        raise _over_limit(amount_cents - rest)
    return paying


def _fall(amount_cents: int, named: dict[int, LinePlan], left: dict[int, int]) -> list[LinePlan]:
    """The amount on the named lines in proportion to their pieces' worth, or on all by what is left on each."""
    if not named:
        shares = spread_refund(amount_cents, left_cents=list(left.values()))
        return [
            LinePlan(item_id=pk, amount_cents=share, quantity=0, restock_count=0)
            for pk, share in zip(left, shares, strict=True)
            if share
        ]
    plans = list(named.values())
    if amount_cents != sum(plan["amount_cents"] for plan in plans):
        # Another amount than the pieces' worth: named lines take it by what is left on them (semantics 7.7).
        shares = spread_refund(amount_cents, left_cents=[left[plan["item_id"]] for plan in plans])
        plans = [LinePlan(**{**plan, "amount_cents": share}) for plan, share in zip(plans, shares, strict=True)]
    return plans
