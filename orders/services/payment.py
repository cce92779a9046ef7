"""Money that came in: an order is marked as paid by hand, or costs nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fluentcart.compiled import compiled, insert, update
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from fluentcart.history.tracking import Changes, cut
from orders import states
from orders.errors import AlreadyPaid, OrderCanceled
from orders.models import Fulfillment, Order, OrderTransaction
from orders.services.locks import lock_customers, lock_order
from orders.services.numbers import number_order
from orders.services.statistics import counts, recount_customer
from orders.services.stock import StockLedger

# Everything that payments, refunds and status moves write on an order; the row is locked meanwhile.
PROGRESS = (
    "status", "payment_status", "shipping_status", "total_paid_cents", "total_refund_cents", "payment_method",
    "note", "paid_at", "shipped_at", "delivered_at", "completed_at", "refunded_at", "updated_at",
)  # fmt: skip

CAPTURED = ("amount_cents", "status", "gateway", "payment_method", "vendor_charge_id", "updated_at")


@transaction.atomic
def mark_as_paid(
    *, order_id: int, payment_method: str = "", transaction_id: str = "", note: str | None = None
) -> Order:
    """Record that what is due on an order was received outside of every gateway.

    Args:
        order_id: an order with something due, not canceled.
        payment_method: the word to record; empty keeps the order's.
        transaction_id: the payer's reference, kept on the charge.
        note: replaces the order's note; None keeps it.

    Returns:
        The order: paid, processing (or completed, when it is digital), with receipt and invoice number.

    Raises:
        OrderNotFound, OrderCanceled, AlreadyPaid.

    Locks the order, the variations of digital lines, the customer, the number counter.
    Source: orders document, "Mark Order as Paid"; semantics 7.6, 3.2; decisions, "Money and stock".
    """
    order = lock_order(order_id)
    ledger = StockLedger.lock([order_id])
    if note is not None:
        order.note = note
    receive_payment(order, ledger, payment_method=payment_method, transaction_id=transaction_id)
    save_progress(order, ledger)
    record(Verb.PAID, order, about=reference_given(transaction_id))
    finish_payment(order)
    return order


def reference_given(transaction_id: str) -> Changes:
    """What the history says of the payer's reference, which stands on the charge."""
    return {"vendor_charge_id": [None, cut(transaction_id)]} if transaction_id else {}


def receive_payment(order: Order, ledger: StockLedger, *, payment_method: str = "", transaction_id: str = "") -> None:
    """Charge what is due on a locked order; the caller saves it and then calls `finish_payment`.

    Raises:
        OrderCanceled, AlreadyPaid.
    """
    check_payable(order)
    now = timezone.now()
    order.payment_method = payment_method or order.payment_method
    if order.due_cents:
        _capture_by_hand(order, transaction_id, now)
    settle(order, ledger, now)


def check_payable(order: Order) -> None:
    """Whether an order can still be paid; no query.

    Raises:
        OrderCanceled, AlreadyPaid.
    """
    if order.status == states.OrderStatus.CANCELED:
        raise OrderCanceled(order.pk)
    if not order.due_cents and order.payment_status not in states.UNPAID_STATUSES:
        raise AlreadyPaid(order.pk)


def finish_payment(order: Order) -> None:
    """Recount the customer of a paid order and number it, in this order: the counter is locked last.

    The customer of a test order is locked too: a trigger locks them when the number is written (`TermTally`).
    """
    if counts(order):
        order.customer = recount_customer(customer_id=order.customer_id)
    else:
        lock_customers(order.customer_id)
    number_order(order)


def settle(order: Order, ledger: StockLedger, now: datetime) -> None:
    """What being fully paid means for a locked order, in memory: totals, statuses, digital stock (3.2, 3.5, 7.6)."""
    order.total_paid_cents = max(order.total_amount_cents, order.total_paid_cents)
    has_refunds = order.total_refund_cents > 0
    order.payment_status = (states.PaymentStatus.PARTIALLY_REFUNDED if has_refunds else states.PaymentStatus.PAID).value
    order.paid_at = order.paid_at or now
    order.updated_at = now
    if order.status in states.AWAITING_PAYMENT_STATUSES:
        order.status = states.OrderStatus.PROCESSING.value
    if (
        order.status == states.OrderStatus.PROCESSING
        and order.fulfillment_type == Fulfillment.DIGITAL
        and not has_refunds
    ):
        order.status = states.OrderStatus.COMPLETED.value
        order.completed_at = now
    ledger.commit(ledger.digital)


def settle_free_order(order: Order) -> None:
    """An order that costs nothing has nothing due (3.3), so it is paid when it is made, without a charge."""
    if order.total_amount_cents:
        return
    ledger = StockLedger.lock([order.pk])
    settle(order, ledger, timezone.now())
    save_progress(order, ledger)
    finish_payment(order)


def save_progress(order: Order, ledger: StockLedger) -> None:
    """Write a locked order and the lines and variations of its ledger."""
    update(order, PROGRESS)
    ledger.save()


def _capture_by_hand(order: Order, reference: str, now: datetime) -> None:
    """Reuse the newest pending charge, or make one; it is manual whatever method word was sent (decisions)."""
    charge = pending_charges(order_id=order.pk).window(1).first()
    is_new = charge is None
    charge = charge or OrderTransaction(order=order, created_at=now, currency=order.currency, mode=order.mode)
    charge.amount_cents = order.due_cents
    charge.status = states.TransactionStatus.SUCCEEDED.value
    charge.gateway = "manual"
    charge.payment_method = order.payment_method or charge.payment_method
    charge.vendor_charge_id = reference or charge.vendor_charge_id
    charge.updated_at = now
    if is_new:
        insert(charge)
    else:
        update(charge, CAPTURED)


@compiled
def pending_charges(order_id: Any) -> QuerySet[OrderTransaction]:
    """An order's charges that wait to be paid, the newest first."""
    waiting = {"type": states.TransactionType.CHARGE, "status": states.TransactionStatus.PENDING}
    return OrderTransaction.objects.filter(order_id=order_id, **waiting).order_by("-pk")
