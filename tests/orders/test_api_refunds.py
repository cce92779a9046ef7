"""Refunds over HTTP as the orders document spells them."""

from __future__ import annotations

import pytest

from orders.models import Order, OrderItem, OrderTransaction
from orders.services.payment import mark_as_paid
from tests.callers import V2
from tests.customers.bodies import refusal, stamp
from tests.orders.factories import VariationFactory
from tests.orders.shop import place

TOO_LOW = "Ensure this value is greater than or equal to 1."
NO_NUMBER = "A valid integer is required."
NO_CENTS = "Must be a whole number of minor units: 2500 means 25.00."
NO_METHOD = "is not one of: original_payment_method, manual."


def paid_order(*variations) -> Order:
    """An order of 5000, paid by hand."""
    order = place(*variations)
    mark_as_paid(order_id=order.pk, payment_method="manual")
    return order


def url(order) -> str:
    """The refund route."""
    return f"{V2}/orders/{order.pk}/refund"


def refunds() -> list[int]:
    """What was given back, refund by refund."""
    return list(OrderTransaction.objects.filter(type="refund").values_list("amount_cents", flat=True))


def refund_row(refund: OrderTransaction, **changes) -> dict:
    """A refund as the document shows it."""
    return {
        "id": refund.pk,
        "order_id": refund.order_id,
        "amount": refund.amount_cents,
        "currency": "USD",
        "status": "completed",
        "refund_id": f"ref_{refund.uuid}",
        "charge_id": refund.parent_id,
        "payment_method": "manual",
        "gateway": "manual",
        "reason": "",
        "created_at": stamp(refund.created_at),
    } | changes


def test_the_documents_example_refunds_an_amount(api):
    order = paid_order()

    r = api("orders/can_refund").post(
        url(order),
        {"amount": 2500, "reason": "Customer requested refund", "refund_method": "original_payment_method"},
    )

    refund = OrderTransaction.objects.get(type="refund")
    assert r.status_code == 200
    assert r.json() == {
        "success": True,
        "data": {"refund": refund_row(refund, amount=2500, reason="Customer requested refund")},
    }
    stored = Order.objects.get()
    assert (stored.payment_status, stored.total_refund_cents) == ("partially_refunded", 2500)


def test_the_plugins_form_refunds_and_restocks(api):
    variation = VariationFactory(stock=5)
    order = paid_order(variation)
    charge, item = order.transactions.get(), order.items.get()
    inner = {
        "transaction_id": charge.pk,
        "amount": 2500,
        "reason": "Broken",
        "refunded_items": [{"id": item.pk, "variation_id": variation.pk, "restore_quantity": 1}],
        "manageStock": True,
    }

    r = api("orders/can_refund").post(url(order), {"refund_info": inner})

    refund = OrderTransaction.objects.get(type="refund")
    variation.refresh_from_db()
    assert r.json()["data"]["refund"] == refund_row(refund, amount=2500, reason="Broken")
    assert variation.available_count == 4


@pytest.mark.parametrize(("restock", "left"), [(True, 4), (False, 3)])
def test_a_line_is_refunded_by_its_pieces(api, restock, left):
    variation = VariationFactory(stock=5)
    order = paid_order(variation)
    item = order.items.get()

    r = api("orders/can_refund").post(url(order), {"items": [{"id": item.pk, "quantity": 1, "restock": restock}]})

    variation.refresh_from_db()
    assert r.json()["data"]["refund"]["amount"] == 2500
    assert OrderItem.objects.get().refund_total_cents == 2500
    assert variation.available_count == left


def test_a_refund_that_several_charges_share_answers_the_whole_amount(api):
    order = paid_order()
    OrderTransaction.objects.update(amount_cents=3000)
    OrderTransaction.objects.create(
        order=order, status="succeeded", amount_cents=2000, currency="USD", gateway="manual", payment_method="manual"
    )

    r = api("orders/can_refund").post(url(order), {"amount": 4000})

    assert r.json()["data"]["refund"]["amount"] == 4000
    assert sorted(refunds()) == [2000, 2000]


def test_no_more_is_refunded_than_was_paid(api):
    order = paid_order()
    client = api("orders/can_refund")
    client.post(url(order), {"amount": 2500})

    r = client.post(url(order), {"amount": 2501})

    body = refusal("refund_failed", "At most 2500 minor units can still be refunded", 400)
    body["data"] |= {"reason": "limit", "limit_cents": 2500}
    assert (r.status_code, r.json()) == (400, body)
    assert refunds() == [2500]


def test_an_unpaid_order_has_nothing_to_refund(api):
    order = place()

    r = api("orders/can_refund").post(url(order), {"amount": 1})

    body = refusal("refund_failed", f"Order with ID {order.pk} has not been paid", 400)
    body["data"] |= {"reason": "unpaid"}
    assert (r.status_code, r.json()) == (400, body)


def test_a_gateway_that_refuses_leaves_nothing_booked_and_is_a_bad_gateway(api):
    order = paid_order()
    OrderTransaction.objects.update(gateway="gone")

    r = api("orders/can_refund").post(url(order), {"amount": 2500})

    assert (r.status_code, r.json()["error"]["code"]) == (502, "refund_failed")
    assert r.json()["data"]["outcome"] == "refused"
    assert Order.objects.get().total_refund_cents == 0


def test_a_charge_of_another_order_is_not_found(api):
    order, other = paid_order(), paid_order()

    r = api("orders/can_refund").post(url(order), {"amount": 1, "transaction_id": other.transactions.get().pk})

    assert (r.status_code, r.json()["code"]) == (404, "transaction_not_found")
    assert refunds() == []


def test_a_line_of_another_order_is_refused(api):
    order, other = paid_order(), paid_order()

    r = api("orders/can_refund").post(url(order), {"items": [{"id": other.items.get().pk, "quantity": 1}]})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["items[0].id"])
    assert refunds() == []


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({}, "amount", "Amount field is required."),
        ({"amount": None}, "amount", "Amount field is required."),
        ({"amount": 0}, "amount", TOO_LOW),
        ({"amount": -1}, "amount", TOO_LOW),
        ({"amount": 2**53}, "amount", f"Ensure this value is less than or equal to {2**53 - 1}."),
        ({"amount": "abc"}, "amount", NO_CENTS),
        ({"amount": 25.5}, "amount", NO_CENTS),
        ({"amount": [2500]}, "amount", NO_CENTS),
        ({"refund_info": {}}, "amount", "Amount field is required."),
        ({"items": []}, "items", "This list may not be empty."),
        ({"items": {"id": 1}}, "items", 'Expected a list of items but got type "dict".'),
        ({"items": [7]}, "items[0]", "Invalid data. Expected a dictionary, but got int."),
        ({"items": [{"id": 1, "quantity": 0}]}, "items[0].quantity", TOO_LOW),
        ({"items": [{"quantity": 1}]}, "items[0].id", "Id field is required."),
        ({"amount": 1, "refund_method": "cash"}, "refund_method", f"cash {NO_METHOD}"),
        ({"amount": 1, "refund_method": ["manual"]}, "refund_method", f"['manual'] {NO_METHOD}"),
        ({"amount": 1, "transaction_id": "abc"}, "transaction_id", NO_NUMBER),
        ({"amount": 1, "reason": "\x00"}, "reason", "Null characters are not allowed."),
        ({"amount": 1, "reason": "\ud800"}, "reason", None),
        ({"amount": 1, "reason": "x" * 5001}, "reason", "Ensure this field has no more than 5000 characters."),
    ],
)
def test_bad_input_is_named_and_nothing_is_refunded(api, sent, field, sentence):
    order = paid_order()

    r = api("orders/can_refund").post(url(order), sent)

    assert (r.status_code, r.json()["code"]) == (400, "validation_error")
    assert list(r.json()["data"]["errors"]) == [field]
    assert sentence is None or r.json()["data"]["errors"] == {field: [sentence]}
    assert refunds() == []


@pytest.mark.parametrize("amount", ["25.00", 25.0, "25.0", 25.5, "2.5e1", True], ids=repr)
def test_an_amount_in_major_units_is_refused_and_not_taken_for_a_hundredth(api, amount):
    order = paid_order()

    r = api("orders/can_refund").post(f"{V2}/orders/{order.pk}/refund", {"amount": amount})

    assert (r.status_code, r.json()["data"]["errors"]) == (400, {"amount": [NO_CENTS]})
    assert not order.transactions.filter(type="refund").exists()
