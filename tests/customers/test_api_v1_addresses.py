"""Addresses of a customer over HTTP as the v1 document spells them."""

from __future__ import annotations

import pytest

from customers.models import CustomerAddress
from tests.callers import V1, V2
from tests.customers.bodies import address_row, refusal
from tests.customers.factories import CustomerAddressFactory, CustomerFactory

EXAMPLE = {
    "type": "shipping",
    "first_name": "John",
    "last_name": "Doe",
    "address_1": "789 New St",
    "city": "Queens",
    "state": "NY",
    "postcode": "11301",
    "country": "US",
}


def url(customer, rest="", base=V1):
    """The address route of a customer."""
    return f"{base}/customers/{customer.pk}/address{rest}"


@pytest.fixture
def ada(db):
    """A customer with a primary billing address and another one."""
    customer = CustomerFactory()
    CustomerAddressFactory(customer=customer, is_primary=True)
    CustomerAddressFactory(customer=customer)
    return customer


def stored():
    """Every address that there is, as it stands in the database."""
    return list(CustomerAddress.objects.order_by("pk").values())


def test_the_documents_example_adds_an_address_with_the_customers_email(api, ada):
    CustomerAddressFactory(customer=ada, type="shipping", is_primary=True)

    r = api("customers/manage").post(url(ada), EXAMPLE)

    made = CustomerAddress.objects.latest("pk")
    assert r.status_code == 201
    assert r.json() == {
        "success": True,
        "data": {"address": address_row(made, name="John Doe", email=ada.email, phone="", **EXAMPLE)},
    }


def test_a_last_name_is_not_needed(api, ada):
    r = api("customers/manage").post(url(ada), {key: EXAMPLE[key] for key in EXAMPLE if key != "last_name"})

    assert (r.status_code, r.json()["data"]["address"]["name"]) == (201, "John")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", ""),
        ("first_name", None),
        ("first_name", "a" * 256),
        ("last_name", ["a"]),
        ("email", "nonsense"),
        ("address_1", "  "),
        ("city", None),
        ("country", "XX"),
        ("state", ""),
        ("postcode", ""),
        ("type", "home"),
        ("is_primary", "perhaps"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_bad_field_is_refused_by_name_and_nothing_is_stored(api, ada, field, value):
    before = stored()

    r = api("customers/manage").post(url(ada), EXAMPLE | {field: value})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])
    assert stored() == before


def test_what_is_missing_is_named_in_the_one_error_body(api, ada):
    r = api("customers/manage").post(url(ada), {"name": "John Doe", "state": "NY"})

    sentences = {"first_name": "First Name", "address_1": "Address 1", "city": "City", "country": "Country"}
    fields = {name: [f"{label} field is required."] for name, label in sentences.items()}
    assert r.status_code == 400
    assert r.json() == refusal("validation_error", "Validation failed", 400, fields=fields)


def test_the_documents_curl_updates_two_fields(api, ada):
    address = ada.addresses.get(is_primary=True)
    sent = {"address_id": address.pk, "address_1": "123 Updated St", "city": "Albany"}

    r = api("customers/manage").put(url(ada), sent)

    address.refresh_from_db()
    shown = address_row(address, address_1="123 Updated St", city="Albany", is_primary=True)
    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"address": shown}}


@pytest.mark.parametrize("base", [V1, V2])
@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"first_name": "John"}, "John Lovelace"),
        ({"last_name": "Doe"}, "Ada Doe"),
        ({"last_name": ""}, "Ada"),
        ({"first_name": "John", "last_name": "Doe"}, "John Doe"),
    ],
    ids=str,
)
def test_half_a_name_keeps_the_other_half(api, ada, base, sent, name):
    address = ada.addresses.get(is_primary=True)

    r = api("customers/manage").put(url(ada, base=base), sent | {"address_id": address.pk})

    assert (r.status_code, r.json()["data"]["address"]["name"]) == (200, name)


def test_an_address_that_is_sent_back_whole_takes_the_new_name_in_two(api, ada):
    address = ada.addresses.get(is_primary=True)

    r = api("customers/manage").put(url(ada), address_row(address, is_primary=True, first_name="John"))

    assert (r.status_code, r.json()["data"]["address"]["name"]) == (200, "John Lovelace")


def test_a_blank_first_name_changes_nothing(api, ada):
    before = stored()

    r = api("customers/manage").put(url(ada), {"address_id": before[0]["id"], "first_name": " "})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["first_name"])
    assert stored() == before


@pytest.mark.parametrize("in_query", [False, True])
def test_an_address_is_deleted(api, ada, in_query):
    address = ada.addresses.get(is_primary=False)
    path, body = (f"{url(ada)}?address_id={address.pk}", None) if in_query else (url(ada), {"address_id": address.pk})

    r = api("customers/delete").delete(path, body)

    assert r.status_code == 200
    assert r.json() == {"success": True, "message": "Address deleted successfully"}
    assert not CustomerAddress.objects.filter(pk=address.pk).exists()


@pytest.mark.parametrize("primary", [True, False])
def test_an_address_that_must_stay_is_not_deleted(api, primary):
    address = CustomerAddressFactory(is_primary=True)
    if primary:
        CustomerAddressFactory(customer=address.customer)

    r = api("customers/delete").delete(url(address.customer), {"address_id": address.pk})

    assert (r.status_code, r.json()["error"]["code"]) == (409, "primary_address" if primary else "last_address")


@pytest.mark.parametrize("sent", [{}, {"address_id": "x"}, {"address_id": None}, {"address_id": 2**63}], ids=str)
@pytest.mark.parametrize(("method", "rest"), [("PUT", ""), ("DELETE", ""), ("POST", "/make-primary")])
def test_a_body_that_names_no_address_is_refused(api, ada, method, rest, sent):
    before = stored()

    r = api.everything().send(method, url(ada, rest), sent)

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["address_id"])
    assert stored() == before


@pytest.mark.parametrize(("method", "rest"), [("PUT", ""), ("DELETE", ""), ("POST", "/make-primary")])
def test_somebody_elses_address_is_not_found_and_untouched(api, ada, method, rest):
    other = CustomerAddressFactory()
    before = stored()

    r = api.everything().send(method, url(ada, rest), {"address_id": other.pk})

    message = f"Address with ID {other.pk} not found"
    assert r.status_code == 404
    assert r.json() == refusal("address_not_found", message, 404, summary="Address not found")
    assert stored() == before


def test_another_address_becomes_primary_without_a_type(api, ada):
    other = ada.addresses.get(is_primary=False)

    r = api("customers/manage").post(url(ada, "/make-primary"), {"address_id": other.pk})

    other.refresh_from_db()
    assert r.json() == {"success": True, "data": {"address": address_row(other, is_primary=True)}}
    assert ada.addresses.filter(is_primary=True).count() == 1
