"""What tests of business accounts share: rows, and the exact bodies of the B2B document's objects."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from customers.models import BusinessProfile, Contact, Customer
from tests.customers.bodies import stamp
from tests.customers.factories import CustomerFactory

URL = "/api/customers"


class ProfileFactory(DjangoModelFactory):
    """A company on net 30, in dollars, without credit."""

    class Meta:
        model = BusinessProfile

    customer = factory.SubFactory(CustomerFactory)
    company_name = "Customer XYZ"
    currency = "USD"


class ContactFactory(DjangoModelFactory):
    """A contact who is not the primary one."""

    class Meta:
        model = Contact

    customer = factory.SubFactory(CustomerFactory)
    name = "Alice Johnson"


def account_row(customer: Customer, **changes: Any) -> dict[str, Any]:
    """A customer without a profile, in a list."""
    return {
        "id": f"cust_{customer.pk}",
        "name": "Ada Lovelace",
        "email": customer.email,
        "phone": None,
        "website": None,
        "billing_address": None,
        "shipping_address": None,
        "payment_terms": "net_30",
        "credit_limit": 0.0,
        "current_balance": 0.0,
        "customer_since": stamp(customer.created_at),
        "is_active": True,
        "created_at": stamp(customer.created_at),
        "updated_at": stamp(customer.updated_at),
    } | changes


def account_detail(customer: Customer, **changes: Any) -> dict[str, Any]:
    """A customer without a profile, alone."""
    extras: dict[str, Any] = {
        "fax": None,
        "tax_id": None,
        "contacts": [],
        "currency": "USD",
        "discount_rate": 0.0,
        "preferred_shipping": None,
        "lifetime_value": 0.0,
        "total_orders": 0,
        "notes": None,
    }
    return account_row(customer) | extras | changes


def contact_row(contact: Contact, **changes: Any) -> dict[str, Any]:
    """A contact of a customer."""
    return {
        "id": f"cont_{contact.pk}",
        "name": "Alice Johnson",
        "title": None,
        "email": None,
        "phone": None,
        "is_primary": False,
    } | changes


def contact_detail(contact: Contact, **changes: Any) -> dict[str, Any]:
    """A contact alone."""
    return contact_row(contact) | {
        "customer_id": f"cust_{contact.customer_id}",
        "created_at": stamp(contact.created_at),
        "updated_at": stamp(contact.updated_at),
    } | changes  # fmt: skip


def refused(code: str, message: str, details: Any = None) -> dict[str, Any]:
    """The error body of everything under /api/."""
    return {"error": {"code": code, "message": message, "details": details or {}}}


def invalid(**details: Any) -> dict[str, Any]:
    """The error body of fields that cannot be accepted."""
    return refused("validation_error", "Validation failed", details)
