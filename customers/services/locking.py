"""The lock that every write about one customer takes first."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from customers.errors import CustomerNotFound
from customers.models import Customer
from fluentcart.compiled import compiled
from fluentcart.history.tracking import remember
from fluentcart.storable import ID_MAX


def lock_customer(customer_id: int) -> Customer:
    """The customer, locked until the transaction ends.

    Raises:
        CustomerNotFound: no customer has this id.

    To be called in a transaction, after any order and variation is locked (decisions, "Lock order").
    """
    customer = customer_locked(pk=customer_id).first() if 0 < customer_id <= ID_MAX else None
    if customer is None:
        raise CustomerNotFound(customer_id)
    return remember(customer)


@compiled
def customer_locked(pk: Any) -> QuerySet[Customer]:
    """The customer with a primary key."""
    return Customer.objects.select_for_update().filter(pk=pk)
