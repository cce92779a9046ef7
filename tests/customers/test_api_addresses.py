"""Addresses of a customer over HTTP as the v2 document spells them."""

from __future__ import annotations

import pytest

from customers.models import CustomerAddress
from tests.callers import V2
from tests.customers.bodies import address_row, refusal
from tests.customers.factories import CustomerAddressFactory, CustomerFactory

EXAMPLE = {
    "type": "shipping",
    "name": "John Doe",
    "email": "customer@example.com",
    "address_1": "789 New St",
    "address_2": "",
    "city": "Queens",
    "state": "NY",
    "postcode": "11301",
    "country": "US",
    "phone": "+1234567890",
    "label": "Work",
    "is_primary": 0,
}


def url(customer, rest=""):
    """The address route of a customer."""
    return f"{V2}/customers/{customer.pk}/address{rest}"


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


def test_the_list_is_bare_and_primary_ones_come_first(api):
    customer = CustomerFactory()
    second = CustomerAddressFactory(customer=customer)
    first = CustomerAddressFactory(customer=customer, is_primary=True)

    r = api("customers/view").get(url(customer))

    assert r.json() == {"addresses": [address_row(first, is_primary=True), address_row(second)]}


def test_the_list_can_be_of_one_type(api, ada):
    shipping = CustomerAddressFactory(customer=ada, type="shipping")

    r = api("customers/view").get(url(ada), {"type": "shipping"})

    assert r.json() == {"addresses": [address_row(shipping, type="shipping")]}


def test_an_unknown_type_is_refused(api, ada):
    r = api("customers/view").get(url(ada), {"type": "home"})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["type"])


def test_the_documents_example_adds_an_address(api, ada):
    CustomerAddressFactory(customer=ada, type="shipping", is_primary=True)

    r = api("customers/manage").post(url(ada), EXAMPLE)

    made = CustomerAddress.objects.latest("pk")
    shown = EXAMPLE | {"first_name": "John", "last_name": "Doe", "is_primary": False}
    assert r.status_code == 201
    assert r.json() == {
        "success": True,
        "data": {"address": address_row(made, **shown)},
        "message": "Address created successfully!",
    }


def test_the_first_address_of_a_type_is_primary(api, ada):
    r = api("customers/manage").post(url(ada), EXAMPLE)

    assert r.json()["data"]["address"]["is_primary"] is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", "a" * 256),
        ("email", "nonsense"),
        ("address_1", ["a"]),
        ("city", "  "),
        ("country", "XX"),
        ("state", "ZZ"),
        ("state", ""),
        ("postcode", ""),
        ("type", "home"),
        ("label", "a" * 16),
        ("is_primary", "perhaps"),
        ("is_primary", 2),
        ("order_id", "x"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_bad_field_is_refused_by_name_and_nothing_is_stored(api, ada, field, value):
    before = stored()

    r = api.everything().post(url(ada), EXAMPLE | {field: value})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])
    assert stored() == before


def test_the_documents_curl_updates_an_address_without_a_state(api, ada):
    address = ada.addresses.get(is_primary=True)
    sent = {
        "id": address.pk,
        "name": "John Doe",
        "email": "customer@example.com",
        "address_1": "123 Updated St",
        "city": "New York",
        "country": "US",
    }

    r = api("customers/manage").put(url(ada), sent)

    address.refresh_from_db()
    shown = sent | {"first_name": "John", "last_name": "Doe", "is_primary": True}
    assert r.status_code == 200
    assert r.json() == {
        "success": True,
        "data": {"address": address_row(address, **shown)},
        "message": "Address updated successfully!",
    }


@pytest.mark.parametrize("key", ["id", "address_id", "addressId"])
def test_an_address_is_named_in_any_documents_spelling(api, ada, key):
    address = ada.addresses.get(is_primary=True)

    r = api("customers/manage").put(url(ada), {key: address.pk, "city": "Albany"})

    assert r.json()["data"]["address"]["city"] == "Albany"


def test_the_primary_mark_cannot_be_taken_off(api, ada):
    address = ada.addresses.get(is_primary=True)

    r = api("customers/manage").put(url(ada), {"id": address.pk, "is_primary": 0})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["is_primary"])


@pytest.mark.parametrize("method", ["put", "delete", "make-primary"])
def test_somebody_elses_address_is_not_found_and_untouched(api, ada, method):
    other = CustomerAddressFactory()
    before = stored()
    client = api.everything()

    if method == "make-primary":
        r = client.post(url(ada, "/make-primary"), {"addressId": other.pk, "type": "billing"})
    else:
        r = client.send(method, url(ada), {"id": other.pk, "city": "Elsewhere"})

    message = f"Address with ID {other.pk} not found"
    assert r.status_code == 404
    assert r.json() == refusal("address_not_found", message, 404, summary="Address not found")
    assert stored() == before


@pytest.mark.parametrize("body", [{"address": {"id": "ID"}}, {"id": "ID"}, {"address_id": "ID"}], ids=str)
def test_an_address_is_deleted(api, ada, body):
    address = ada.addresses.get(is_primary=False)
    text = str(body).replace("'ID'", str(address.pk))

    r = api("customers/delete").delete(url(ada), eval(text))

    assert r.json() == {"success": True, "data": {"message": "Address deleted successfully"}}
    assert not CustomerAddress.objects.filter(pk=address.pk).exists()


def test_an_address_can_be_named_in_the_query_of_a_delete(api, ada):
    address = ada.addresses.get(is_primary=False)

    r = api("customers/delete").delete(f"{url(ada)}?id={address.pk}")

    assert r.status_code == 200


def test_a_primary_address_is_not_deleted(api, ada):
    address = ada.addresses.get(is_primary=True)

    r = api("customers/delete").delete(url(ada), {"address": {"id": address.pk}})

    assert (r.status_code, r.json()["code"]) == (409, "primary_address")
    assert ada.addresses.count() == 2


def test_the_last_address_is_not_deleted(api):
    address = CustomerAddressFactory(is_primary=True)

    r = api("customers/delete").delete(url(address.customer), {"address": {"id": address.pk}})

    assert (r.status_code, r.json()["code"]) == (409, "last_address")


@pytest.mark.parametrize(
    "body", [{}, {"address": {}}, {"address": 5}, {"address": {"id": "x"}}, {"id": 2**63}], ids=str
)
def test_a_delete_that_names_no_address_is_refused(api, ada, body):
    r = api("customers/delete").delete(url(ada), body)

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["id"])


def test_another_address_becomes_primary_in_place_of_the_first(api, ada):
    other = ada.addresses.get(is_primary=False)

    r = api("customers/manage").post(url(ada, "/make-primary"), {"addressId": other.pk, "type": "billing"})

    other.refresh_from_db()
    assert r.json() == {
        "success": True,
        "data": {"address": address_row(other, is_primary=True)},
        "message": "Primary address updated successfully!",
    }
    assert ada.addresses.filter(is_primary=True).count() == 1


def test_make_primary_with_another_type_changes_nothing(api, ada):
    other = ada.addresses.get(is_primary=False)
    before = stored()

    r = api("customers/manage").post(url(ada, "/make-primary"), {"addressId": other.pk, "type": "shipping"})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["type"])
    assert stored() == before


@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("POST", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/make-primary")]
)
def test_addresses_of_nobody_are_not_found(api, method, rest):
    body = EXAMPLE | {"id": 1}

    r = api.everything().send(method, f"{V2}/customers/999/address{rest}", None if method == "GET" else body)

    assert (r.status_code, r.json()["code"]) == (404, "customer_not_found")


def test_an_order_in_the_body_needs_the_capability_for_orders(api, ada):
    before = stored()

    r = api("customers/manage").post(url(ada), EXAMPLE | {"order_id": 1})

    assert (r.status_code, r.json()["code"]) == (403, "insufficient_permissions")
    assert stored() == before


def test_an_order_of_somebody_else_is_not_found_and_no_address_is_stored(api, ada):
    before = stored()

    r = api("customers/manage", "orders/manage").post(url(ada), EXAMPLE | {"order_id": 999})

    assert (r.status_code, r.json()["code"]) == (404, "order_not_found")
    assert stored() == before
