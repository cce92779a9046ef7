"""Change the content of an order: its status, note and addresses."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from customers.models import AddressType
from fluentcart.errors import InvalidFields
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from orders import states
from orders.errors import OrderNotEditable
from orders.models import Order
from orders.services.address import Fields, save_merged
from orders.services.locks import lock_order
from orders.services.payment import save_progress
from orders.services.status import move_status, read_word
from orders.services.stock import StockLedger


@transaction.atomic
def update_order(
    *,
    order_id: int,
    status: str | None = None,
    note: str | None = None,
    billing_address: Fields | None = None,
    shipping_address: Fields | None = None,
) -> Order:
    """Change what is given of an order and keep the rest.

    Args:
        order_id: an order that is neither completed nor canceled.
        status: on-hold, processing or canceled; the present status changes nothing.
        note: replaces the note.
        billing_address, shipping_address: fields as in `address.merged`, put over the order's own (C54).

    Raises:
        OrderNotFound, OrderNotEditable.
        InvalidFields: a status that cannot be set here, or a wrong address field.

    Locks the order, and its variations when the status changes.
    Source: orders document, "Update Order"; semantics 3.2, 6.1.
    """
    order = lock_order(order_id)
    check_editable(order)
    ledger = StockLedger([], {})
    if status is not None and (word := _read_status(order, status)) != order.status:
        ledger = StockLedger.lock([order_id])
        move_status(order, ledger, word, field="status")
    if note is not None:
        order.note = note
    parts = {}
    for kind, fields in ((AddressType.BILLING, billing_address), (AddressType.SHIPPING, shipping_address)):
        if fields is not None:
            parts[f"{kind.value}_address"] = save_merged(order_id=order_id, kind=kind, fields=fields)
    order.updated_at = timezone.now()
    save_progress(order, ledger)
    record(Verb.UPDATED, order, parts=parts)
    return order


def check_editable(order: Order) -> None:
    """Whether the content of an order can still be changed; no query.

    Raises:
        OrderNotEditable.
    """
    if order.status in states.CLOSED_ORDER_STATUSES:
        raise OrderNotEditable(order.pk, order.status)
    if order.type == states.OrderType.SUBSCRIPTION:
        raise OrderNotEditable(order.pk, "a subscription")


def _read_status(order: Order, status: str) -> str:
    word = read_word("status", status, states.OrderStatus)
    if word == states.OrderStatus.COMPLETED:
        raise InvalidFields.of("status", f"An order is completed with PUT /orders/{order.pk}/statuses.")
    return word
