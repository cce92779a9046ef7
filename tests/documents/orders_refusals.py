"""What the orders document says of errors: its sample, and a call for each code of its table."""

from __future__ import annotations

from tests.documents import states
from tests.documents.example import calls_of
from tests.documents.words import refused

call = calls_of("orders")

EXAMPLES = [
    call(
        "Error Response Example",
        "GET /orders/{id}",
        ids={"id": 999},
        status=404,
        presupposes=states.no_order_999,
        answer={"success": False, "error": {"code": "order_not_found", "message": "Order with ID 999 not found"}},
    ),
    call(
        "Error code invalid_customer",
        "POST /orders",
        body={"customer_id": 999, "items": [{"product_id": 456, "variation_id": 789, "quantity": 2}]},
        status=400,
        presupposes=states.no_customer_999,
        answer=refused("invalid_customer"),
    ),
    call(
        "Error code invalid_product",
        "POST /orders",
        body={"customer_id": 123, "items": [{"product_id": 999_999, "variation_id": 999_999, "quantity": 2}]},
        status=400,
        answer=refused("invalid_product"),
    ),
    call("Error code validation_error", "POST /orders", body={}, status=400, answer=refused("validation_error")),
    call(
        "Error code insufficient_permissions",
        "GET /orders",
        role="none",
        status=403,
        answer=refused("insufficient_permissions"),
    ),
    call(
        "Error code refund_failed",
        "POST /orders/{id}/refund",
        body={"amount": 5001, "reason": "Customer requested refund"},
        status=400,
        answer=refused("refund_failed"),
    ),
]
