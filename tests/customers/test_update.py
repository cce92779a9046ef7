"""Changing a customer's own fields."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.errors import InvalidUser
from customers.models import Customer
from customers.services.customers import update_customer
from fluentcart.errors import InvalidFields, NotFound
from tests.customers.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_what_is_omitted_stays():
    customer = CustomerFactory(phone="1", city="Rome", country="IT", state="RM", notes="n", additional_info={"a": 1})

    update_customer(customer_id=customer.pk, city="Milano")

    before = {field: value for field, value in vars(customer).items() if field not in ("_state", "updated_at", "city")}
    after = Customer.objects.get(pk=customer.pk)
    assert {field: getattr(after, field) for field in before} == {field: getattr(customer, field) for field in before}
    assert after.city == "Milano"


def test_a_new_name_is_split_and_found():
    customer = CustomerFactory(email="john@example.com", updated_at=timezone.now() - timedelta(days=1))

    updated = update_customer(customer_id=customer.pk, full_name="John Doe Updated")

    updated.refresh_from_db()
    assert (updated.first_name, updated.last_name) == ("John", "Doe Updated")
    assert updated.search_text == "john doe updated\ndoe updated john\njohn@example.com"
    assert updated.updated_at > customer.updated_at


def test_a_first_name_alone_keeps_the_last_name():
    customer = CustomerFactory()

    assert update_customer(customer_id=customer.pk, first_name="Augusta").full_name == "Augusta Lovelace"


def test_an_email_change_never_changes_the_user():
    user = UserFactory(email="old@example.com")
    customer = CustomerFactory(user=user, email="old@example.com")

    updated = update_customer(customer_id=customer.pk, email="New@example.com")

    updated.refresh_from_db()
    user.refresh_from_db()
    assert (updated.email, updated.email_key, updated.user) == ("New@example.com", "new@example.com", user)
    assert user.email == "old@example.com"


def test_the_own_email_is_not_taken():
    customer = CustomerFactory(email="ada@example.com")

    assert update_customer(customer_id=customer.pk, email="ADA@example.com").email == "ADA@example.com"


def test_anothers_email_is_refused_and_nothing_changed():
    CustomerFactory(email="taken@example.com")
    customer = CustomerFactory(email="ada@example.com", city="Rome")

    with pytest.raises(InvalidFields) as refusal:
        update_customer(customer_id=customer.pk, email="Taken@example.com", city="Milano")

    assert refusal.value.code == "email_already_exists"
    customer.refresh_from_db()
    assert (customer.email, customer.city) == ("ada@example.com", "Rome")


def test_state_is_judged_on_the_row_after_the_change():
    customer = CustomerFactory(country="US", state="NY")

    with pytest.raises(InvalidFields) as refusal:
        update_customer(customer_id=customer.pk, country="DE")

    assert refusal.value.fields == {"state": ["NY is not a known state of DE."]}


@pytest.mark.parametrize("field", ["email", "full_name", "first_name"])
def test_a_required_field_cannot_be_emptied(field):
    customer = CustomerFactory()

    with pytest.raises(InvalidFields) as refusal:
        update_customer(customer_id=customer.pk, **{field: "  "})

    assert list(refusal.value.fields) == [field]


def test_an_unknown_customer_is_not_found():
    with pytest.raises(NotFound) as refusal:
        update_customer(customer_id=999, city="Rome")

    assert (refusal.value.code, refusal.value.message) == ("customer_not_found", "Customer with ID 999 not found")


def test_a_user_is_linked_kept_and_not_replaced():
    user, other = UserFactory(), UserFactory()
    customer = CustomerFactory()

    assert update_customer(customer_id=customer.pk, user_id=user.pk).user == user
    assert update_customer(customer_id=customer.pk, user_id=user.pk).user == user
    assert update_customer(customer_id=customer.pk, user_id=None).user == user
    with pytest.raises(InvalidUser, match="Can not attach user"):
        update_customer(customer_id=customer.pk, user_id=other.pk)
    customer.refresh_from_db()
    assert customer.user == user
