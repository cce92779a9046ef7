"""Every call of the B2B document with its documented answer, as data. Customer 456 is the document's."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.documents import b2b_refusals as refusals
from tests.documents import states
from tests.documents.example import MOMENT, Each, OneOf, calls_of

call = partial(calls_of("B2B"), ids={"id": "cust_456", "contact_id": "cont_101"})

TERMS = OneOf("due_on_receipt", *(f"net_{days}" for days in (7, 10, 15, 30, 45, 60, 90)))
RISK = OneOf("low", "medium", "high")
# The demo's addresses are of domains that nobody can own.
EMAIL, WEBSITE = "alice.johnson@example.com", "https://customerxyz.example.com"
META = {"total": int, "page": 1, "limit": 20, "hasMore": bool}
SHIPPING = {
    "line1": "456 Customer Blvd",
    "city": "Customer City",
    "state": "NY",
    "postal_code": "10001",
    "country": "US",
}
IN_LIST: dict[str, Any] = {
    "id": "cust_456",
    "name": "Customer XYZ",
    "email": EMAIL,
    "phone": "+1-555-0456",
    "website": WEBSITE,
    "billing_address": {**SHIPPING, "line2": "Floor 3"},
    "shipping_address": SHIPPING,
    "payment_terms": "net_15",
    "credit_limit": 10000.0,
    "current_balance": float,
    "customer_since": MOMENT,
    "is_active": True,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
ANYBODY = {
    **dict.fromkeys(("id", "name", "email"), str),
    **dict.fromkeys(("credit_limit", "current_balance"), float),
    **dict.fromkeys(("customer_since", "created_at", "updated_at"), MOMENT),
    "payment_terms": TERMS,
    "is_active": bool,
}
ALICE = {
    "id": "cont_101",
    "name": "Alice Johnson",
    "title": "Procurement Manager",
    "email": "alice.johnson@customerxyz.example.com",
    "phone": "+1-555-0458",
    "is_primary": True,
}
DETAIL: dict[str, Any] = {
    **IN_LIST,
    "fax": "+1-555-0457",
    "tax_id": "98-7654321",
    "contacts": [ALICE, {**dict.fromkeys(ALICE, str), "is_primary": False}],
    "currency": "USD",
    "discount_rate": 5.0,
    "preferred_shipping": "UPS_GROUND",
    "lifetime_value": float,
    "total_orders": int,
    "notes": "High-value customer with consistent orders",
}

LISTS = [
    call("GET /api/customers", "GET /customers", answer={"data": Each(ANYBODY), "meta": META}),
    call(
        "GET /api/customers: every parameter",
        "GET /customers",
        query="is_active=true&search=customer+xyz&page=1&limit=20",
        answer={
            "data": [IN_LIST],
            "meta": {**META, "total": 1, "hasMore": False},
        },
    ),
    call(
        "GET /api/customers: search by e-mail",
        "GET /customers",
        query=f"search={EMAIL}",
        answer={"data": [IN_LIST], "meta": {**META, "total": 1, "hasMore": False}},
    ),
    call(
        "GET /api/customers: a page of many",
        "GET /customers",
        query="is_active=true&limit=2",
        answer={"data": [{**ANYBODY, "is_active": True}] * 2, "meta": {**META, "limit": 2, "hasMore": True}},
    ),
]

CREATE: dict[str, Any] = {
    "name": "New Customer Corp",
    "email": "orders@newcustomer.com",
    "phone": "+1-555-0999",
    "website": "https://newcustomer.com",
    "tax_id": "12-9876543",
    "billing_address": {
        "line1": "123 New Customer St",
        "city": "Business City",
        "state": "CA",
        "postal_code": "90210",
        "country": "US",
    },
    "shipping_address": {
        "line1": "456 Warehouse Ave",
        "city": "Distribution City",
        "state": "CA",
        "postal_code": "90211",
        "country": "US",
    },
    "contacts": [
        {
            "name": "Bob Wilson",
            "title": "Operations Manager",
            "email": "bob.wilson@newcustomer.com",
            "phone": "+1-555-1000",
            "is_primary": True,
        }
    ],
    "payment_terms": "net_30",
    "currency": "USD",
    "credit_limit": 5000.00,
    "discount_rate": 2.5,
    "preferred_shipping": "FEDEX_GROUND",
}
CREATED = {
    **CREATE,
    **dict.fromkeys(("customer_since", "created_at", "updated_at"), MOMENT),
    "id": str,
    "contacts": [{**CREATE["contacts"][0], "id": str}],
    "current_balance": 0.0,
    "is_active": True,
}
UPDATE = {
    "name": "Updated Customer Name",
    "email": "new.orders@customer.com",
    "credit_limit": 15000.00,
    "discount_rate": 7.5,
    "is_active": True,
}

CUSTOMERS = [
    call(
        "GET /api/customers/:id",
        "GET /customers/{id}",
        presupposes=states.business_notes,
        answer={"data": DETAIL},
    ),
    call("POST /api/customers", "POST /customers", body=CREATE, status=201, answer={"data": CREATED}),
    call(
        "PUT /api/customers/:id",
        "PUT /customers/{id}",
        body=UPDATE,
        answer={"data": {**UPDATE, "id": "cust_456", "updated_at": MOMENT}},
    ),
]

SALES_ORDER = {
    "id": str,
    "order_number": str,
    "status": "delivered",
    "order_date": MOMENT,
    "ship_date": MOMENT,
    "delivery_date": MOMENT,
    "total_amount": float,
    "items_count": int,
    "shipping_address": {"line1": "456 Customer Blvd", "city": "Customer City", "state": "NY", "postal_code": "10001"},
}
FIGURES = {"orders": int, "revenue": float, "avg_order_value": float}
ANALYTICS = {
    "customer": {"id": "cust_456", "name": "Customer XYZ"},
    "overview": {
        "lifetime_value": float,
        "total_orders": int,
        "avg_order_value": float,
        "last_order_date": MOMENT,
        "customer_since": MOMENT,
        "days_since_last_order": int,
    },
    "financial_summary": {
        "total_revenue": float,
        "current_balance": float,
        "credit_limit": 10000.0,
        "credit_utilization": float,
        "avg_payment_days": int,
    },
    "order_history": Each({"month": str, **FIGURES}),
    "top_products": Each({"product_id": str, "product_name": str, "quantity_ordered": int, "revenue": float}),
    "customer_segment": OneOf("new", "at_risk", "inactive", "regular", "high_value"),
    "risk_score": RISK,
}

REPORTS = [
    call(
        "GET /api/customers/:id/orders",
        "GET /customers/{id}/orders",
        query="status=delivered&date_from=2020-01-01&date_to=2099-12-31&page=1&limit=20",
        answer={"data": Each(SALES_ORDER), "meta": META},
    ),
    call("GET /api/customers/:id/analytics", "GET /customers/{id}/analytics", answer={"data": ANALYTICS}),
    *(
        call(
            f"GET /api/customers/:id/analytics: period {period}",
            "GET /customers/{id}/analytics",
            query=f"period={period}",
            answer={"data": ANALYTICS},
        )
        for period in ("90d", "1y", "all")
    ),
    call(
        "POST /api/customers/:id/credit-check",
        "POST /customers/{id}/credit-check",
        answer={
            "data": {
                "customer_id": "cust_456",
                "credit_score": int,
                "credit_rating": "excellent",
                "recommended_credit_limit": 15000.0,
                "current_credit_limit": 10000.0,
                "risk_assessment": "low",
                "last_checked": MOMENT,
            }
        },
    ),
]

SARAH = {
    "name": "Sarah Davis",
    "title": "Finance Manager",
    "email": "sarah.davis@customer.com",
    "phone": "+1-555-1100",
    "is_primary": False,
}
PROMOTED = {"title": "Senior Finance Manager", "phone": "+1-555-1101", "is_primary": True}

CONTACTS = [
    call(
        "POST /api/customers/:id/contacts",
        "POST /customers/{id}/contacts",
        body=SARAH,
        status=201,
        answer={"data": {**SARAH, "id": str, "customer_id": "cust_456", "created_at": MOMENT}},
    ),
    call(
        "PUT /api/customers/:id/contacts/:contact_id",
        "PUT /customers/{id}/contacts/{contact_id}",
        ids={"id": "cust_456", "contact_id": "cont_102"},
        body=PROMOTED,
        answer={"data": {**PROMOTED, "id": "cont_102", "name": "Bob Wilson", "customer_id": "cust_456"}},
    ),
    call(
        "DELETE /api/customers/:id/contacts/:contact_id",
        "DELETE /customers/{id}/contacts/{contact_id}",
        answer={"data": {"message": "Contact successfully removed"}},
    ),
]

EXAMPLES = [*LISTS, *CUSTOMERS, *REPORTS, *CONTACTS, *refusals.EXAMPLES]
