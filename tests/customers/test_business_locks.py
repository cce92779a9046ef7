"""Business accounts when two come at once: on PostgreSQL only, SQLite has one writer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Contact
from customers.services import contacts
from customers.services.business import create_business
from orders.models import NumberCounter, Order
from orders.services.accounts import check_credit, update_business
from tests.customers.business import ContactFactory, ProfileFactory
from tests.customers.factories import CustomerFactory
from tests.customers.test_locks import at_once
from tests.orders.factories import VariationFactory
from tests.orders.shop import place

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_eight_orders_at_once_get_eight_numbers():
    variation, customers = VariationFactory(), CustomerFactory.create_batch(8)

    outcomes = at_once(*[lambda customer=customer: place(variation, customer=customer) for customer in customers])

    numbers = sorted(Order.objects.values_list("order_number", flat=True))
    year = Order.objects.first().created_at.year
    assert outcomes == ["done"] * 8
    assert numbers == [f"SO-{year}-{number:03d}" for number in range(1, 9)]
    assert NumberCounter.objects.get(name=f"order {year}").value == 8


def test_two_orders_cannot_both_take_the_last_of_the_credit(settings):
    settings.CREDIT_LIMIT_ENFORCED = True
    customer = ProfileFactory(credit_limit_cents=5000).customer
    variation = VariationFactory(price_cents=5000)

    outcomes = at_once(*[lambda: place(variation, customer=customer, quantity=1)] * 2)

    assert outcomes == ["credit_limit_exceeded", "done"]
    assert Order.objects.count() == 1


def test_two_primary_contacts_at_once_leave_one():
    customer = CustomerFactory()
    first, second = ContactFactory.create_batch(2, customer=customer)

    outcomes = at_once(
        lambda: contacts.update_contact(customer_id=customer.pk, contact_id=first.pk, is_primary=True),
        lambda: contacts.update_contact(customer_id=customer.pk, contact_id=second.pk, is_primary=True),
        lambda: contacts.create_contact(customer_id=customer.pk, name="C", is_primary=True),
    )

    assert outcomes == ["done"] * 3
    assert Contact.objects.filter(is_primary=True).count() == 1


def test_an_order_and_a_change_of_currency_do_not_cross():
    customer = ProfileFactory().customer
    variation = VariationFactory()

    outcomes = at_once(
        lambda: place(variation, customer=customer),
        lambda: update_business(customer_id=customer.pk, currency="EUR"),
    )

    assert outcomes in (["customer_has_open_orders", "done"], ["done", "done"])


def test_one_email_for_two_companies_at_once_makes_one():
    outcomes = at_once(
        lambda: create_business(email="a@example.com", company_name="A"),
        lambda: create_business(email="A@Example.com", company_name="B"),
    )

    assert outcomes == ["done", "email_already_exists"]


@pytest.mark.parametrize(
    "act",
    [
        lambda contact: update_business(customer_id=contact.customer_id, currency="EUR"),
        lambda contact: update_business(customer_id=contact.customer_id, fax="1"),
        lambda contact: contacts.create_contact(customer_id=contact.customer_id, name="X"),
        lambda contact: contacts.update_contact(customer_id=contact.customer_id, contact_id=contact.pk, title="X"),
        lambda contact: contacts.delete_contact(customer_id=contact.customer_id, contact_id=contact.pk),
        lambda contact: check_credit(customer_id=contact.customer_id, checked_by_id=None),
    ],
    ids=["currency", "update", "create contact", "update contact", "delete contact", "credit check"],
)
def test_the_customer_is_locked_before_anything_else_is_asked(act):
    contact = ContactFactory()

    with CaptureQueriesContext(connection) as queries:
        act(contact)

    first = next(query["sql"] for query in queries if query["sql"].startswith("SELECT"))
    assert 'FROM "customers_customer"' in first
    assert "FOR UPDATE" in first


def test_the_number_is_taken_last():
    customer, variation = CustomerFactory(), VariationFactory(stock=5)

    with CaptureQueriesContext(connection) as queries:
        place(variation, customer=customer)

    writes = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "SELECT"))]
    assert writes[-2].startswith('INSERT INTO "orders_numbercounter"')
    assert writes[-1].startswith('UPDATE "orders_order" SET "order_number"')
