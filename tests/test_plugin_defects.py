"""How FluentCart's plugin misbehaves, one row each: what it does, the request, and what holds here.

Source: semantics 7.12 and the chapters that its numbers lead to; the probes of the running plugin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from customers.models import Contact, Customer, CustomerAddress, CustomerLabel
from orders.models import Order, OrderItem
from orders.services.payment import mark_as_paid
from orders.services.refund import refund_order
from tests.callers import V2
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, LabelFactory, UserFactory
from tests.orders.factories import VariationFactory
from tests.orders.shop import place

NOBODY = 999_999
HASH = make_password("a long login password")
# What no answer may say, whatever was asked.
NEVER = ("SELECT ", "INSERT ", "UPDATE ", " WHERE ", "sqlite", "psycopg", "Traceback", "site-packages", HASH)

Shop = SimpleNamespace
Holds = Callable[[Any, Shop], object]


@dataclass(frozen=True)
class Row:
    """One defect.

    Args:
        plugin: what the plugin does.
        method, path, body: the request; path and texts in the body are filled in with the shop's ids.
        status: what is answered here.
        holds: must be true afterwards, given the answer's body and the shop.
    """

    plugin: str
    method: str
    path: str
    status: int
    holds: Holds
    body: Any = None


def primaries(customer: Any) -> list[tuple[str, int]]:
    """Each type with its primary address."""
    found = CustomerAddress.objects.filter(customer=customer, is_primary=True)
    return sorted(found.values_list("type", "pk"))


def unchanged(*records: Any) -> bool:
    """Whether rows are stored as they were read."""
    return all(
        type(record)._base_manager.filter(pk=record.pk).values().get()
        == {field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields}
        for record in records
    )


def fields(body: Any) -> list[str]:
    """Which fields a refusal names."""
    return list(body["data"]["errors"])


def names(*expected: str) -> Holds:
    """The refusal names these fields, and no order or customer came into being."""
    return lambda body, s: (
        fields(body) == list(expected) and (Order.objects.count(), Customer.objects.count()) == s.counts
    )


def order(body: Any) -> Any:
    """The order of an answer, as stored."""
    return Order.objects.get(pk=body["data"]["order"]["id"])


def new(**other: Any) -> dict[str, Any]:
    """A new customer."""
    return {"email": "new@example.org", "full_name": "New Person", **other}


def address(**other: Any) -> dict[str, Any]:
    """A new address in Rome."""
    place_ = {"address_1": "1 St", "city": "Rome", "country": "IT", "state": "RM", "postcode": "00100"}
    return {"name": "Ada", "email": "ada@example.org", "type": "billing", **place_, **other}


def basket(**other: Any) -> dict[str, Any]:
    """A new order of two pieces at 25.00."""
    line = {"product_id": "{product}", "variation_id": "{variation}", "quantity": 2}
    return {"customer_id": "{mine}", "items": [line], **other}


ADDRESSES = [
    Row(
        "edits any customer's address through any other's path",
        "put", "/customers/{mine}/address", 404, lambda body, s: unchanged(s.their_address),
        {"id": "{their_address}", "city": "Oslo"},
    ),
    Row(
        "deletes any customer's address through any other's path",
        "delete", "/customers/{mine}/address", 404, lambda body, s: unchanged(s.their_address, s.their_spare),
        {"id": "{their_spare}"},
    ),
    Row(
        "writes an address over that of anybody's order",
        "put", "/customers/{mine}/address", 404,
        lambda body, s: s.their_order.addresses.filter(city="Oslo").count() == 0,
        {"id": "{address}", "city": "Oslo", "order_id": "{their_order}"},
    ),
    Row(
        "leaves no primary address when make-primary fails",
        "post", "/customers/{mine}/address/make-primary", 404,
        lambda body, s: primaries(s.customer) == [("billing", s.address.pk)], {"id": "{their_address}"},
    ),
    Row(
        "leaves no primary address when make-primary names the wrong type",
        "post", "/customers/{mine}/address/make-primary", 400,
        lambda body, s: (fields(body), primaries(s.customer)) == (["type"], [("billing", s.address.pk)]),
        {"id": "{spare}", "type": "shipping"},
    ),
    Row(
        "keeps two primaries when a new one comes",
        "post", "/customers/{mine}/address", 201,
        lambda body, s: [kind for kind, _ in primaries(s.customer)] == ["billing"], address(is_primary=1),
    ),
    Row(
        "never applies its postcode rule",
        "post", "/customers/{mine}/address", 400, names("postcode"), address(postcode=""),
    ),
    Row(
        "asks for a state where there is no list of states",
        "post", "/customers/{mine}/address", 201, lambda body, s: True, address(country="VA", state=""),
    ),
]  # fmt: skip

CUSTOMERS = [
    Row(
        "finds a customer's own e-mail address taken unless the body repeats the id",
        "put", "/customers/{mine}", 200, lambda body, s: True, {"email": "ADA@example.org", "full_name": "Ada"},
    ),
    Row(
        "lets two customers share an address when the body has another id",
        "put", "/customers/{mine}", 400, lambda body, s: unchanged(s.customer),
        {"id": "{theirs}", "email": "EVE@example.org", "full_name": "Ada"},
    ),
    Row("stores any word as a status", "post", "/customers", 400, names("status"), new(status="vip")),
    Row(
        "lets clients write the statistics",
        "put", "/customers/{mine}", 200,
        lambda body, s: Customer.objects.get(pk=s.customer.pk).total_spent_cents == s.customer.total_spent_cents,
        {"full_name": "Ada", "aov": 1, "ltv": 1, "total_spent": 1, "total_spent_cents": 1, "purchase_count": 9},
    ),
    Row(
        "links any user without a look whether they are somebody else's",
        "put", "/customers/{mine}", 400, lambda body, s: unchanged(s.customer, s.their_customer),
        {"full_name": "Ada", "user_id": "{their_user}"},
    ),
    Row(
        "changes the user behind a customer",
        "put", "/customers/{theirs}", 200, lambda body, s: unchanged(s.their_user),
        {"full_name": "Other Name", "email": "other@example.org"},
    ),
    Row(
        "leaves addresses, labels and contacts of a deleted customer behind",
        "delete", "/customers/{fresh}", 200,
        lambda body, s: (
            CustomerAddress.objects.filter(customer_id=s.fresh.pk).count(),
            Contact.objects.filter(customer_id=s.fresh.pk).count(),
            CustomerLabel.objects.filter(customer_id=s.fresh.pk).count(),
        ) == (0, 0, 0),
    ),
    Row(
        "deletes paid orders together with their customer",
        "post", "/customers/do-bulk-action", 200,
        lambda body, s: body["data"]["results"][0]["error"]["code"] == "customer_has_orders"
        and unchanged(s.order, s.customer),
        {"action": "delete", "customer_ids": ["{mine}"]},
    ),
    Row(
        "fails with an undefined variable when none of the ids is known",
        "post", "/customers/do-bulk-action", 200,
        lambda body, s: (body["data"]["processed"], body["data"]["failed"]) == (0, 1),
        {"action": "delete_customers", "customer_ids": [NOBODY]},
    ),
    Row(
        "answers no statistics at all",
        "get", "/customers/get-stats/{mine}", 200,
        lambda body, s: [widget["value"] for widget in widgets(body)] == [5000, 1, 5000],
    ),
    Row(
        "hands out password hashes with the user",
        "get", "/customers/{theirs}?with[]=wpUser", 200,
        lambda body, s: set(body["data"]["customer"]["wpUser"]) == {"id", "display_name", "user_email", "user_login"},
    ),
    Row(
        "fails on a relation that it does not know",
        "get", "/customers/{mine}?with[]=nonsense", 400, names("with"),
    ),
    Row(
        "takes % and _ of a search for wildcards",
        "get", "/customers?search=%25_%25", 200, lambda body, s: body["data"]["customers"] == [],
    ),
]  # fmt: skip


def widgets(body: Any) -> Any:
    """The widgets of the statistics."""
    return body.get("data", body)["widgets"]


ORDERS = [
    Row(
        "believes the client's prices and totals",
        "post", "/orders", 201, lambda body, s: order(body).total_amount_cents == 5000,
        basket(items=[{"product_id": "{product}", "variation_id": "{variation}", "quantity": 2, "unit_price": 1,
                       "price": 1, "line_total": 2, "subtotal": 2}], total_amount=2, subtotal=2, discount_total=9000),
    ),
    Row(
        "leaves an order without items when it refuses one of them",
        "post", "/orders", 400, lambda body, s: Order.objects.count() == s.counts[0] and unchanged(s.variation),
        basket(items=[{"product_id": "{product}", "variation_id": "{variation}", "quantity": 1},
                      {"product_id": "{product}", "variation_id": NOBODY, "quantity": 1}]),
    ),
    Row("writes a name of one word twice", "post", "/orders", 201,
        lambda body, s: [each.name for each in order(body).addresses.all()] == ["Plato"],
        basket(billing_address={"name": "Plato", "city": "Athens"})),
    Row("dies of an order that is not there", "put", f"/orders/{NOBODY}", 404, lambda body, s: True, {"note": "X"}),
    Row(
        "gives the new customer the old one's whole address book",
        "post", "/orders/{order}/change-customer", 200,
        lambda body, s: s.customer.addresses.count() == 2 and s.their_customer.addresses.count() == 2,
        {"customer_id": "{theirs}"},
    ),
    Row(
        "leaves a new customer behind when the order cannot be given to it",
        "post", f"/orders/{NOBODY}/create-and-change-customer", 404,
        lambda body, s: Customer.objects.count() == s.counts[1], new(),
    ),
    Row(
        "moves a completed order back to processing when it is paid, and empties its note",
        "post", "/orders/{open_order}/mark-as-paid", 200,
        lambda body, s: (order(body).status, order(body).note) == ("completed", "Ring twice"), {},
    ),
    Row("pays an order twice", "post", "/orders/{order}/mark-as-paid", 409, lambda body, s: unchanged(s.order), {}),
    Row(
        "refunds more than was paid, in two charges or in two steps",
        "post", "/orders/{refunded}/refund", 400, lambda body, s: unchanged(s.refunded), {"amount": 3001},
    ),
    Row(
        "counts a refund twice in what the customer spent",
        "post", "/orders/{order}/refund", 200,
        lambda body, s: Customer.objects.get(pk=s.customer.pk).total_spent_cents == s.customer.total_spent_cents - 2000,
        {"amount": 2000},
    ),
    Row(
        "shrinks or deletes the lines of an order whose pieces come back",
        "post", "/orders/{order}/refund", 200,
        lambda body, s: list(s.order.items.values_list("quantity", "line_total_cents")) == [(2, 5000)],
        {"amount": 5000, "items": [{"id": "{item}", "quantity": 2, "restock": True}]},
    ),
    Row(
        "says that it changed the shipping status of many, and does nothing",
        "post", "/orders/do-bulk-action", 400, names("action"),
        {"action": "change_shipping_status", "order_ids": ["{order}"], "new_status": "shipped"},
    ),
    Row(
        "calls a method that does not exist when many are captured",
        "post", "/orders/do-bulk-action", 400, names("action"),
        {"action": "capture_payments", "order_ids": ["{order}"]},
    ),
    Row(
        "takes any word for pending or failed",
        "put", "/orders/{order}/statuses", 400,
        lambda body, s: unchanged(s.order) and fields(body) == ["payment_status"],
        {"payment_status": "succeeded"},
    ),
    Row(
        "filters by columns that do not exist",
        "get", "/orders?payment_statuses[]=paid", 200,
        lambda body, s: {row["payment_status"] for row in body["data"]["orders"]} == {"paid"},
    ),
    Row(
        "looks for an invoice number in the status",
        "get", "/orders?search={invoice}", 200,
        lambda body, s: [row["id"] for row in body["data"]["orders"]] == [s.order.pk],
    ),
    Row("deletes a paid order for good", "delete", "/orders/{order}", 409, lambda body, s: unchanged(s.order)),
]  # fmt: skip

# Ordinary bad input, at which the plugin answers 500, with the statement that failed.
BAD_INPUT = [
    Row("fails on bad input", method, path, 400, names(*named), body)
    for method, path, named, body in (
        ("get", "/customers?order_by=id;DROP", ["order_by"], None),
        ("get", "/customers?per_page=many", ["per_page"], None),
        ("get", "/customers?page[]=1", ["page"], None),
        ("get", "/customers?filters=all", ["filters"], None),
        ("get", "/customers?filters[date_from]=tomorrow", ["filters.date_from"], None),
        ("get", "/customers?search[]=a", ["search"], None),
        ("get", "/orders?filters[customer_id]='", ["filters.customer_id"], None),
        ("get", "/orders?sort_by=total_amount,(select 1)", ["order_by"], None),
        ("get", "/orders?active_view[a]=b", ["active_view"], None),
        ("post", "/customers", ["body"], [1]),
        ("post", "/customers", ["email", "full_name"], {}),
        ("post", "/customers", ["email"], {"email": ["a@b.org"], "full_name": "A"}),
        ("post", "/customers", ["full_name"], {"email": "a@b.org", "full_name": "A" * 1000}),
        ("post", "/customers", ["full_name"], {"email": "a@b.org", "full_name": "A\x00"}),
        ("post", "/customers", ["country"], {"email": "a@b.org", "full_name": "A", "country": "Atlantis"}),
        ("post", "/customers/{mine}/attachable-user", ["user_id"], {"user_id": "me"}),
        ("post", "/customers/do-bulk-action", ["customer_ids"], {"action": "delete", "customer_ids": "all"}),
        ("post", "/orders", ["customer_id", "items"], {}),
        ("post", "/orders", ["items"], {"customer_id": 1, "items": []}),
        ("post", "/orders", ["items[0].quantity"],
         basket(items=[{"product_id": 1, "variation_id": 1, "quantity": -1}])),
        ("post", "/orders", ["items[0].quantity"],
         basket(items=[{"product_id": 1, "variation_id": 1, "quantity": 10**30}])),
        ("post", "/orders/{order}/refund", ["amount"], {"amount": "all"}),
        ("post", "/orders/{order}/refund", ["amount"], {"amount": -5}),
        ("put", "/orders/{order}/statuses", ["order_status"], {"order_status": {"a": 1}}),
        ("post", "/orders/{order}/change-customer", ["customer_id"], {"customer_id": None}),
    )
]  # fmt: skip

TABLE = [*ADDRESSES, *CUSTOMERS, *ORDERS, *BAD_INPUT]


@pytest.fixture
def shop(db: None) -> Shop:
    """Ada with a paid order, an open one and one that is partly refunded; Eve, who is somebody else; and a newcomer."""
    user: Any = UserFactory(password=HASH)
    customer: Any = CustomerFactory(email="ada@example.org")
    theirs: Any = CustomerFactory(email="eve@example.org", user=user)
    variation: Any = VariationFactory(stock=100)
    s = Shop(customer=customer, their_customer=theirs, their_user=user, fresh=CustomerFactory())
    s.address = CustomerAddressFactory(customer=customer, is_primary=True)
    s.spare = CustomerAddressFactory(customer=customer)
    s.their_address = CustomerAddressFactory(customer=theirs, is_primary=True)
    s.their_spare = CustomerAddressFactory(customer=theirs)
    s.order, s.their_order = place(variation, customer=customer), place(variation, customer=theirs)
    s.refunded = place(variation, customer=theirs)
    s.open_order = place(variation, customer=theirs, note="Ring twice")
    for paid in (s.order, s.refunded):
        mark_as_paid(order_id=paid.pk)
    refund_order(order_id=s.refunded.pk, amount_cents=2000)
    Order.objects.filter(pk=s.open_order.pk).update(status="completed")
    CustomerAddressFactory(customer=s.fresh, is_primary=True)
    Contact.objects.create(customer=s.fresh, name="Carol")
    label: Any = LabelFactory()
    CustomerLabel.objects.create(customer=s.fresh, label=label)
    s.item = OrderItem.objects.get(order=s.order)
    for record in (customer, theirs, s.order, s.refunded, s.open_order, variation):
        record.refresh_from_db()
    s.variation, s.counts = variation, (Order.objects.count(), Customer.objects.count())
    return s


def filled(value: Any, ids: dict[str, Any]) -> Any:
    """A body with the shop's ids in the place of their names."""
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    return ids.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value


@pytest.mark.django_db(transaction=False)
@pytest.mark.parametrize("row", TABLE, ids=[f"{row.plugin}: {row.method} {row.path}" for row in TABLE])
def test_what_the_plugin_does_wrong_holds_here(api, shop, row):
    caller = api.everything()
    ids = {name: record.pk for name, record in vars(shop).items() if hasattr(record, "pk")}
    ids |= {"mine": shop.customer.pk, "theirs": shop.their_customer.pk, "product": shop.variation.product_id}
    path = row.path.format(**ids, invoice=shop.order.invoice_no)

    r = caller.send(row.method, f"{V2}{path}", filled(row.body, ids))

    assert r.status_code == row.status, r.content
    assert row.holds(r.json(), shop), r.content
    assert not [word for word in NEVER if word in r.content.decode()]
