"""Bodies that the order routes cannot accept: each names its field, and nothing is written."""

from __future__ import annotations

import pytest

from customers.models import Customer
from orders.models import Order
from tests.callers import V2
from tests.customers.factories import CustomerFactory
from tests.orders.bodies import order_detail
from tests.orders.factories import VariationFactory
from tests.orders.shop import line, place

URL = f"{V2}/orders"
BAD_IDS = [0, -1, 2**63, "abc", None, [1], {"id": 1}, 1.5, True, "\x00"]
BAD_QUANTITIES = [0, -1, 1_000_001, "two", None, [2], 1.5]
BAD_TEXTS = [["a"], {"a": 1}, True, "\x00", "\ud800"]


class Missing:
    """A key that is not sent; named in the tests' ids alike in every process."""

    def __repr__(self) -> str:
        return "missing"


MISSING = Missing()


def fields_of(response) -> list[str]:
    """The fields that a validation error names."""
    assert (response.status_code, response.json()["code"]) == (400, "validation_error"), response.json()
    assert response.json()["data"]["status"] == 400
    return list(response.json()["data"]["errors"])


def without_missing(values: dict) -> dict:
    """A body without the keys that a case leaves out."""
    return {name: value for name, value in values.items() if value is not MISSING}


# --- Create ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [*BAD_IDS, MISSING], ids=repr)
def test_a_customer_id_is_needed(api, wrong):
    sent = without_missing({"customer_id": wrong, "items": [line(VariationFactory())]})

    r = api("orders/create").post(URL, sent)

    assert fields_of(r) == ["customer_id"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("name", ["product_id", "variation_id"])
@pytest.mark.parametrize("wrong", [*BAD_IDS, MISSING], ids=repr)
def test_every_item_needs_its_ids(api, name, wrong):
    item = without_missing(line(VariationFactory()) | {name: wrong})

    r = api("orders/create").post(URL, {"customer_id": CustomerFactory().pk, "items": [item]})

    assert fields_of(r) == [f"items[0].{name}"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("wrong", [*BAD_QUANTITIES, MISSING], ids=repr)
def test_every_item_needs_a_quantity(api, wrong):
    good = line(VariationFactory())

    r = api("orders/create").post(
        URL, {"customer_id": CustomerFactory().pk, "items": [good, without_missing(good | {"quantity": wrong})]}
    )

    assert fields_of(r) == ["items[1].quantity"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("wrong", [[], None, "abc", {"product_id": 1}, 7, MISSING], ids=repr)
def test_items_are_a_list_with_something_in_it(api, wrong):
    r = api("orders/create").post(URL, without_missing({"customer_id": CustomerFactory().pk, "items": wrong}))

    assert fields_of(r) == ["items"]


@pytest.mark.parametrize(("count", "status"), [(500, 201), (501, 400)])
def test_an_order_has_at_most_five_hundred_lines(api, count, status):
    sent = {"customer_id": CustomerFactory().pk, "items": [line(VariationFactory())] * count}

    assert api("orders/create").post(URL, sent).status_code == status


@pytest.mark.parametrize("name", ["payment_method", "note", "shipping_method"])
@pytest.mark.parametrize("wrong", BAD_TEXTS, ids=repr)
def test_texts_are_texts(api, name, wrong):
    sent = {"customer_id": CustomerFactory().pk, "items": [line(VariationFactory())], name: wrong}

    r = api("orders/create").post(URL, sent)

    assert fields_of(r) == [name]
    assert not Order.objects.exists()


@pytest.mark.parametrize(("name", "limit"), [("note", 5000), ("payment_method", 50)])
def test_texts_have_a_length(api, name, limit):
    client = api("orders/create")
    sent = {"customer_id": CustomerFactory().pk, "items": [line(VariationFactory())]}

    assert client.post(URL, sent | {name: "x" * limit}).json()["data"]["order"][name] == "x" * limit
    assert fields_of(client.post(URL, sent | {name: "x" * (limit + 1)})) == [name]


def test_an_unknown_shipping_method_is_refused(api):
    sent = {"customer_id": CustomerFactory().pk, "items": [line(VariationFactory())], "shipping_method": "rocket"}

    assert fields_of(api("orders/create").post(URL, sent)) == ["shipping_method"]
    assert not Order.objects.exists()


ADDRESS_CASES = [
    ({"country": "XX"}, "country"),
    ({"country": ["US"]}, "country"),
    ({"name": {"first": "John"}}, "name"),
    ({"first_name": "x" * 256}, "first_name"),
    ({"postcode": "x" * 33}, "postcode"),
    ({"phone": "x" * 51}, "phone"),
    ({"city": "\x00"}, "city"),
]


@pytest.mark.parametrize("kind", ["billing_address", "shipping_address"])
@pytest.mark.parametrize(("address", "name"), ADDRESS_CASES)
def test_addresses_are_checked_field_by_field(api, kind, address, name):
    order = place()
    before = order_detail(order)

    r = api("orders/manage").put(f"{URL}/{order.pk}", {kind: address})

    assert fields_of(r) == [f"{kind}.{name}"]
    assert order_detail(order) == before


@pytest.mark.parametrize("wrong", ["abc", [], 7], ids=repr)
def test_an_address_is_an_object(api, wrong):
    order = place()

    assert fields_of(api("orders/manage").put(f"{URL}/{order.pk}", {"billing_address": wrong})) == ["billing_address"]


def test_a_malformed_email_alone_has_a_code_of_its_own(api):
    order = place()

    r = api("orders/manage").put(f"{URL}/{order.pk}", {"billing_address": {"email": "nowhere"}})

    assert (r.status_code, r.json()["code"]) == (400, "invalid_email")
    assert list(r.json()["data"]["errors"]) == ["billing_address.email"]


def test_all_wrong_fields_are_named_at_once(api):
    r = api("orders/create").post(URL, {"items": [{"quantity": 0}], "note": ["a"]})

    assert fields_of(r) == [
        "customer_id", "items[0].product_id", "items[0].variation_id", "items[0].quantity", "note",
    ]  # fmt: skip


@pytest.mark.parametrize("body", ["[1]", '"text"', "7", "true"])
def test_a_body_is_an_object(api, body):
    r = api("orders/create").generic("POST", URL, body, content_type="application/json")

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["body"])


@pytest.mark.parametrize("body", ["{", "{'a': 1}", '{"a": NaN}', "\ufeff{"])
def test_a_body_is_json(api, body):
    r = api("orders/create").generic("POST", URL, body, content_type="application/json")

    assert (r.status_code, r.json()["code"]) == (400, "rest_invalid_json")


# --- Every other write -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        ("", {"status": "lost"}, "status"),
        ("", {"status": "completed"}, "status"),
        ("", {"status": ["processing"]}, "status"),
        ("", {"status": None}, "status"),
        ("", {"note": {"a": 1}}, "note"),
        ("", {"note": "x" * 5001}, "note"),
        ("/mark-as-paid", {"transaction_id": ["a"]}, "transaction_id"),
        ("/mark-as-paid", {"transaction_id": "x" * 193}, "transaction_id"),
        ("/mark-as-paid", {"payment_method": "x" * 51}, "payment_method"),
        ("/mark-as-paid", {"note": "\x00"}, "note"),
        ("/statuses", {"payment_status": "lost"}, "payment_status"),
        ("/statuses", {"shipping_status": ""}, "shipping_status"),
        ("/statuses", {"shipping_status": "lost"}, "shipping_status"),
        ("/statuses", {"order_status": "failed"}, "order_status"),
        ("/statuses", {"order_status": ["completed"]}, "order_status"),
        ("/statuses", {"order_status": "on-hold", "manage_stock": "perhaps"}, "manage_stock"),
        ("/statuses", {"status": "lost"}, "status"),
        ("/statuses", {"status": "on-hold", "order_status": "lost"}, "order_status"),
        ("/statuses", {"order_status": "on-hold", "manageStock": "perhaps"}, "manageStock"),
        ("/statuses", {"action": "explode", "statuses": {"order_status": "on-hold"}}, "action"),
        ("/statuses", {"action": "change_order_status", "statuses": "on-hold"}, "statuses"),
        ("/change-customer", {}, "customer_id"),
        ("/change-customer", {"customer_id": "abc"}, "customer_id"),
        ("/change-customer", {"customer_id": 2**63}, "customer_id"),
        ("/create-and-change-customer", {"first_name": "Jane"}, "email"),
        ("/create-and-change-customer", {"email": "jane@example.com"}, "full_name"),
        ("/create-and-change-customer", {"email": "jane@example.com", "first_name": ["Jane"]}, "first_name"),
        ("/create-and-change-customer", {"email": "jane@example.com", "full_name": "x" * 256}, "full_name"),
    ],
)
def test_bad_input_is_named_and_the_order_stays_as_it_was(api, path, sent, field):
    order = place()
    before = order_detail(order)
    method = "PUT" if path in ("", "/statuses") else "POST"

    r = api.everything().send(method, f"{URL}/{order.pk}{path}", sent)

    assert fields_of(r) == [field]
    assert order_detail(order) == before
    assert Customer.objects.count() == 1


def test_a_status_must_be_given(api):
    order = place()

    r = api.everything().put(f"{URL}/{order.pk}/statuses", {})

    assert fields_of(r) == ["payment_status", "shipping_status", "order_status"]


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("PUT", "", {"note": "x"}),
        ("POST", "", {"note": "x"}),
        ("DELETE", "", None),
        ("POST", "/mark-as-paid", {}),
        ("POST", "/refund", {"amount": 1}),
        ("PUT", "/statuses", {"order_status": "on-hold"}),
        ("POST", "/change-customer", {"customer_id": 1}),
        ("POST", "/create-and-change-customer", {"email": "jane@example.com", "first_name": "Jane"}),
    ],
)
@pytest.mark.parametrize("order_id", [0, 999, 2**63])
def test_no_write_finds_an_unknown_order(api, method, path, sent, order_id):
    r = api.everything().send(method, f"{URL}/{order_id}{path}", sent)

    assert (r.status_code, r.json()["error"]["code"]) == (404, "order_not_found")
    assert r.json()["error"]["message"] == f"Order with ID {order_id} not found"
