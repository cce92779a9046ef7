"""Two transactions that wait for each other: PostgreSQL undoes one, and it is tried again; both are done."""

from __future__ import annotations

import threading

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, connection, transaction

from customers.models import Customer
from fluentcart.bulk import run_each
from fluentcart.deadlocks import TRIES, tried_again
from tests.admin_pages import form_of, staff
from tests.callers import V2
from tests.customers.factories import CustomerFactory
from tests.orders.shop import paid_order

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def write(pk, city):
    Customer.objects.filter(pk=pk).update(city=city)


class Meeting:
    """Two who each hold what the other wants next, once: who comes again need not wait for the other."""

    def __init__(self):
        self.both_hold = threading.Barrier(2)
        self.tries = 0

    def write(self, first, then, city):
        self.tries += 1
        write(first, city)
        if self.tries <= 2:
            self.both_hold.wait(10)
        write(then, city)


def in_threads(*jobs):
    """Do both, each on a connection of its own; what they returned."""
    found = []

    def run(job):
        try:
            found.append(job())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@pytest.fixture
def pair():
    return [CustomerFactory(city="Rome").pk for _ in range(2)]


def test_both_are_done(pair):
    meeting = Meeting()
    act = tried_again(transaction.atomic(meeting.write))

    in_threads(lambda: act(*pair, "Paris"), lambda: act(*reversed(pair), "Bonn"))

    assert meeting.tries == 3
    assert {customer.city for customer in Customer.objects.all()} in ({"Paris"}, {"Bonn"})


def test_one_of_many_ids_is_tried_again_and_no_other(pair):
    meeting = Meeting()
    done = []

    def act(pk):
        other = next(each for each in pair if each != pk)
        meeting.write(pk, other, str(pk))
        done.append(pk)

    results = in_threads(lambda: run_each(pair[:1], act), lambda: run_each(pair[1:], act))

    assert [each.is_success for result in results for each in result] == [True, True]
    assert (meeting.tries, sorted(done)) == (3, pair)


@pytest.mark.parametrize("header", [None, "HTTP_IDEMPOTENCY_KEY", "HTTP_IF_MATCH"])
def test_a_request_is_carried_out_whole_and_once(api, pair, monkeypatch, header):
    meeting = Meeting()
    client = api.everything()

    def update(*, customer_id, notes, **_):
        other = next(each for each in pair if each != customer_id)
        with transaction.atomic():
            meeting.write(customer_id, other, notes)
        return Customer.objects.get(pk=customer_id)

    def put(pk):
        sent = {header: "*" if header == "HTTP_IF_MATCH" else str(pk)} if header else {}
        return client.put(f"{V2}/customers/{pk}", {"notes": f"N{pk}"}, **sent)

    monkeypatch.setattr("customers.services.customers.update_customer", update)
    # Else If-Match would lock the one customer before anything is written to the other.
    monkeypatch.setattr("customers.api.views.lock_customer_and_orders", lambda customer_id: None)

    found = in_threads(lambda: put(pair[0]), lambda: put(pair[1]))

    assert [r.status_code for r in found] == [200, 200], [r.content for r in found]
    assert meeting.tries == 3
    assert len({customer.city for customer in Customer.objects.all()}) == 1


@pytest.mark.parametrize("name", ["add-note", "change"])
def test_a_page_of_the_admin_is_stored_whole_and_once(pair, monkeypatch, name):
    meeting = Meeting()
    client = staff()
    forms = {pk: {"note": f"N{pk}"} for pk in pair}
    if name == "change":
        forms = {pk: form_of(client.get(page(pk, name))) | {"phone": "12"} for pk in pair}

    def act(*, customer_id, **_):
        other = next(each for each in pair if each != customer_id)
        with transaction.atomic():
            meeting.write(customer_id, other, str(customer_id))

    monkeypatch.setattr("customers.admin.notes.note_customer", act)
    monkeypatch.setattr("customers.services.customers.update_customer", act)

    found = in_threads(*[lambda pk=pk: client.post(page(pk, name), forms[pk]) for pk in pair])

    assert [r.status_code for r in found] == [302, 302], [r.content for r in found]
    assert meeting.tries == 3
    assert LogEntry.objects.count() == 2
    assert len({customer.city for customer in Customer.objects.all()}) == 1


def page(pk, name):
    return f"/admin/customers/customer/{pk}/{name}/"


class Deadlock(Exception):
    """What psycopg raises, as far as it matters."""

    sqlstate = "40P01"


class Loser:
    """Loses every time."""

    def __init__(self):
        self.tries = 0

    def __call__(self):
        self.tries += 1
        raise OperationalError("deadlock detected") from Deadlock()


def test_who_always_loses_is_told(pair):
    lose = Loser()

    with pytest.raises(OperationalError):
        tried_again(lose.__call__)()

    assert lose.tries == TRIES


def test_a_step_that_is_several_transactions_is_not_begun_anew(monkeypatch):
    lose, client = Loser(), staff()
    client.raise_request_exception = False
    monkeypatch.setattr("orders.admin.steps.refund_order", lambda **_: lose())

    answer = client.post(f"/admin/orders/order/{paid_order().pk}/refund/", {"amount": "1", "refund_method": "manual"})

    assert (answer.status_code, lose.tries) == (503, 1)


def test_inside_of_a_transaction_nothing_is_tried_again(pair):
    lose = Loser()

    with pytest.raises(OperationalError), transaction.atomic():
        tried_again(lose.__call__)()

    assert lose.tries == 1
