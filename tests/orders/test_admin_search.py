"""Searches in the admin's list of orders: the same rows and totals, whether the API's pages or the list's own query."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fluentcart.admin import paging
from orders.admin.order import OrderAdmin
from tests.admin_pages import staff
from tests.customers.factories import CustomerFactory
from tests.orders.factories import ItemFactory, OrderFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db
ORDERS = "/admin/orders/order/"


def listed(query: str) -> tuple[list[int], int, bool]:
    """Keys of the page, total, and whether there are more than are counted."""
    shown = staff().get(f"{ORDERS}{query}").context["cl"]
    return [order.pk for order in shown.result_list], shown.result_count, shown.paginator.is_bounded


@pytest.fixture
def found(db) -> list[int]:
    """Orders that "lovelace" finds, newest first: by name, by product, by both; and others that it does not."""
    ada, bob = (
        CustomerFactory.create(first_name="Ada", last_name="Lovelace"),
        CustomerFactory.create(first_name="Bob", last_name="Byron"),
    )
    book = VariationFactory.create(product=ProductFactory.create(title="Notes of Lovelace"))
    orders = [OrderFactory.create(customer=customer, status="processing") for customer in (ada, ada, bob, ada)]
    for order in orders[1:3]:
        ItemFactory.create(order=order, variation=book, product=book.product)
    OrderFactory.create(customer=bob)
    OrderFactory.create(customer=ada, deleted_at=timezone.now())
    return sorted((order.pk for order in orders), reverse=True)


@pytest.mark.parametrize("query", ["?q=lovelace", "?q=%20LoveLace", "?q=lovelace&status__exact=processing"])
def test_a_search_finds_each_live_order_once_with_an_exact_total(found, query):
    assert listed(query) == (found, 4, False)


@pytest.mark.parametrize("query", ["?q=lovelace", "?q=lovelace&status__exact=processing"])
def test_pages_of_a_search_follow_each_other_and_end(found, monkeypatch, query):
    monkeypatch.setattr(OrderAdmin, "list_per_page", 3)

    assert listed(f"{query}&p=1") == (found[:3], 4, False)
    assert listed(f"{query}&p=2") == (found[3:], 4, False)
    assert "?e=1" in staff().get(f"{ORDERS}{query}&p=3").url


def test_other_orders_of_a_list_and_the_trash_hold_for_a_search_too(found):
    assert listed("?q=lovelace&o=1")[0] == found[::-1]
    assert listed("?q=lovelace&trash=only")[1] == 1


def test_an_order_is_found_by_its_id_too(found):
    assert found[0] in listed(f"?q={found[0]}")[0]


@pytest.mark.parametrize("query", ["?q=lovelace", "?q=lovelace&status__exact=processing"])
def test_more_than_are_counted_are_told_as_more(found, monkeypatch, query):
    monkeypatch.setattr(paging, "COUNTED_ROWS_MAX", 3)
    monkeypatch.setattr(OrderAdmin, "list_per_page", 2)

    assert listed(query) == (found[:2], 3, True)


@pytest.mark.postgres
def test_the_orders_of_customers_that_are_found_are_not_joined_to_be_counted(found):
    client = staff()
    with CaptureQueriesContext(connection) as captured:
        client.get(f"{ORDERS}?q=lovelace")

    # As pg_trgm's index is asked, or one of our own where there is no pg_trgm.
    asked = re.compile(r'search_text"? LIKE|fluentcart_holds\(')
    searches = [query["sql"] for query in captured if asked.search(query["sql"])]
    assert len(searches) == 1
    assert "sum(live_order_count)" in searches[0]
