"""Products over HTTP: what a client can order."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.callers import V2
from tests.customers.bodies import refusal
from tests.orders.bodies import PAGINATION, product_row, variation_row
from tests.orders.factories import ProductFactory, VariationFactory

URL = f"{V2}/products"


def ids(response) -> list[int]:
    """Which products a list shows."""
    return [row["id"] for row in response.json()["data"]["products"]]


def test_the_list_shows_products_with_their_variations(api):
    small = VariationFactory(title="Small", sku="SP-001")
    large = VariationFactory(product=small.product, title="Large", sku=None, stock=3)

    r = api("products/view").get(URL)

    shown = product_row(
        small.product, variation_row(small), variation_row(large, sku="", manage_stock=True, available=3)
    )
    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"products": [shown], "pagination": PAGINATION}}


def test_one_product_is_shown_alone(api):
    variation = VariationFactory(stock=0)

    r = api("products/view").get(f"{URL}/{variation.product_id}")

    row = variation_row(variation, manage_stock=True, stock_status="out-of-stock")
    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"product": product_row(variation.product, row)}}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "in-stock"),
        ({"stock": 1}, "in-stock"),
        ({"stock": 0}, "out-of-stock"),
        ({"stock": 0, "backorders": True}, "in-stock"),
    ],
    ids=["not counted", "one left", "none left", "backorders"],
)
def test_whether_it_can_be_ordered_is_told(api, options, word):
    variation = VariationFactory(**options)

    r = api("products/view").get(f"{URL}/{variation.product_id}")

    assert r.json()["data"]["product"]["variations"][0]["stock_status"] == word


def test_what_the_shop_paid_is_nobodys_business(api):
    variation = VariationFactory(cost_cents=1234)

    assert b"1234" not in api("products/view").get(f"{URL}/{variation.product_id}").content


@pytest.mark.parametrize("product_id", [0, 999, 2**63])
def test_an_unknown_product_is_not_found(api, product_id):
    r = api("products/view").get(f"{URL}/{product_id}")

    message = f"Product with ID {product_id} not found"
    assert (r.status_code, r.json()) == (404, refusal("product_not_found", message, 404, summary="Product not found"))


@pytest.fixture
def teapots(db):
    """A published teapot and a draft cup: their ids by name."""
    teapot = VariationFactory(sku="TEA-1", product=ProductFactory(title="Blue Teapot")).product
    return {"teapot": teapot.pk, "cup": ProductFactory(title="Cup", status="draft").pk}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["cup", "teapot"]),
        ("search=BLUE tea", ["teapot"]),
        ("search=tea-1", ["teapot"]),
        ("search=nothing", []),
        ("filters[status]=published", ["teapot"]),
        ("filters[status]=draft,private", ["cup"]),
        ("order_by=title&order_type=ASC", ["teapot", "cup"]),
        ("per_page=1&page=2", ["teapot"]),
    ],
)
def test_the_list_is_searched_filtered_sorted_and_paged(api, teapots, query, found):
    assert ids(api("products/view").get(f"{URL}?{query}")) == [teapots[name] for name in found]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filters[status]=lost", "filters.status"),
        ("filters[price]=1", "filters.price"),
        ("order_by=price", "order_by"),
        ("with[]=orders", "with"),
        ("page=-1", "page"),
    ],
)
def test_what_a_query_may_not_say_is_named(api, query, field):
    r = api("products/view").get(f"{URL}?{query}")

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])


def test_the_list_takes_three_queries_however_long_it_is(api, django_assert_num_queries):
    client = api("products/view")
    VariationFactory()
    with django_assert_num_queries(3):
        client.get(URL)
    VariationFactory.create_batch(8)

    with CaptureQueriesContext(connection) as queries:
        assert len(ids(client.get(URL))) == 9

    assert len(queries) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_products_are_read_only(api, method):
    product = ProductFactory()

    r = api.everything().send(method, f"{URL}/{product.pk}", {"title": "Other"})

    assert (r.status_code, r.json()["code"]) == (404, "rest_no_route")
