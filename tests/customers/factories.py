"""Rows for tests: a user, a customer, an address, a label. Every derived column is as the services write it."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from accounts.models import User, user_text
from customers.models import Customer, CustomerAddress, Label, searchable


class UserFactory(DjangoModelFactory):
    """A shopper without a role; `role=Role.MANAGER` makes staff. Nobody can sign in as them."""

    class Meta:
        model = User

    login = factory.Sequence(lambda n: f"user{n}")
    login_key = factory.LazyAttribute(lambda user: user.login.casefold())
    email = factory.LazyAttribute(lambda user: f"{user.login}@users.example.com")
    email_key = factory.LazyAttribute(lambda user: user.email.casefold())
    display_name = factory.LazyAttribute(lambda user: user.login.title())
    search_text = factory.LazyAttribute(lambda user: user_text(user.display_name, user.login, user.email))
    password = "!"  # unusable, as Django marks it


class CustomerFactory(DjangoModelFactory):
    """A customer who never ordered, not linked to a user."""

    class Meta:
        model = Customer

    email = factory.Sequence(lambda n: f"customer{n}@example.com")
    email_key = factory.LazyAttribute(lambda customer: customer.email.casefold())
    first_name = "Ada"
    last_name = "Lovelace"
    search_text = factory.LazyAttribute(
        lambda customer: searchable(first_name=customer.first_name, last_name=customer.last_name, email=customer.email)
    )


class CustomerAddressFactory(DjangoModelFactory):
    """A billing address in New York that is not the primary one."""

    class Meta:
        model = CustomerAddress

    customer = factory.SubFactory(CustomerFactory)
    type = "billing"
    name = "Ada Lovelace"
    email = factory.LazyAttribute(lambda address: address.customer.email)
    phone = "+1234567890"
    address_1 = "123 Main St"
    city = "New York"
    state = "NY"
    postcode = "10001"
    country = "US"


class LabelFactory(DjangoModelFactory):
    """A label that nobody carries yet."""

    class Meta:
        model = Label

    value = factory.Sequence(lambda n: f"Label {n}")
