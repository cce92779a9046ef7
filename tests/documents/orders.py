"""Every call of the orders document with its documented answer, as data.

The e-mail addresses that the document redacts are ours.
"""

from __future__ import annotations

from typing import Any

from tests.documents import orders_refusals as refusals
from tests.documents import states
from tests.documents.example import MOMENT, Each, Shape, calls_of
from tests.documents.words import ORDER_STATUS, PAGINATION, PAYMENT_STATUS, done

call = calls_of("orders")

ITEM = {"id": int, "product_id": int, "variation_id": int, "quantity": int, "price": int}
IN_LIST = {
    "id": int,
    "uuid": str,
    "status": ORDER_STATUS,
    "payment_status": PAYMENT_STATUS,
    "customer_id": int,
    "total_amount": int,
    "currency": "USD",
    "created_at": MOMENT,
    "customer": {"id": int, "email": str, "first_name": str, "last_name": str},
    "order_items": Each(ITEM),
}
ORDER_1 = {
    "id": 1,
    "uuid": str,
    "status": "completed",
    "payment_status": "paid",
    "customer_id": 123,
    "total_amount": 5000,
    "currency": "USD",
    "created_at": MOMENT,
    "customer": {"id": 123, "email": str, "first_name": "John", "last_name": "Doe"},
    "order_items": [
        {
            "id": 1,
            "product_id": 456,
            "variation_id": 789,
            "quantity": 2,
            "price": 2500,
            "product": {"id": 456, "title": "Sample Product", "sku": "SP-001"},
        }
    ],
    "transactions": [
        {"id": 1, "payment_method": "stripe", "status": "succeeded", "amount": 5000, "transaction_id": "txn_123456"}
    ],
}

READING = [
    call(
        "List Orders: curl",
        "GET /orders",
        query="page=1&per_page=20&search=john",
        answer=done({"orders": Each(IN_LIST), "pagination": {**PAGINATION, "current_page": 1, "per_page": 20}}),
    ),
    call(
        "List Orders: filter options",
        "GET /orders",
        query="filters[status]=completed&filters[payment_status]=paid&filters[customer_id]=123"
        "&filters[date_from]=2024-01-01&filters[date_to]=2024-12-31",
        answer=done(
            {
                "orders": Each({**IN_LIST, "status": "completed", "payment_status": "paid", "customer_id": 123}),
                "pagination": {**PAGINATION, "current_page": 1, "per_page": 10},
            }
        ),
    ),
    call(
        "List Orders: sorted",
        "GET /orders",
        query="order_by=id&order_type=ASC&per_page=2",
        answer=done(
            {
                "orders": [{**IN_LIST, "id": 1, "customer_id": 123, "total_amount": 5000}, {**IN_LIST, "id": 2}],
                "pagination": {**PAGINATION, "current_page": 1, "per_page": 2},
            }
        ),
    ),
    call("Get Order Details: curl", "GET /orders/{id}", answer=done({"order": ORDER_1})),
]

LINES = [{"product_id": 456, "variation_id": 789, "quantity": 2}]
PLACE = {"address_1": "123 Main St", "city": "New York", "state": "NY", "postcode": "10001", "country": "US"}
JOHN = {"first_name": "John", "last_name": "Doe"}
CREATE = {
    "customer_id": 123,
    "items": LINES,
    "billing_address": {**JOHN, "email": "ada@example.com", **PLACE},
    "shipping_address": {**JOHN, **PLACE},
    "payment_method": "stripe",
    "note": "Special delivery instructions",
}
CREATED: dict[str, Any] = {
    "id": int,
    "uuid": str,
    "status": "pending",
    "payment_status": "pending",
    "total_amount": 5000,
    "currency": "USD",
    "created_at": MOMENT,
    "customer_id": 123,
}


def order(**fields: Shape) -> Shape:
    """An order that was just written."""
    return done({"order": {"id": 1, **fields, "updated_at": MOMENT}})


WRITING = [
    call(
        "Create Order: request body",
        "POST /orders",
        body=CREATE,
        status=201,
        answer=done({"order": {**CREATED, "note": CREATE["note"]}}),
    ),
    call(
        "Create Order: curl",
        "POST /orders",
        body={"customer_id": 123, "items": LINES, "payment_method": "stripe"},
        status=201,
        answer=done({"order": CREATED}),
    ),
    call(
        "Update Order: request body",
        "PUT /orders/{id}",
        body={
            "status": "processing",
            "note": "Updated order note",
            "billing_address": {**JOHN, "email": "ada@example.com"},
        },
        presupposes=states.pending_order,
        answer=order(status="processing", note="Updated order note"),
    ),
    call(
        "Update Order: curl",
        "PUT /orders/{id}",
        body={"status": "processing", "note": "Updated order note"},
        presupposes=states.pending_order,
        answer=order(status="processing", note="Updated order note"),
    ),
    call(
        "Delete Order: curl",
        "DELETE /orders/{id}",
        presupposes=states.pending_order,
        answer={"success": True, "message": "Order deleted successfully"},
    ),
]

PAID_BY_HAND = {"payment_method": "manual", "transaction_id": "manual_123"}
REFUND = {"amount": 2500, "reason": "Customer requested refund"}
REFUNDED = done(
    {
        "refund": {
            "id": int,
            "order_id": 1,
            "amount": 2500,
            "status": "completed",
            "refund_id": str,
            "created_at": MOMENT,
        }
    }
)
STATUSES = {"payment_status": "paid", "shipping_status": "shipped"}

MOVING = [
    call(
        "Mark Order as Paid: request body",
        "POST /orders/{id}/mark-as-paid",
        body={**PAID_BY_HAND, "note": "Manual payment confirmation"},
        presupposes=states.pending_order,
        answer=order(payment_status="paid"),
    ),
    call(
        "Mark Order as Paid: curl",
        "POST /orders/{id}/mark-as-paid",
        body=PAID_BY_HAND,
        presupposes=states.pending_order,
        answer=order(payment_status="paid"),
    ),
    call(
        "Refund Order: request body",
        "POST /orders/{id}/refund",
        body={**REFUND, "refund_method": "original_payment_method"},
        answer=REFUNDED,
    ),
    call("Refund Order: curl", "POST /orders/{id}/refund", body=REFUND, answer=REFUNDED),
    call(
        "Update Order Statuses: request body",
        "PUT /orders/{id}/statuses",
        body={**STATUSES, "order_status": "processing"},
        presupposes=states.pending_order,
        answer=order(**STATUSES, order_status="processing"),
    ),
    call(
        "Update Order Statuses: curl",
        "PUT /orders/{id}/statuses",
        body=STATUSES,
        presupposes=states.pending_order,
        answer=order(**STATUSES, order_status=ORDER_STATUS),
    ),
    call(
        "Change Order Customer: curl",
        "POST /orders/{id}/change-customer",
        body={"customer_id": 456},
        answer=order(customer_id=456),
    ),
    call(
        "Create and Change Customer: curl",
        "POST /orders/{id}/create-and-change-customer",
        body={"email": "grace@example.com", "first_name": "Jane", "last_name": "Smith"},
        answer=done(
            {
                "order": {"id": 1, "customer_id": int, "updated_at": MOMENT},
                "customer": {"id": int, "email": "grace@example.com", "first_name": "Jane", "last_name": "Smith"},
            }
        ),
    ),
]

ALL_THREE = {"processed": 3, "failed": 0, "results": [{"order_id": number, "success": True} for number in (1, 2, 3)]}
METHODS = [
    {"id": "standard", "name": "Standard Shipping", "cost": 500, "estimated_days": "3-5"},
    {"id": "express", "name": "Express Shipping", "cost": 1000, "estimated_days": "1-2"},
]
DESCRIPTIONS = ("Standard ground shipping", "Express shipping")

BULK_AND_SHIPPING = [
    call(
        "Bulk Actions: curl",
        "POST /orders/do-bulk-action",
        body={"action": "update_status", "order_ids": [1, 2, 3], "data": {"status": "completed"}},
        answer=done(ALL_THREE),
    ),
    call(
        "Bulk Actions: delete",
        "POST /orders/do-bulk-action",
        body={"action": "delete", "order_ids": [1, 2, 3]},
        presupposes=states.three_pending_orders,
        answer=done(ALL_THREE),
    ),
    call(
        "Bulk Actions: export",
        "POST /orders/do-bulk-action",
        body={"action": "export", "order_ids": [1, 2, 3]},
        answer=done(ALL_THREE),
    ),
    call(
        "Calculate Shipping: curl",
        "POST /orders/calculate-shipping",
        body={"items": LINES, "shipping_address": {key: PLACE[key] for key in ("country", "state", "postcode")}},
        answer=done({"shipping_methods": METHODS}),
    ),
    call(
        "Get Shipping Methods: curl",
        "GET /orders/shipping_methods",
        answer=done(
            {
                "shipping_methods": [
                    {**method, "description": text} for method, text in zip(METHODS, DESCRIPTIONS, strict=True)
                ]
            }
        ),
    ),
]

EXAMPLES = [*READING, *WRITING, *MOVING, *BULK_AND_SHIPPING, *refusals.EXAMPLES]
