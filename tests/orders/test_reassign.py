"""Giving an order to another customer."""

import pytest

from customers.models import Customer
from fluentcart.errors import DomainError
from orders.errors import InvalidCustomer, OrderNotFound
from orders.models import OrderAddress
from orders.services.payment import mark_as_paid
from orders.services.reassign import change_customer, create_and_change_customer
from tests.customers.factories import CustomerAddressFactory, CustomerFactory
from tests.orders.factories import OrderFactory
from tests.orders.shop import place

pytestmark = pytest.mark.django_db


def test_both_customers_are_recounted_and_the_address_book_stays():
    order = place(billing_address={"name": "Ada"})
    mark_as_paid(order_id=order.pk)
    former, latter = order.customer, CustomerFactory()
    CustomerAddressFactory(customer=former)

    changed = change_customer(order_id=order.pk, customer_id=latter.pk)

    former.refresh_from_db()
    latter.refresh_from_db()
    assert changed.customer == latter
    assert (former.order_count, former.total_spent_cents, former.last_order_at) == (0, 0, None)
    assert (latter.order_count, latter.total_spent_cents, latter.last_order_at) == (1, 5000, order.created_at)
    assert (former.addresses.count(), latter.addresses.count()) == (1, 0)
    assert OrderAddress.objects.get(order=order).name == "Ada"


def test_the_same_customer_changes_nothing():
    order = OrderFactory()

    change_customer(order_id=order.pk, customer_id=order.customer_id)

    assert change_customer(order_id=order.pk, customer_id=order.customer_id).updated_at == order.updated_at


@pytest.mark.parametrize("customer_id", [0, -1, 999999, 2**63])
def test_an_unknown_customer_is_invalid(customer_id):
    order = OrderFactory()

    with pytest.raises(InvalidCustomer):
        change_customer(order_id=order.pk, customer_id=customer_id)


def test_an_inactive_customer_is_invalid():
    order = OrderFactory()

    with pytest.raises(InvalidCustomer):
        change_customer(order_id=order.pk, customer_id=CustomerFactory(status="inactive").pk)

    owner = order.customer_id
    order.refresh_from_db()
    assert order.customer_id == owner


def test_a_new_customer_gets_the_order():
    order = place()
    mark_as_paid(order_id=order.pk)

    changed = create_and_change_customer(
        order_id=order.pk, email="jane@example.com", first_name="Jane", last_name="Smith"
    )

    customer = Customer.objects.get(email="jane@example.com")
    assert (changed.customer, customer.full_name, customer.order_count) == (customer, "Jane Smith", 1)


def test_a_taken_email_leaves_the_order_alone():
    order = OrderFactory()
    taken = CustomerFactory(email="jane@example.com")

    with pytest.raises(DomainError) as refusal:
        create_and_change_customer(order_id=order.pk, email="JANE@example.com", full_name="Jane")

    order.refresh_from_db()
    assert refusal.value.code == "email_already_exists"
    assert order.customer != taken


def test_no_customer_is_made_for_an_unknown_order():
    with pytest.raises(OrderNotFound):
        create_and_change_customer(order_id=999999, email="jane@example.com", full_name="Jane")

    assert Customer.objects.count() == 0
