"""Totals of common search terms are what counting gives, whoever writes and however, and so are their pages."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from customers.kept import TERMS as CUSTOMER_TERMS
from customers.lists import customer_page
from customers.models import Customer, CustomerTermTally
from customers.search import find_customers, search_customers
from fluentcart.compiled import Selection
from fluentcart.kept import common, samples, terms
from fluentcart.kept.rarity import Rarity
from orders.kept import TERMS as ORDER_TERMS
from orders.kept import OrderCounts
from orders.lists import COMMON, order_page
from orders.models import Order
from orders.search import find_orders, search_orders
from tests.customers.factories import CustomerFactory
from tests.kept.test_searches import named
from tests.kept.test_tallies import counted, kept
from tests.orders.factories import OrderFactory, ProductFactory

pytestmark = pytest.mark.django_db
TALLIES = {"customers": CUSTOMER_TERMS, "orders": ORDER_TERMS}
ASKED = ("ada", "a", "inv-1", "1", "x'%_\\")
SEARCHES = {
    "customers": (Customer, customer_page, search_customers, find_customers),
    "orders": (Order, order_page, search_orders, find_orders),
}


@pytest.fixture(autouse=True)
def _nothing_known():
    terms._known.clear()


@pytest.fixture
def everything_is_common(monkeypatch):
    monkeypatch.setattr(common, "COMMON_FROM", dict.fromkeys(common.COMMON_FROM, 1))
    monkeypatch.setattr(common, "COMMON_SHORT_FROM", 1)
    monkeypatch.setattr(common, "SLOW_SECONDS", dict.fromkeys(common.SLOW_SECONDS, 0))


def agree():
    """What is kept of each term is what the rows say; buckets that were left empty aside."""
    for tally in TALLIES.values():
        assert kept(tally) == counted(tally)


def keep_all():
    for tally in TALLIES.values():
        for term in ASKED:
            assert tally.keep(term)


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "name", "invoice", "trash", "restore", "move", "remove", "customer", "leave",
                               "undo", "keep"]),
              st.integers(0, 5), st.integers(0, 5)),
    min_size=1, max_size=12,
)  # fmt: skip
NAMES = ("Ada", "Bob", "x'%_\\", "1", "Adam inv-1", "")


class RandomWrites(TestCase):
    """Whatever is written, in whatever order."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def test_a_walk_over_all_kinds_of_writes(self, steps):
        customers = [named("Ada", "B"), named("Bob", "C")]
        orders = [OrderFactory(customer=customers[0], search_text="inv-1") for _ in range(3)]
        keep_all()
        for what, which, how in steps:
            walk(what, orders, customers, which, how)
        agree()


def walk(what, orders, customers, which, how):
    """One write."""
    rows = Order.with_deleted.filter(pk=orders[which % len(orders)].pk)
    match what:
        case "add":
            orders.append(OrderFactory(customer=customers[how % 2], search_text=f"inv-{which}"))
        case "name":
            Customer.objects.filter(pk=customers[how % 2].pk).update(search_text=NAMES[which].casefold())
        case "invoice":
            rows.update(search_text=NAMES[how].casefold())
        case "trash":
            rows.update(deleted_at=orders[0].created_at)
        case "restore":
            Order.with_deleted.update(deleted_at=None)
        case "move":
            rows.update(customer=customers[how % 2])
        case "remove":
            Order.with_deleted.filter(pk__gt=orders[0].pk, pk__lte=orders[0].pk + how).delete()
        case "customer":
            CustomerFactory(search_text=NAMES[how].casefold())
        case "leave":
            Order.with_deleted.filter(customer=customers[1]).delete()
            Customer.objects.exclude(pk__in=[one.pk for one in customers]).delete()
        case "undo":
            with transaction.atomic():
                OrderFactory(customer=customers[0], search_text="inv-1")
                transaction.set_rollback(True)
        case "keep":
            for tally in TALLIES.values():
                with connection.cursor() as cursor:
                    cursor.execute(f"DELETE FROM {tally.name} WHERE term = %s", [ASKED[how % 5]])
                assert tally.keep(ASKED[how % 5])


def far_apart(number):
    """Ids in three buckets, of which two are in one coarse bucket."""
    return number % 3 * 8192 * (200 if number % 3 == 2 else 1) + number


@pytest.fixture
def shop():
    """Customers and orders in several buckets of ids, of which some are far from each other."""
    for number in range(30):
        CustomerFactory(pk=100 + far_apart(number), search_text=f"{('ada', 'bob')[number % 2]} n{number}")
    customers = list(Customer.objects.order_by("pk"))
    for number in range(30):
        OrderFactory(
            pk=100 + far_apart(number),
            customer=customers[number],
            search_text=f"inv-{number}",
            deleted_at=customers[0].created_at if number == 7 else None,
        )


@pytest.mark.parametrize("direction", [True, False], ids=["newest", "oldest"])
@pytest.mark.parametrize("term", ["ada", "a", "inv-", "1", "101", "o", "bob n1", "100", "nobody"])
@pytest.mark.parametrize("what", SEARCHES)
def test_a_page_of_a_kept_term_is_what_the_rule_finds(everything_is_common, shop, what, term, direction):
    model, page, search, find = SEARCHES[what]
    selection = search(Selection(model.objects.all), term).ordered(("pk", direction))
    expected = [*find(model.objects.all(), term).order_by("-pk" if direction else "pk").values_list("pk", flat=True)]
    first, _ = page(selection, 4, 0)

    assert int(first) == len(expected)
    assert TALLIES[what].is_known(term, "default") == (bool(expected) and term != "100")  # which is but an id
    for offset in (0, 1, 4, len(expected) - 2, len(expected)):
        if offset < 0:
            continue
        total, rows = page(selection, 4, offset)
        assert int(total) == len(expected)
        assert [pk for (pk,) in rows.tuples("pk")] == expected[offset : offset + 4]


def test_a_kept_term_is_not_counted_again(everything_is_common, shop, monkeypatch):
    model, page, search, _ = SEARCHES["customers"]
    selection = search(Selection(model.objects.all), "ada")
    page(selection, 4, 0)
    monkeypatch.setattr(Selection, "counted", None)

    total, rows = page(selection, 4, 4)

    assert int(total) == 15
    assert len(rows.tuples("pk")) == 4


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["customers_customer", "orders_order"])
def test_what_a_sample_shows_to_be_common_is_not_counted_first(shop, monkeypatch, table):
    monkeypatch.setattr(common, "COMMON_SHORT_FROM", 1)
    sampled = Rarity(["ada inv-1"] * 300, is_ascii=False, row_count=common.COMMON_FROM["postgresql"])
    monkeypatch.setitem(samples._known, ("default", table), (time.monotonic(), sampled))

    total, rows = COMMON.page(search_orders(Selection(Order.objects.all), "ada"), 4, 0, None)

    assert int(total) == 15
    assert len(rows.tuples("pk")) == 4


def test_what_a_title_finds_is_counted(everything_is_common, shop):
    selection = search_orders(Selection(Order.objects.all), "inv-")
    order_page(selection, 4, 0)
    assert ORDER_TERMS.is_known("inv-", "default")
    ProductFactory(title="An INV-ention", search_text="an inv-ention")

    total, _ = order_page(selection, 4, 0)

    assert int(total) == 29


def test_rare_terms_are_not_kept(shop):
    for what, (model, page, search, _) in SEARCHES.items():
        page(search(Selection(model.objects.all), "ada"), 4, 0)
        assert not TALLIES[what].is_known("ada", "default")


def test_what_is_counted_fast_is_not_kept(everything_is_common, shop, monkeypatch):
    monkeypatch.setattr(common, "SLOW_SECONDS", dict.fromkeys(common.SLOW_SECONDS, 60))

    customer_page(search_customers(Selection(Customer.objects.all), "ada"), 4, 0)

    assert not CUSTOMER_TERMS.is_known("ada", "default")


def test_a_filter_beside_a_term_is_counted_and_keeps_nothing(everything_is_common, shop):
    selection = search_customers(Selection(Customer.objects.all).filtered(status__any=["active"]), "ada")

    total, _ = customer_page(selection, 4, 0)

    assert (int(total), CustomerTermTally.objects.count()) == (15, 0)


def test_the_oldest_terms_make_room(monkeypatch, shop):
    monkeypatch.setattr(terms, "TERMS_MAX", 3)
    for term in ("ada", "bob", "a", "b", "n1"):
        assert CUSTOMER_TERMS.keep(term)

    found = set(CustomerTermTally.objects.values_list("term", flat=True))

    assert len(found) == 3
    assert "n1" in found
    agree()


def test_a_term_that_few_rows_have_is_not_stored(shop):
    assert not CUSTOMER_TERMS.keep("ada", at_least=16)
    assert not CustomerTermTally.objects.exists()
    assert CUSTOMER_TERMS.keep("ada", at_least=15)


def test_triggers_that_lock_the_customer_come_first():
    """PostgreSQL fires triggers in the order of their names; what an order notes of its customer must not change."""
    assert OrderCounts().name < ORDER_TERMS.name


@pytest.mark.parametrize("term", ["a\nb", "x" * 101])
def test_a_term_that_cannot_be_kept_is_counted_each_time(term):
    CustomerFactory(search_text=term)

    assert not CUSTOMER_TERMS.keep(term)


@pytest.mark.postgres
@pytest.mark.parametrize("what", SEARCHES)
def test_many_rows_at_once_make_terms_forgotten(monkeypatch, everything_is_common, shop, what):
    model, page, search, _ = SEARCHES[what]
    selection = search(Selection(model.objects.all), "ada")
    page(selection, 4, 0)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TALLIES[what].delta} (ids, text, delta) VALUES (0, NULL, 0)")
    assert TALLIES[what].having("ada", "default", "all", 0, 0) == []
    TALLIES[what].fold()
    assert not kept(TALLIES[what])

    total, _ = page(selection, 4, 0)

    assert int(total) == selection.count()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_statement_of_many_rows_notes_nothing_but_that():
    assert CUSTOMER_TERMS.keep("ada")
    with connection.cursor() as cursor:
        CustomerFactory(search_text="ada")
        cursor.execute(
            "CREATE TEMPORARY TABLE one AS SELECT * FROM customers_customer LIMIT 1; ALTER TABLE one DROP COLUMN id"
        )
        cursor.execute("SELECT string_agg(column_name, ', ') FROM information_schema.columns WHERE table_name = 'one'")
        columns = cursor.fetchone()[0]
        values = columns.replace("uuid", "md5(n::text)").replace("email_key", "'n' || n").replace("user_id", "NULL")
        cursor.execute(
            f"INSERT INTO customers_customer ({columns}) SELECT {values} FROM one, generate_series(1, 5001) AS n"
        )

    assert CUSTOMER_TERMS.having("ada", "default", "all", 0, 0) == []
    assert CUSTOMER_TERMS.keep("ada")
    assert CUSTOMER_TERMS.having("ada", "default", "all", 0, 0) == [(0, 5002)]


# --- Several at once -------------------------------------------------------------------------------


@contextmanager
def another_connection(work):
    """Run something in a thread of its own; its error is raised here."""
    errors = []

    def run():
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    thread.join(20)
    assert not thread.is_alive()
    if errors:
        raise errors[0]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_order_and_its_customer_get_another_text_at_once():
    customer = CustomerFactory(search_text="nobody")
    order = OrderFactory(customer=customer, search_text="")
    assert ORDER_TERMS.keep("ada")

    def rename():
        Customer.objects.filter(pk=customer.pk).update(search_text="ada")

    with another_connection(rename) as thread, transaction.atomic():
        Order.objects.filter(pk=order.pk).update(search_text="inv-ada")
        time.sleep(0.5)  # long enough for the other one to come as far as it can
        assert thread.is_alive() or Customer.objects.get(pk=customer.pk).search_text == "ada"

    agree()
    assert ORDER_TERMS.having("ada", "default", "all", 0, 0) == [(0, 1)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_for_a_term_one_counts_it(monkeypatch):
    named("Ada", "B")
    took, take_up, begun = [], terms.TermTally._take_up, threading.Event()

    def slowly(*args):
        took.append(args)
        begun.set()
        time.sleep(0.5)
        return take_up(*args)

    monkeypatch.setattr(terms.TermTally, "_take_up", slowly)
    found = []

    def ask():
        found.append(CUSTOMER_TERMS.keep("ada"))

    with another_connection(ask):
        assert begun.wait(10)
        with another_connection(ask), another_connection(ask):
            pass
    assert (len(took), found) == (1, [True, True, True])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_terms_are_taken_up_while_others_write():
    customer = named("Ada", "B")
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            order = OrderFactory(customer=customer, search_text=f"inv-{number}")
            Order.objects.filter(pk=order.pk).update(search_text="ada" if number % 2 else "")
            if number % 3 == 0:
                Customer.objects.filter(pk=customer.pk).update(search_text=("ada", "bob")[number % 2])
            number += 1

    with another_connection(write), another_connection(write):
        until = time.monotonic() + 3
        taken = 0
        while time.monotonic() < until:
            for term in ("ada", "inv-", "bob", "v-1"):
                taken += ORDER_TERMS.keep(term)
                ORDER_TERMS.fold()
            with transaction.atomic():
                ORDER_TERMS.fill(connection)
        stop.set()

    assert taken > 10
    agree()
