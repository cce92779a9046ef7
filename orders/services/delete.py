"""Delete and restore orders: the row stays for the books and disappears from every list, detail and statistic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from fluentcart.compiled import update
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from orders import states
from orders.errors import OrderNotDeletable, OrderNotDeleted, StockGone
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
    order.trash = ledger.holdings()
    release_stock([order], ledger)
    order.trash = ledger.missing_from(order.trash)
    order.deleted_at = order.updated_at = timezone.now()
    update(order, ["deleted_at", "trash", "updated_at"])
    ledger.save()
    record(Verb.DELETED, order)
    if is_counted:
        recount_customer(customer_id=order.customer_id)


@transaction.atomic
def restore_order(*, order_id: int) -> Order:
    """Take an order out of the trash as it was: its status, its numbers, its place in lists and statistics.

    Pieces that it held are held again, those that a test order had committed are committed again. An order that was
    deleted before the trash kept account of pieces gets none back.

    Returns:
        The order, with its customer loaded.

    Raises:
        OrderNotFound: none.
        OrderNotDeleted: it is not in the trash.
        StockGone: pieces that it held were sold meanwhile, and the variation takes no backorders; it stays deleted.

    Locks the order, its variations, and the customer when it counts.
    Source: issue 5, "History"; the reverse of `delete_order`.
    """
    order = lock_order(order_id, with_deleted=True)
    if order.deleted_at is None:
        raise OrderNotDeleted(order_id)
    taken = {int(item_id): counts for item_id, counts in (order.trash or {}).items()}
    ledger = StockLedger.lock([order_id], returning=taken)
    _take_again(order, ledger, taken)
    order.deleted_at, order.trash, order.updated_at = None, None, timezone.now()
    update(order, ["deleted_at", "trash", "updated_at"])
    ledger.save()
    record(Verb.RESTORED, order)
    if counts(order):
        recount_customer(customer_id=order.customer_id)
    return order


def _take_again(order: Order, ledger: StockLedger, taken: Mapping[int, Sequence[int]]) -> None:
    """Move pieces back to the lines that had them, in memory.

    Raises:
        StockGone: naming every variation of which there are too few.
    """
    for item in ledger.items:
        held, committed = taken.get(item.pk, (0, 0))
        if (held or committed) and ledger.variations[item.variation_id].manage_stock:
            ledger.take(item, held=held, committed=committed)
    moved = {item.variation_id for item in ledger.changed.values()}
    rows = [ledger.variations[pk] for pk in sorted(moved)]
    if short := [row.pk for row in rows if row.available_count < 0 and not row.backorders]:
        raise StockGone(order.pk, short)


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
