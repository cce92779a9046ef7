"""Shipping methods and quotes over HTTP as the orders document spells them."""

from __future__ import annotations

import pytest

from tests.callers import V2
from tests.customers.bodies import refusal
from tests.orders.factories import ShippingMethodFactory, ShippingZoneFactory, VariationFactory
from tests.orders.shop import line

QUOTE = f"{V2}/orders/calculate-shipping"
METHODS = f"{V2}/orders/shipping_methods"
NEW_YORK = {"country": "US", "state": "NY", "postcode": "10001"}
STANDARD = {
    "id": "standard",
    "name": "Standard Shipping",
    "description": "Standard ground shipping",
    "cost": 500,
    "estimated_days": "3-5",
}
EXPRESS = {
    "id": "express",
    "name": "Express Shipping",
    "description": "Express shipping",
    "cost": 1000,
    "estimated_days": "1-2",
}


@pytest.fixture(autouse=True)
def methods(db) -> None:
    """The document's two methods: standard for the United States, express for everywhere."""
    home = ShippingZoneFactory(region="included", countries=["US"])
    ShippingMethodFactory(
        zone=home, slug="standard", description="Standard ground shipping", estimated_days="3-5", rate_cents=500
    )
    ShippingMethodFactory(
        zone=ShippingZoneFactory(position=1),
        slug="express",
        title="Express Shipping",
        description="Express shipping",
        estimated_days="1-2",
        rate_cents=1000,
    )


def test_the_methods_are_the_documents(api):
    r = api("orders/manage").get(METHODS)

    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"shipping_methods": [STANDARD, EXPRESS]}}


@pytest.mark.parametrize("query", ["country=fr", "country_code=FR", "country=FR&state=75"])
def test_the_methods_can_be_those_of_a_country(api, query):
    r = api("orders/manage").get(f"{METHODS}?{query}")

    assert r.json()["data"]["shipping_methods"] == [EXPRESS]


@pytest.mark.parametrize(
    ("query", "field"), [("country=XX", "country"), ("country[]=US", "country"), ("zip=1", "zip"), ("page=1", "page")]
)
def test_what_the_query_may_not_say_is_named(api, query, field):
    r = api("orders/manage").get(f"{METHODS}?{query}")

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])


def test_the_documents_example_is_quoted(api):
    r = api("orders/create").post(QUOTE, {"items": [line(VariationFactory(), 2)], "shipping_address": NEW_YORK})

    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"shipping_methods": [STANDARD, EXPRESS], "charge": None}}


@pytest.mark.parametrize(
    ("country", "method", "charge"),
    [("US", "standard", 500), ("FR", "express", 1000), ("FR", "standard", None), ("US", "rocket", None)],
)
@pytest.mark.parametrize("name", ["shipping_method", "shipping_id"])
def test_the_charge_of_one_method_is_told(api, name, country, method, charge):
    sent = {"items": [line(VariationFactory())], "shipping_address": {"country": country}, name: method}

    assert api("orders/create").post(QUOTE, sent).json()["data"]["charge"] == charge


def test_the_plugins_spelling_is_quoted(api):
    variation = VariationFactory()
    item = {"post_id": variation.product_id, "object_id": variation.pk, "quantity": 1}

    r = api("orders/manage").post(QUOTE, {"order_items": [item], "country_code": "FR", "state": "75"})

    assert r.json()["data"]["shipping_methods"] == [EXPRESS]


def test_nothing_is_sent_for_digital_items(api):
    sent = {"items": [line(VariationFactory(fulfillment_type="digital"))], "shipping_address": NEW_YORK}

    r = api("orders/create").post(QUOTE, sent)

    assert r.json() == {"success": True, "data": {"shipping_methods": [], "charge": None}}


def test_an_unknown_product_is_not_quoted(api):
    item = {"product_id": 999, "variation_id": 999, "quantity": 1}

    r = api("orders/create").post(QUOTE, {"items": [item], "shipping_address": NEW_YORK})

    sentence = "Variation with ID 999 does not exist."
    assert r.status_code == 400
    assert r.json() == refusal("invalid_product", sentence, 400, fields={"items[0].variation_id": [sentence]})


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"items": []}, "items"),
        ({"items": None}, "items"),
        ({"items": [{"product_id": 1, "variation_id": 1}]}, "items[0].quantity"),
        ({"shipping_address": None}, "shipping_address"),
        ({"shipping_address": "US"}, "shipping_address"),
        ({"shipping_address": {}}, "shipping_address.country"),
        ({"shipping_address": {"country": "XX"}}, "shipping_address.country"),
        ({"shipping_address": NEW_YORK | {"state": ["NY"]}}, "shipping_address.state"),
        ({"shipping_address": NEW_YORK | {"postcode": "x" * 33}}, "shipping_address.postcode"),
        ({"shipping_method": ["standard"]}, "shipping_method"),
    ],
)
def test_bad_input_is_named(api, sent, field):
    good = {"items": [line(VariationFactory())], "shipping_address": NEW_YORK}

    r = api("orders/create").post(QUOTE, good | sent)

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])


def test_an_address_is_needed(api):
    r = api("orders/create").post(QUOTE, {"items": [line(VariationFactory())]})

    assert r.json()["data"]["errors"] == {"shipping_address": ["Shipping Address field is required."]}
