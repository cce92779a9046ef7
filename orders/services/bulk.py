"""One action on many orders or customers, with a result for each id; no id stops the others."""

from __future__ import annotations

from collections.abc import Iterable

from fluentcart.bulk import BulkResult, find_each, run_each
from orders import states
from orders.errors import OrderNotFound
from orders.models import Order
from orders.services.customers import delete_customer
from orders.services.delete import delete_order
from orders.services.status import not_settable, read_word, set_order_status


def bulk_update_status(*, order_ids: Iterable[int], status: str) -> list[BulkResult]:
    """Set the order status of many orders; one that has it already counts as done (decisions).

    Raises:
        InvalidFields: under "status": not a word that people set. Everything else is a result.

    Source: orders document, "Bulk Actions"; semantics 7.10.
    """
    word = read_word("status", status, states.OrderStatus)
    if word not in states.EDITABLE_ORDER_STATUSES:
        raise not_settable("status", word, states.EDITABLE_ORDER_STATUSES)
    return run_each(order_ids, lambda order_id: set_order_status(order_id=order_id, status=word))


def bulk_find(*, order_ids: Iterable[int]) -> list[BulkResult]:
    """Which of many orders are there, for an export: one result for each distinct id, in the order given."""
    return find_each(Order.objects.all(), order_ids, OrderNotFound)


def bulk_delete(*, order_ids: Iterable[int]) -> list[BulkResult]:
    """Delete many orders by the rule of `delete_order`."""
    return run_each(order_ids, lambda order_id: delete_order(order_id=order_id))


def bulk_delete_customers(*, customer_ids: Iterable[int]) -> list[BulkResult]:
    """Delete many customers by the rule of `delete_customer`. Source: doc v2, "Bulk Actions"; semantics 7.4."""
    return run_each(customer_ids, lambda customer_id: delete_customer(customer_id=customer_id))
