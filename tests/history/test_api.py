"""The timeline and its notes in the API's answers."""

import pytest

from customers.services.customers import update_customer
from fluentcart.history.actor import Actor, acting_as
from fluentcart.history.erasure import forget
from fluentcart.history.models import Activity, Subject, Via
from orders.services.payment import mark_as_paid
from tests.callers import V1, V2
from tests.customers.bodies import stamp
from tests.customers.factories import CustomerFactory
from tests.orders.shop import place

pytestmark = pytest.mark.django_db
ADA = Actor(Via.SESSION, 5, "ada")


def test_a_customers_timeline_tells_who_what_from_to_and_when(api):
    customer = CustomerFactory()
    with acting_as(ADA):
        update_customer(customer_id=customer.pk, status="inactive", first_name="Grace")

    r = api("customers/view").get(f"{V2}/customers/{customer.pk}?with[]=activities")

    activity = Activity.objects.get()
    assert r.json()["data"]["customer"]["activities"] == [
        {
            "id": activity.pk,
            "module_name": "customer",
            "module_id": customer.pk,
            "verb": "updated",
            "title": "Updated",
            "content": "",
            "changes": {"status": ["active", "inactive"], "first_name": ["Ada", "Grace"]},
            "user_id": 5,
            "created_by": "ada",
            "via": "session",
            "credential": "",
            "created_at": stamp(activity.created_at),
        }
    ]


@pytest.mark.parametrize("base", [V1, V2])
@pytest.mark.parametrize("resource", ["customers", "orders"])
def test_the_newest_comes_first(api, base, resource):
    order = place()
    mark_as_paid(order_id=order.pk)
    update_customer(customer_id=order.customer_id, status="inactive")
    update_customer(customer_id=order.customer_id, status="active")
    pk = order.pk if resource == "orders" else order.customer_id

    r = api(f"{resource}/view").get(f"{base}/{resource}/{pk}?with[]=activities")

    shown = [(row["verb"], row["created_by"]) for row in r.json()["data"][resource[:-1]]["activities"]]
    expected = ["paid", "created"] if resource == "orders" else ["updated", "updated"]
    assert shown == [(verb, "FCT-BOT") for verb in expected]


def test_a_timeline_ends_where_lists_without_paging_end(api, monkeypatch):
    customer = CustomerFactory()
    Activity.objects.bulk_create(
        Activity(subject=Subject.CUSTOMER, subject_id=customer.pk, verb="updated") for _ in range(1005)
    )

    r = api("customers/view").get(f"{V2}/customers/{customer.pk}?with[]=activities")

    ids = [row["id"] for row in r.json()["data"]["customer"]["activities"]]
    assert ids == list(Activity.objects.order_by("-pk").values_list("pk", flat=True)[:1000])


def test_without_asking_there_is_none(api):
    order = place()

    assert "activities" not in api("orders/view").get(f"{V2}/orders/{order.pk}").json()["data"]["order"]


@pytest.mark.parametrize("base", [V1, V2])
@pytest.mark.parametrize("resource", ["customers", "orders"])
class TestNotes:
    def path(self, base, resource):
        """Where the notes of an order, or of its customer, are."""
        order = place()
        return f"{base}/{resource}/{order.pk if resource == 'orders' else order.customer_id}"

    def test_a_note_is_added_and_listed(self, api, base, resource):
        path = self.path(base, resource)
        writer = api(f"{resource}/manage", f"{resource}/view")

        made = writer.post(f"{path}/notes", {"note": "Called about the delivery."})
        writer.post(f"{path}/notes", {"note": "Called again."})

        note = made.json()["data"]["note"]
        assert made.status_code == 201
        assert (note["note"], note["created_by"]) == ("Called about the delivery.", writer.caller.login)
        listed = writer.get(f"{path}/notes")
        assert [row["note"] for row in listed.json()["data"]["notes"]] == [
            "Called again.",
            "Called about the delivery.",
        ]
        assert listed.json()["data"]["notes"][1] == note
        shown = writer.get(f"{path}?with[]=activities").json()["data"][resource[:-1]]["activities"][0]
        assert (shown["verb"], shown["content"], shown["changes"]) == ("noted", "Called again.", {})

    @pytest.mark.parametrize("body", [{}, {"note": ""}, {"note": None}, {"note": "x" * 5001}, {"note": ["x"]}])
    def test_what_is_no_note_is_refused(self, api, base, resource, body):
        path = self.path(base, resource)

        r = api(f"{resource}/manage").post(f"{path}/notes", body)

        assert (r.status_code, [*r.json()["data"]["errors"]]) == (400, ["note"])
        assert not Activity.objects.filter(verb="noted").exists()

    def test_a_page_can_be_asked_for(self, api, base, resource):
        path = self.path(base, resource)
        caller = api(f"{resource}/manage", f"{resource}/view")
        for number in range(3):
            caller.post(f"{path}/notes", {"note": f"{number}"})

        r = caller.get(f"{path}/notes?per_page=1&page=2")

        assert ([row["note"] for row in r.json()["data"]["notes"]], r["X-WP-Total"]) == (["1"], "3")

    def test_an_erased_note_is_empty(self, api, base, resource):
        path = self.path(base, resource)
        caller = api(f"{resource}/manage", f"{resource}/view")
        pk = caller.post(f"{path}/notes", {"note": "Ada is ill."}).json()["data"]["note"]["id"]
        subject = int(path.rpartition("/")[2])
        forget([subject], [subject])

        (note,) = caller.get(f"{path}/notes").json()["data"]["notes"]

        assert (note["id"], note["note"]) == (pk, "")


@pytest.mark.parametrize("resource", ["customers", "orders"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_has_no_notes(api, resource, method):
    r = api.everything().send(method, f"{V2}/{resource}/999/notes", {"note": "x"} if method == "post" else None)

    assert (r.status_code, r.json()["code"]) == (404, f"{resource[:-1]}_not_found")


def test_the_plugins_route_replaces_an_orders_note_whatever_its_status(api):
    order = place(note="old")
    mark_as_paid(order_id=order.pk)
    type(order).objects.update(status="completed")

    r = api("orders/manage").post(f"{V2}/notes/attach", {"order_id": order.pk, "note": "new"})

    assert (r.status_code, r.json()["data"]["order"]["note"]) == (200, "new")
    assert Activity.objects.latest("pk").personal == {"note": ["old", "new"]}
