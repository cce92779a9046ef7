"""The calls of the customers document (v2) about addresses."""

from __future__ import annotations

from tests.documents import states
from tests.documents.example import MOMENT, calls_of
from tests.documents.words import ADDRESS, done

call = calls_of("customers v2")

HOME = {
    "name": "John Doe",
    "email": "customer@example.com",
    "address_1": "123 Updated St",
    "city": "New York",
    "state": "NY",
    "postcode": "10001",
    "country": "US",
}
UPDATE = {**HOME, "id": 1, "address_2": "Apt 4B", "phone": "+1234567890", "type": "billing", "label": "Home"}
UPDATED = done({"address": {**HOME, "id": 1, "updated_at": MOMENT}}, "Address updated successfully!")

NEW_CURL = {**HOME, "type": "shipping", "address_1": "789 New St", "city": "Queens", "postcode": "11301"}
NEW = {**NEW_CURL, "address_2": "", "phone": "+1234567890", "label": "Work", "is_primary": 0}
CREATED = done({"address": {**NEW_CURL, "id": int, "created_at": MOMENT}}, "Address created successfully!")

EXAMPLES = [
    call(
        "Get Customer Addresses: response",
        "GET /customers/{customerId}/address",
        answer={
            "addresses": [
                {**ADDRESS, "id": 1, "type": "billing", "is_primary": True, "label": "Home"},
                {**ADDRESS, "id": 3, "type": "shipping", "is_primary": True},
                {**ADDRESS, "id": 2, "type": "shipping", "is_primary": False, "label": "Work"},
            ]
        },
    ),
    call(
        "Get Customer Addresses: curl",
        "GET /customers/{customerId}/address",
        query="type=billing",
        answer={"addresses": [{**ADDRESS, "id": 1, "type": "billing", "is_primary": True}]},
    ),
    call(
        "Update Customer Address: request body",
        "PUT /customers/{customerId}/address",
        body={**UPDATE, "is_primary": 1},
        answer=UPDATED,
    ),
    call(
        "Update Customer Address: curl",
        "PUT /customers/{customerId}/address",
        body={"id": 1, **{key: HOME[key] for key in ("name", "email", "address_1", "city", "country")}},
        answer=UPDATED,
    ),
    call(
        "Update Customer Address: into an order",
        "PUT /customers/{customerId}/address",
        body={**UPDATE, "order_id": 2},
        presupposes=states.pending_order_2,
        answer=UPDATED,
    ),
    call(
        "Create Customer Address: request body",
        "POST /customers/{customerId}/address",
        body=NEW,
        status=201,
        answer=CREATED,
    ),
    call(
        "Create Customer Address: curl",
        "POST /customers/{customerId}/address",
        body=NEW_CURL,
        status=201,
        answer=CREATED,
    ),
    call(
        "Create Customer Address: into an order",
        "POST /customers/{customerId}/address",
        body={**NEW, "order_id": 2},
        presupposes=states.pending_order_2,
        status=201,
        answer=CREATED,
    ),
    call(
        "Delete Customer Address: curl",
        "DELETE /customers/{customerId}/address",
        body={"address": {"id": 2}},
        answer=done({"message": "Address deleted successfully"}),
    ),
    call(
        "Set Primary Address: curl",
        "POST /customers/{customerId}/address/make-primary",
        body={"addressId": 2, "type": "billing"},
        presupposes=states.second_billing_address,
        answer=done(
            {"address": {"id": 2, "is_primary": True, "type": "billing", "updated_at": MOMENT}},
            "Primary address updated successfully!",
        ),
    ),
]
