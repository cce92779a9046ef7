"""The orders document under v1: each operation answers what it answers under v2 for the same row."""

from __future__ import annotations

import pytest

from customers.models import Customer
from orders.models import Order, OrderTransaction
from orders.services.payment import mark_as_paid
from tests.callers import V1, V2
from tests.customers.bodies import refusal
from tests.customers.factories import CustomerFactory
from tests.orders.bodies import PAGINATION, order_detail, order_row
from tests.orders.factories import ShippingMethodFactory, VariationFactory
from tests.orders.shop import line, place

URL = f"{V1}/orders"


def shown(order: Order) -> dict:
    """The body of an order, and that of every write to one."""
    return {"success": True, "data": {"order": order_detail(order)}}


@pytest.mark.parametrize(
    "path",
    [
        "/orders",
        "/orders?with[]=transactions&search=ada",
        "/orders?filters[status]=completed",
        "/orders?page=0",
        "/orders/{order}",
        "/orders/{order}?with[]=transactions",
        "/orders/999",
        "/orders/shipping_methods?country=US",
        "/products",
        "/products/{product}",
    ],
)
def test_what_is_read_is_the_same_in_both_versions(api, path):
    order = place()
    ShippingMethodFactory()
    client = api.everything()
    filled = path.format(order=order.pk, product=order.items.get().product_id)

    first, second = client.get(V1 + filled), client.get(V2 + filled)

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.status_code == {"/orders?page=0": 400, "/orders/999": 404}.get(path, 200)


def test_a_list_of_orders(api):
    order = place()

    r = api("orders/view").get(URL)

    assert r.json() == {"success": True, "data": {"orders": [order_row(order)], "pagination": PAGINATION}}


def test_an_order_that_is_not_there(api):
    r = api("orders/view").get(f"{URL}/999")

    assert r.status_code == 404
    assert r.json() == refusal("order_not_found", "Order with ID 999 not found", 404, summary="Order not found")


def test_an_order_is_created(api):
    sent = {"customer_id": CustomerFactory().pk, "items": [line(VariationFactory(), 2)], "note": "Ring twice"}

    r = api("orders/create").post(URL, sent)

    assert (r.status_code, r.json()) == (201, shown(Order.objects.get()))
    assert r.json()["data"]["order"]["total_amount"] == 5000


@pytest.mark.parametrize(
    ("method", "path", "sent", "changed"),
    [
        ("put", "", {"status": "processing", "note": "New"}, {"status": "processing", "note": "New"}),
        ("post", "", {"order_status": "processing"}, {"status": "processing"}),
        ("post", "/mark-as-paid", {"payment_method": "manual"}, {"payment_status": "paid"}),
        ("put", "/statuses", {"shipping_status": "shipped"}, {"shipping_status": "shipped"}),
    ],
)
def test_an_order_is_changed(api, method, path, sent, changed):
    order = place()

    r = api.everything().send(method, f"{URL}/{order.pk}{path}", sent)

    assert (r.status_code, r.json()) == (200, shown(order))
    assert r.json()["data"]["order"] | changed == r.json()["data"]["order"]


def test_money_is_given_back(api):
    order = place()
    mark_as_paid(order_id=order.pk)

    r = api("orders/can_refund").post(f"{URL}/{order.pk}/refund", {"amount": 2500, "reason": "Broken"})

    made = OrderTransaction.objects.get(type="refund")
    answered = r.json()["data"]["refund"]
    assert r.status_code == 200
    assert (answered["id"], answered["order_id"], answered["amount"]) == (made.pk, order.pk, 2500)
    assert (answered["status"], answered["refund_id"], answered["reason"]) == (
        "completed",
        f"ref_{made.uuid}",
        "Broken",
    )


def test_an_order_gets_another_customer(api):
    order, other = place(), CustomerFactory()

    r = api("orders/manage").post(f"{URL}/{order.pk}/change-customer", {"customer_id": other.pk})

    assert (r.status_code, r.json()) == (200, shown(order))
    assert r.json()["data"]["order"]["customer_id"] == other.pk


def test_an_order_gets_a_new_customer(api):
    order = place()
    sent = {"email": "newcustomer@example.com", "first_name": "Jane", "last_name": "Smith"}

    r = api("orders/manage").post(f"{URL}/{order.pk}/create-and-change-customer", sent)

    made = Customer.objects.latest("pk")
    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"order": order_detail(order), "customer": {"id": made.pk, **sent}}}


def test_an_order_is_deleted(api):
    order = place()

    r = api("orders/delete").delete(f"{URL}/{order.pk}")

    assert r.json() == {"success": True, "message": "Order deleted successfully"}
    assert not Order.objects.exists()


def test_orders_are_changed_in_bulk(api):
    order = place()
    sent = {"action": "update_status", "order_ids": [order.pk, 999], "data": {"status": "processing"}}

    r = api("orders/manage").post(f"{URL}/do-bulk-action", sent)

    error = {"code": "order_not_found", "message": "Order with ID 999 not found"}
    results = [{"order_id": order.pk, "success": True}, {"order_id": 999, "success": False, "error": error}]
    assert r.json() == {"success": True, "data": {"processed": 1, "failed": 1, "results": results}}
    assert Order.objects.get().status == "processing"


def test_an_export_links_to_its_own_version(api):
    order = place()
    client = api.everything()
    sent = {"action": "export", "order_ids": [order.pk]}
    link = client.post(f"{URL}/do-bulk-action", sent).json()["data"]["export"]["url"]

    r = client.get(link)

    assert f"{URL}/export/" in link
    assert order.uuid in b"".join(r.streaming_content).decode()


def test_shipping_is_quoted(api):
    ShippingMethodFactory(slug="standard")
    sent = {"items": [line(VariationFactory())], "shipping_address": {"country": "US"}}
    client = api("orders/create")

    first, second = (client.post(f"{base}/orders/calculate-shipping", sent) for base in (V1, V2))

    assert first.json() == second.json()
    assert [(row["id"], row["cost"]) for row in first.json()["data"]["shipping_methods"]] == [("standard", 500)]


@pytest.mark.parametrize(
    ("method", "path", "sent", "field"),
    [
        ("post", "", {}, "customer_id"),
        ("put", "/1", {"status": "nonsense"}, "status"),
        ("post", "/1/refund", {}, "amount"),
        ("put", "/1/statuses", {"shipping_status": "x"}, "shipping_status"),
        ("post", "/1/change-customer", {}, "customer_id"),
        ("post", "/do-bulk-action", {"action": "explode", "order_ids": [1]}, "action"),
    ],
)
def test_bad_input_is_refused_by_name(api, method, path, sent, field):
    place()
    before = list(Order.objects.values())

    r = api.everything().send(method, URL + path, sent)

    assert (r.status_code, r.json()["code"]) == (400, "validation_error")
    assert field in r.json()["data"]["errors"]
    assert list(Order.objects.values()) == before
