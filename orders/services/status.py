"""Moves along the three status axes of an order, with what each does to stock and dates."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from fluentcart.errors import InvalidFields
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from orders import states
from orders.errors import AlreadyPaid, InvalidTransition, OrderCanceled
from orders.models import Order
from orders.services.locks import lock_order
from orders.services.payment import finish_payment, receive_payment, save_progress
from orders.services.stock import StockLedger


@transaction.atomic
def update_statuses(
    *,
    order_id: int,
    payment_status: str | None = None,
    shipping_status: str | None = None,
    order_status: str | None = None,
    manage_stock: bool = True,
) -> Order:
    """Move an order along one or more of its status axes, payment first, then shipping, then the order itself.

    Args:
        order_id: an order that is not canceled.
        payment_status: paid acts as mark-as-paid; pending, failed and authorized while nothing was paid.
        shipping_status: one of the four words, for an order with something to send.
        order_status: on-hold, processing, completed or canceled ("cancelled" is read as canceled).
        manage_stock: False leaves the stock of shipping and order moves as it is.

    Returns:
        The order with all moves made; a status that it had already is left alone.

    Raises:
        OrderNotFound, OrderCanceled.
        InvalidFields: nothing given, or a word that cannot be set here.
        InvalidTransition: the only status given is the present one, a refund was asked for, nothing can be sent.

    Locks the order, its variations, the customer, the number counter.
    Source: orders document, "Update Order Statuses"; semantics 3.2 to 3.5, 7.8.
    """
    given = _read(payment_status, shipping_status, order_status)
    order = lock_order(order_id)
    if order.status == states.OrderStatus.CANCELED:
        raise OrderCanceled(order_id)
    _check_single(order, given)
    ledger = StockLedger.lock([order_id])
    is_paid_now = _move_payment(order, ledger, given.get("payment_status", order.payment_status))
    ledger.moves_stock = manage_stock
    move_shipping(order, ledger, given.get("shipping_status", order.shipping_status))
    move_status(order, ledger, given.get("order_status", order.status))
    save_progress(order, ledger)
    record(Verb.STATUS_CHANGED, order)
    if is_paid_now:
        finish_payment(order)
    return order


@transaction.atomic
def set_order_status(*, order_id: int, status: str) -> Order:
    """Move the order status alone; a status that the order has already is left alone (decisions: bulk).

    Raises:
        OrderNotFound, OrderCanceled.
        InvalidFields: under "status": a word that cannot be set.

    Locks the order and its variations. Source: semantics 7.10, 3.2.
    """
    word = read_word("status", status, states.OrderStatus)
    order = lock_order(order_id)
    if order.status != word:
        ledger = StockLedger.lock([order_id])
        move_status(order, ledger, word, field="status")
        save_progress(order, ledger)
        record(Verb.STATUS_CHANGED, order)
    return order


def read_word(field: str, word: str, known: type[StrEnum]) -> str:
    """A status word in our spelling.

    Raises:
        InvalidFields: not one of `known`.
    """
    word = states.spelled(word)
    if word not in {member.value for member in known if member.value}:
        raise not_settable(field, word, [member.value for member in known if member.value])
    return word


def move_status(order: Order, ledger: StockLedger, to: str, *, field: str = "order_status") -> None:
    """Change the order status of a locked order in memory (semantics 3.2); the same status changes nothing.

    Raises:
        OrderCanceled: it is canceled, which is final.
        InvalidFields: not a status that people set.
    """
    if order.status == to:
        return
    if order.status == states.OrderStatus.CANCELED:
        raise OrderCanceled(order.pk)
    if to not in states.EDITABLE_ORDER_STATUSES:
        raise not_settable(field, to, states.EDITABLE_ORDER_STATUSES)
    order.status = to
    order.updated_at = timezone.now()
    if to == states.OrderStatus.COMPLETED:
        order.completed_at = order.updated_at
    if to == states.OrderStatus.CANCELED:
        ledger.give_back_all()


def move_shipping(order: Order, ledger: StockLedger, to: str) -> None:
    """Change the shipping status of a locked order in memory (semantics 3.4); the same status changes nothing.

    Raises:
        InvalidTransition: the order has nothing to send.
    """
    came_from = order.shipping_status
    if came_from == to:
        return
    if came_from == states.ShippingStatus.NONE:
        raise InvalidTransition(f"Order with ID {order.pk} has nothing to ship")
    order.shipping_status = to
    order.updated_at = timezone.now()
    _date_shipping(order, order.updated_at)
    ledger.fulfill(to in states.SENT_STATUSES)
    if to == states.ShippingStatus.DELIVERED:
        ledger.commit(ledger.physical)
    elif came_from == states.ShippingStatus.DELIVERED:
        ledger.uncommit(ledger.physical)


def _date_shipping(order: Order, now: datetime) -> None:
    """Dates that are not reached are null: going back to unshipped takes them away again."""
    is_delivered = order.shipping_status == states.ShippingStatus.DELIVERED
    is_sent = order.shipping_status in states.SENT_STATUSES
    order.shipped_at = (order.shipped_at or now) if is_sent else None
    order.delivered_at = now if is_delivered else None


def _read(payment: str | None, shipping: str | None, status: str | None) -> dict[str, str]:
    """The statuses that were given, by field, in our spelling."""
    axes: tuple[tuple[str, str | None, type[StrEnum]], ...] = (
        ("payment_status", payment, states.PaymentStatus),
        ("shipping_status", shipping, states.ShippingStatus),
        ("order_status", status, states.OrderStatus),
    )
    given = {field: read_word(field, word, known) for field, word, known in axes if word is not None}
    if not given:
        names = ", ".join(field for field, _, _ in axes)
        raise InvalidFields({field: [f"At least one of {names} is required."] for field, _, _ in axes})
    return given


def _check_single(order: Order, given: dict[str, str]) -> None:
    """A single status that changes nothing is a mistake; among several it is left alone (semantics 7.8)."""
    if len(given) > 1:
        return
    (field, word), *_ = given.items()
    present = getattr(order, field.removeprefix("order_"))
    if present == word:
        if field == "payment_status" and word == states.PaymentStatus.PAID:
            raise AlreadyPaid(order.pk)
        raise InvalidTransition(f"Order with ID {order.pk} already has the {field.replace('_', ' ')} {word}")


def _move_payment(order: Order, ledger: StockLedger, to: str) -> bool:
    """Change the payment status of a locked order in memory; whether it was paid by this."""
    if order.payment_status == to:
        return False
    if to == states.PaymentStatus.PAID:
        receive_payment(order, ledger)
        return True
    if to in (states.PaymentStatus.REFUNDED, states.PaymentStatus.PARTIALLY_REFUNDED):
        raise InvalidTransition(f"A refund is made with POST /orders/{order.pk}/refund")
    if to not in states.UNPAID_STATUSES or order.payment_status not in states.UNPAID_STATUSES:
        raise InvalidTransition(
            f"Order with ID {order.pk} cannot go from {order.payment_status} to {to}: payments and refunds decide that"
        )
    order.payment_status = to
    order.updated_at = timezone.now()
    return False


def not_settable(field: str, word: str, allowed: Collection[str]) -> InvalidFields:
    """The refusal of a status word, which names the words that are allowed."""
    return InvalidFields.of(field, f'"{word}" cannot be set here. Use one of: {", ".join(sorted(allowed))}.')
