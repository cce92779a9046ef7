"""What the B2B document leaves open: how errors look under /api, a call for each code."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.documents import states
from tests.documents.example import Shape, calls_of

call = partial(calls_of("B2B"), ids={"id": "cust_456", "contact_id": "cont_101"})


def refused(code: str, message: Shape = str, **details: Any) -> Shape:
    """The one body of refusals."""
    return {"error": {"code": code, "message": message, "details": details}}


EXAMPLES = [
    call(
        "Error code customer_not_found",
        "GET /customers/{id}",
        ids={"id": "cust_999"},
        status=404,
        presupposes=states.no_customer_999,
        answer=refused("customer_not_found", "Customer with ID 999 not found"),
    ),
    call(
        "Error code customer_not_found: an id without its prefix",
        "GET /customers/{id}",
        ids={"id": "456"},
        status=404,
        answer=refused("customer_not_found", "Customer with ID 456 not found"),
    ),
    call(
        "Error code contact_not_found",
        "DELETE /customers/{id}/contacts/{contact_id}",
        ids={"id": "cust_1", "contact_id": "cont_101"},
        status=404,
        answer=refused("contact_not_found", "Contact with ID 101 not found"),
    ),
    call(
        "Error code email_already_exists",
        "POST /customers",
        body={"name": "New Customer Corp", "email": "customer@example.com"},
        status=400,
        answer=refused("email_already_exists", email=["Email already exists."]),
    ),
    call(
        "Error code validation_error",
        "POST /customers",
        body={"email": "orders@newcustomer.com", "credit_limit": -1},
        status=400,
        answer=refused(
            "validation_error",
            "Validation failed",
            name=["Name field is required."],
            credit_limit=["Must not be negative."],
        ),
    ),
    call(
        "Error code validation_error: an unknown period",
        "GET /customers/{id}/analytics",
        query="period=7d",
        status=400,
        answer=refused("validation_error", "Validation failed", period=["period must be one of: 30d, 90d, 1y, all."]),
    ),
    call(
        "Error code customer_has_open_orders",
        "PUT /customers/{id}",
        body={"currency": "EUR", "credit_limit": 1},
        presupposes=states.business_with_open_order,
        status=409,
        answer=refused("customer_has_open_orders"),
    ),
    call(
        "Error code insufficient_permissions",
        "GET /customers",
        role="none",
        status=403,
        answer=refused("insufficient_permissions"),
    ),
]
