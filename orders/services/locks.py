"""Rows locked in the one order that holds everywhere: order, variations by id, customers by id."""

from __future__ import annotations

from collections.abc import Collection

from customers.models import Customer
from orders.errors import OrderNotFound
from orders.models import Order, ProductVariation

ID_MAX = 2**63 - 1


def storable(ids: Collection[int]) -> list[int]:
    """The distinct ids that a database can compare, ascending; others match no row anyway."""
    return sorted({record_id for record_id in ids if 0 < record_id <= ID_MAX})


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
    rows = ProductVariation.objects.select_for_update().filter(pk__in=storable(ids)).order_by("pk")
    return {row.pk: row for row in rows}


def lock_customers(*ids: int) -> dict[int, Customer]:
    """Customers by id, locked in the order of their ids; unknown ids are missing."""
    rows = Customer.objects.select_for_update().filter(pk__in=storable(ids)).order_by("pk")
    return {row.pk: row for row in rows}
