"""Orders read over HTTP as the orders document spells them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Order, OrderAddress
from orders.services.delete import delete_order
from orders.services.payment import mark_as_paid
from tests.callers import V2
from tests.customers.bodies import refusal
from tests.customers.factories import CustomerFactory
from tests.orders.bodies import PAGINATION, address_row, order_detail, order_row, transaction_row
from tests.orders.factories import VariationFactory
from tests.orders.shop import place

URL = f"{V2}/orders"
JANUARY = dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC)


def ids(response) -> list[int]:
    """Which orders a list shows."""
    assert response.status_code == 200, response.json()
    return [row["id"] for row in response.json()["data"]["orders"]]


def queries_of(client, url) -> int:
    """How many queries a GET takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


# --- The list ----------------------------------------------------------------------------------


def test_the_list_is_the_documents(api):
    order = place(billing_address={"name": "John Doe"}, note="Ring twice")

    r = api("orders/view").get(URL)

    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"orders": [order_row(order)], "pagination": PAGINATION}}
    assert (r["X-WP-Total"], r["X-WP-TotalPages"]) == ("1", "1")


def test_an_empty_list_has_no_pages(api):
    r = api("orders/view").get(URL)

    pagination = {"current_page": 1, "per_page": 10, "total": 0, "total_pages": 0}
    assert r.json() == {"success": True, "data": {"orders": [], "pagination": pagination}}


def test_related_data_is_added_when_asked_for(api):
    order = place(billing_address={"name": "John Doe", "country": "us"})
    address = OrderAddress.objects.get(order=order)

    r = api("orders/view").get(f"{URL}?with[]=transactions&with[]=billing_address&with[]=shipping_address")

    shown = {
        "transactions": [transaction_row(order.transactions.get())],
        "billing_address": address_row(address),
        "shipping_address": None,
    }
    assert r.json()["data"]["orders"] == [order_row(order, **shown)]


@pytest.mark.parametrize("name", ["customer", "order_items", "transactions", "order_addresses", "shipping_address"])
@pytest.mark.parametrize("path", ["", "/{id}"], ids=["list", "one"])
def test_each_relation_may_be_asked_for(api, name, path):
    order = place()

    r = api("orders/view").get(URL + path.format(id=order.pk), {"with[]": name})

    assert r.status_code == 200


@pytest.mark.parametrize("path", ["", "/{id}"], ids=["list", "one"])
def test_an_unknown_relation_is_refused(api, path):
    order = place()

    r = api("orders/view").get(URL + path.format(id=order.pk), {"with[]": "secrets"})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["with"])


def test_the_newest_order_comes_first(api):
    first, second = place(), place()

    assert ids(api("orders/view").get(URL)) == [second.pk, first.pk]


def test_a_deleted_order_is_in_no_list(api):
    kept, gone = place(), place()
    delete_order(order_id=gone.pk)

    assert ids(api("orders/view").get(URL)) == [kept.pk]


def test_a_deep_page_shows_the_rest_and_links_back(api):
    orders = [place() for _ in range(3)]

    r = api("orders/view").get(f"{URL}?per_page=2&page=2")

    assert r.json()["data"] == {
        "orders": [order_row(orders[0])],
        "pagination": {"current_page": 2, "per_page": 2, "total": 3, "total_pages": 2},
    }
    assert r["Link"] == f'<http://testserver{URL}?per_page=2&page=1>; rel="prev"'


def test_beyond_the_last_page_the_list_is_empty_and_the_total_stays(api):
    place()

    r = api("orders/view").get(f"{URL}?page=99")

    pagination = {"current_page": 99, "per_page": 10, "total": 1, "total_pages": 1}
    assert r.json()["data"] == {"orders": [], "pagination": pagination}


def test_a_list_takes_as_many_queries_for_nine_orders_as_for_one(api):
    client = api("orders/view")
    url = f"{URL}?with[]=transactions&with[]=billing_address&with[]=order_addresses"
    place(billing_address={"name": "John"})
    one = queries_of(client, url)
    for _ in range(8):
        place(billing_address={"name": "John"})

    assert queries_of(client, url) == one == 6


# --- Filters, sorting, search ------------------------------------------------------------------


@pytest.fixture
def two_orders(db) -> dict[str, int]:
    """A paid one of January 2024 and a pending one of now: their ids by name."""
    old, new = place(payment_method="stripe"), place()
    mark_as_paid(order_id=old.pk)
    Order.objects.filter(pk=old.pk).update(created_at=JANUARY)
    return {"old": old.pk, "new": new.pk}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filters[status]=processing", ["old"]),
        ("filters[status]=processing,pending", ["new", "old"]),
        ("filters[status][]=pending", ["new"]),
        ("filters[status]=cancelled", []),
        ("filters[payment_status]=paid", ["old"]),
        ("filters[shipping_status]=unshipped", ["new", "old"]),
        ("filters[date_from]=2024-01-01&filters[date_to]=2024-01-01", ["old"]),
        ("filters[date_from]=2024-01-02", ["new"]),
        ("filters[date_to]=2024-01-01T09:59:59Z", []),
        ("filters[payment_method]=stripe", ["old"]),
        ("filters[mode]=test", []),
        ("filters[type]=payment", ["new", "old"]),
        ('filters={"status":"pending","payment_status":"pending"}', ["new"]),
        ("payment_statuses[]=paid", ["old"]),
        ("order_statuses[]=pending", ["new"]),
        ("shipping_statuses[]=delivered", []),
        ("active_view=paid", ["old"]),
        ("active_view=onetime", ["new", "old"]),
    ],
)
def test_the_list_is_filtered(api, two_orders, query, found):
    r = api("orders/view").get(f"{URL}?{query}")

    assert ids(r) == [two_orders[name] for name in found]


def test_the_list_is_filtered_by_customer(api):
    order = place()
    place()

    assert ids(api("orders/view").get(URL, {"filters[customer_id]": order.customer_id})) == [order.pk]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filters[colour]=red", "filters.colour"),
        ("filters[status]=lost", "filters.status"),
        ("filters[payment_status]=lost", "filters.payment_status"),
        ("filters[customer_id]=abc", "filters.customer_id"),
        ("filters[customer_id]=-1", "filters.customer_id"),
        ("filters[customer_id]=9223372036854775808", "filters.customer_id"),
        ("filters[date_from]=tomorrow", "filters.date_from"),
        ("filters[date_from]=2024-02-01&filters[date_to]=2024-01-01", "filters.date_to"),
        ("filters[status][a][b]=paid", "filters.status"),
        ("filters=[", "filters"),
        ("page=0", "page"),
        ("page=abc", "page"),
        ("per_page=0", "per_page"),
        ("order_by=password", "order_by"),
        ("order_type=UP", "order_type"),
        ("active_view=all", "active_view"),
        ("colour=red", "colour"),
        ("search[]=a", "search"),
        ("search=%00", "search"),
    ],
)
def test_what_a_query_may_not_say_is_named(api, query, field):
    r = api("orders/view").get(f"{URL}?{query}")

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("order_by=created_at", ["new", "old"]),
        ("order_by=created_at&order_type=ASC", ["old", "new"]),
        ("sort_by=total_paid&sort_type=desc", ["old", "new"]),
        ("order_by=status&order_type=asc", ["new", "old"]),
        ("orderby=id&order=asc", ["old", "new"]),
    ],
)
def test_the_list_is_sorted(api, two_orders, query, found):
    assert ids(api("orders/view").get(f"{URL}?{query}")) == [two_orders[name] for name in found]


def test_the_list_is_searched_by_customer_title_invoice_and_id(api):
    jane = CustomerFactory(first_name="Jane", last_name="Smith", email="jane@example.com")
    order = place(VariationFactory(product__title="Blue Teapot"), customer=jane)
    place()
    mark_as_paid(order_id=order.pk)
    invoice_no = Order.objects.get(pk=order.pk).invoice_no
    client = api("orders/view")

    for term in ("SMITH jane", "jane@", "blue tea", invoice_no.lower(), str(order.pk)):
        assert order.pk in ids(client.get(URL, {"search": term})), term
    assert ids(client.get(URL, {"search": "jane@"})) == [order.pk]
    assert ids(client.get(URL, {"search": "nobody"})) == []


# --- One order ---------------------------------------------------------------------------------


def test_an_order_is_the_documents(api):
    order = place(
        billing_address={"first_name": "John", "last_name": "Doe", "email": "john@example.com", "country": "US"},
        payment_method="stripe",
    )
    mark_as_paid(order_id=order.pk, transaction_id="txn_123456")

    r = api("orders/view").get(f"{URL}/{order.pk}")

    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"order": order_detail(order)}}
    shown = r.json()["data"]["order"]
    assert shown["order_items"][0]["product"]["sku"] == shown["order_items"][0]["sku"] != ""
    assert shown["transactions"][0]["transaction_id"] == "txn_123456"
    assert (shown["billing_address"]["first_name"], shown["shipping_address"]) == ("John", None)


def test_an_order_takes_as_many_queries_for_nine_items_as_for_one(api):
    client = api("orders/view")
    small, large = place(), place(*VariationFactory.create_batch(9))

    assert queries_of(client, f"{URL}/{small.pk}") == queries_of(client, f"{URL}/{large.pk}") == 4


@pytest.mark.parametrize("order_id", [0, 999, 2**63 - 1, 2**63, 10**29])
def test_an_unknown_order_is_not_found(api, order_id):
    r = api("orders/view").get(f"{URL}/{order_id}")

    message = f"Order with ID {order_id} not found"
    assert r.status_code == 404
    assert r.json() == refusal("order_not_found", message, 404, summary="Order not found")


def test_a_deleted_order_is_not_found(api):
    order = place()
    delete_order(order_id=order.pk)

    assert api("orders/view").get(f"{URL}/{order.pk}").status_code == 404


@pytest.mark.parametrize("path", ["-1", "abc", "1.5", "1%00", "1/refunds"])
def test_what_is_no_id_is_no_route(api, path):
    r = api("orders/view").get(f"{URL}/{path}")

    assert (r.status_code, r.json()["code"]) == (404, "rest_no_route")
