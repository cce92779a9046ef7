"""The lock that every write about one customer takes first."""

from __future__ import annotations

from customers.errors import CustomerNotFound
from customers.models import Customer


def lock_customer(customer_id: int) -> Customer:
    """The customer, locked until the transaction ends.

    Raises:
        CustomerNotFound: no customer has this id.

    To be called in a transaction, after any order and variation is locked (decisions, "Lock order").
    """
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise CustomerNotFound(customer_id)
    return customer
