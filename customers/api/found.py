"""The customer of a path, and that there is none."""

from __future__ import annotations

from collections.abc import Callable

from customers.errors import CustomerNotFound
from customers.lists import customer_by_id
from fluentcart.api.pagination import Page
from fluentcart.api.views import One
from fluentcart.compiled import Selection
from orders.lists import orders_of


def one_customer(customer_id: int) -> One:
    """The customer of a path."""
    return One.of(customer_by_id, customer_id, CustomerNotFound)


def orders_page(customer_id: int, page_of: Callable[[Selection], Page]) -> Page:
    """A page of a customer's orders; only when there are none is the customer looked for.

    Raises:
        CustomerNotFound: no customer can have this id; its `total` does, when none has it.
    """
    customer = one_customer(customer_id)
    page = page_of(orders_of(customer_id))
    return Page(page.rows, page.number, page.size, page.count, customer.instance)
