"""The browsable page's JSON: money and moments in words, links to related records, and nothing else changed."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal

import pytest

from fluentcart.api.legible import Meaning, legible, note_of, related
from fluentcart.api.rows import Joined, Row, cents, integer, moment, money, text
from tests.callers import V2


class Buyer(Row):
    """Somebody who buys."""

    id = integer()
    email = text()


class Purchase(Row):
    """Something that was bought."""

    id = integer()
    customer_id = integer()
    total = cents("total_cents")
    limit = money("limit_cents", "currency")
    paid_at = moment(nullable=True)
    customer = Joined(Buyer, "customer")


MEANING = Meaning.of([Purchase], f"{V2}/orders")


def shown(data, meaning=MEANING):
    """An answer as the page shows it."""
    return str(legible(json.dumps(data), meaning))


def stripped(page):
    """The page's text without notes and tags."""
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r'  <span class="note nocode">.*?</span>', "", page)))


def test_the_tables_say_what_is_money_and_what_is_a_moment():
    assert (MEANING.minor, MEANING.major, MEANING.moments) == ({"total"}, {"limit"}, {"paid_at"})
    assert (MEANING.base, MEANING.kind) == (f"{V2}/", "orders")


@pytest.mark.parametrize(
    ("key", "value", "currency", "note"),
    [
        ("total", 123456, "USD", "1,234.56 USD"),
        ("total", -5, "USD", "-0.05 USD"),
        ("total", 5000, "JPY", "5,000 JPY"),
        ("total", 5000, "KWD", "5.000 KWD"),
        ("limit", Decimal("10000.00"), "USD", "10,000.00 USD"),
        ("paid_at", "2024-01-05T09:03:00Z", "USD", "5 Jan 2024, 09:03 UTC"),
        ("paid_at", None, "USD", ""),
        ("paid_at", "soon", "USD", ""),
        ("total", True, "USD", ""),
        ("total", "12", "USD", ""),
        ("quantity", 12, "USD", ""),
    ],
)
def test_a_note_is_beside_money_and_moments_alone(key, value, currency, note):
    assert note_of(key, value, MEANING, currency) == note


def test_the_currency_is_that_of_the_object_or_of_the_one_around_it(settings):
    settings.SHOP_CURRENCY = "EUR"

    page = shown({"data": [{"total": 100, "currency": "JPY", "items": [{"total": 7}]}, {"total": 100}]})

    assert re.findall(r'nocode">([^<]+)<', page) == ["100 JPY", "7 JPY", "1.00 EUR"]


def test_ids_lead_to_their_records():
    page = shown({"data": {"orders": [{"id": 4, "customer_id": 7, "parent_id": 3, "customer": {"id": 7}}]}})

    assert re.findall(r'<a href="([^"]+)">([^<]+)</a>', page) == [
        (f"{V2}/orders/4", "4"),
        (f"{V2}/customers/7", "7"),
        (f"{V2}/customers/7", "7"),
    ]


def test_an_id_that_names_no_record_of_this_dialect_leads_nowhere():
    page = shown({"data": [{"id": "x/../..", "customer_id": None, "product_id": True}, {"labels": [{"id": 1}]}]})

    assert "<a" not in page


def test_the_json_itself_is_the_client_s():
    data = {"a": [], "b": {}, "c": [1, "é", None, True], "customer": {"id": 3}, "total": 5, "text": '<a href="x">&'}

    assert stripped(shown(data)) == json.dumps(data, indent=2, ensure_ascii=False)


def test_what_a_customer_wrote_stays_text():
    page = shown({"note": "<script>alert(1)</script>", "<b>": "</pre>", "total": 1})

    assert "<script" not in page
    assert "<b>" not in page
    assert "</pre>" not in page


def test_a_record_leads_to_what_lies_below_it():
    assert {f"{V2}/customers/7/{name}" for name in ("order", "orders", "address")} <= {
        each["url"] for each in related(f"{V2}/customers/7")
    }
    assert {"orders", "analytics"} <= {each["name"] for each in related("/api/customers/cust_7/")}
    assert related(f"{V2}/customers") == related("/wp-json/nowhere/1") == []
