"""What the customers document (v1) says of errors: its sample, and a call for each code of its table."""

from __future__ import annotations

from tests.documents import states
from tests.documents.example import calls_of
from tests.documents.words import refused

call = calls_of("customers v1")

JANE = {"first_name": "Jane", "last_name": "Smith"}

EXAMPLES = [
    call(
        "Error Response Example",
        "GET /customers/{customerId}",
        ids={"customerId": 999},
        status=404,
        presupposes=states.no_customer_999,
        answer={"success": False, "error": {"code": "customer_not_found", "message": "Customer with ID 999 not found"}},
    ),
    call(
        "Error code invalid_email",
        "POST /customers",
        body={**JANE, "email": "newcustomer"},
        status=400,
        answer=refused("invalid_email"),
    ),
    call(
        "Error code invalid_user",
        "POST /customers/{customerId}/attachable-user",
        body={"user_id": 999_999},
        status=400,
        answer=refused("invalid_user"),
    ),
    call(
        "Error code insufficient_permissions",
        "GET /customers",
        role="none",
        status=403,
        answer=refused("insufficient_permissions"),
    ),
    call(
        "Error code validation_error",
        "POST /customers",
        body={"email": "newcustomer@example.com"},
        status=400,
        answer=refused("validation_error", data={"errors": {"first_name": ["First Name field is required."]}}),
    ),
    call(
        "Error code address_not_found",
        "DELETE /customers/{customerId}/address",
        body={"address_id": 999_999},
        status=404,
        answer=refused("address_not_found"),
    ),
]
