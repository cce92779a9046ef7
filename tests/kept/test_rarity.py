"""Rare pieces of a search term: which ones are chosen, and that they find what the whole term finds."""

from __future__ import annotations

from random import Random
from time import monotonic

import pytest
from django.db import connection

from customers.lists import customer_page
from customers.models import Customer
from customers.search import condition_of, find_customers, search_customers
from fluentcart.compiled import Selection
from fluentcart.kept import samples
from fluentcart.kept.rarity import TEXTS_MIN, Rarity
from fluentcart.kept.searching import has_part, has_rare_part
from fluentcart.kept.texts import OWN_TRIGRAMS, including, pieces_of, with_pieces
from orders import lists
from orders.lists import order_page
from orders.models import Order
from orders.search import anywhere_rare, find_orders, search_orders
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory

# As customers' texts are: few first names, many last names, one domain.
TEXTS = [
    f"{first} {last}{number}\n{last}{number} {first}\n{first}.{last}{number}@example.com"
    for number, (first, last) in enumerate(
        (("ana", "zoe", "bob", "kim")[place % 4], f"{chr(97 + place % 26)}{chr(97 + place // 26 % 26)}strom")
        for place in range(600)
    )
]


@pytest.fixture
def rarity():
    """What these texts tell."""
    return Rarity(TEXTS, is_ascii=False)


@pytest.mark.parametrize("seed", range(40))
def test_pieces_stand_in_the_part_one_after_the_other(rarity, seed):
    random = Random(seed)
    text = random.choice(TEXTS)
    start = random.randrange(len(text))
    part = text[start : start + random.randrange(30)]

    pieces = rarity.rarest(part) or []

    place = 0
    for piece in pieces:
        place = part.index(piece, place) + len(piece)
    assert pieces == [] or len(pieces) >= 2
    assert sum(all(piece in other for piece in pieces) for other in TEXTS) <= 2 or not pieces


def test_letters_that_many_texts_have_are_not_asked_for(rarity):
    assert rarity.rarest("ana.aastrom0@example.com") is not None
    assert not {"exa", "mpl", "com", "tro"} & set(rarity.rarest("ana.aastrom0@example.com"))


@pytest.mark.parametrize("part", ["ana", "example.com", "strom", "a b", "aastrom", "é", ""])
def test_a_part_of_common_letters_or_of_few_serves_as_it_is(rarity, part):
    assert rarity.rarest(part) is None


@pytest.mark.parametrize(("count", "is_rare"), [(3, True), (4, False)])
def test_pieces_that_leave_too_many_texts_are_no_help(count, is_rare):
    known = Rarity(["ada lovelace"] * count + ["nobody"] * (1000 - count), is_ascii=False)

    assert (known.rarest("ada lovelace") is not None) == is_rare


@pytest.mark.parametrize(("count", "is_known"), [(TEXTS_MIN - 1, False), (TEXTS_MIN, True)])
def test_few_texts_tell_nothing(count, is_known):
    assert (Rarity(["nobody"] * count, is_ascii=False).rarest("jürgen krämer") is not None) == is_known


@pytest.mark.parametrize(("is_ascii", "found"), [(False, ["jür", "gen"]), (True, None)])
def test_letters_that_the_database_does_not_know_as_such_are_not_asked_for(is_ascii, found):
    assert Rarity(["nobody"] * TEXTS_MIN, is_ascii=is_ascii).rarest("jürgen") == found


@pytest.mark.parametrize(
    ("part", "row_count", "is_common"),
    [
        ("example.com", 1_000_000, True),
        ("xample.co", 1_000_000, True),
        ("ex", 1_000_000, True),
        ("ex", 10_000, False),  # not even all texts are so many
        ("", 0, False),
        ("zoe", 1_000_000, True),
        ("zoe", 190_000, False),  # a quarter of them
        ("aastrom", 10**9, False),
        ("aa", 10**9, False),
        ("example.com\nana", 10**9, False),
        ("moc.elpmaxe", 10**9, False),
    ],
)
def test_a_part_is_common_when_a_large_share_of_many_texts_has_it(part, row_count, is_common):
    known = Rarity(TEXTS, is_ascii=False, row_count=row_count)

    assert known.is_common(part, 50_000) == is_common


def test_few_texts_show_nothing_to_be_common():
    """As in a table whose ids are far apart: an address could be in all of the few."""
    known = Rarity(["ada@example.com"] * (TEXTS_MIN - 1), is_ascii=False, row_count=10**7)

    assert not known.is_common("ada@example.com", 50_000)


# --- In the database -----------------------------------------------------------------------------

# The last ones have all pieces of a term and not the term.
NAMES = [
    "Ada%Lovelace",
    "Ada_Lovelace",
    "Ada Lovelace",
    "Ada\\Lovelace",
    'Ada"Lovelace',
    "Ädä Lovelace",
    "Adax Lovelacy",
]
TERMS = [
    *NAMES,
    "ada lovelace",
    "lovelace ada",
    "ada%lovelace",
    "ada_lovelac",
    "\\lovelace",
    "lovelace",
    "ädä lov",
    "lovelace@example.com",
    "123456",
    "ad",
]


@pytest.fixture
def shop(monkeypatch):
    """Customers with an order each, in a process that knows all their letters as rare."""
    for number, name in enumerate(NAMES):
        text = f"{name}\n{name}{number}.lovelace@example.com".casefold()
        OrderFactory(customer=CustomerFactory(pk=123_456 + number, search_text=text), search_text=f"inv-{number}")
    known = (monotonic(), Rarity(["nobody at all"] * TEXTS_MIN, is_ascii=False))
    monkeypatch.setitem(samples._known, ("default", "customers_customer"), known)


@pytest.mark.django_db
@pytest.mark.parametrize("term", TERMS)
def test_customers_are_those_whose_text_has_the_term(shop, term):
    expected = [
        row.pk for row in Customer.objects.order_by("-pk") if term.casefold() in row.search_text or str(row.pk) == term
    ]

    total, rows = customer_page(search_customers(Selection(Customer.objects.all), term), 100, 0)

    assert [pk for (pk,) in rows.tuples("pk")] == expected
    assert total == len(expected)
    assert [row.pk for row in find_customers(Customer.objects.order_by("-pk"), term)] == expected


@pytest.mark.django_db
@pytest.mark.parametrize("few", [0, 500], ids=["walked", "looked up"])
@pytest.mark.parametrize("term", TERMS)
def test_orders_are_those_of_customers_whose_text_has_the_term(monkeypatch, shop, term, few):
    monkeypatch.setattr(lists, "CUSTOMERS_FEW", few)
    lists._found_statement.cache_clear()
    expected = [row.pk for row in Order.objects.order_by("-pk") if term.casefold() in row.customer.search_text]

    total, rows = order_page(search_orders(Selection(Order.objects.all), term), 100, 0)

    lists._found_statement.cache_clear()
    assert [pk for (pk,) in rows.tuples("pk")] == expected
    assert total == len(expected)
    assert [row.pk for row in find_orders(Order.objects.order_by("-pk"), term)] == expected


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_process_that_knows_rare_letters_asks_for_them_alone(shop):
    assert condition_of("Lovelace Ada", "default") == (
        has_rare_part,
        (pieces_of(["lov", "ela"], "default"), "lovelace ada"),
    )
    assert search_orders(Selection(Order.objects.all), "Lovelace Ada").where[0][0] is anywhere_rare
    assert condition_of("ada", "default")[0] is has_part


@pytest.mark.postgres
@pytest.mark.django_db
def test_an_index_finds_pieces_and_the_part_is_compared_afterwards():
    condition = f"{with_pieces('search_text', 'default')} AND {including('search_text')}"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN SELECT id FROM customers_customer WHERE {condition}",
            [pieces_of(["lov", "ada"], "default"), "lovelace ada"],
        )
        plan = [line.strip() for (line,) in cursor.fetchall()]

    assert any("Bitmap Index Scan on customers_customer_search_" in line for line in plan)
    assert [line for line in plan if "strpos" in line] == ["Filter: (strpos(search_text, 'lovelace ada'::text) > 0)"]


@pytest.mark.postgres
@pytest.mark.django_db
def test_own_trigrams_have_pieces_as_well():
    with connection.cursor() as cursor:
        for statement in OWN_TRIGRAMS:
            cursor.execute(statement)
        cursor.execute(
            "SELECT fluentcart_trigrams('ada lovelace') @> CAST(%s AS text[]),"
            " fluentcart_trigrams('ada lovelace') @> CAST(%s AS text[])",
            [["ada", "lac"], ["ada", "lax"]],
        )
        assert cursor.fetchone() == (True, False)


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_sample_is_of_the_texts_that_are_there_and_is_kept_for_a_while(monkeypatch, django_assert_num_queries):
    Customer.objects.bulk_create(
        Customer(email=f"{number}@example.com", email_key=f"{number}@example.com", search_text=f"lovelace {number}")
        for number in range(50)
    )
    monkeypatch.setattr(samples, "_known", {})

    with django_assert_num_queries(0):
        found = samples.rarity_of("customers_customer", "default")
        again = samples.rarity_of("customers_customer", "default")

    assert again is found
    assert 0 < found.count <= 50
    assert found.texts_with["lov"].bit_count() == found.count
    assert found.is_letter("é")


@pytest.mark.postgres
@pytest.mark.django_db
def test_an_empty_table_tells_nothing():
    assert samples.sampled("customers_customer", "default").rarest("ada lovelace") is None
