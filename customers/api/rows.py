"""What goes out of customers, where the v1 and v2 documents do not differ. Money is in minor units."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django_countries import countries

from customers.models import AddressType, CustomerAddress, CustomerStatus
from fluentcart.api.rows import Row, boolean, cents, integer, moment, text, word


def full_name(first_name: str, last_name: str) -> str:
    """First and last name, trimmed (semantics 7.1)."""
    return f"{first_name} {last_name}".strip()


class AddressRow(Row):
    """An address of the address book; its name whole, as doc v2 has it, and in two, as doc v1 has it."""

    id = integer(example=1)
    customer_id = integer()
    type = word(AddressType.values, example="billing")
    name = text(example="John Doe")
    first_name = text("name", make=lambda name: name.partition(" ")[0], example="John")
    last_name = text("name", make=lambda name: name.partition(" ")[2], example="Doe")
    email = text(example="customer@example.com")
    phone = text(example="+1234567890")
    company_name = text()
    address_1 = text(example="123 Main St")
    address_2 = text()
    city = text(example="New York")
    state = text(example="NY")
    postcode = text(example="10001")
    country = text(example="US")
    is_primary = boolean(example=True)
    label = text(example="Home")
    created_at = moment()
    updated_at = moment()


def address_book(**only: Any) -> Any:
    """Where nested addresses come from: primary ones first."""
    return lambda: CustomerAddress.objects.filter(**only).order_by("-is_primary", "id")


class UserRow(Row):
    """A WordPress user; nothing of it that is secret."""

    id = integer(example=1)
    display_name = text(example="John Doe")
    user_email = text("email", example="john@example.com")
    user_login = text("login", example="johndoe")


@lru_cache(maxsize=512)
def country_name(code: str) -> str:
    """The country's name in English; "" without one. Looking one up takes as long as to make a row of all the rest."""
    return countries.name(code) if code else ""


class CustomerRow(Row):
    """A customer in a list: every scalar that a document shows."""

    id = integer(example=1)
    uuid = text()
    user_id = integer(nullable=True, help="The linked WordPress user.")
    email = text(example="customer@example.com")
    first_name = text(example="John")
    last_name = text(example="Doe")
    full_name = text("first_name", "last_name", make=full_name, example="John Doe")
    phone = text(example="+1234567890")
    status = word(CustomerStatus.values, example="active")
    notes = text()
    country = text(example="US")
    country_name = text("country", make=country_name, example="United States")
    state = text(example="NY")
    city = text(example="New York")
    postcode = text(example="10001")
    total_spent = cents("total_spent_cents", example=5000)
    order_count = integer(example=3)
    average_order_value = cents("average_order_value_cents", example=1667)
    first_order_date = moment("first_order_at", nullable=True)
    last_order_date = moment("last_order_at", nullable=True)
    created_at = moment(example="2024-01-01T10:00:00Z")
    updated_at = moment(example="2024-01-15T14:30:00Z")


class CustomerExportRow(CustomerRow):
    """A line of the CSV."""


class FiguresRow(Row):
    """The statistics of a customer as doc v1 names them."""

    total_spent = cents("total_spent_cents", example=5000)
    order_count = integer(example=3)
    average_order_value = cents("average_order_value_cents", example=1667)
    first_order_date = moment("first_order_at", nullable=True)
    last_order_date = moment("last_order_at", nullable=True)
