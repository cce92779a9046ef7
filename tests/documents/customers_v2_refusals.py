"""What the customers document (v2) says of errors: its two samples, and a call for each code of its table."""

from __future__ import annotations

from tests.documents import states
from tests.documents.example import calls_of
from tests.documents.words import refused

call = calls_of("customers v2")

LONG_EMAIL = f"{'n' * 184}@{'example' * 8}.example.com"

EXAMPLES = [
    call(
        "Error Response Example",
        "GET /customers/{customerId}",
        ids={"customerId": 999},
        status=404,
        presupposes=states.no_customer_999,
        answer=refused(
            "customer_not_found",
            data={
                "message": "Customer not found",
                "errors": [{"code": 404, "message": "Customer with ID 999 not found"}],
            },
        ),
    ),
    call(
        "Validation Error Example",
        "POST /customers",
        body={"email": "customer@example.com"},
        status=400,
        answer=refused(
            "validation_error",
            data={
                "message": "Validation failed",
                "errors": {"email": ["Email already exists."], "full_name": ["Full Name field is required."]},
            },
        ),
    ),
    call(
        "Error code email_already_exists",
        "POST /customers",
        body={"email": "customer@example.com", "full_name": "Jane Smith"},
        status=400,
        answer=refused("email_already_exists", data={"errors": {"email": ["Email already exists."]}}),
    ),
    call(
        "Error code invalid_email",
        "POST /customers",
        body={"email": "newcustomer", "full_name": "Jane Smith"},
        status=400,
        answer=refused("invalid_email", data={"errors": {"email": [str]}}),
    ),
    call(
        "Error code invalid_user",
        "POST /customers/{customerId}/attachable-user",
        body={"user_id": 999_999},
        status=400,
        answer=refused("invalid_user", data={"errors": {"user_id": [str]}}),
    ),
    call(
        "Error code address_not_found",
        "DELETE /customers/{customerId}/address",
        body={"address": {"id": 999_999}},
        status=404,
        answer=refused("address_not_found", data={"message": "Address not found"}),
    ),
    call(
        "Error code insufficient_permissions",
        "GET /customers",
        role="none",
        status=403,
        answer=refused("insufficient_permissions", data={"message": str}),
    ),
    call(
        "Error code 423",
        "POST /customers",
        # A customer's address may be longer than a user's.
        body={"email": LONG_EMAIL, "full_name": "Jane Smith", "wp_user": "yes"},
        status=423,
        answer=refused("user_creation_failed", data={"message": "Failed to create WordPress user"}),
    ),
]
