"""Idempotency-Key: a write is carried out once and answered alike; a refund that broke off is taken up again."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.capabilities import ALL_CAPABILITIES
from accounts.models import StoredAnswer
from accounts.stored_answers import forget
from customers.models import Customer
from fluentcart.api import idempotency
from orders.gateways.base import GATEWAYS, GatewayRefused, GatewayUncertain
from orders.models import Order, OrderTransaction
from orders.services import refund as refunds
from orders.services.personal_data import erase_customer
from tests.callers import V2
from tests.customers.factories import CustomerFactory
from tests.orders.shop import books, paid_order

pytestmark = pytest.mark.django_db

ADA = {"email": "ada@example.com", "full_name": "Ada Lovelace"}
KEY = {"HTTP_IDEMPOTENCY_KEY": "first"}


class TestAWrite:
    def test_is_carried_out_once_and_answered_alike(self, api):
        client = api("customers/manage")
        first = client.post(f"{V2}/customers", ADA, **KEY)

        again = client.post(f"{V2}/customers", ADA, **KEY)

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
        assert Customer.objects.count() == 1

    def test_keeps_the_places_of_money_in_the_b2b_dialect(self, api):
        customer = CustomerFactory()
        client = api(*ALL_CAPABILITIES)
        body = {"name": "Analytical Engines", "credit_limit": 10000}
        first = client.put(f"/api/customers/cust_{customer.pk}", body, **KEY)

        again = client.put(f"/api/customers/cust_{customer.pk}", body, **KEY)

        assert (first.status_code, again["Idempotent-Replayed"]) == (200, "true")
        assert b".00" in first.content
        assert again.content == first.content

    def test_with_the_key_of_another_body_is_refused(self, api):
        client = api("customers/manage")
        client.post(f"{V2}/customers", ADA, **KEY)

        r = client.post(f"{V2}/customers", ADA | {"email": "grace@example.com"}, **KEY)

        assert (r.status_code, r.json()["code"]) == (422, "idempotency_key_reused")
        assert Customer.objects.count() == 1

    def test_of_another_caller_with_the_same_key_is_another(self, api):
        api("customers/manage").post(f"{V2}/customers", ADA, **KEY)

        r = api("customers/manage").post(f"{V2}/customers", ADA, **KEY)

        assert (r.status_code, r.json()["code"]) == (400, "email_already_exists")

    def test_without_a_key_asks_nothing_of_the_stored_answers(self, api):
        client = api("customers/manage")
        with CaptureQueriesContext(connection) as seen:
            client.post(f"{V2}/customers", ADA)

        assert Customer.objects.count() == 1
        assert not [query for query in seen if "storedanswer" in query["sql"]]

    @pytest.mark.parametrize("key", ["", "é", "a\tb", "x" * 256], ids=["empty", "not ASCII", "tab", "long"])
    def test_with_a_key_that_is_none_is_refused(self, api, key):
        r = api("customers/manage").post(f"{V2}/customers", ADA, HTTP_IDEMPOTENCY_KEY=key)

        assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["Idempotency-Key"])
        assert not Customer.objects.exists()

    def test_that_is_refused_is_refused_alike(self, api):
        client = api("customers/manage")
        client.post(f"{V2}/customers", {}, **KEY)

        again = client.post(f"{V2}/customers", {}, **KEY)

        assert (again.status_code, again["Idempotent-Replayed"]) == (400, "true")

    def test_that_a_state_hindered_may_be_tried_again(self, api):
        order = paid_order()
        client = api("orders/delete")

        assert client.delete(f"{V2}/orders/{order.pk}", **KEY).status_code == 409

        assert not StoredAnswer.objects.exists()

    def test_that_fails_leaves_nothing(self, api, monkeypatch):
        def fail(*args):
            raise RuntimeError("between write and answer")

        monkeypatch.setattr(idempotency, "_store", fail)

        with pytest.raises(RuntimeError):
            api("customers/manage").post(f"{V2}/customers", ADA, **KEY)

        assert not Customer.objects.exists()

    def test_is_not_told_to_one_who_lost_a_capability(self, api):
        client = api("customers/manage", "customers/view")
        client.post(f"{V2}/customers", ADA, **KEY)
        client.caller.granted = frozenset({"customers/manage"})

        assert client.post(f"{V2}/customers", ADA, **KEY).status_code == 403

    def test_of_many_is_all_there_or_not_and_one_stops_no_other(self, api):
        order = paid_order()
        body = {"action": "update_status", "order_ids": [999, order.pk], "data": {"status": "completed"}}
        client = api.everything()
        first = client.post(f"{V2}/orders/do-bulk-action", body, **KEY)

        again = client.post(f"{V2}/orders/do-bulk-action", body, **KEY)

        assert again.content == first.content
        assert (first.status_code, Order.objects.get().status) == (200, "completed")

    def test_of_an_application_password_is_never_stored(self, api):
        r = api.everything().post("/wp-json/wp/v2/users/me/application-passwords", {"name": "curl"}, **KEY)

        assert r.status_code == 201
        assert not StoredAnswer.objects.exists()


class TestStoredAnswers:
    def test_end_after_a_day(self, api):
        client = api("customers/manage")
        client.post(f"{V2}/customers", ADA, **KEY)
        StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

        r = client.post(f"{V2}/customers", ADA, **KEY)

        assert r.json()["code"] == "email_already_exists"

    def test_are_swept(self, api):
        client = api("customers/manage")
        client.post(f"{V2}/customers", ADA, **KEY)
        client.post(f"{V2}/customers", {}, HTTP_IDEMPOTENCY_KEY="second")
        StoredAnswer.objects.filter(status=201).update(created_at=timezone.now() - timedelta(hours=25))

        call_command("sweep_answers", verbosity=0)

        assert [answer.status for answer in StoredAnswer.objects.all()] == [400]

    def test_of_a_person_are_found_and_removed(self, api):
        client = api("customers/manage")
        client.post(f"{V2}/customers", ADA, **KEY)
        client.post(f"{V2}/customers", ADA | {"email": "grace@example.com"}, HTTP_IDEMPOTENCY_KEY="second")

        assert forget(texts=["ada@example.com", ""]) == 1

        assert "grace@example.com" in StoredAnswer.objects.get().body

    def test_of_an_erased_customer_are_removed(self, api):
        client = api.everything()
        client.post(f"{V2}/customers", ADA, **KEY)
        customer = Customer.objects.get()
        client.put(f"/api/customers/cust_{customer.pk}", {"name": "Countess"}, HTTP_IDEMPOTENCY_KEY="second")
        assert StoredAnswer.objects.count() == 2

        erase_customer(customer_id=customer.pk)

        assert not StoredAnswer.objects.exists()


class Gateway:
    """A gateway that makes a refund once for each key, and fails as a test says."""

    def __init__(self):
        self.made = {}
        self.before, self.after = [], []

    def gateway(self):
        return self

    def refund(self, *, idempotency_key, amount_cents, **question):
        if self.before:
            raise self.before.pop(0)
        self.made[idempotency_key] = amount_cents
        if self.after:
            raise self.after.pop(0)
        return f"re_{idempotency_key}"


@pytest.fixture
def gateway(monkeypatch):
    """The gateway "network"."""
    found = Gateway()
    monkeypatch.setitem(GATEWAYS, "network", "tests.orders.network")
    monkeypatch.setitem(__import__("sys").modules, "tests.orders.network", found)
    return found


def kill(*args, **options):
    """What a process that ends here does to the code around it."""
    raise KeyboardInterrupt


class TestARefund:
    """Broken off in each of its steps, and sent again with its key: the money goes back once."""

    @pytest.fixture
    def order(self):
        return paid_order(gateway="network")

    def send(self, client, order, amount=2000):
        return client.post(f"{V2}/orders/{order.pk}/refund", {"amount": amount}, **KEY)

    def gave_back_once(self, order, gateway):
        assert list(gateway.made.values()) == [2000]
        assert books(order)[2] == 2000
        kept = order.transactions.filter(type="refund").exclude(status="failed")
        assert [row.status for row in kept] == ["refunded"]

    @pytest.mark.parametrize("step", ["plan_refund", "insert_all", "carry_out", "settle_refund"])
    def test_killed_before_a_step_is_taken_up(self, api, order, gateway, step):
        client = api("orders/can_refund")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(refunds, step, kill)
            with pytest.raises(KeyboardInterrupt):
                self.send(client, order)

        r = self.send(client, order)

        assert r.status_code == 200
        self.gave_back_once(order, gateway)

    def test_killed_before_its_answer_was_stored_answers_what_was_done(self, api, order, gateway):
        client = api("orders/can_refund")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(idempotency, "_store", kill)
            with pytest.raises(KeyboardInterrupt):
                self.send(client, order)

        r = self.send(client, order)

        assert (r.status_code, r.json()["data"]["refund"]["amount"]) == (200, 2000)
        self.gave_back_once(order, gateway)

    def test_done_is_replayed(self, api, order, gateway):
        client = api("orders/can_refund")
        first = self.send(client, order)

        again = self.send(client, order)

        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
        self.gave_back_once(order, gateway)

    @pytest.mark.parametrize("side", ["before", "after"])
    def test_uncertain_is_asked_again(self, api, order, gateway, side):
        getattr(gateway, side).append(GatewayUncertain("timeout"))
        client = api("orders/can_refund")
        assert self.send(client, order).status_code == 502

        assert self.send(client, order).status_code == 200

        self.gave_back_once(order, gateway)

    def test_refused_is_made_anew(self, api, order, gateway):
        gateway.before.append(GatewayRefused("no"))
        client = api("orders/can_refund")
        assert self.send(client, order).status_code == 502

        assert self.send(client, order).status_code == 200

        self.gave_back_once(order, gateway)

    def test_of_two_charges_of_which_one_was_refused_stays_so(self, api, gateway):
        order = paid_order(gateway="network", amounts=(3000, 2000))
        gateway.before.append(GatewayRefused("no"))
        client = api("orders/can_refund")
        first = self.send(client, order, amount=4000)

        again = self.send(client, order, amount=4000)

        assert (first.status_code, again.status_code) == (502, 502)
        assert list(gateway.made.values()) == [2000]
        assert books(order)[2] == 2000

    def test_broken_off_is_not_taken_up_with_another_amount(self, api, order, gateway):
        gateway.before.append(GatewayUncertain("timeout"))
        client = api("orders/can_refund")
        self.send(client, order)

        r = self.send(client, order, amount=1000)

        assert r.status_code == 422
        assert OrderTransaction.objects.filter(type="refund").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestTwins:
    @pytest.mark.parametrize("is_refund", [False, True], ids=["write", "refund"])
    def test_are_kept_out_while_the_first_runs(self, api, monkeypatch, gateway, is_refund):
        order = paid_order(gateway="network")
        path, body = (f"orders/{order.pk}/refund", {"amount": 2000}) if is_refund else ("customers", ADA)
        client = api.everything()
        inside, go_on, found = threading.Event(), threading.Event(), []

        def wait(answer, response, store=idempotency._store):
            inside.set()
            assert go_on.wait(10)
            store(answer, response)

        def first():
            found.append(client.post(f"{V2}/{path}", body, **KEY))
            connection.close()

        monkeypatch.setattr(idempotency, "_store", wait)
        thread = threading.Thread(target=first)
        thread.start()
        assert inside.wait(10)
        twin = client.post(f"{V2}/{path}", body, **KEY)
        go_on.set()
        thread.join(10)

        assert (twin.status_code, twin.json()["code"]) == (409, "idempotency_key_in_use")
        again = client.post(f"{V2}/{path}", body, **KEY)
        assert (again.content, again["Idempotent-Replayed"]) == (found[0].content, "true")
