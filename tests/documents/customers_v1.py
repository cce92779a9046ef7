"""Every call of the customers document (v1) with its documented answer, as data."""

from __future__ import annotations

from typing import Any

from tests.documents import customers_v1_refusals as refusals
from tests.documents import states
from tests.documents.example import ABSENT, MOMENT, Each, OneOf, Shape, calls_of
from tests.documents.words import ORDER_STATUS, PAGINATION, PAYMENT_STATUS, done

call = calls_of("customers v1")

STATUS = OneOf("active", "inactive")
IN_LIST = {
    **dict.fromkeys(("email", "first_name", "last_name"), str),
    **dict.fromkeys(("id", "total_spent", "order_count"), int),
    "status": STATUS,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
JOHN: dict[str, Any] = {
    "id": 1,
    "email": "customer@example.com",
    "first_name": "John",
    "last_name": "Doe",
    "status": "active",
    "total_spent": 5000,
    "order_count": 3,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
ADDRESS = {
    **dict.fromkeys(("first_name", "last_name", "address_1", "city", "state", "postcode", "country"), str),
    "id": int,
    "type": OneOf("billing", "shipping"),
    "is_primary": bool,
}
ADDRESSES = [
    {**ADDRESS, "id": 1, "type": "billing", "is_primary": True},
    {**ADDRESS, "id": 3, "type": "shipping", "is_primary": True},
    {**ADDRESS, "id": 2, "type": "shipping", "is_primary": False},
]
ORDER = {
    "id": int,
    "status": ORDER_STATUS,
    "payment_status": PAYMENT_STATUS,
    "total_amount": int,
    "currency": "USD",
    "created_at": MOMENT,
}


def answered(data: Shape) -> Shape:
    """A success of this document: it has no sentence."""
    return {**done(data), "message": ABSENT}


LISTS = [
    call(
        "List Customers: curl",
        "GET /customers",
        query="page=1&per_page=20&search=john",
        answer=answered({"customers": Each(IN_LIST), "pagination": {**PAGINATION, "current_page": 1, "per_page": 20}}),
    ),
    call(
        "List Customers: filter options",
        "GET /customers",
        query="filters[status]=active&filters[date_from]=2024-01-01&filters[date_to]=2024-12-31"
        "&filters[total_spent_min]=1000&filters[total_spent_max]=5000",
        answer=answered({"customers": Each({**IN_LIST, "status": "active"}), "pagination": PAGINATION}),
    ),
    call(
        "List Customers: sorted",
        "GET /customers",
        query="order_by=id&order_type=ASC&per_page=1",
        answer=answered({"customers": [JOHN], "pagination": {**PAGINATION, "per_page": 1}}),
    ),
    call(
        "Get Customer Orders: curl",
        "GET /customers/{customerId}/orders",
        answer=answered({"orders": [ORDER, ORDER, ORDER], "pagination": ABSENT}),
    ),
    call(
        "Get Customer Addresses: curl",
        "GET /customers/{customerId}/address",
        answer=answered({"addresses": ADDRESSES}),
    ),
    call(
        "Get Attachable Users: curl",
        "GET /customers/attachable-user",
        answer=answered({"users": Each({"id": int, "display_name": str, "user_email": str, "user_login": str})}),
    ),
]

CREATE_CURL = {"email": "newcustomer@example.com", "first_name": "Jane", "last_name": "Smith"}
CREATE = {
    **CREATE_CURL,
    "phone": "+1234567890",
    "status": "active",
    "additional_info": {"company": "Example Corp", "notes": "VIP customer"},
}
CREATED = {**CREATE_CURL, "id": int, "phone": str, "status": "active", "created_at": MOMENT}
UPDATE_CURL = {"first_name": "John", "last_name": "Doe", "phone": "+1234567890"}
UPDATED = answered({"customer": {**UPDATE_CURL, "id": 1, "status": "active", "updated_at": MOMENT}})
INFO = {"company": "Updated Corp", "notes": "Updated VIP customer"}

CUSTOMERS = [
    call(
        "Create Customer: request body",
        "POST /customers",
        body=CREATE,
        status=201,
        answer=answered({"customer": {**CREATED, "phone": "+1234567890"}}),
    ),
    call(
        "Create Customer: curl", "POST /customers", body=CREATE_CURL, status=201, answer=answered({"customer": CREATED})
    ),
    call(
        "Get Customer Details: curl",
        "GET /customers/{customerId}",
        answer=answered({"customer": {**JOHN, "phone": str, "addresses": ADDRESSES}}),
    ),
    call(
        "Update Customer: request body",
        "PUT /customers/{customerId}",
        body={**UPDATE_CURL, "status": "active"},
        answer=UPDATED,
    ),
    call("Update Customer: curl", "PUT /customers/{customerId}", body=UPDATE_CURL, answer=UPDATED),
    call(
        "Update Customer Additional Info: request body",
        "PUT /customers/{customerId}/additional-info",
        body={**INFO, "custom_field_1": "Custom value"},
        answer=answered(
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
        answer=answered({"customer": {"id": 1, "additional_info": INFO, "updated_at": MOMENT}}),
    ),
    call(
        "Get Customer Stats: curl",
        "GET /customers/get-stats/{customer}",
        answer=answered(
            {
                "stats": {
                    "total_spent": 5000,
                    "order_count": 3,
                    "average_order_value": 1667,
                    "last_order_date": MOMENT,
                    "first_order_date": MOMENT,
                }
            }
        ),
    ),
]

PLACE = {"city": "New York", "state": "NY", "postcode": "10001", "country": "US"}
HOME = {"first_name": "John", "last_name": "Doe", "address_1": "123 Updated St", **PLACE}
HOME_UPDATED = answered({"address": {**HOME, "id": 1, "updated_at": MOMENT}})
NEW = {**HOME, "type": "shipping", "address_1": "789 New St", "city": "Queens", "postcode": "11301"}

ADDRESS_CALLS = [
    call(
        "Update Customer Address: request body",
        "PUT /customers/{customerId}/address",
        body={**HOME, "address_id": 1},
        answer=HOME_UPDATED,
    ),
    call(
        "Update Customer Address: curl",
        "PUT /customers/{customerId}/address",
        body={"address_id": 1, "address_1": "123 Updated St", "city": "New York"},
        answer=HOME_UPDATED,
    ),
    call(
        "Create Customer Address: curl",
        "POST /customers/{customerId}/address",
        body=NEW,
        status=201,
        answer=answered({"address": {**NEW, "id": int, "created_at": MOMENT}}),
    ),
    call(
        "Delete Customer Address: curl",
        "DELETE /customers/{customerId}/address",
        body={"address_id": 2},
        answer={"success": True, "message": "Address deleted successfully", "data": ABSENT},
    ),
    call(
        "Set Primary Address: curl",
        "POST /customers/{customerId}/address/make-primary",
        body={"address_id": 2},
        answer=answered({"address": {"id": 2, "is_primary": True, "updated_at": MOMENT}}),
    ),
]

ALL_THREE = answered(
    {"processed": 3, "failed": 0, "results": [{"customer_id": number, "success": True} for number in (1, 2, 3)]}
)

USERS_AND_BULK = [
    call(
        "Attach User to Customer: curl",
        "POST /customers/{customerId}/attachable-user",
        body={"user_id": 1},
        answer=answered({"customer": {"id": 1, "user_id": 1, "updated_at": MOMENT}}),
    ),
    call(
        "Detach User from Customer: curl",
        "POST /customers/{customerId}/detach-user",
        presupposes=states.customer_with_user,
        answer=answered({"customer": {"id": 1, "user_id": None, "updated_at": MOMENT}}),
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
    call(
        "Bulk Actions: export",
        "POST /customers/do-bulk-action",
        body={"action": "export", "customer_ids": [1, 2, 3]},
        answer=ALL_THREE,
    ),
]

EXAMPLES = [*LISTS, *CUSTOMERS, *ADDRESS_CALLS, *USERS_AND_BULK, *refusals.EXAMPLES]
