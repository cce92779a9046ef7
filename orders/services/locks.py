"""Rows locked in the one order that holds everywhere: orders, variations, products, customers, each by id.

Whoever will lock several orders in one transaction, or a customer's orders after the customer, begins with `lock_all`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from customers.errors import CustomerNotFound
from customers.models import Customer
from fluentcart.compiled import compiled
from fluentcart.history.tracking import remember
from fluentcart.storable import ID_MAX, storable_ids
from orders.errors import OrderNotFound
from orders.models import Order, OrderItem, Product, ProductVariation


def lock_order(order_id: int, *, with_deleted: bool = False) -> Order:
    """The order, locked until the transaction ends.

    Raises:
        OrderNotFound: there is none, or it is deleted and those were not asked for.
    """
    query = any_order_locked if with_deleted else order_locked
    order = query(pk=order_id).first() if 0 < order_id <= ID_MAX else None
    if order is None:
        raise OrderNotFound(order_id)
    return remember(order)


def lock_variations(ids: Collection[int]) -> dict[int, ProductVariation]:
    """Variations by id, locked in the order of their ids; no query when none is named.

    Lines that refer to them can be stored meanwhile: an order of an untracked variation looks for it when it commits.
    """
    if not ids:
        return {}
    return {row.pk: row for row in variations_locked(ids=storable_ids(ids)).all()}


def lock_products(ids: Collection[int]) -> None:
    """Lock products in the order of their ids, after their variations; unknown ids are skipped."""
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=storable_ids(ids)).order_by("pk"))


def lock_customers(*ids: int) -> dict[int, Customer]:
    """Customers by id, locked in the order of their ids; unknown ids are missing."""
    return {row.pk: remember(row) for row in customers_locked(ids=storable_ids(ids)).all()}


def lock_customer_and_orders(customer_id: int) -> None:
    """A customer, and before them all their orders: what is about to change may be either.

    Raises:
        CustomerNotFound: there is none.
    """
    list(Order.with_deleted.select_for_update().filter(customer_id__in=storable_ids([customer_id])).order_by("pk"))
    if not lock_customers(customer_id):
        raise CustomerNotFound(customer_id)


def lock_all(*, order_ids: Collection[int] = (), customer_ids: Collection[int] = ()) -> None:
    """Everything that deleting or moving these orders, and deleting these customers, may lock: the order that holds
    everywhere, over all of them. What is locked one by one after it waits for nobody; unknown ids are skipped.
    """
    wanted = Q(pk__in=storable_ids(order_ids)) | Q(customer_id__in=storable_ids(customer_ids))
    orders = list(Order.with_deleted.select_for_update().filter(wanted).order_by("pk").values_list("pk", "customer_id"))
    lines = OrderItem.objects.filter(order_id__in=[pk for pk, _ in orders])
    lock_variations(set(lines.values_list("variation_id", flat=True)))
    lock_customers(*customer_ids, *(customer_id for _, customer_id in orders))


@compiled
def order_locked(pk: Any) -> QuerySet[Order]:
    """An order that is not deleted."""
    return Order.objects.select_for_update().filter(pk=pk)


@compiled
def any_order_locked(pk: Any) -> QuerySet[Order]:
    """An order, deleted or not."""
    return Order.with_deleted.select_for_update().filter(pk=pk)


@compiled
def variations_locked(ids: Any) -> QuerySet[ProductVariation]:
    """Variations, in the order of their ids."""
    return ProductVariation.objects.select_for_update(no_key=True).filter(pk__any=ids).order_by("pk")


@compiled
def customers_locked(ids: Any) -> QuerySet[Customer]:
    """Customers, in the order of their ids."""
    return Customer.objects.select_for_update().filter(pk__any=ids).order_by("pk")
