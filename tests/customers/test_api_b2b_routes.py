"""Contacts, sales orders, analytics and the credit check of the B2B document over HTTP."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from customers.models import BusinessProfile, Contact, CreditCheck
from fluentcart.api.schema.document import generate
from fluentcart.urls import MOUNTS
from orders.models import OrderAddress
from tests.customers.bodies import stamp
from tests.customers.business import (
    URL,
    ContactFactory,
    ProfileFactory,
    contact_detail,
    invalid,
    refused,
)
from tests.customers.factories import CustomerFactory
from tests.orders.factories import ItemFactory, OrderFactory

DAY = dt.timedelta(days=1)
SARAH = {
    "name": "Sarah Davis",
    "title": "Finance Manager",
    "email": "sarah.davis@customer.com",
    "phone": "+1-555-1100",
    "is_primary": False,
}


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


# --- Contacts ----------------------------------------------------------------------------------


def test_a_contact_is_added(api):
    first = ContactFactory(is_primary=True)

    r = api("customers/manage").post(f"{URL}/cust_{first.customer_id}/contacts", SARAH)

    contact = Contact.objects.latest("pk")
    assert (r.status_code, r.json()) == (201, {"data": contact_detail(contact, **SARAH)})


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, {"name": ["Name field is required."]}),
        (SARAH | {"name": "x" * 256}, {"name": ["Ensure this field has no more than 255 characters."]}),
        (SARAH | {"is_primary": None}, {"is_primary": ["Is Primary field is required."]}),
        (SARAH | {"phone": {"a": 1}}, {"phone": ["Not a valid string."]}),
    ],
)
def test_a_contact_that_cannot_be_accepted_is_refused(api, body, details):
    r = api("customers/manage").post(f"{URL}/cust_{CustomerFactory().pk}/contacts", body)

    assert (r.status_code, r.json()) == (400, invalid(**details))
    assert not Contact.objects.exists()


def test_a_contact_takes_the_first_place_and_keeps_the_rest(api):
    first = ContactFactory(is_primary=True)
    second = ContactFactory(customer=first.customer, email="alice@example.com")
    body = {"title": "Senior Finance Manager", "phone": "+1-555-1101", "is_primary": True}

    r = api("customers/manage").put(f"{URL}/cust_{first.customer_id}/contacts/cont_{second.pk}", body)

    second.refresh_from_db()
    first.refresh_from_db()
    assert r.json() == {"data": contact_detail(second, email="alice@example.com", **body)}
    assert not first.is_primary


def test_a_contact_is_removed_with_a_sentence(api):
    contact = ContactFactory()

    r = api("customers/manage").delete(f"{URL}/cust_{contact.customer_id}/contacts/cont_{contact.pk}")

    assert (r.status_code, r.json()) == (200, {"data": {"message": "Contact successfully removed"}})
    assert not Contact.objects.exists()


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_contact_of_another_customer_is_not_found(api, method):
    contact, other = ContactFactory(), CustomerFactory()

    r = api("customers/manage").send(method, f"{URL}/cust_{other.pk}/contacts/cont_{contact.pk}", {"title": "x"})

    assert (r.status_code, r.json()) == (404, refused("contact_not_found", f"Contact with ID {contact.pk} not found"))
    assert Contact.objects.get().title == ""


@pytest.mark.parametrize("bad", ["101", "cont_", "cont_x", "cont_-1", "cont_0", "cont_" + "9" * 31, "cust_1", "cont_٣"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_contact_id_that_nobody_can_have_is_not_found(api, method, bad):
    contact = ContactFactory()

    r = api("customers/manage").send(method, f"{URL}/cust_{contact.customer_id}/contacts/{bad}", {"title": "x"})

    assert (r.status_code, r.json()) == (404, refused("contact_not_found", f"Contact with ID {bad} not found"))
    assert Contact.objects.get().title == ""


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "contacts"), ("POST", "credit-check"), ("PUT", "contacts/cont_1")]
)
@pytest.mark.parametrize("bad", ["1", "cust_x", "cust_" + "9" * 31])
def test_nothing_is_written_for_a_customer_id_that_nobody_can_have(api, method, path, bad):
    r = api("customers/manage").send(method, f"{URL}/{bad}/{path}", SARAH)

    assert (r.status_code, r.json()) == (404, refused("customer_not_found", f"Customer with ID {bad} not found"))
    assert not Contact.objects.exists()


# --- Sales orders ------------------------------------------------------------------------------


def test_a_sales_order_is_shown_with_its_dates_and_place(api):
    order = OrderFactory(
        order_number="SO-2024-001",
        status="completed",
        shipping_status="delivered",
        total_amount_cents=29995,
        created_at=at("2024-01-15"),
        shipped_at=at("2024-01-16"),
        delivered_at=at("2024-01-18"),
    )
    ItemFactory.create_batch(3, order=order)
    OrderAddress.objects.create(order=order, type="billing", city="Elsewhere")
    OrderAddress.objects.create(
        order=order, type="shipping", address_1="456 Customer Blvd", city="Customer City", state="NY", postcode="10001"
    )
    OrderFactory()

    r = api("customers/view").get(f"{URL}/cust_{order.customer_id}/orders")

    row = {
        "id": f"so_{order.pk}",
        "order_number": "SO-2024-001",
        "status": "delivered",
        "order_date": "2024-01-15T00:00:00Z",
        "ship_date": "2024-01-16T00:00:00Z",
        "delivery_date": "2024-01-18T00:00:00Z",
        "total_amount": 299.95,
        "currency": "USD",
        "items_count": 3,
        "shipping_address": {
            "line1": "456 Customer Blvd",
            "line2": None,
            "city": "Customer City",
            "state": "NY",
            "postal_code": "10001",
            "country": None,
        },
    }
    assert r.json() == {"data": [row], "meta": {"total": 1, "page": 1, "limit": 20, "hasMore": False}}


@pytest.mark.parametrize(
    ("status", "shipping", "word"),
    [
        ("pending", "unshipped", "pending"),
        ("on-hold", "", "on-hold"),
        ("processing", "unshippable", "processing"),
        ("processing", "shipped", "shipped"),
        ("completed", "delivered", "delivered"),
        ("completed", "", "completed"),
        ("canceled", "delivered", "canceled"),
        ("failed", "shipped", "failed"),
    ],
)
def test_the_status_is_one_word_and_the_filter_takes_it(api, status, shipping, word):
    customer = CustomerFactory()
    wanted = OrderFactory(customer=customer, status=status, shipping_status=shipping)
    for other in ("pending", "on-hold", "processing", "completed", "canceled", "failed"):
        OrderFactory(customer=customer, status=other, shipping_status="unshipped")
    OrderFactory(customer=customer, status="processing", shipping_status="shipped")
    OrderFactory(customer=customer, status="completed", shipping_status="delivered")

    r = api("customers/view").get(f"{URL}/cust_{customer.pk}/orders?status={word}")

    assert {row["status"] for row in r.json()["data"]} == {word}
    assert f"so_{wanted.pk}" in {row["id"] for row in r.json()["data"]}
    assert r.json()["meta"]["total"] == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("date_from=2024-02-01", ["b"]),
        ("date_to=2024-01-31", ["a"]),
        ("date_to=2024-01-30", []),
        ("date_from=2024-01-31T23:59:00Z&date_to=2024-02-01", ["b", "a"]),
        ("limit=1&page=2", ["a"]),
    ],
)
def test_orders_are_narrowed_down_by_day_in_utc_and_paged(api, query, expected):
    customer = CustomerFactory()
    a = OrderFactory(customer=customer, created_at=at("2024-01-31T23:59:00"))
    b = OrderFactory(customer=customer, created_at=at("2024-02-01T00:00:00"))

    r = api("customers/view").get(f"{URL}/cust_{customer.pk}/orders?{query}")

    ids = {"a": f"so_{a.pk}", "b": f"so_{b.pk}"}
    assert [row["id"] for row in r.json()["data"]] == [ids[name] for name in expected]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=paid", "status"),
        ("date_from=yesterday", "date_from"),
        ("date_from=2024-02-01&date_to=2024-01-01", "date_to"),
        ("search=x", "search"),
        ("page=0", "page"),
        ("page=1e3", "page"),
        ("limit=0", "limit"),
        ("limit[]=2", "limit"),
        ("date_to=2024-02-30", "date_to"),
        ("status[]=nothing", "status"),
    ],
)
def test_an_order_filter_that_is_not_understood_is_refused(api, query, field):
    r = api("customers/view").get(f"{URL}/cust_{CustomerFactory().pk}/orders?{query}")

    assert (r.status_code, list(r.json()["error"]["details"])) == (400, [field])


# --- Analytics ---------------------------------------------------------------------------------


def test_analytics_answer_every_documented_figure(api):
    now = timezone.now()
    profile = ProfileFactory(credit_limit_cents=1_000_000)
    customer = profile.customer
    made = now - 5 * DAY
    order = OrderFactory(customer=customer, paid=True, total_amount_cents=7500, created_at=made, paid_at=made + 2 * DAY)
    item = ItemFactory(order=order, quantity=150, line_total_cents=7500)
    OrderFactory(customer=customer, total_amount_cents=250_000)

    r = api("customers/view").get(f"{URL}/cust_{customer.pk}/analytics")

    assert r.json() == {
        "data": {
            "customer": {"id": f"cust_{customer.pk}", "name": "Customer XYZ"},
            "currency": "USD",
            "overview": {
                "lifetime_value": 75.0,
                "total_orders": 1,
                "avg_order_value": 75.0,
                "last_order_date": stamp(made),
                "customer_since": stamp(profile.customer_since),
                "days_since_last_order": 5,
            },
            "financial_summary": {
                "total_revenue": 75.0,
                "current_balance": 2500.0,
                "credit_limit": 10000.0,
                "credit_utilization": 25.0,
                "avg_payment_days": 2,
            },
            "order_history": [{"month": f"{made:%Y-%m}", "orders": 1, "revenue": 75.0, "avg_order_value": 75.0}],
            "top_products": [
                {
                    "product_id": f"prod_{item.product_id}",
                    "product_name": item.product.title,
                    "quantity_ordered": 150,
                    "revenue": 75.0,
                }
            ],
            "customer_segment": "new",
            "risk_score": "high",
        }
    }


@pytest.mark.parametrize("query", ["period=2d", "period[]=30d", "period=30D"])
def test_an_unknown_period_is_refused(api, query):
    r = api("customers/view").get(f"{URL}/cust_{CustomerFactory().pk}/analytics?{query}")

    assert (r.status_code, r.json()) == (400, invalid(period=["period must be one of: 30d, 90d, 1y, all."]))


def test_analytics_take_the_same_queries_for_any_number_of_orders(api):
    client = api("customers/view")
    counts = []
    for many in (1, 9):
        customer = ProfileFactory().customer
        for _ in range(many):
            ItemFactory(order=OrderFactory(customer=customer, paid=True))
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{URL}/cust_{customer.pk}/analytics")
        counts.append(len(queries))

    assert counts == [4, 4]


# --- Credit check ------------------------------------------------------------------------------


def test_a_credit_check_answers_and_stores_why_and_changes_no_limit(api):
    profile = ProfileFactory(credit_limit_cents=1_000_000)
    client = api("customers/manage")

    r = client.post(f"{URL}/cust_{profile.pk}/credit-check")

    check = CreditCheck.objects.get()
    assert (r.status_code, r.json()) == (
        200,
        {
            "data": {
                "customer_id": f"cust_{profile.pk}",
                "credit_score": 570,
                "credit_rating": "poor",
                "recommended_credit_limit": 5000.0,
                "current_credit_limit": 10000.0,
                "currency": "USD",
                "risk_assessment": "high",
                "factors": {
                    "punctuality": {"points": 100, "of": 200, "paid_orders": 0, "on_time_orders": 0},
                    "utilisation": {"points": 120, "of": 120, "balance": 0.0, "limit": 10000.0},
                    "history": {"points": 0, "of": 100, "days": 0},
                    "orders": {"points": 0, "of": 80, "orders": 0},
                    "overdue": {"points": 50, "of": 50, "overdue": 0.0},
                    "recommendation": {"points": 0, "of": 0, "basis": 10000.0, "percent": 50},
                },
                "last_checked": stamp(check.checked_at),
            }
        },
    )
    assert (check.score, check.checked_by_id) == (570, client.caller.pk)
    assert BusinessProfile.objects.get().credit_limit_cents == 1_000_000


def test_a_credit_check_of_nobody_is_not_found(api):
    r = api("customers/manage").post(f"{URL}/cust_999/credit-check")

    assert (r.status_code, r.json()) == (404, refused("customer_not_found", "Customer with ID 999 not found"))
    assert not CreditCheck.objects.exists()


# --- The OpenAPI document ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def document():
    """The document of this dialect."""
    return generate(MOUNTS["b2b"])


def test_the_openapi_document_is_valid_and_has_every_operation(document):
    validate(document)

    operations = [(method, path) for path, found in document["paths"].items() for method in found]
    assert len(operations) == 10
    assert document["info"]["title"] == "FluentCart B2B API"


@pytest.mark.parametrize("path", ["", "/{customer_id}", "/{customer_id}/orders", "/{customer_id}/analytics"])
def test_what_is_answered_is_what_the_openapi_document_says(api, document, path):
    order = OrderFactory(customer=ProfileFactory().customer, paid=True, order_number="SO-2024-001")
    ItemFactory(order=order)
    ContactFactory(customer=order.customer)

    r = api("customers/view").get(URL + path.format(customer_id=f"cust_{order.customer_id}"))

    answer = document["paths"][URL + path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator(answer | {"components": document["components"]}).validate(r.json())
