"""The statistics of a customer: always equal to a recount of the orders."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Min, QuerySet, Sum
from django.utils import timezone

from customers.errors import CustomerNotFound
from customers.models import Customer
from fluentcart.compiled import compiled, update
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from fluentcart.history.tracking import pairs
from fluentcart.money import share
from orders import states
from orders.models import Order
from orders.services.locks import lock_customers

STATISTICS = ("order_count", "total_spent_cents", "average_order_value_cents", "first_order_at", "last_order_at")


def recount_customer(*, customer_id: int) -> Customer:
    """Write a customer's statistics from the orders that count.

    Counted are orders that are paid, partially paid or partially refunded, whatever their status; test orders
    and deleted ones are left out. Spent is what was paid and not given back; the average is rounded half up.

    Raises:
        CustomerNotFound.

    Locks the customer, in the caller's transaction; call it after the order was written, before a number is taken.
    Source: semantics 3.6; decisions, "Money and stock".
    """
    customer = lock_customers(customer_id).get(customer_id)
    if customer is None:
        raise CustomerNotFound(customer_id)
    sums = counted_orders(customer_id=customer_id).tuples("count", "spent_cents", "first_at", "last_at")
    count, spent_cents, first_at, last_at = sums[0] if sums else (0, 0, None, None)
    customer.order_count, customer.total_spent_cents = count, int(spent_cents)
    customer.average_order_value_cents = share(customer.total_spent_cents, 1, count)
    customer.first_order_at, customer.last_order_at = first_at, last_at
    customer.updated_at = timezone.now()
    update(customer, [*STATISTICS, "updated_at"])
    return customer


@transaction.atomic
def recalculate_customer(*, customer_id: int) -> Customer:
    """Recount a customer because a person asked for it, which the history tells; errors as `recount_customer`."""
    customer = recount_customer(customer_id=customer_id)
    record(Verb.RECALCULATED, customer, about=pairs(customer, STATISTICS))
    return customer


@compiled
def counted_orders(customer_id: Any) -> QuerySet[Any]:
    """One row that sums up the orders of a customer that count; none when no order does."""
    counted = {"mode": states.OrderMode.LIVE, "payment_status__in": states.COUNTED_PAYMENT_STATUSES}
    return (
        Order.objects.filter(customer_id=customer_id, **counted)
        .order_by()
        .values("customer_id")
        .annotate(
            count=Count("pk"),
            spent_cents=Sum(F("total_paid_cents") - F("total_refund_cents"), default=0),
            first_at=Min("created_at"),
            last_at=Max("created_at"),
        )
    )


def counts(order: Order) -> bool:
    """Whether an order is in its customer's statistics; for the others a recount would change nothing."""
    return (
        order.deleted_at is None
        and order.mode == states.OrderMode.LIVE
        and order.payment_status in states.COUNTED_PAYMENT_STATUSES
    )
