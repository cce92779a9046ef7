"""What the order and product routes really answer is what the OpenAPI document says."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from fluentcart.api.schema.document import generate
from fluentcart.urls import MOUNTS
from orders.services.payment import mark_as_paid
from tests.callers import V2
from tests.orders.factories import ShippingMethodFactory, VariationFactory
from tests.orders.shop import line, place


@pytest.fixture(scope="module")
def document():
    """The OpenAPI document of v2."""
    return generate(MOUNTS["v2"])


def misfits(document, method, path, response) -> list[str]:
    """Where an answer is not what the document says."""
    described = document["paths"][V2 + path][method]["responses"][str(response.status_code)]
    schema = described["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(response.json())]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/orders", ""),
        ("/orders", "?with[]=transactions&with[]=billing_address&with[]=shipping_address&with[]=order_addresses"),
        ("/orders", "?colour=red"),
        ("/orders/{order_id}", ""),
        ("/orders/shipping_methods", ""),
        ("/products", ""),
        ("/products/{product_id}", ""),
    ],
)
def test_what_is_read_fits(api, document, path, query):
    order = place(note="Ring twice", billing_address={"name": "John Doe", "country": "US"})
    ShippingMethodFactory()
    url = V2 + path.format(order_id=order.pk, product_id=order.items.get().product_id)

    r = api.everything().get(url + query)

    assert misfits(document, "get", path, r) == []


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("put", "/orders/{order_id}", {"note": "x"}),
        ("put", "/orders/{order_id}", {"note": ["x"]}),
        ("put", "/orders/{order_id}/statuses", {"shipping_status": "shipped"}),
        ("post", "/orders/{order_id}/mark-as-paid", {}),
        ("post", "/orders/{order_id}/refund", {"amount": 2500}),
        ("post", "/orders/{order_id}/refund", {"amount": 5001}),
        ("post", "/orders/{order_id}/create-and-change-customer", {"email": "jane@example.com", "full_name": "Jane"}),
        ("delete", "/orders/{order_id}", None),
    ],
)
def test_what_is_written_fits(api, document, method, path, sent):
    order = place()
    if path.endswith("refund"):
        mark_as_paid(order_id=order.pk)

    r = api.everything().send(method, V2 + path.format(order_id=order.pk), sent)

    assert misfits(document, method, path, r) == []


@pytest.mark.parametrize("action", ["delete", "export"])
def test_bulk_answers_fit(api, document, action):
    sent = {"action": action, "order_ids": [place().pk, 999]}

    r = api.everything().post(f"{V2}/orders/do-bulk-action", sent)

    assert (r.status_code, misfits(document, "post", "/orders/do-bulk-action", r)) == (200, [])


@pytest.mark.parametrize("method", ["standard", None])
def test_quotes_fit(api, document, method):
    ShippingMethodFactory(slug="standard")
    sent = {"items": [line(VariationFactory())], "shipping_address": {"country": "US"}, "shipping_method": method}

    r = api.everything().post(f"{V2}/orders/calculate-shipping", sent)

    assert (r.status_code, misfits(document, "post", "/orders/calculate-shipping", r)) == (200, [])
