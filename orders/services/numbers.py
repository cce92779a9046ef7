"""Receipt, invoice and sales order numbers: unique and increasing; gaps are allowed, duplicates are not."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, transaction

from fluentcart.compiled import Statement, execute, update
from fluentcart.compiled.running import vendor_of
from orders.models import NumberCounter, Order

RECEIPT = "receipt"
TABLE = f'"{NumberCounter._meta.db_table}"'
NEXT = (
    f"INSERT INTO {TABLE} (name, value) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = "  # noqa: S608
    f"CASE WHEN {TABLE}.value < excluded.value THEN excluded.value ELSE {TABLE}.value + 1 END RETURNING value"
)


@transaction.atomic(savepoint=False)
def next_number(*, name: str, at_least: int = 1) -> int:
    """The next number under a name, in one statement that locks the counter until the transaction ends.

    Take it last: everybody else who wants a number waits for this transaction (decisions, "Money and stock").
    """
    rows, _ = execute(Statement.of(NEXT, 2, vendor_of(DEFAULT_DB_ALIAS)), [name, at_least], DEFAULT_DB_ALIAS)
    return int(rows[0][0])


def number_order(order: Order) -> None:
    """Give a paid order its receipt and invoice number, once; the caller holds the order's lock.

    Source: semantics 2.4 (receipt_number and invoice_no are claimed at the same moment, on payment).
    """
    if order.receipt_number is not None:
        return
    order.receipt_number = next_number(name=RECEIPT, at_least=settings.MIN_RECEIPT_NUMBER)
    order.invoice_no = f"{settings.INVOICE_PREFIX}{order.receipt_number}"
    order.search_text = order.invoice_no.casefold()
    update(order, ["receipt_number", "invoice_no", "search_text"])


def counter_of_year(year: int) -> str:
    """The name of the counter behind a year's sales order numbers."""
    return f"order {year}"


def order_number(year: int, number: int) -> str:
    """A sales order number: (2024, 1) -> "SO-2024-001"; from the thousandth on it has more digits (10.2)."""
    return f"SO-{year}-{number:03d}"


def number_sales_order_early(order: Order) -> None:
    """On SQLite give an order its number of the year before it is stored, which saves a statement; nothing elsewhere.

    Whoever wants the next number there waits from the beginning of this transaction anyway.
    """
    if vendor_of(DEFAULT_DB_ALIAS) == "sqlite":
        order.order_number = _next_order_number(order)


def number_sales_order(order: Order) -> None:
    """Give an order that was just made its number of the year, in UTC; the last thing that making it does.

    Source: B2B document, "order_number"; semantics 10.2; decisions, "Money and stock".
    """
    if not order.order_number:
        order.order_number = _next_order_number(order)
        update(order, ["order_number"])


def _next_order_number(order: Order) -> str:
    year = order.created_at.astimezone(dt.UTC).year
    return order_number(year, next_number(name=counter_of_year(year)))
