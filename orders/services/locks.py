"""Rows locked in the one order that holds everywhere: order, variations by id, customers by id."""

from __future__ import annotations

from collections.abc import Collection

from customers.models import Customer
from fluentcart.storable import ID_MAX, storable_ids
from orders.errors import OrderNotFound
from orders.models import Order, ProductVariation


def lock_order(order_id: int, *, with_deleted: bool = False) -> Order:
    """The order, locked until the transaction ends.

    Raises:
        OrderNotFound: there is none, or it is deleted and those were not asked for.
    """
    manager = Order.with_deleted if with_deleted else Order.objects
    order = manager.select_for_update().filter(pk=order_id).first() if 0 < order_id <= ID_MAX else None
    if order is None:
        raise OrderNotFound(order_id)
    return order


def lock_variations(ids: Collection[int]) -> dict[int, ProductVariation]:
    """Variations by id, locked in the order of their ids; no query when none is named."""
    if not ids:
        return {}
    rows = ProductVariation.objects.select_for_update().filter(pk__in=storable_ids(ids)).order_by("pk")
    return {row.pk: row for row in rows}


def lock_customers(*ids: int) -> dict[int, Customer]:
    """Customers by id, locked in the order of their ids; unknown ids are missing."""
    rows = Customer.objects.select_for_update().filter(pk__in=storable_ids(ids)).order_by("pk")
    return {row.pk: row for row in rows}
