"""Search terms that many rows have are known by a sample, and taken up before anybody asks; their totals are exact."""

from __future__ import annotations

import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from customers.kept import TERMS as CUSTOMER_TERMS
from customers.lists import COMMON as CUSTOMERS
from customers.models import Customer, CustomerTermTally
from fluentcart.kept import common, terms
from fluentcart.kept.foreseen import TERMS_MAX, beginnings, foreseen
from orders.kept import TERMS as ORDER_TERMS
from orders.models import OrderTermTally
from tests.customers.factories import CustomerFactory
from tests.kept.test_searches import named
from tests.kept.test_tallies import counted, kept
from tests.orders.factories import OrderFactory


def test_terms_begin_where_words_do_and_may_go_on_after_them():
    found = list(beginnings("al b@c.de\nx"))
    assert found == ["a", "al", "al b", "al b@", "al b@c", "al b@c.", "al b@c.d", "al b@c.de",
                     "b", "b@", "b@c", "b@c.", "b@c.d", "b@c.de", "c", "c.", "c.d", "c.de", "d", "de", "x"]  # fmt: skip
    assert max(len(term) for term in beginnings("x" * 50)) == 20


def test_what_many_texts_have_is_foreseen_and_nothing_else():
    texts = [f"ada {number:03d}" for number in range(90)] + [f"eve {number}" for number in range(100, 110)]
    found = foreseen(texts, 0.5)
    assert found == ["0", "a", "ad", "ada", "ada 0"]
    assert {"e", "eve", "eve 1"} <= set(foreseen(texts, 0.1))
    # `v` stands in ten texts, but nobody's word begins so.
    assert "v" not in foreseen(texts, 0.01)
    assert foreseen([]) == []


def test_there_is_an_end_to_what_is_foreseen():
    texts = [" ".join(f"{first}{second}{number % 3}" for first in "abcdefghij" for second in "0123456789")
             for number in range(30)]  # fmt: skip
    assert len(foreseen(texts)) == TERMS_MAX


@pytest.fixture
def shop(db, monkeypatch):
    monkeypatch.setattr(common, "COMMON_SHORT_FROM", 10)
    terms._known.clear()
    people = [named(f"Ada{number:02d}", "Byron") for number in range(12)]
    people += [named(f"Bob{number}", "Cox") for number in range(4)]
    for number, customer in enumerate(people):
        OrderFactory(customer=customer, search_text=f"inv-{number:04d}")
    return people


def kept_terms(model):
    return set(model.objects.filter(level="all").values_list("term", flat=True))


def test_the_command_keeps_what_many_rows_have(shop):
    out = StringIO()
    call_command("keep_search_terms", stdout=out)
    assert {"a", "ada", "by", "byron"} <= kept_terms(CustomerTermTally)
    assert {"ada", "byron", "inv-00"} <= kept_terms(OrderTermTally)
    # Four customers and four orders are too few.
    assert not {"bob", "cox"} & (kept_terms(CustomerTermTally) | kept_terms(OrderTermTally))
    assert kept(CUSTOMER_TERMS) == counted(CUSTOMER_TERMS)
    assert kept(ORDER_TERMS) == counted(ORDER_TERMS)
    assert f"Customers: {len(kept_terms(CustomerTermTally))} more search terms are kept." in out.getvalue()
    assert CUSTOMER_TERMS.is_known("byron", "default")


def test_what_is_kept_is_not_counted_again(shop):
    call_command("keep_search_terms", stdout=StringIO())
    before = set(CustomerTermTally.objects.values_list("pk", flat=True))
    out = StringIO()
    call_command("keep_search_terms", stdout=out)
    assert out.getvalue() == "Customers: 0 more search terms are kept.\nOrders: 0 more search terms are kept.\n"
    assert set(CustomerTermTally.objects.values_list("pk", flat=True)) == before


def test_a_shop_without_rows_has_no_terms(db):
    out = StringIO()
    call_command("keep_search_terms", stdout=out)
    assert "Orders: 0 more search terms are kept." in out.getvalue()


def test_terms_that_cannot_be_kept_are_left_out(shop):
    assert CUSTOMER_TERMS.keep_all(["x" * 101, "a\nb", "ada"]) == ["ada"]
    assert CUSTOMER_TERMS.keep_all(["ada"]) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_noted_meanwhile_counts_once(monkeypatch):
    """A writer who commits before the terms are counted, and one after it, whose rows are noted and not folded."""
    monkeypatch.setattr("fluentcart.kept.tallies.FOLD_CHANCE", 0)
    CustomerFactory.create_batch(3, first_name="Ada")
    with transaction.atomic():
        assert CUSTOMER_TERMS.keep_all(["ada"]) == ["ada"]
        error = []

        def write():
            try:
                CustomerFactory(first_name="Ada")
                Customer.objects.filter(pk=Customer.objects.earliest("pk").pk).delete()
                CustomerFactory(first_name="Ada")
            except Exception as raised:
                error.append(raised)
            finally:
                connections.close_all()

        writer = threading.Thread(target=write)
        writer.start()
        writer.join(30)
    assert not error
    assert sum(count for _, count in CUSTOMER_TERMS.having("ada", "default", "all", 0, 0)) == 4
    assert kept(CUSTOMER_TERMS) == counted(CUSTOMER_TERMS)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_refused_and_not_kept_waiting():
    CustomerFactory.create_batch(3, first_name="Ada")
    refused = []

    def run():
        try:
            call_command("keep_search_terms", stdout=StringIO())
        except CommandError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    with transaction.atomic():
        assert CUSTOMER_TERMS.keep_all(["ada"]) == ["ada"]
        other = threading.Thread(target=run)
        other.start()
        other.join(30)
    assert refused == ["Customers: search terms are taken up by another process. Run it again."]
    assert CUSTOMERS.foresee(lambda done, of: None) is not None
