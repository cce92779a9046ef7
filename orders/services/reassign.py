"""Give an order to another customer; the address book stays, and so do the order's own addresses."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.models import CustomerStatus
from customers.services.customers import create_customer
from fluentcart.history.models import Subject, Verb
from fluentcart.history.record import activity_of, made, together, write
from orders.errors import InvalidCustomer
from orders.models import Order
from orders.services.locks import lock_customers, lock_order
from orders.services.statistics import counts, recount_customer


@transaction.atomic
def change_customer(*, order_id: int, customer_id: int) -> Order:
    """Move an order to an active customer and recount both; the same customer changes nothing.

    Raises:
        OrderNotFound.
        InvalidCustomer: unknown or inactive.

    Locks the order, then both customers by id.
    Source: orders document, "Change Order Customer"; semantics 7.9, C64.
    """
    order = lock_order(order_id)
    if order.customer_id == customer_id:
        return order
    former_id = order.customer_id
    customer = lock_customers(former_id, customer_id).get(customer_id)
    if customer is None:
        raise InvalidCustomer(customer_id)
    if customer.status != CustomerStatus.ACTIVE:
        raise InvalidCustomer(customer_id, "is inactive")
    order.customer = customer
    order.updated_at = timezone.now()
    order.save(update_fields=["customer", "updated_at"])
    write(
        [
            made(Verb.CUSTOMER_CHANGED, order),
            activity_of(Verb.ORDER_LOST, Subject.CUSTOMER, former_id, {"order_id": [order_id, None]}),
            activity_of(Verb.ORDER_GAINED, Subject.CUSTOMER, customer_id, {"order_id": [None, order_id]}),
        ]
    )
    if counts(order):
        for recounted_id in sorted((former_id, customer_id)):
            recount_customer(customer_id=recounted_id)
    return order


@transaction.atomic
def create_and_change_customer(*, order_id: int, email: str, **fields: Any) -> Order:
    """Make a customer by the rules of `create_customer` and give an order to them, both or neither.

    Args:
        order_id: an order.
        email: free among customers; a taken one is refused and not reused.
        fields: the other keyword arguments of `create_customer` (full_name, or first_name and last_name, ...).

    Returns:
        The order; `order.customer` is the new customer.

    Raises:
        OrderNotFound, and whatever `create_customer` refuses.

    Source: orders document, "Create and Change Customer"; semantics 7.9, C62.
    """
    lock_order(order_id)
    with together():
        customer = create_customer(email=email, **fields)
        return change_customer(order_id=order_id, customer_id=customer.pk)
