"""How far an order is: the payment status follows from the amounts, and each date from a status."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q

from orders.audit.finding import Difference
from orders.audit.reading import select
from orders.models import Order

UNPAID = ("pending", "failed", "authorized")

# Semantics 3.3, with total_paid gross. While nothing was paid the amounts leave three words open.
PAYMENT_STATUS = """
    SELECT id, payment_status, expected FROM (
        SELECT id, payment_status, CASE
            WHEN total_refund_cents > 0 AND total_refund_cents >= total_paid_cents THEN 'refunded'
            WHEN total_refund_cents > 0 THEN 'partially_refunded'
            WHEN total_paid_cents >= total_amount_cents THEN 'paid'
            WHEN total_paid_cents > 0 THEN 'partially_paid'
            WHEN payment_status IN ('pending', 'failed', 'authorized') THEN payment_status
            ELSE 'pending, failed or authorized' END AS expected
        FROM orders_order
    ) o WHERE payment_status <> expected
"""

PAID_IN_FULL = ~Q(payment_status__in=[*UNPAID, "partially_paid"]) & Q(total_paid_cents__gte=F("total_amount_cents"))
SENT = Q(shipping_status__in=["shipped", "delivered"])
DELIVERED = Q(shipping_status="delivered")
NEVER: Q = Q(pk__in=[])
# A date, when it must be there, when it must not. An order that leaves completed, or is paid after all was
# refunded, keeps the date of what was once reached.
DATES: tuple[tuple[str, Q, Q], ...] = (
    ("paid_at", PAID_IN_FULL, Q(payment_status__in=[*UNPAID, "partially_paid"])),
    ("shipped_at", SENT, ~SENT),
    ("delivered_at", DELIVERED, ~DELIVERED),
    ("completed_at", Q(status="completed"), NEVER),
    ("refunded_at", Q(payment_status="refunded"), NEVER),
)


def payment_statuses() -> Iterator[Difference]:
    """The payment status says what the amounts say."""
    for order_id, found, expected in select(PAYMENT_STATUS):
        yield Difference(order_id, "payment_status", found, expected)


def dates() -> Iterator[Difference]:
    """What a status says was reached has its date, and what was not reached has none; one query for each date."""
    for field, reached, unreached in DATES:
        wrong = (reached & Q(**{field: None})) | (unreached & ~Q(**{field: None}))
        rows = Order.with_deleted.filter(wrong).order_by("pk").values_list("pk", field)
        for order_id, found in rows.iterator():
            yield Difference(order_id, field, found, "a date" if found is None else None)
