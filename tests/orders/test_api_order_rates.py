"""Which rate each order and product route is counted in (semantics 9.5, point 6; decisions, "Rates")."""

from __future__ import annotations

import pytest

from tests.callers import V2
from tests.orders.shop import place

LIMITS = {"list": "11", "create": "12", "update": "13", "delete": "14"}


@pytest.fixture(autouse=True)
def rates_on(settings):
    """A different rate for each class, so that the header tells the class."""
    settings.RATE_LIMIT_ENABLED = True
    settings.RATES = {name: f"{limit}/h" for name, limit in LIMITS.items()}


@pytest.mark.parametrize(
    ("method", "path", "rate_class"),
    [
        ("GET", "/orders", "list"),
        ("GET", "/orders/shipping_methods", "list"),
        ("GET", "/orders/export/token", "list"),
        ("GET", "/products", "list"),
        ("POST", "/orders", "create"),
        ("PUT", "/orders/1", "update"),
        ("POST", "/orders/1", "update"),
        ("POST", "/orders/1/mark-as-paid", "update"),
        ("POST", "/orders/1/refund", "update"),
        ("PUT", "/orders/1/statuses", "update"),
        ("POST", "/orders/1/change-customer", "update"),
        ("POST", "/orders/1/create-and-change-customer", "update"),
        ("POST", "/orders/calculate-shipping", "update"),
        ("POST", "/orders/do-bulk-action", "update"),
        ("DELETE", "/orders/1", "delete"),
    ],
)
def test_a_route_is_counted_in_its_class_before_its_policy(api, method, path, rate_class):
    r = api().send(method, V2 + path)

    assert (r.status_code, r["X-RateLimit-Limit"]) == (403, LIMITS[rate_class])


@pytest.mark.parametrize("path", ["/orders/1", "/products/1"])
def test_reading_one_is_not_counted(api, path):
    assert "X-RateLimit-Limit" not in api.everything().get(V2 + path)


@pytest.mark.parametrize(("action", "rate_class"), [("delete", "delete"), ("export", "update")])
def test_a_bulk_action_that_deletes_is_counted_as_a_delete_too(api, action, rate_class):
    client = api.everything()
    sent = {"action": action, "order_ids": [place().pk]}

    r = client.post(f"{V2}/orders/do-bulk-action", sent)

    assert (r.status_code, r["X-RateLimit-Limit"]) == (200, LIMITS[rate_class])
    assert client.put(f"{V2}/orders/1/statuses")["X-RateLimit-Remaining"] == "11"


def test_products_have_a_budget_of_their_own(api):
    client = api.everything()

    assert client.get(f"{V2}/orders")["X-RateLimit-Remaining"] == "10"
    assert client.get(f"{V2}/products")["X-RateLimit-Remaining"] == "10"
