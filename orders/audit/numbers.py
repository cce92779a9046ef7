"""Numbers that people read: well formed, given once, and not above the counter that gives the next one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from django.db.models import Count, Max
from django.db.models.functions import Length, Substr

from orders.audit.finding import Difference
from orders.audit.reading import select
from orders.models import NumberCounter, Order

SALES_NUMBER = re.compile(r"SO-(\d{4})-(\d{3,})")
UNIQUE_FIELDS = ("receipt_number", "invoice_no", "order_number")


def receipts() -> Iterator[Difference]:
    """Receipt and invoice number are given together when an order is paid in full, and the one ends the other."""
    for (order_id,) in select("SELECT id FROM orders_order WHERE receipt_number IS NULL AND paid_at IS NOT NULL"):
        yield Difference(order_id, "receipt_number", None, "a number")
    for order_id, number in select(
        "SELECT id, receipt_number FROM orders_order WHERE receipt_number IS NOT NULL AND paid_at IS NULL"
    ):
        yield Difference(order_id, "receipt_number", number, None)
    for order_id, invoice_no, number in select(
        "SELECT id, invoice_no, receipt_number FROM orders_order "
        "WHERE COALESCE(invoice_no NOT LIKE '%' || CAST(receipt_number AS TEXT), invoice_no <> '')"
    ):
        yield Difference(order_id, "invoice_no", invoice_no, "" if number is None else f"ends with {number}")


def repeated_numbers() -> Iterator[Difference]:
    """No number stands on two orders; one query for each kind. Indexes say so too: this is for a lost one."""
    for field in UNIQUE_FIELDS:
        given = Order.with_deleted.exclude(**{field: None if field == "receipt_number" else ""})
        repeated = given.values(field).annotate(orders=Count("pk"), last=Max("pk")).filter(orders__gt=1)
        for order_id, number in repeated.order_by("last").values_list("last", field).iterator():
            yield Difference(order_id, field, number, "a number of its own")


def sales_numbers() -> Iterator[Difference]:
    """Every order is SO-YYYY-NNN, of the year in which it was made, in UTC (semantics 10.2)."""
    rows = Order.with_deleted.order_by("pk").values_list("pk", "order_number", "created_at")
    for order_id, number, created_at in rows.iterator():
        year = created_at.astimezone(dt.UTC).year
        match = SALES_NUMBER.fullmatch(number)
        if match is None or int(match[1]) != year:
            yield Difference(order_id, "order_number", number, f"SO-{year}-NNN")


def counters() -> Iterator[Difference]:
    """A counter is not behind the greatest number that was given; ahead it may be (decisions: gaps are allowed)."""
    stored = dict(NumberCounter.objects.values_list("name", "value"))
    for name, greatest in sorted(greatest_numbers().items()):
        if stored.get(name, 0) < greatest:
            yield Difference(name, "value", stored.get(name), greatest)


def greatest_numbers() -> dict[str, int]:
    """Counter name -> the greatest number that stands on an order, deleted ones included.

    Numbers of equal length are ordered alike as texts, so a year needs one row for each length.
    """
    found: dict[str, int] = {}
    receipt = Order.with_deleted.aggregate(Max("receipt_number"))["receipt_number__max"]
    if receipt is not None:
        found["receipt"] = receipt
    by_length = Order.with_deleted.values(prefix=Substr("order_number", 1, 8), length=Length("order_number"))
    for number in by_length.order_by().annotate(last=Max("order_number")).values_list("last", flat=True):
        if match := SALES_NUMBER.fullmatch(number):
            name = f"order {int(match[1])}"
            found[name] = max(found.get(name, 0), int(match[2]))
    return found
