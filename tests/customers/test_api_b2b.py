"""The customers of the B2B document over HTTP: whole bodies, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import BusinessProfile, Contact, Customer, CustomerAddress
from tests.callers import V2
from tests.customers.business import (
    URL,
    ContactFactory,
    ProfileFactory,
    account_detail,
    account_row,
    contact_row,
    invalid,
    refused,
)
from tests.customers.factories import CustomerAddressFactory, CustomerFactory
from tests.orders.factories import OrderFactory

# The B2B document's own example.
NEW: dict[str, Any] = {
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
PLACE = {"line1": "123 Main St", "line2": None, "city": "New York", "state": "NY", "postal_code": "10001"}


def url(customer: Customer) -> str:
    return f"{URL}/cust_{customer.pk}"


def test_a_list_shows_profile_addresses_and_balance(api):
    plain = CustomerFactory()
    company = ProfileFactory(
        website="https://customerxyz.com", payment_terms="net_15", credit_limit_cents=1_000_000
    ).customer
    for type in ("billing", "shipping"):
        CustomerAddressFactory(customer=company, type=type, is_primary=True)
    CustomerAddressFactory(customer=company, type="billing")
    OrderFactory(customer=company, total_amount_cents=250_000)

    r = api("customers/view").get(URL)

    place = PLACE | {"country": "US"}
    changes = {
        "name": "Customer XYZ",
        "website": "https://customerxyz.com",
        "billing_address": place,
        "shipping_address": place,
        "payment_terms": "net_15",
        "credit_limit": 10000.0,
        "current_balance": 2500.0,
        "customer_since": r.json()["data"][0]["customer_since"],
    }
    assert r.json() == {
        "data": [account_row(company, **changes), account_row(plain)],
        "meta": {"total": 2, "page": 1, "limit": 20, "hasMore": False},
    }


@pytest.mark.parametrize(
    ("query", "meta"),
    [
        ("page=1&limit=2", {"total": 3, "page": 1, "limit": 2, "hasMore": True}),
        ("page=2&limit=2", {"total": 3, "page": 2, "limit": 2, "hasMore": False}),
        ("limit=3", {"total": 3, "page": 1, "limit": 3, "hasMore": False}),
        ("limit=101", {"total": 3, "page": 1, "limit": 100, "hasMore": False}),
    ],
)
def test_pages_are_told_in_meta(api, query, meta):
    CustomerFactory.create_batch(3)

    assert api("customers/view").get(f"{URL}?{query}").json()["meta"] == meta


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("is_active=true", ["a"]),
        ("is_active=0", ["b"]),
        ("search=wayne ENT", ["a"]),
        ("search=ada", ["b", "a"]),
        ("search=b%40example", ["b"]),
        ("search=%25", []),
        ("is_active=&search=", ["b", "a"]),
    ],
)
def test_the_list_is_narrowed_down(api, query, expected):
    a = api("customers/manage").post(URL, {"name": "Wayne Enterprises", "email": "a@ada.example.com"}).json()["data"]
    b = CustomerFactory(email="b@example.com", status="inactive")

    r = api("customers/view").get(f"{URL}?{query}")

    ids = {"a": a["id"], "b": f"cust_{b.pk}"}
    assert [row["id"] for row in r.json()["data"]] == [ids[name] for name in expected]


PAGE = "page must be a whole number from 1 to 2147483647."
LIMIT = "limit must be a whole number from 1 to 2147483647; more than 100 is cut to 100."


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ("is_active=x&limit=x&page=x", {"is_active": ["Must be true or false."], "limit": [LIMIT], "page": [PAGE]}),
        ("is_active=maybe", {"is_active": ["Must be true or false."]}),
        ("is_active[]=true", {"is_active": ["Must be true or false."]}),
        ("limit=0", {"limit": [LIMIT]}),
        *(
            (f"{name}={bad}", {name: [sentence]})
            for name, sentence in (("page", PAGE), ("limit", LIMIT))
            for bad in ("-1", "1.5", "x", "2147483648", "%D9%A1", "9" * 400)
        ),
        ("page[]=1", {"page": [PAGE]}),
        ("limit[a]=1", {"limit": [LIMIT]}),
        ("is_active=2", {"is_active": ["Must be true or false."]}),
        ("is_active=true,false", {"is_active": ["Must be true or false."]}),
        ("search[]=a", {"search": ["search must be a text."]}),
        ("per_page=5", {"per_page": ["Unknown parameter. Allowed are: page, limit, search, is_active."]}),
    ],
)
def test_a_query_that_is_not_understood_is_refused(api, query, details):
    r = api("customers/view").get(f"{URL}?{query}")

    assert (r.status_code, r.json()) == (400, invalid(**details))


@pytest.mark.parametrize("path", ["", "/cust_{pk}"])
def test_the_number_of_queries_does_not_grow(api, path):
    client = api("customers/view")
    counts = []
    for many in (1, 9):
        customers = [ProfileFactory().customer for _ in range(many)]
        for customer in customers:
            CustomerAddressFactory(customer=customer, is_primary=True)
            ContactFactory(customer=customer)
            OrderFactory.create_batch(many, customer=customer)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL + path.format(pk=customers[0].pk))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 6


def test_a_new_customer_gets_everything_that_was_sent(api):
    r = api("customers/manage").post(URL, NEW)

    customer, contact = Customer.objects.get(), Contact.objects.get()
    sent = {key: value for key, value in NEW.items() if key not in ("contacts", "billing_address", "shipping_address")}
    bob = contact_row(contact, **NEW["contacts"][0])
    billing = NEW["billing_address"] | {"line2": None}
    shipping = NEW["shipping_address"] | {"line2": None}
    places = {"billing_address": billing, "shipping_address": shipping}
    assert (r.status_code, r.json()) == (201, {"data": account_detail(customer, **sent, **places, contacts=[bob])})
    assert (customer.full_name, customer.first_name) == ("Bob Wilson", "Bob")


def test_money_keeps_the_decimals_of_its_currency(api):
    body = api("customers/manage").post(URL, NEW).content
    yen = NEW | {"email": "yen@example.com", "currency": "jpy", "credit_limit": "500"}

    in_yen = api("customers/manage").post(URL, yen).content

    assert b'"credit_limit":5000.00,"current_balance":0.00' in body
    assert b'"credit_limit":500,"current_balance":0,' in in_yen
    assert b'"currency":"JPY"' in in_yen


def test_the_browsable_page_shows_the_same_numbers(api):
    pk = ProfileFactory(credit_limit_cents=1_000_000).pk

    page = api.everything().get(f"{URL}/cust_{pk}", headers={"Accept": "text/html"}).content.decode()

    assert '"credit_limit": 10000.00,' in page


def test_a_customer_of_this_dialect_is_complete_in_the_others(api):
    pk = api("customers/manage").post(URL, NEW | {"contacts": []}).json()["data"]["id"].removeprefix("cust_")

    r = api.everything().get(f"{V2}/customers/{pk}?with[]=primary_shipping_address")

    seen = r.json()["data"]["customer"]
    assert (seen["first_name"], seen["last_name"], seen["email"]) == ("New Customer Corp", "", NEW["email"])
    assert (seen["phone"], seen["status"]) == (NEW["phone"], "active")
    assert seen["primary_shipping_address"]["address_1"] == "456 Warehouse Ave"
    assert seen["primary_shipping_address"]["name"] == "New Customer Corp"


def test_a_customer_of_the_others_is_complete_in_this_one(api):
    customer = CustomerFactory()

    r = api("customers/view").get(url(customer))

    assert (r.status_code, r.json()) == (200, {"data": account_detail(customer)})


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"name": " "}, {"name": ["Name field is required."]}),
        ({"name": None}, {"name": ["Name field is required."]}),
        ({"name": ["a"]}, {"name": ["Not a valid string."]}),
        ({"email": ""}, {"email": ["Email field is required."]}),
        ({"credit_limit": -1}, {"credit_limit": ["Must not be negative."]}),
        ({"credit_limit": 0.001}, {"credit_limit": ["USD has 2 decimals."]}),
        ({"credit_limit": True}, {"credit_limit": ["Must be a number, such as 10.5."]}),
        ({"credit_limit": "NaN"}, {"credit_limit": ["Must be a number, such as 10.5."]}),
        ({"credit_limit": "1e9"}, None),
        ({"credit_limit": 10**12 + 1}, {"credit_limit": ["Must not be greater than 1000000000000."]}),
        ({"credit_limit": None}, {"credit_limit": ["Credit Limit field is required."]}),
        ({"discount_rate": 100}, None),
        ({"discount_rate": 100.01}, {"discount_rate": ["Must not be greater than 100."]}),
        ({"discount_rate": 1.234}, {"discount_rate": ["Must not have more than 2 decimals."]}),
        ({"currency": "ZZZ"}, {"currency": ["Currency must be an ISO 4217 code, such as USD."]}),
        ({"payment_terms": "net_1"}, "payment_terms"),
        ({"is_active": "perhaps"}, {"is_active": ["Must be a valid boolean."]}),
        (
            {"website": "javascript:x"},
            {"website": ["Website must be an address that begins with http:// or https://."]},
        ),
        ({"phone": "5" * 51}, {"phone": ["Ensure this field has no more than 50 characters."]}),
        ({"tax_id": "a\x00"}, {"tax_id": ["Null characters are not allowed."]}),
        ({"billing_address": "here"}, "billing_address"),
        ({"billing_address": {"line1": "1", "city": "X", "country": "US"}}, "billing_address.state"),
        ({"billing_address": NEW["billing_address"] | {"country": "XX"}}, "billing_address.country"),
        ({"contacts": [{"title": "x"}]}, {"contacts[0].name": ["Name field is required."]}),
        ({"contacts": [{"name": "x", "email": "y"}]}, "contacts[0].email"),
        (
            {"contacts": [{"name": "x", "is_primary": True}, {"name": "y", "is_primary": True}]},
            {"contacts": ["At most one contact can be the primary one."]},
        ),
    ],
)
def test_a_field_that_cannot_be_accepted_is_named_and_nothing_stored(api, changes, details):
    r = api("customers/manage").post(URL, NEW | changes)

    if details is None:
        assert r.status_code == 201
        return
    assert r.status_code == 400
    if isinstance(details, str):
        assert details in r.json()["error"]["details"]
    else:
        assert r.json() == invalid(**details)
    assert not Customer.objects.exists()
    assert not CustomerAddress.objects.exists()


def test_a_taken_email_has_a_code_of_its_own(api):
    CustomerFactory(email="ada@example.com")

    r = api("customers/manage").post(URL, NEW | {"email": "ADA@example.com"})

    assert (r.status_code, r.json()) == (
        400,
        refused("email_already_exists", "Validation failed", {"email": ["Email already exists."]}),
    )
    assert Customer.objects.count() == 1


def test_what_is_not_an_object_is_refused(api):
    r = api("customers/manage").post(URL, [1])

    assert (r.status_code, r.json()) == (400, invalid(body=["The body must be a JSON object."]))


def test_broken_json_is_refused(api):
    r = api("customers/manage").generic("POST", URL, "{", content_type="application/json")

    assert (r.status_code, r.json()["error"]["code"]) == (400, "invalid_json")


def test_an_update_keeps_what_is_not_sent(api):
    customer = ProfileFactory(fax="1", discount_rate_basis_points=250).customer
    CustomerAddressFactory(customer=customer, is_primary=True)
    body = {
        "name": "Updated Customer Name",
        "email": "new.orders@customer.com",
        "credit_limit": 15000.00,
        "discount_rate": 7.5,
        "is_active": False,
        "billing_address": {"line2": "Floor 3"},
    }

    r = api("customers/manage").put(url(customer), body)

    customer.refresh_from_db()
    changes = body | {
        "billing_address": PLACE | {"country": "US", "line2": "Floor 3"},
        "fax": "1",
        "customer_since": r.json()["data"]["customer_since"],
    }
    assert (r.status_code, r.json()) == (200, {"data": account_detail(customer, **changes)})
    assert CustomerAddress.objects.count() == 1


def test_a_whole_object_may_be_sent_back_but_its_contacts(api):
    client = api("customers/view", "customers/manage")
    created = client.post(URL, NEW).json()["data"]
    whole = {key: value for key, value in created.items() if key != "contacts"}

    r = client.put(f"{URL}/{created['id']}", whole)

    assert (r.status_code, r.json()["data"] | {"updated_at": ""}) == (200, created | {"updated_at": ""})


def test_null_empties_a_text(api):
    customer = ProfileFactory(fax="1", website="https://x.example.com").customer

    r = api("customers/manage").put(url(customer), {"fax": None, "website": ""})

    assert (r.json()["data"]["fax"], r.json()["data"]["website"]) == (None, None)


def test_contacts_are_not_changed_here(api):
    contact = ContactFactory()

    r = api("customers/manage").put(url(contact.customer), {"name": "X", "contacts": []})

    assert (r.status_code, r.json()) == (
        400,
        invalid(contacts=["Contacts are changed under /api/customers/{id}/contacts."]),
    )
    assert not BusinessProfile.objects.exists()


def test_the_currency_stays_while_something_is_due(api):
    customer = ProfileFactory().customer
    OrderFactory(customer=customer)
    sentence = f"Customer with ID {customer.pk} has open orders; the currency cannot change until they are paid"

    r = api("customers/manage").put(url(customer), {"currency": "EUR"})

    assert (r.status_code, r.json()) == (
        409,
        refused("customer_has_open_orders", sentence, {"currency": [f"{sentence}."]}),
    )
    assert api("customers/manage").put(url(customer), {"currency": "usd"}).status_code == 200


def test_a_limit_is_said_anew_in_a_new_currency(api):
    customer = ProfileFactory(credit_limit_cents=100).customer
    client = api("customers/manage")

    refusal = client.put(url(customer), {"currency": "JPY"})
    done = client.put(url(customer), {"currency": "JPY", "credit_limit": 500})

    assert refusal.json() == invalid(credit_limit=["The limit is in USD: say it anew in JPY."])
    assert b'"credit_limit":500,' in done.content


def test_an_address_that_is_not_there_yet_must_be_whole(api):
    customer = ProfileFactory().customer

    r = api("customers/manage").put(url(customer), {"shipping_address": {"city": "Berlin", "country": "DE"}})

    assert (r.status_code, set(r.json()["error"]["details"])) == (
        400,
        {"shipping_address.line1", "shipping_address.postal_code"},
    )


@pytest.mark.parametrize(
    ("held", "shown"),
    [(("customers/view",), "******4321"), (("customers/view", "customers/manage"), "98-7654321")],
)
def test_the_tax_number_is_masked_for_those_who_do_not_manage(api, held, shown):
    customer = ProfileFactory(tax_id="98-7654321").customer

    assert api(*held).get(url(customer)).json()["data"]["tax_id"] == shown


@pytest.mark.parametrize(
    "bad", ["456", "cust_", "cust_x", "cust_-1", "cust_0", "cust_00456", "cust_" + "9" * 31, "abc", "cust_٣"]
)
@pytest.mark.parametrize("rest", ["", "/orders", "/analytics"])
def test_an_id_that_nobody_can_have_is_not_found(api, bad, rest):
    r = api("customers/view").get(f"{URL}/{bad}{rest}")

    assert (r.status_code, r.json()) == (404, refused("customer_not_found", f"Customer with ID {bad} not found"))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", f"{URL}/cust_1/nothing", 404, "not_found"),
        ("DELETE", f"{URL}/cust_1", 405, "method_not_allowed"),
        ("GET", f"{URL}/cust_1/contacts", 405, "method_not_allowed"),
    ],
)
def test_an_unknown_route_is_404_and_a_wrong_method_405(api, method, path, status, code):
    r = api.everything().send(method, path)

    assert (r.status_code, r.json()["error"]["code"]) == (status, code)


def test_a_wrong_method_is_told_with_those_that_are_allowed(api):
    r = api.everything().delete(f"{URL}/cust_1")

    sentence = "DELETE is not allowed here. Allowed are: GET, PUT, HEAD, OPTIONS."
    assert (r.json()["error"]["message"], r["Allow"]) == (sentence, "GET, PUT, HEAD, OPTIONS")


@pytest.mark.parametrize("path", [URL, f"{URL}/"])
def test_a_trailing_slash_makes_no_difference(api, path):
    assert api("customers/view").get(path).status_code == 200


def test_rates_are_shared_with_the_other_dialects(api, settings):
    settings.RATE_LIMIT_ENABLED = True
    settings.RATES = {"list": "2/h", "create": "2/h", "update": "2/h", "delete": "2/h"}
    client = api("customers/view")

    answers = [client.get(path) for path in (URL, f"{V2}/customers", URL)]

    assert [r.status_code for r in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "rate_limited"
