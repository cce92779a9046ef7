"""All checks in their order, on one moment of the books; and writing derived figures anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from accounts.models import User
from customers.kept import CUSTOMERS
from customers.kept import TERMS as CUSTOMER_TERMS
from customers.models import Customer, CustomerTally, CustomerTermTally
from fluentcart.kept.tallies import Tally
from orders.audit import customers, folded, money, numbers, progress, stock, tallies
from orders.audit.finding import Check, Difference, Finding
from orders.kept import ORDERS
from orders.kept import TERMS as ORDER_TERMS
from orders.models import (
    NumberCounter,
    Order,
    OrderItem,
    OrderTally,
    OrderTermTally,
    OrderTransaction,
    Product,
    ProductVariation,
)

GATEWAY = "Compare with the gateway's statement."
COUNT_SHELF = "Count what is on the shelf too: the pieces available are no sum of rows."
CHECKS: tuple[Check, ...] = (
    Check("lines", OrderItem, money.lines),
    Check("order_sums", Order, money.order_sums),
    Check("lineless_orders", Order, money.lineless_orders),
    Check("payments", Order, money.payments, hint=GATEWAY),
    Check("refunds_of_orders", Order, money.refunds_of_orders, hint=GATEWAY),
    Check("refunds_of_charges", OrderTransaction, money.refunds_of_charges, hint=GATEWAY),
    Check("refunded_charges", OrderTransaction, money.refunded_charges),
    Check("refunds_of_lines", OrderItem, money.refunds_of_lines),
    Check("line_refunds_of_orders", Order, money.line_refunds_of_orders),
    Check("old_reserves", OrderTransaction, money.old_reserves, hint="Run settle_refunds."),
    Check("payment_statuses", Order, progress.payment_statuses),
    Check("dates", Order, progress.dates),
    Check("receipts", Order, numbers.receipts),
    Check("repeated_numbers", Order, numbers.repeated_numbers),
    Check("sales_numbers", Order, numbers.sales_numbers),
    Check("counters", NumberCounter, numbers.counters, is_derived=True),
    Check("variations", ProductVariation, stock.variations, is_derived=True, hint=COUNT_SHELF),
    Check("ledgers", OrderItem, stock.ledgers),
    Check("fulfilled_lines", OrderItem, stock.fulfilled_lines),
    Check("statistics", Customer, customers.statistics, is_derived=True),
    Check("primary_addresses", Customer, customers.primary_addresses, hint="Ask which one it is."),
    Check("customer_texts", Customer, folded.customers, is_derived=True),
    Check("user_texts", User, folded.users, is_derived=True),
    Check("product_texts", Product, folded.products, is_derived=True),
    Check("order_texts", Order, folded.orders, is_derived=True),
    Check("live_order_counts", Customer, tallies.live_order_counts, is_derived=True),
    Check("customer_tallies", CustomerTally, tallies.customers, is_derived=True),
    Check("order_tallies", OrderTally, tallies.orders, is_derived=True),
    Check("customer_terms", CustomerTermTally, tallies.customer_terms, is_derived=True),
    Check("order_terms", OrderTermTally, tallies.order_terms, is_derived=True),
)
BY_NAME = {check.name: check for check in CHECKS}
ROWS_AT_ONCE = 200
TALLIES: dict[type[models.Model], Tally] = {
    CustomerTally: CUSTOMERS,
    OrderTally: ORDERS,
    CustomerTermTally: CUSTOMER_TERMS,
    OrderTermTally: ORDER_TERMS,
}


def audit() -> Iterator[Finding]:
    """Every difference in the books, as they stand at one moment. Reads only, and keeps no writer waiting."""
    with snapshot():
        for check in CHECKS:
            for difference in check.find():
                yield Finding.of(check, difference)


@contextmanager
def snapshot() -> Iterator[None]:
    """Show every query inside the same moment; inside of a transaction, that transaction's view.

    Django's own transactions begin as writers on SQLite here (settings), and would stop the shop meanwhile.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            _execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        _execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            _execute("ROLLBACK")


def mend(findings: Sequence[Finding]) -> list[Finding]:
    """Write derived figures anew, from the rows as they are now.

    Args:
        findings: from an audit. Facts are left alone, whatever is given.

    Returns:
        Those that stay as they are: facts, and keys that another row has already.

    Locks the rows of one check and a few hundred ids at a time, in the order of their ids.
    """
    left = [finding for finding in findings if not finding.is_derived]
    for check in CHECKS:
        own = [finding for finding in findings if finding.is_derived and finding.check == check.name]
        if check.model is NumberCounter:
            _raise_counters(own)
            continue
        if check.model in TALLIES:
            _count_anew(TALLIES[check.model], own)
            continue
        ids = sorted({int(finding.id) for finding in own})
        refused: set[tuple[int | str, str]] = set()
        for start in range(0, len(ids), ROWS_AT_ONCE):
            refused |= _rewrite(check, ids[start : start + ROWS_AT_ONCE])
        left += [finding for finding in own if (finding.id, finding.field) in refused]
    return left


@transaction.atomic
def _rewrite(check: Check, ids: Collection[int]) -> set[tuple[int | str, str]]:
    """Lock rows, look again, and write what differs; which fields of which rows could not be written."""
    rows = check.model._base_manager.filter(pk__in=ids)
    list(rows.select_for_update().order_by("pk").values_list("pk"))
    return {(found.id, found.field) for found in list(check.find(ids)) if not _write(check, found)}


def _write(check: Check, difference: Difference) -> bool:
    """Whether the column could be written: a unique key may stand on another row already."""
    columns = {difference.field: difference.expected}
    if any(field.name == "updated_at" for field in check.model._meta.concrete_fields):
        columns["updated_at"] = timezone.now()
    try:
        with transaction.atomic():
            check.model._base_manager.filter(pk=difference.id).update(**columns)
    except IntegrityError:
        return False
    return True


def _raise_counters(findings: Sequence[Finding]) -> None:
    """Counters only rise, so a number that was given since the audit cannot be given again."""
    for finding in findings:
        with transaction.atomic():
            NumberCounter.objects.get_or_create(name=finding.id)
            NumberCounter.objects.filter(name=finding.id, value__lt=finding.expected).update(value=finding.expected)


@transaction.atomic
def _count_anew(tally: Tally, findings: Sequence[Finding]) -> None:
    """A tally is counted as a whole; writers of its rows wait meanwhile."""
    if findings:
        tally.fill(connection)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
