"""Bulk actions on orders and the CSV behind an export link, over HTTP as the orders document spells them."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.core import signing
from django.utils import timezone

from orders.models import Order
from orders.services.delete import delete_order
from orders.services.payment import mark_as_paid
from tests.callers import V2
from tests.customers.bodies import refusal
from tests.customers.factories import CustomerFactory
from tests.orders.bodies import order_scalars
from tests.orders.shop import place

URL = f"{V2}/orders/do-bulk-action"


def done(*order_ids: int) -> list[dict]:
    """The results of ids that succeeded."""
    return [{"order_id": order_id, "success": True} for order_id in order_ids]


def not_found(order_id: int) -> dict:
    """The result of an id that nobody has."""
    error = {"code": "order_not_found", "message": f"Order with ID {order_id} not found"}
    return {"order_id": order_id, "success": False, "error": error}


def statuses() -> list[str]:
    """The order statuses as they are stored, oldest order first."""
    return list(Order.objects.order_by("pk").values_list("status", flat=True))


@pytest.mark.parametrize(
    "action",
    [
        {"action": "update_status", "data": {"status": "completed"}},
        {"action": "change_order_status", "new_status": "completed"},
    ],
    ids=["document", "plugin"],
)
def test_many_orders_get_a_status(api, action):
    first, second = place(), place()

    r = api("orders/manage").post(URL, action | {"order_ids": [first.pk, second.pk, first.pk]})

    assert r.status_code == 200
    assert r.json() == {
        "success": True,
        "data": {"processed": 2, "failed": 0, "results": done(first.pk, second.pk)},
    }
    assert statuses() == ["completed", "completed"]


def test_one_that_fails_stops_no_other(api):
    canceled, order = place(), place()
    Order.objects.filter(pk=canceled.pk).update(status="canceled")
    sent = {
        "action": "update_status",
        "order_ids": [999, canceled.pk, order.pk],
        "data": {"status": "processing"},
    }

    r = api("orders/manage").post(URL, sent)

    error = {"code": "order_canceled", "message": f"Order with ID {canceled.pk} is canceled, which is final"}
    assert r.status_code == 200
    assert r.json()["data"] == {
        "processed": 1,
        "failed": 2,
        "results": [not_found(999), {"order_id": canceled.pk, "success": False, "error": error}, *done(order.pk)],
    }
    assert statuses() == ["canceled", "processing"]


def test_an_unchanged_status_counts_as_processed(api):
    order = place()
    Order.objects.update(status="on-hold")
    sent = {"action": "update_status", "order_ids": [order.pk], "data": {"status": "on-hold"}}

    assert api("orders/manage").post(URL, sent).json()["data"]["processed"] == 1


@pytest.mark.parametrize("action", ["delete", "delete_orders"])
def test_many_orders_are_deleted(api, action):
    order, paid = place(), place()
    mark_as_paid(order_id=paid.pk)

    r = api("orders/manage", "orders/delete").post(URL, {"action": action, "order_ids": [order.pk, paid.pk]})

    message = f"Order with ID {paid.pk} cannot be deleted: it is processing; cancel it first"
    failure = {"order_id": paid.pk, "success": False, "error": {"code": "order_not_deletable", "message": message}}
    assert r.json()["data"] == {"processed": 1, "failed": 1, "results": [*done(order.pk), failure]}
    assert list(Order.objects.all()) == [paid]


@pytest.mark.parametrize(("action", "capability"), [("delete", "orders/delete"), ("export", "orders/export")])
def test_a_capability_follows_the_effect(api, action, capability):
    order = place()

    r = api.all_but(capability).post(URL, {"action": action, "order_ids": [order.pk]})

    assert (r.status_code, r.json()["code"]) == (403, "insufficient_permissions")
    assert Order.objects.filter(pk=order.pk).exists()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "action"),
        ({"action": "explode"}, "action"),
        ({"action": ["delete"]}, "action"),
        ({"order_ids": []}, "order_ids"),
        ({"order_ids": "1"}, "order_ids"),
        ({"order_ids": None}, "order_ids"),
        ({"order_ids": [1, 0]}, "order_ids[1]"),
        ({"order_ids": [2**63]}, "order_ids[0]"),
        ({"order_ids": ["abc"]}, "order_ids[0]"),
        ({"order_ids": list(range(1, 102))}, "order_ids"),
        ({"data": {}}, "data.status"),
        ({"data": {"status": "lost"}}, "data.status"),
        ({"data": {"status": "pending"}}, "data.status"),
        ({"data": {"status": ["completed"]}}, "data.status"),
        ({"data": None}, "data"),
        ({"data": [1]}, "data"),
    ],
)
def test_bad_input_is_named_and_no_order_changes(api, sent, field):
    order = place()
    good = {"action": "update_status", "order_ids": [order.pk], "data": {"status": "completed"}}
    body = good | sent if sent else {"order_ids": [order.pk]}

    r = api.everything().post(URL, body)

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])
    assert statuses() == ["pending"]


# --- Export ------------------------------------------------------------------------------------


def exported(client, *order_ids: int) -> dict:
    """The data of an export."""
    return client.post(URL, {"action": "export", "order_ids": list(order_ids)}).json()["data"]


def path_of(data: dict) -> str:
    """The path of an export's link."""
    return data["export"]["url"].removeprefix("http://testserver")


def cells(order: Order, **changes: str) -> dict[str, str]:
    """An order as a line of CSV."""
    plain = {name: "" if value is None else str(value) for name, value in order_scalars(order).items()}
    return plain | {"customer_email": order.customer.email, "customer_name": "Ada Lovelace"} | changes


def test_an_export_answers_per_id_and_with_a_link(api):
    client, order = api("orders/manage", "orders/export"), place()

    data = exported(client, order.pk, 999)

    link = data.pop("export")
    assert data == {"processed": 1, "failed": 1, "results": [*done(order.pk), not_found(999)]}
    assert link["url"].startswith(f"http://testserver{V2}/orders/export/")
    assert (link["format"], link["filename"]) == ("csv", "orders.csv")
    assert link["expires_at"].endswith("Z")


def test_the_link_streams_csv_with_formulas_made_harmless(api):
    client = api("orders/manage", "orders/export")
    orders = [place(note="=1+1"), place(note="Ring twice")]

    r = client.get(path_of(exported(client, *(order.pk for order in orders))))

    lines = list(csv.DictReader(io.StringIO(b"".join(r.streaming_content).decode())))
    assert r["Content-Type"] == "text/csv; charset=utf-8"
    assert r["Content-Disposition"] == 'attachment; filename="orders.csv"'
    assert lines == [cells(orders[0], note="'=1+1"), cells(orders[1])]


def test_a_customers_name_is_no_formula_either(api):
    client = api("orders/manage", "orders/export")
    order = place(customer=CustomerFactory(first_name="=cmd()", last_name=""))

    r = client.get(path_of(exported(client, order.pk)))

    assert next(csv.DictReader(io.StringIO(b"".join(r.streaming_content).decode())))["customer_name"] == "'=cmd()"


def test_an_order_that_is_deleted_meanwhile_is_left_out(api):
    client = api("orders/manage", "orders/export")
    kept, gone = place(), place()
    data = exported(client, kept.pk, gone.pk)
    delete_order(order_id=gone.pk)

    lines = b"".join(client.get(path_of(data)).streaming_content).decode().splitlines()

    assert [text.split(",")[0] for text in lines] == ["id", str(kept.pk)]


def test_the_link_opens_nothing_for_another_user(api):
    path = path_of(exported(api("orders/manage", "orders/export"), place().pk))

    r = api("orders/export").get(path)

    message = "This export link is not valid, or has expired."
    assert (r.status_code, r.json()) == (404, refusal("export_not_found", message, 404))
    assert api.anonymous().get(path).status_code == 401
    assert api.all_but("orders/export").get(path).status_code == 403


def test_the_link_expires_in_an_hour(api, monkeypatch):
    client = api("orders/manage", "orders/export")
    path = path_of(exported(client, place().pk))
    later = timezone.now() + dt.timedelta(seconds=3601)

    monkeypatch.setattr(signing.time, "time", later.timestamp)

    assert client.get(path).json()["code"] == "export_not_found"
