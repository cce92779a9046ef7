"""The statistics of a customer are always a recount."""

from datetime import UTC, datetime

import pytest

from customers.errors import CustomerNotFound
from customers.models import Customer
from orders.services.statistics import STATISTICS, counts, recount_customer
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory

pytestmark = pytest.mark.django_db


def day(number):
    return datetime(2024, 1, number, tzinfo=UTC)


def order(customer, payment_status, paid=5000, refunded=0, on=1, **columns):
    return OrderFactory(
        customer=customer,
        payment_status=payment_status,
        total_paid_cents=paid,
        total_refund_cents=refunded,
        created_at=day(on),
        **columns,
    )


def test_what_counts_is_counted_net_of_refunds():
    customer = CustomerFactory()
    order(customer, "paid", 2500, on=3)
    order(customer, "partially_paid", 1000, on=2, status="canceled")
    order(customer, "partially_refunded", 2500, refunded=999, on=4)
    for payment_status in ("pending", "failed", "authorized"):
        order(customer, payment_status, 0, on=1)
    order(customer, "refunded", 5000, refunded=5000, on=9)
    order(customer, "paid", mode="test", on=9)
    order(customer, "paid", deleted_at=day(9), on=9)
    order(CustomerFactory(), "paid", on=9)

    recount_customer(customer_id=customer.pk)

    customer.refresh_from_db()
    assert [getattr(customer, column) for column in STATISTICS] == [3, 5001, 1667, day(2), day(4)]


@pytest.mark.parametrize(
    ("amounts", "average"),
    [
        pytest.param([2, 2, 1], 2, id="1.67"),
        pytest.param([1, 2], 2, id="1.5 is rounded up"),
        pytest.param([1, 1, 2], 1, id="1.33"),
    ],
)
def test_the_average_is_rounded_half_up(amounts, average):
    customer = CustomerFactory()
    for amount in amounts:
        order(customer, "paid", amount)

    assert recount_customer(customer_id=customer.pk).average_order_value_cents == average


def test_without_orders_everything_is_zero_or_empty():
    customer = CustomerFactory(order_count=7, total_spent_cents=7, first_order_at=day(1))

    recount_customer(customer_id=customer.pk)

    stored = Customer.objects.get(pk=customer.pk)
    assert [getattr(stored, column) for column in STATISTICS] == [0, 0, 0, None, None]


def test_an_unknown_customer_is_not_found():
    with pytest.raises(CustomerNotFound):
        recount_customer(customer_id=999999)


def test_which_orders_are_worth_a_recount():
    customer = CustomerFactory()

    assert counts(order(customer, "paid"))
    assert not counts(order(customer, "pending"))
    assert not counts(order(customer, "paid", mode="test"))
    assert not counts(order(customer, "paid", deleted_at=day(1)))


def test_a_recount_is_three_statements(django_assert_num_queries):
    customer = CustomerFactory()
    order(customer, "paid")

    with django_assert_num_queries(3):
        recount_customer(customer_id=customer.pk)
