"""Orders made, changed, paid and deleted over HTTP as the orders document spells it."""

from __future__ import annotations

import pytest

from customers.models import Customer
from orders.models import Order
from orders.services.payment import mark_as_paid
from orders.services.status import update_statuses
from tests.callers import V2
from tests.customers.bodies import refusal
from tests.customers.factories import CustomerAddressFactory, CustomerFactory
from tests.orders.bodies import order_detail
from tests.orders.factories import ShippingMethodFactory, VariationFactory
from tests.orders.shop import line, place

URL = f"{V2}/orders"
ADDRESS = {
    "first_name": "John",
    "last_name": "Doe",
    "address_1": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postcode": "10001",
    "country": "US",
}


def shown(order) -> dict:
    """The whole body that answers a write, from what is stored."""
    return {"success": True, "data": {"order": order_detail(order)}}


# --- Create ------------------------------------------------------------------------------------


def test_the_documents_example_makes_an_order(api):
    customer, variation = CustomerFactory(), VariationFactory()

    r = api("orders/create").post(
        URL,
        {
            "customer_id": customer.pk,
            "items": [line(variation, 2)],
            "billing_address": ADDRESS | {"email": "john@example.com"},
            "shipping_address": ADDRESS,
            "payment_method": "stripe",
            "note": "Special delivery instructions",
        },
    )

    order = Order.objects.get()
    assert r.status_code == 201
    assert r.json() == shown(order)
    made = r.json()["data"]["order"]
    assert (made["status"], made["payment_status"], made["total_amount"], made["currency"]) == (
        "pending", "pending", 5000, "USD",
    )  # fmt: skip
    assert made["billing_address"] | ADDRESS | {"email": "john@example.com"} == made["billing_address"]
    assert made["shipping_address"] | ADDRESS == made["shipping_address"]


def test_the_plugins_names_make_an_order_and_its_prices_are_not_believed(api):
    customer, variation = CustomerFactory(), VariationFactory()
    sent = {"post_id": variation.product_id, "object_id": variation.pk, "quantity": "3", "unit_price": 1}

    r = api("orders/create").post(URL, {"customer_id": customer.pk, "order_items": [sent], "total_amount": 1})

    assert r.status_code == 201
    assert r.json()["data"]["order"]["total_amount"] == 7500


def test_a_php_form_makes_an_order(api):
    customer, variation = CustomerFactory(), VariationFactory()
    items = "&".join(f"items[0][{name}]={value}" for name, value in line(variation, 2).items())

    r = api("orders/create").generic(
        "POST",
        f"{URL}/",
        f"customer_id={customer.pk}&{items}&billing_address[city]=Queens",
        content_type="application/x-www-form-urlencoded",
    )

    assert r.status_code == 201
    made = r.json()["data"]["order"]
    assert (made["total_amount"], made["billing_address"]["city"]) == (5000, "Queens")


def test_omitted_addresses_are_the_customers_primaries(api):
    address = CustomerAddressFactory(is_primary=True, city="Queens")

    r = api("orders/create").post(
        URL, {"customer_id": address.customer_id, "items": [line(VariationFactory())], "billing_address": None}
    )

    made = r.json()["data"]["order"]
    assert (made["billing_address"]["city"], made["shipping_address"]) == ("Queens", None)


def test_shipping_is_charged_when_a_method_is_sent(api):
    method, variation = ShippingMethodFactory(slug="standard"), VariationFactory()
    sent = {
        "customer_id": CustomerFactory().pk,
        "items": [line(variation)],
        "shipping_address": ADDRESS,
        "shipping_method": method.slug,
    }

    r = api("orders/create").post(URL, sent)

    made = r.json()["data"]["order"]
    assert (made["shipping_total"], made["total_amount"], made["shipping_method"]) == (500, 3000, "standard")


def test_an_unknown_customer_is_refused_and_nothing_stored(api):
    r = api("orders/create").post(URL, {"customer_id": 999, "items": [line(VariationFactory())]})

    sentence = "Customer with ID 999 does not exist"
    assert r.status_code == 400
    assert r.json() == refusal("invalid_customer", sentence, 400, fields={"customer_id": [sentence]})
    assert not Order.objects.exists()


def test_an_unknown_product_is_refused_and_nothing_stored(api):
    variation = VariationFactory()
    wrong = line(variation) | {"product_id": 999}

    r = api("orders/create").post(URL, {"customer_id": CustomerFactory().pk, "items": [line(variation), wrong]})

    sentence = f"Variation with ID {variation.pk} does not belong to product 999."
    assert r.status_code == 400
    assert r.json() == refusal("invalid_product", sentence, 400, fields={"items[1].product_id": [sentence]})
    assert not Order.objects.exists()


def test_more_than_is_in_stock_is_refused_and_nothing_stored(api):
    variation = VariationFactory(stock=1)

    r = api("orders/create").post(URL, {"customer_id": CustomerFactory().pk, "items": [line(variation, 2)]})

    assert (r.status_code, r.json()["code"]) == (400, "validation_error")
    assert r.json()["data"]["errors"] == {"items[0].quantity": ["Only 1 left in stock."]}
    assert not Order.objects.exists()


# --- Update ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["put", "post"])
def test_the_documents_example_updates_an_order(api, method):
    order = place(billing_address=ADDRESS)
    sent = {
        "status": "processing",
        "note": "Updated order note",
        "billing_address": {"first_name": "Jane", "email": "jane@example.com"},
    }

    r = getattr(api("orders/manage"), method)(f"{URL}/{order.pk}", sent)

    assert r.status_code == 200
    assert r.json() == shown(order)
    changed = r.json()["data"]["order"]
    assert (changed["status"], changed["note"]) == ("processing", "Updated order note")
    expected = ADDRESS | {"first_name": "Jane", "name": "Jane Doe", "email": "jane@example.com"}
    assert changed["billing_address"] | expected == changed["billing_address"]


def test_what_is_not_sent_stays(api):
    order = place(note="Ring twice", billing_address=ADDRESS)
    before = order_detail(order)

    r = api("orders/manage").put(f"{URL}/{order.pk}", {})

    assert r.json()["data"]["order"] == before | {"updated_at": r.json()["data"]["order"]["updated_at"]}


def test_an_order_can_be_sent_back_as_it_was_read(api):
    order = place(note="Ring twice", billing_address=ADDRESS)
    before = order_detail(order)

    r = api("orders/manage").put(f"{URL}/{order.pk}", before)

    assert r.json()["data"]["order"] == before | {"updated_at": r.json()["data"]["order"]["updated_at"]}


def test_a_completed_order_is_not_edited(api):
    order = place()
    update_statuses(order_id=order.pk, order_status="completed")
    before = order_detail(order)

    r = api("orders/manage").put(f"{URL}/{order.pk}", {"note": "Late"})

    message = f"Order with ID {order.pk} cannot be edited: it is completed"
    assert r.status_code == 409
    assert r.json() == refusal("order_not_editable", message, 409)
    assert order_detail(order) == before


# --- Delete ------------------------------------------------------------------------------------


def test_an_order_is_deleted(api):
    order = place()
    client = api("orders/delete")

    r = client.delete(f"{URL}/{order.pk}")

    assert r.status_code == 200
    assert r.json() == {"success": True, "message": "Order deleted successfully"}
    assert Order.with_deleted.get().deleted_at is not None
    assert client.delete(f"{URL}/{order.pk}").status_code == 404


def test_a_paid_order_is_not_deleted(api):
    order = place()
    mark_as_paid(order_id=order.pk)

    r = api("orders/delete").delete(f"{URL}/{order.pk}")

    message = f"Order with ID {order.pk} cannot be deleted: it is processing; cancel it first"
    assert r.status_code == 409
    assert r.json() == refusal("order_not_deletable", message, 409)
    assert Order.objects.filter(pk=order.pk).exists()


# --- Mark as paid ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        {"payment_method": "manual", "transaction_id": "manual_123", "note": "Manual payment confirmation"},
        {
            "payment_method": "manual",
            "vendor_charge_id": "manual_123",
            "mark_paid_note": "Manual payment confirmation",
        },
    ],
    ids=["document", "plugin"],
)
def test_an_order_is_marked_as_paid(api, sent):
    order = place()

    r = api("orders/manage").post(f"{URL}/{order.pk}/mark-as-paid", sent)

    assert r.status_code == 200
    assert r.json() == shown(order)
    paid = r.json()["data"]["order"]
    assert (paid["payment_status"], paid["status"], paid["total_paid"]) == ("paid", "processing", 5000)
    assert (paid["note"], paid["receipt_number"]) == ("Manual payment confirmation", 1)
    assert [(t["transaction_id"], t["status"]) for t in paid["transactions"]] == [("manual_123", "succeeded")]


def test_nothing_is_required_to_mark_as_paid_and_twice_is_refused(api):
    order = place(note="Ring twice")
    client = api("orders/manage")

    first = client.post(f"{URL}/{order.pk}/mark-as-paid")
    second = client.post(f"{URL}/{order.pk}/mark-as-paid")

    assert first.json()["data"]["order"]["note"] == "Ring twice"
    assert second.status_code == 409
    assert second.json() == refusal("already_paid", f"Order with ID {order.pk} is already paid", 409)


def test_a_canceled_order_is_not_paid(api):
    order = place()
    update_statuses(order_id=order.pk, order_status="canceled")

    r = api("orders/manage").post(f"{URL}/{order.pk}/mark-as-paid")

    message = f"Order with ID {order.pk} is canceled, which is final"
    assert (r.status_code, r.json()) == (409, refusal("order_canceled", message, 409))


# --- Statuses ----------------------------------------------------------------------------------


def test_the_documents_example_moves_all_three_statuses(api):
    order = place()
    sent = {"payment_status": "paid", "shipping_status": "shipped", "order_status": "processing"}

    r = api("orders/manage_statuses", "orders/manage").put(f"{URL}/{order.pk}/statuses", sent)

    assert r.status_code == 200
    assert r.json() == shown(order)
    assert r.json()["data"]["order"] | sent | {"status": "processing"} == r.json()["data"]["order"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"shipping_status": "delivered"}, {"shipping_status": "delivered", "status": "pending"}),
        ({"status": "on-hold"}, {"order_status": "on-hold"}),
        ({"order_status": "cancelled"}, {"order_status": "canceled"}),
        (
            {
                "action": "change_shipping_status",
                "statuses": {"shipping_status": "shipped", "order_status": "completed"},
            },
            {"shipping_status": "shipped", "order_status": "pending"},
        ),
        ({"action": "change_order_status", "statuses": {"order_status": "on-hold"}}, {"order_status": "on-hold"}),
    ],
    ids=["shipping", "status", "two l", "plugin, one named", "plugin, order"],
)
def test_some_statuses_are_moved(api, sent, expected):
    order = place()

    r = api("orders/manage_statuses").put(f"{URL}/{order.pk}/statuses", sent)

    assert r.status_code == 200
    assert r.json()["data"]["order"] | expected == r.json()["data"]["order"]


@pytest.mark.parametrize(
    "sent",
    [{"payment_status": "paid"}, {"action": "change_payment_status", "statuses": {"payment_status": "paid"}}],
    ids=["document", "plugin"],
)
def test_a_payment_status_needs_more_than_the_route(api, sent):
    order = place()

    r = api.all_but("orders/manage").put(f"{URL}/{order.pk}/statuses", sent | {"order_status": "on-hold"})

    assert (r.status_code, r.json()["code"]) == (403, "insufficient_permissions")
    assert Order.objects.get().payment_status == Order.objects.get().status == "pending"


def test_a_refund_is_not_a_status(api):
    order = place()
    mark_as_paid(order_id=order.pk)

    r = api("orders/manage_statuses", "orders/manage").put(
        f"{URL}/{order.pk}/statuses", {"payment_status": "refunded", "order_status": "completed"}
    )

    message = f"A refund is made with POST /orders/{order.pk}/refund"
    assert (r.status_code, r.json()) == (409, refusal("invalid_transition", message, 409))
    assert Order.objects.get().status == "processing"


def test_stock_can_be_left_alone(api):
    variation = VariationFactory(stock=5)
    order = place(variation)

    api("orders/manage_statuses").put(f"{URL}/{order.pk}/statuses", {"order_status": "canceled", "manage_stock": False})

    variation.refresh_from_db()
    assert variation.available_count == 3


# --- Customers ---------------------------------------------------------------------------------


def test_an_order_changes_hands(api):
    order, other = place(), CustomerFactory(first_name="Jane")

    r = api("orders/manage").post(f"{URL}/{order.pk}/change-customer", {"customer_id": other.pk})

    assert r.status_code == 200
    assert r.json() == shown(order)
    assert r.json()["data"]["order"]["customer"]["first_name"] == "Jane"


def test_an_order_stays_when_the_other_customer_does_not_exist(api):
    order = place()

    r = api("orders/manage").post(f"{URL}/{order.pk}/change-customer", {"customer_id": 999})

    sentence = "Customer with ID 999 does not exist"
    assert r.status_code == 400
    assert r.json() == refusal("invalid_customer", sentence, 400, fields={"customer_id": [sentence]})
    assert Order.objects.get().customer_id == order.customer_id


@pytest.mark.parametrize(
    "name", [{"first_name": "Jane", "last_name": "Smith"}, {"full_name": "Jane Smith"}], ids=["parts", "whole"]
)
def test_an_order_goes_to_a_new_customer(api, name):
    order = place()

    r = api("orders/manage").post(f"{URL}/{order.pk}/create-and-change-customer", {"email": "jane@example.com"} | name)

    made = Customer.objects.latest("pk")
    customer = {"id": made.pk, "email": "jane@example.com", "first_name": "Jane", "last_name": "Smith"}
    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"order": order_detail(order), "customer": customer}}
    assert r.json()["data"]["order"]["customer_id"] == made.pk


def test_a_known_email_makes_no_new_customer(api):
    order = place()

    r = api("orders/manage").post(
        f"{URL}/{order.pk}/create-and-change-customer", {"email": order.customer.email, "first_name": "Jane"}
    )

    fields = {"email": ["Email already exists."]}
    assert r.status_code == 400
    assert r.json() == refusal("email_already_exists", "Validation failed", 400, fields=fields)
    assert Customer.objects.count() == 1


def test_no_customer_is_made_for_an_unknown_order(api):
    r = api("orders/manage").post(
        f"{URL}/999/create-and-change-customer", {"email": "jane@example.com", "first_name": "Jane"}
    )

    assert (r.status_code, r.json()["code"]) == (404, "order_not_found")
    assert not Customer.objects.exists()
