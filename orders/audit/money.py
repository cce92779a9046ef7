"""Money: lines add up to orders, charges to what was paid, refunds to what was given back, and never above it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from orders.audit.finding import Difference
from orders.audit.reading import compare, exceeding, select
from orders.models import OrderTransaction

RESERVE_HOURS_MAX = 1


def summed(column: str, condition: str = "1 = 1") -> str:
    """A sum of minor units that is a whole number on both databases, 0 where no row meets the condition."""
    return f"CAST(SUM(CASE WHEN {condition} THEN {column} ELSE 0 END) AS BIGINT)"


def lines() -> Iterator[Difference]:
    """A line costs price times quantity, less its discount."""
    return compare(
        "orders_orderitem",
        key="id",
        figures={
            "subtotal_cents": ("subtotal_cents", "unit_price_cents * quantity"),
            "line_total_cents": ("line_total_cents", "subtotal_cents - discount_total_cents"),
        },
    )


def order_sums() -> Iterator[Difference]:
    """An order is the sum of its lines, and its total is subtotal - discount + shipping + tax."""
    parts = {
        "subtotal_cents": "subtotal_cents",
        "discount_total_cents": "discount_total_cents",
        "shipping_total_cents": "shipping_charge_cents",
        "tax_total_cents": "tax_amount_cents",
    }
    sums = ", ".join(f"{summed(column)} AS {column}" for column in parts.values())
    per_order = f"SELECT order_id, {sums} FROM orders_orderitem GROUP BY order_id"  # noqa: S608 - our own text
    figures = {field: (f"o.{field}", f"COALESCE(l.{column}, 0)") for field, column in parts.items()}
    total = "o.subtotal_cents - o.discount_total_cents + o.shipping_total_cents + o.tax_total_cents"
    return compare(
        f"orders_order o LEFT JOIN ({per_order}) l ON l.order_id = o.id",
        key="o.id",
        figures={**figures, "total_amount_cents": ("o.total_amount_cents", total)},
    )


def lineless_orders() -> Iterator[Difference]:
    """Every order has a line: one without is what is left of a failure."""
    for (order_id,) in select(
        "SELECT id FROM orders_order o WHERE NOT EXISTS (SELECT 1 FROM orders_orderitem i WHERE i.order_id = o.id)"
    ):
        yield Difference(order_id, "items", 0, "at least 1")


def payments() -> Iterator[Difference]:
    """Paid is the sum of settled charges and stays gross; refunded is the sum of settled refunds (semantics 7.7)."""
    paid = summed("amount_cents", "type = 'charge' AND status = 'succeeded'")
    refunded = summed("amount_cents", "type = 'refund' AND status = 'refunded'")
    moved = f"SELECT order_id, {paid} AS paid, {refunded} AS refunded FROM orders_ordertransaction GROUP BY order_id"  # noqa: S608
    return compare(
        f"orders_order o LEFT JOIN ({moved}) t ON t.order_id = o.id",
        key="o.id",
        figures={
            "total_paid_cents": ("o.total_paid_cents", "COALESCE(t.paid, 0)"),
            "total_refund_cents": ("o.total_refund_cents", "COALESCE(t.refunded, 0)"),
        },
    )


def refunds_of_orders() -> Iterator[Difference]:
    """What was given back and what is set aside for it is at most what was paid."""
    taken = summed("amount_cents", "type = 'refund' AND status IN ('pending', 'refunded')")
    per_order = (
        f"SELECT order_id, {taken} AS taken FROM orders_ordertransaction WHERE type = 'refund' GROUP BY order_id"  # noqa: S608
    )
    return exceeding(
        f"orders_order o JOIN ({per_order}) t ON t.order_id = o.id",
        key="o.id",
        field="settled and pending refunds",
        found="t.taken",
        limit="o.total_paid_cents",
    )


def refunds_of_charges() -> Iterator[Difference]:
    """The refunds of a charge, settled or set aside, are at most the charge."""
    taken = summed("amount_cents", "status IN ('pending', 'refunded')")
    per_charge = (
        f"SELECT parent_id, {taken} AS taken FROM orders_ordertransaction WHERE type = 'refund' GROUP BY parent_id"  # noqa: S608
    )
    return exceeding(
        f"orders_ordertransaction c JOIN ({per_charge}) r ON r.parent_id = c.id",
        key="c.id",
        field="settled and pending refunds",
        found="r.taken",
        limit="c.amount_cents",
    )


def refunded_charges() -> Iterator[Difference]:
    """A refund that counts gives a settled charge of its own order back, in the same currency."""
    for refund_id, charge_id in select(
        "SELECT r.id, r.parent_id FROM orders_ordertransaction r JOIN orders_ordertransaction c ON c.id = r.parent_id "
        "WHERE r.type = 'refund' AND r.status IN ('pending', 'refunded') AND (c.order_id <> r.order_id "
        "OR c.type <> 'charge' OR c.status <> 'succeeded' OR c.currency <> r.currency)"
    ):
        yield Difference(refund_id, "parent_id", charge_id, "a settled charge of the same order and currency")


def refunds_of_lines() -> Iterator[Difference]:
    """No line gives back more than it cost with its tax and its part of the shipping."""
    return exceeding(
        "orders_orderitem",
        key="id",
        field="refund_total_cents",
        found="refund_total_cents",
        limit="(line_total_cents + tax_amount_cents + shipping_charge_cents)",
    )


def line_refunds_of_orders() -> Iterator[Difference]:
    """The lines give back at most what the order did; less, where an amount exceeded the lines that were named."""
    per_order = f"SELECT order_id, {summed('refund_total_cents')} AS refunded FROM orders_orderitem GROUP BY order_id"  # noqa: S608
    return exceeding(
        f"orders_order o JOIN ({per_order}) l ON l.order_id = o.id",
        key="o.id",
        field="refunds of its lines",
        found="l.refunded",
        limit="o.total_refund_cents",
    )


def old_reserves() -> Iterator[Difference]:
    """A refund that is still pending after an hour: nobody knows yet whether the gateway made it."""
    before = timezone.now() - timedelta(hours=RESERVE_HOURS_MAX)
    pending = OrderTransaction.objects.filter(type="refund", status="pending", created_at__lt=before)
    for refund_id in pending.order_by("pk").values_list("pk", flat=True).iterator():
        yield Difference(refund_id, "status", "pending", "refunded or failed")
