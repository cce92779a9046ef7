"""Every call of the customers document (v2) with its documented answer, as data."""

from __future__ import annotations

from typing import Any

from tests.documents import customers_v2_addresses as addresses
from tests.documents import customers_v2_refusals as refusals
from tests.documents import states
from tests.documents.example import ABSENT, MOMENT, Each, OneOf, calls_of
from tests.documents.words import ADDRESS, ORDER_STATUS, PAGINATION, PAYMENT_STATUS, done

call = calls_of("customers v2")

STATUS = OneOf("active", "inactive")
IN_LIST = {
    "id": int,
    "email": str,
    "first_name": str,
    "last_name": str,
    "status": STATUS,
    "total_spent": int,
    "order_count": int,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
JOHN: dict[str, Any] = {
    "id": 1,
    "email": "customer@example.com",
    "first_name": "John",
    "last_name": "Doe",
    "full_name": "John Doe",
    "status": "active",
    "total_spent": 5000,
    "order_count": 3,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
LABELS = {
    "selected_labels": [1, 2, 3],
    "labels": [{"id": 1, "label_id": 1, "name": "VIP"}, *[{"id": n, "label_id": n, "name": str} for n in (2, 3)]],
}
ORDER = {
    "id": int,
    "status": ORDER_STATUS,
    "payment_status": PAYMENT_STATUS,
    "total_amount": int,
    "currency": "USD",
    "created_at": MOMENT,
}

LISTS = [
    call(
        "List Customers: curl",
        "GET /customers",
        query="page=1&per_page=20&search=john",
        answer=done({"customers": Each(IN_LIST), "pagination": {**PAGINATION, "current_page": 1, "per_page": 20}}),
    ),
    call(
        "List Customers: filter options",
        "GET /customers",
        query="filters[status]=active&filters[date_from]=2024-01-01&filters[date_to]=2024-12-31"
        "&filters[total_spent_min]=1000&filters[total_spent_max]=5000",
        answer=done(
            {
                "customers": Each({**IN_LIST, "status": "active"}),
                "pagination": {**PAGINATION, "current_page": 1, "per_page": 10},
            }
        ),
    ),
    call(
        "List Customers: sorted",
        "GET /customers",
        query="order_by=id&order_type=ASC&per_page=3",
        answer=done(
            {
                "customers": [{**IN_LIST, **{key: JOHN[key] for key in IN_LIST}}, {**IN_LIST, "id": 2}, {"id": 3}],
                "pagination": {**PAGINATION, "current_page": 1, "per_page": 3},
            }
        ),
    ),
]

JANE_BODY = {
    "email": "newcustomer@example.com",
    "full_name": "Jane Smith",
    "city": "New York",
    "status": "active",
    "notes": "VIP customer",
    "country": "US",
    "state": "NY",
    "postcode": "10001",
    "wp_user": "yes",
}
JANE = {
    "id": int,
    "email": "newcustomer@example.com",
    "first_name": "Jane",
    "last_name": "Smith",
    "full_name": "Jane Smith",
    "city": "New York",
    "status": "active",
    "created_at": MOMENT,
}
CREATED = "Customer created successfully!"
UPDATED = "Customer updated successfully!"
UPDATED_JOHN = {
    "id": 1,
    "email": "customer@example.com",
    "first_name": "John",
    "last_name": "Doe Updated",
    "full_name": "John Doe Updated",
    "status": "active",
    "updated_at": MOMENT,
}
UPDATE_CURL = {"email": "customer@example.com", "full_name": "John Doe Updated", "status": "active"}
INFO = {"company": "Updated Corp", "notes": "Updated VIP customer"}

CUSTOMERS = [
    call(
        "Create Customer: request body",
        "POST /customers",
        body=JANE_BODY,
        status=201,
        answer=done({"customer": JANE}, CREATED),
    ),
    call(
        "Create Customer: curl",
        "POST /customers",
        body={key: JANE_BODY[key] for key in ("email", "full_name", "city")},
        status=201,
        answer=done({"customer": JANE}, CREATED),
    ),
    call(
        "Create Customer: with a user",
        "POST /customers",
        body={"email": "newcustomer@example.com", "full_name": "Jane Smith", "user_id": 2},
        status=201,
        answer=done({"customer": {**JANE, "city": "", "user_id": 2}}, CREATED),
    ),
    call("Get Customer Details: response", "GET /customers/{customerId}", answer=done({"customer": JOHN | LABELS})),
    call(
        "Get Customer Details: curl",
        "GET /customers/{customerId}",
        query="with[]=orders&with[]=addresses",
        answer=done({"customer": {**JOHN, **LABELS, "orders": Each(ORDER), "addresses": [ADDRESS, ADDRESS, ADDRESS]}}),
    ),
    call(
        "Get Customer Details: customer only",
        "GET /customers/{customerId}",
        query="params[customer_only]=yes",
        answer=done({"customer": {**JOHN, "labels": ABSENT, "selected_labels": ABSENT}}),
    ),
    call(
        "Update Customer: request body",
        "PUT /customers/{customerId}",
        body={**UPDATE_CURL, "notes": "Updated notes", "city": "New York"},
        answer=done({"customer": {**UPDATED_JOHN, "notes": "Updated notes", "city": "New York"}}, UPDATED),
    ),
    call(
        "Update Customer: curl",
        "PUT /customers/{customerId}",
        body=UPDATE_CURL,
        answer=done({"customer": UPDATED_JOHN}, UPDATED),
    ),
    call(
        "Update Customer: the other fields",
        "PUT /customers/{customerId}",
        body={**UPDATE_CURL, "country": "US", "state": "NY", "postcode": "10001", "user_id": 1},
        answer=done(
            {"customer": {**UPDATED_JOHN, "country": "US", "state": "NY", "postcode": "10001", "user_id": 1}}, UPDATED
        ),
    ),
    call(
        "Update Customer Additional Info: request body",
        "PUT /customers/{customerId}/additional-info",
        body={**INFO, "custom_field_1": "Custom value"},
        answer=done(
            {
                "customer": {
                    "id": 1,
                    "additional_info": {**INFO, "custom_field_1": "Custom value"},
                    "updated_at": MOMENT,
                }
            }
        ),
    ),
    call(
        "Update Customer Additional Info: curl",
        "PUT /customers/{customerId}/additional-info",
        body=INFO,
        answer=done({"customer": {"id": 1, "additional_info": INFO, "updated_at": MOMENT}}),
    ),
    call(
        "Get Customer Stats: curl",
        "GET /customers/get-stats/{customer}",
        answer=done(
            {
                "widgets": [
                    {"title": "Total Spent", "value": 5000, "currency": "USD"},
                    {"title": "Order Count", "value": 3, "currency": ABSENT},
                    {"title": "Average Order Value", "value": 1667, "currency": "USD"},
                ]
            }
        ),
    ),
    call(
        "Get Customer Orders (Simple): curl",
        "GET /customers/{customerId}/order",
        answer={"data": {"data": [ORDER, ORDER, ORDER]}},
    ),
    call(
        "Get Customer Orders (Paginated): curl",
        "GET /customers/{customerId}/orders",
        query="page=1&per_page=20",
        answer={
            "orders": [ORDER, ORDER, ORDER],
            "pagination": {"current_page": 1, "per_page": 20, "total": 3, "total_pages": 1},
        },
    ),
    call(
        "Get Customer Orders (Paginated): every parameter",
        "GET /customers/{customerId}/orders",
        query="page=2&per_page=1&search=john&filters[status]=completed&order_by=id&order_type=ASC",
        answer={
            "orders": [{**ORDER, "status": "completed"}],
            "pagination": {"current_page": 2, "per_page": 1, "total": 2, "total_pages": 2},
        },
    ),
]

ALL_THREE = done(
    {"processed": 3, "failed": 0, "results": [{"customer_id": number, "success": True} for number in (1, 2, 3)]}
)

USERS_AND_BULK = [
    call(
        "Get Attachable Users: curl",
        "GET /customers/attachable-user",
        answer=done({"users": Each({"id": int, "display_name": str, "user_email": str, "user_login": str})}),
    ),
    call(
        "Attach User to Customer: curl",
        "POST /customers/{customerId}/attachable-user",
        body={"user_id": 1},
        answer=done({"message": "User attached successfully"}),
    ),
    call(
        "Attach User to Customer: error response",
        "POST /customers/{customerId}/attachable-user",
        body={"user_id": 1},
        status=400,
        presupposes=states.customer_with_user,
        answer={"success": False, "data": {"message": "Can not attach user"}},
    ),
    call(
        "Detach User from Customer: curl",
        "POST /customers/{customerId}/detach-user",
        presupposes=states.customer_with_user,
        answer=done({"message": "User detached successfully"}),
    ),
    call(
        "Bulk Actions: curl",
        "POST /customers/do-bulk-action",
        body={"action": "update_status", "customer_ids": [1, 2, 3], "data": {"status": "inactive"}},
        answer=ALL_THREE,
    ),
    call(
        "Bulk Actions: delete",
        "POST /customers/do-bulk-action",
        body={"action": "delete", "customer_ids": [1, 2, 3]},
        presupposes=states.customers_without_orders,
        answer=ALL_THREE,
    ),
]

EXAMPLES = [*LISTS, *CUSTOMERS, *USERS_AND_BULK, *addresses.EXAMPLES, *refusals.EXAMPLES]
