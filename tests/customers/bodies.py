"""The exact bodies that the v2 document's customers have, from rows; times as they are in the row."""

from __future__ import annotations

from typing import Any

from customers.models import Customer, CustomerAddress


def stamp(moment: Any) -> str | None:
    """A time as every document shows it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def customer_row(customer: Customer, **changes: Any) -> dict[str, Any]:
    """A customer in a list."""
    return {
        "id": customer.pk,
        "uuid": customer.uuid,
        "user_id": None,
        "email": customer.email,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "full_name": "Ada Lovelace",
        "phone": "",
        "status": "active",
        "notes": "",
        "country": "",
        "country_name": "",
        "state": "",
        "city": "",
        "postcode": "",
        "total_spent": 0,
        "order_count": 0,
        "average_order_value": 0,
        "first_order_date": None,
        "last_order_date": None,
        "created_at": stamp(customer.created_at),
        "updated_at": stamp(customer.updated_at),
    } | changes


def customer_detail(customer: Customer, **changes: Any) -> dict[str, Any]:
    """A customer alone."""
    return customer_row(customer) | {"additional_info": {}, "labels": [], "selected_labels": []} | changes


def address_row(address: CustomerAddress, **changes: Any) -> dict[str, Any]:
    """An address."""
    return {
        "id": address.pk,
        "customer_id": address.customer_id,
        "type": "billing",
        "name": "Ada Lovelace",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": address.email,
        "phone": "+1234567890",
        "company_name": "",
        "address_1": "123 Main St",
        "address_2": "",
        "city": "New York",
        "state": "NY",
        "postcode": "10001",
        "country": "US",
        "is_primary": False,
        "label": "",
        "created_at": stamp(address.created_at),
        "updated_at": stamp(address.updated_at),
    } | changes


def refusal(code: str, message: str, status: int, *, summary: str | None = None, fields: Any = None) -> dict[str, Any]:
    """The error body of everything under /wp-json/ (decisions, "The wire")."""
    return {
        "success": False,
        "code": code,
        "message": message,
        "data": {
            "status": status,
            "message": summary or message,
            "errors": fields or [{"code": status, "message": message}],
        },
        "error": {"code": code, "message": message},
    }
