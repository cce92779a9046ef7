"""Delete a customer together with the orders that may go; it stands here because customers cannot know orders."""

from __future__ import annotations

from django.db import transaction
from django.db.models import ProtectedError

from customers.errors import CustomerNotFound
from customers.models import Customer
from fluentcart.history.erasure import forget
from fluentcart.history.models import Subject, Verb
from fluentcart.history.record import activity_of, write
from fluentcart.storable import storable_ids
from orders.errors import CustomerHasOrders
from orders.kept import leave_no_texts
from orders.models import Order, OrderTransaction
from orders.services.delete import is_deletable, release_stock
from orders.services.locks import lock_customers
from orders.services.stock import StockLedger


@transaction.atomic
def delete_customer(*, customer_id: int) -> None:
    """Remove a customer for good, with addresses, labels and every order that is deleted or may be.

    Raises:
        CustomerNotFound.
        CustomerHasOrders: an order may not be deleted; nothing is removed.

    Locks the orders by id, their variations, the customer. Pieces held by the orders become available again;
    delivered ones are gone, and no counter keeps them.
    Source: semantics 7.4, 7.5; decisions, "The wire" (DELETE /customers/{id}).
    """
    if not storable_ids([customer_id]):
        raise CustomerNotFound(customer_id)
    orders = list(Order.with_deleted.select_for_update().filter(customer_id=customer_id).order_by("pk"))
    if any(order.deleted_at is None and not is_deletable(order) for order in orders):
        raise CustomerHasOrders(customer_id)
    _settle_stock(orders)
    customer = lock_customers(customer_id).get(customer_id)
    if customer is None:
        raise CustomerNotFound(customer_id)
    _record_removal(customer, orders)
    _remove_orders([order.pk for order in orders])
    try:
        customer.delete()
    except ProtectedError as error:  # ordered again between the first query and the lock
        raise CustomerHasOrders(customer_id) from error
    transaction.on_commit(leave_no_texts, robust=True)


def _record_removal(customer: Customer, orders: list[Order]) -> None:
    """Say that they are gone, and let go of what the history knows about the person: nobody could erase it later."""
    forget([customer.pk], [order.pk for order in orders])
    gone = [activity_of(Verb.REMOVED, Subject.ORDER, order.pk) for order in orders]
    write([*gone, activity_of(Verb.REMOVED, Subject.CUSTOMER, customer.pk)])


def _settle_stock(orders: list[Order]) -> None:
    """Give back what the lines hold, and write off what they committed: no line will be left to say where it is."""
    if not orders:
        return
    ledger = StockLedger.lock([order.pk for order in orders])
    release_stock(orders, ledger)
    ledger.write_off()
    ledger.save()


def _remove_orders(ids: list[int]) -> None:
    """Refunds first: they protect their charges; then the orders with everything that hangs on them."""
    if ids:
        OrderTransaction.objects.filter(order_id__in=ids, parent__isnull=False).delete()
        Order.with_deleted.filter(pk__in=ids).delete()
