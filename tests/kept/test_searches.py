"""A search finds the same rows whatever plan finds them, and counts each once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import searchable
from fluentcart.compiled import Selection
from fluentcart.kept.indexes import is_only_index
from fluentcart.kept.installing import ensure, make_of
from fluentcart.kept.texts import OWN_TRIGRAMS, TextIndex, holding, pattern_of
from orders import lists
from orders.lists import order_page
from orders.models import Order
from orders.search import find_orders, search_orders
from tests.customers.factories import CustomerFactory
from tests.orders.factories import ItemFactory, OrderFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db
# Ada's name stands in her orders' customer, in an invoice number of Bob's and in a title that both bought.
TERMS = [
    "ada",
    "ada b",
    "inv-1",
    "ada mug",
    "mug",
    "a%a",
    "_da",
    'a"a',
    "nobody at all",
    "ad",
    "é",
    "77",
    "bob",
    "\\",
    "inv-98765",
    "98765",
    "987654321",
    "v-987654",
    "x-98765",
    "inv-98765%",
    "8765432",
    "inv-9876543219",
    "98765 98765",
    "@98765",
]


@pytest.fixture
def shop():
    """Two customers, orders of both found by one, two or three of their texts, and one that is deleted."""
    ada = named("Ada", "Byron")
    bob = named("Bob", "Élan 77")
    title = ProductFactory(title="Ada Mug", search_text="ada mug")
    mug = VariationFactory(product=title)
    for number in range(12):
        order = OrderFactory(
            customer=(ada, bob)[number % 2],
            invoice_no=f"INV-{number}",
            search_text={3: "inv-ada", 5: "inv-987654321", 6: "inv-98765", 8: "sinv-98765"}.get(
                number, f"inv-{number}"
            ),
        )
        if number % 3 == 0:
            ItemFactory(order=order, variation=mug, product=title)
    Order.objects.filter(invoice_no="INV-4").update(deleted_at=order.created_at)


def named(first_name: str, last_name: str):
    """A customer with a name."""
    email = f"{first_name.lower()}@example.com"
    found = searchable(first_name=first_name, last_name=last_name, email=email)
    return CustomerFactory(first_name=first_name, last_name=last_name, email=email, search_text=found)


@pytest.mark.parametrize("offset", [0, 2, 50])
@pytest.mark.parametrize("few", [0, 500], ids=["walked", "looked up"])
@pytest.mark.parametrize("term", TERMS)
def test_a_page_of_a_search_is_what_the_rule_finds(monkeypatch, shop, term, few, offset):
    monkeypatch.setattr(lists, "CUSTOMERS_FEW", few)
    lists._found_statement.cache_clear()
    expected = [pk for (pk,) in find_orders(Order.objects.all(), term).order_by("-pk").values_list("pk")]

    total, rows = order_page(search_orders(Selection(Order.objects.all), term), 4, offset)

    lists._found_statement.cache_clear()
    assert total == len(expected)
    assert [pk for (pk,) in rows.tuples("pk")] == expected[offset : offset + 4]


def test_an_order_is_found_by_its_id_too(shop):
    OrderFactory(pk=123_456_789)

    total, rows = order_page(search_orders(Selection(Order.objects.all), "123456789"), 4, 0)

    assert (total, rows.tuples("pk")) == (1, [(123_456_789,)])


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["customers_customer", "orders_order", "orders_product"])
def test_an_index_finds_a_part_with_the_trigrams_extension_and_without(table):
    """CI has both: Debian's PostgreSQL with pg_trgm, the wheel's without."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN SELECT id FROM {table} WHERE {holding('search_text', 'default')}", [pattern_of("ada", "default")]
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert f"Bitmap Index Scan on {table}_search_" in plan


@pytest.mark.postgres
@pytest.mark.parametrize("part", ["ada", "a%a", "_da", "é 7", "\\ad", "lovelace ada"])
@pytest.mark.parametrize("whole", ["ada", "lovelace ada", "a%a_da", "bob é 77", "\\ada", "ad", "", "ad ada da"])
def test_own_trigrams_hold_what_python_says(whole, part):
    with connection.cursor() as cursor:
        for statement in OWN_TRIGRAMS:
            cursor.execute(statement)
        cursor.execute("SELECT COALESCE(fluentcart_holds(%s, %s), false)", [whole, part])
        assert cursor.fetchone() == (part in whole,)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_unfinished", [True, False])
def test_a_text_index_is_built_outside_of_a_transaction_and_takes_the_place_of_others(is_unfinished):
    kept = TextIndex("orders_product")
    right = f"{kept.name}_{make_of(kept, connection)}"
    with connection.cursor() as cursor:
        if is_unfinished:
            cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [right])
        else:
            cursor.execute(f"ALTER INDEX {right} RENAME TO {kept.name}_01234567")

    with CaptureQueriesContext(connection) as queries:
        assert ensure(kept, "default")

    assert is_only_index(connection, f"{kept.name}_", make_of(kept, connection))
    assert not ensure(kept, "default")
    changes = [query["sql"] for query in queries if " INDEX " in query["sql"]]
    assert [change.split(" ON ")[0].split()[:3] for change in changes if "EXTENSION" not in change] == (
        [["DROP", "INDEX", "CONCURRENTLY"], ["CREATE", "INDEX", "CONCURRENTLY"]][:: 1 if is_unfinished else -1]
    )
