"""An index of numbers of five digits finds every text in which a part stands."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from fluentcart.kept.digits import digit_index, digits_of, with_digits
from fluentcart.kept.indexes import is_only_index
from fluentcart.kept.installing import ensure, make_of
from orders import lists
from orders.kept import kept

TEXTS = st.text(alphabet="0123459 -aé٣", max_size=24)


def pieces_of(text: str) -> set[int]:
    """All numbers of five digits in a text."""
    pieces = (text[place : place + 5] for place in range(len(text) - 4))
    return {int(piece) for piece in pieces if piece.isascii() and piece.isdecimal()}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("inv-1234", []),
        ("inv-12345", [12345]),
        ("inv-00012", [12]),
        ("v-1234567", [12345, 34567]),
        ("12345678901", [12345, 67890, 78901]),
        ("1234567890", [12345, 67890]),
        ("2026-11-28/98765", [98765]),
        ("54321-12345", [12345, 54321]),
        ("٣٤٥٦٧", []),
        ("", []),
    ],
)
def test_a_part_has_few_numbers_that_cover_its_digits(part, expected):
    assert digits_of(part) == expected


@given(before=TEXTS, part=TEXTS, after=TEXTS)
def test_a_text_has_the_numbers_of_all_its_parts(before, part, after):
    assert set(digits_of(part)) <= pieces_of(before + part + after)


def test_an_address_is_not_looked_for_by_its_digits():
    assert lists.numbers_of("%ada12345@example.com%") == []
    assert lists.numbers_of("%ada12345%") == [12345]


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["inv-1234567", "12345", "1234", "", "00000", "2026-12345-98765/1", "٣٤٥٦٧ 12345", "é12345", "12345\n67890"]
)
def test_the_database_finds_the_same_numbers(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(fluentcart_digits(%s), '{}')", [text])
        assert set(cursor.fetchone()[0]) == pieces_of(text)


@pytest.mark.postgres
@pytest.mark.django_db
def test_orders_have_the_index_and_a_search_by_number_uses_it():
    (index,) = [thing for thing in kept() if getattr(thing, "name", "") == "orders_order_digits"]
    assert is_only_index(connection, "orders_order_digits_", make_of(index, connection))

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")  # of an empty table
        condition = with_digits("o.search_text")
        cursor.execute(f"EXPLAIN SELECT o.id FROM orders_order o WHERE {condition} OR o.id = 1", [[12345]])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Bitmap Index Scan on orders_order_digits_" in plan


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_table_in_partitions_gets_the_index_too():
    index = digit_index("in_pieces")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE in_pieces (id bigint, search_text text) PARTITION BY RANGE (id)")
        cursor.execute("CREATE TABLE in_pieces_0 PARTITION OF in_pieces FOR VALUES FROM (0) TO (10)")
        try:
            assert ensure(index, "default")
            assert not ensure(index, "default")
            assert is_only_index(connection, "in_pieces_digits_", make_of(index, connection))
        finally:
            cursor.execute("DROP TABLE in_pieces")


@pytest.mark.postgres
def test_a_search_by_number_asks_this_index_and_any_other_search_does_not():
    by_number = lists._found_statement("default", 0, False, True).watched
    by_text = lists._found_statement("default", 0, False, False).watched

    assert "fluentcart_digits(o.search_text) @> " in by_number
    assert "fluentcart_digits" not in by_text
