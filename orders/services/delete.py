"""Delete orders: the row stays for the books and disappears from every list, detail and statistic."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from orders import states
from orders.errors import OrderNotDeletable
from orders.models import Order
from orders.services.locks import lock_order
from orders.services.statistics import counts, recount_customer
from orders.services.stock import StockLedger


@transaction.atomic
def delete_order(*, order_id: int) -> None:
    """Mark an order as deleted.

    Pieces that it still holds become available again. Delivered ones are gone and stay so, except in a test
    order, which never sent anything.

    Raises:
        OrderNotFound: none, or deleted before.
        OrderNotDeletable: a live order that earned money, or whose status does not allow it.

    Locks the order, its variations, and the customer when it counted.
    Source: orders document, "Delete Order" (soft delete); semantics 7.5, 3.5.
    """
    order = lock_order(order_id)
    check_deletable(order)
    is_counted = counts(order)
    ledger = StockLedger.lock([order_id])
    release_stock([order], ledger)
    order.deleted_at = order.updated_at = timezone.now()
    order.save(update_fields=["deleted_at", "updated_at"])
    ledger.save()
    if is_counted:
        recount_customer(customer_id=order.customer_id)


def check_deletable(order: Order) -> None:
    """The rule of semantics 7.5 on a locked order.

    Raises:
        OrderNotDeletable: with the reason.
    """
    if is_deletable(order):
        return
    if order.status not in states.DELETABLE_ORDER_STATUSES:
        raise OrderNotDeletable(order.pk, f"it is {order.status}; cancel it first")
    raise OrderNotDeletable(order.pk, f"it is {order.payment_status.replace('_', ' ')}; refund it first")


def is_deletable(order: Order) -> bool:
    """Whether the rule lets an order go."""
    return states.is_deletable(
        status=order.status,
        payment_status=order.payment_status,
        mode=order.mode,
        total_amount_cents=order.total_amount_cents,
    )


def release_stock(orders: Iterable[Order], ledger: StockLedger) -> None:
    """Give back, in memory, what the lines of these orders hold when they go away."""
    test_ids = {order.pk for order in orders if order.mode == states.OrderMode.TEST}
    for item in ledger.items:
        ledger.give_back(item, item.held_count + (item.committed_count if item.order_id in test_ids else 0))
