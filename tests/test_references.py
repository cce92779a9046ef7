"""Ids of somebody else's records: each is not found, nothing changes. Walks the routes; none can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework import serializers

from customers.models import Contact
from fluentcart.api.inputs import Id
from fluentcart.history.models import Activity
from orders.models import Order
from orders.services.payment import mark_as_paid
from tests.accounts.factories import issue
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, UserFactory
from tests.history.test_routes import BODIES, PLACE, shop
from tests.orders.factories import VariationFactory
from tests.orders.shop import place
from tests.stored import stored
from tests.test_policies import ROUTES

NOBODY = 999_999
Build = Callable[[SimpleNamespace], Any]


def item(s: SimpleNamespace, **other: int) -> dict[str, Any]:
    """A body with one line."""
    line = {"product_id": s.variation.product_id, "variation_id": s.variation.pk, "quantity": 1, **other}
    return {"items": [line], "shipping_address": {"country": "US", "state": "NY"}}


def their_address(name: str) -> Build:
    """A body that names somebody else's address."""
    return lambda s: {name: s.their_address.pk, "city": "X"}


def other_product(name: str) -> Build:
    """A body with one line whose product and variation do not belong together."""
    return lambda s: item(s, **{name: getattr(s.other, name)}) | {"customer_id": s.customer.pk}


# (resource, action, field of the body) -> a body with an id of somebody else, or of nobody where a record has no owner;
# and what the answer says: a code, or the sentence about a field.
IN_BODIES: dict[tuple[str, str, str], tuple[Build, str]] = {
    ("customers", "create", "user_id"): (
        lambda s: {"email": "new@example.org", "full_name": "New", "first_name": "New", "user_id": s.their_user.pk},
        "invalid_user",
    ),
    ("customers", "update", "user_id"): (lambda s: {"first_name": "X", "user_id": s.their_user.pk}, "invalid_user"),
    ("customers", "attach_user", "user_id"): (lambda s: {"user_id": s.their_user.pk}, "invalid_user"),
    ("customers", "additional_info", "labels"): (lambda s: {"plan": "gold", "labels": [NOBODY]}, "validation_error"),
    ("customers", "bulk", "customer_ids"): (
        lambda s: {"action": "update_status", "customer_ids": [NOBODY], "data": {"status": "inactive"}},
        "customer_not_found",
    ),
    **{
        ("customers", action, name): (their_address(name), "address_not_found")
        for action in ("update_address", "delete_address", "make_primary")
        for name in ("id", "address_id")
    },
    ("customers", "create_address", "order_id"): (
        lambda s: {**PLACE, "first_name": "Ada", "email": "a@x.org", "is_primary": 1, "order_id": s.their_order.pk},
        "order_not_found",
    ),
    ("customers", "update_address", "order_id"): (
        lambda s: {"id": s.address.pk, "address_id": s.address.pk, "city": "X", "order_id": s.their_order.pk},
        "order_not_found",
    ),
    ("orders", "create", "customer_id"): (lambda s: item(s) | {"customer_id": NOBODY}, "invalid_customer"),
    ("orders", "change_customer", "customer_id"): (lambda s: {"customer_id": NOBODY}, "invalid_customer"),
    ("orders", "attach_note", "order_id"): (lambda s: {"order_id": NOBODY, "note": "X"}, "order_not_found"),
    ("orders", "bulk", "order_ids"): (
        lambda s: {"action": "update_status", "order_ids": [NOBODY], "data": {"status": "on-hold"}},
        "order_not_found",
    ),
    ("orders", "refund", "transaction_id"): (
        lambda s: {"amount": 100, "transaction_id": s.their_charge.pk},
        "transaction_not_found",
    ),
    ("orders", "refund", "items.id"): (
        lambda s: {"items": [{"id": s.their_order.items.get().pk, "quantity": 1, "restock": True}]},
        "The order has no item with ID",
    ),
    **{
        ("orders", action, f"items.{name}"): (
            other_product(name),
            "invalid_product",
        )
        for action in ("create", "calculate_shipping")
        for name in ("product_id", "variation_id")
    },
}
# (resource, action) of a path with two ids -> somebody else's second one, its code, and a body.
IN_PATHS: dict[tuple[str, str], tuple[Build, str]] = {
    **{
        ("customers", action): (lambda s: f"cont_{s.their_contact.pk}", "contact_not_found")
        for action in ("update_contact", "delete_contact")
    },
    **{
        ("users", action): (lambda s: s.their_password.uuid, "rest_application_password_not_found")
        for action in ("retrieve", "update", "destroy")
    },
}


@pytest.fixture
def s(db: None) -> SimpleNamespace:
    """A customer with an address, a contact and a paid order; somebody else with the same; and another product."""
    mine, theirs = whole_customer(), whole_customer()
    strangers = {f"their_{name}": value for name, value in vars(theirs).items()}
    other: Any = VariationFactory()
    return SimpleNamespace(
        **vars(mine), **strangers, other=SimpleNamespace(product_id=other.product_id, variation_id=other.pk)
    )


def whole_customer() -> SimpleNamespace:
    """A customer with one of everything."""
    user: Any = UserFactory()
    customer: Any = CustomerFactory(user=user)
    CustomerAddressFactory(customer=customer, is_primary=True)
    variation: Any = VariationFactory(stock=10)
    order = place(variation, customer=customer)
    mark_as_paid(order_id=order.pk)
    return SimpleNamespace(
        customer=customer,
        user=user,
        address=CustomerAddressFactory(customer=customer),
        contact=Contact.objects.create(customer=customer, name="Carol"),
        variation=variation,
        order=order,
        charge=order.transactions.get(),
        password=issue(user)[0],
    )


def id_fields(reader: Any, prefix: str = "") -> Iterator[str]:
    """The names of the fields that hold an id, nested ones with a dot."""
    for name, field in reader.fields.items():
        inner = getattr(field, "child", field)
        if isinstance(inner, serializers.Serializer):
            yield from id_fields(inner, f"{prefix}{name}.")
        elif isinstance(inner, Id):
            yield f"{prefix}{name}"


BODIED = [
    (path, method, viewset, action, name)
    for path, method, viewset, action in ROUTES
    if action in viewset.inputs
    for name in id_fields(viewset.inputs[action]())
]
TWO_IDS = [
    (path, method, viewset, action)
    for path, method, viewset, action in ROUTES
    if len(re.findall("999", path)) > 1  # of each variable of a path there is one 999
]


def my_path(s: SimpleNamespace, path: str, viewset: Any, second: Any = "") -> str:
    """The route's path with my ids, and a second one where there is one."""
    own = {"customers": s.customer.pk, "orders": s.order.pk, "users": s.user.pk}[viewset.resource]
    prefix = viewset.id_prefixes.get("customer_id", "")
    return path.replace("999", f"{prefix}{own}", 1).replace("999", str(second), 1)


def everything() -> tuple[Any, int]:
    """What is stored, and how much happened."""
    return stored(), Activity.objects.count()


def test_every_id_of_a_body_and_every_second_id_of_a_path_has_a_row_here():
    assert {(viewset.resource, action, name) for _, _, viewset, action, name in BODIED} == set(IN_BODIES)
    assert {(viewset.resource, action) for _, _, viewset, action in TWO_IDS} == set(IN_PATHS)


@pytest.mark.parametrize(
    ("path", "method", "viewset", "action", "name"),
    BODIED,
    ids=[f"{method} {path} {name}" for path, method, _, _, name in BODIED],
)
def test_an_id_in_a_body_that_is_not_ours_is_refused_and_changes_nothing(api, s, path, method, viewset, action, name):
    build, code = IN_BODIES[viewset.resource, action, name]
    caller, before = api.everything(), everything()

    r = caller.send(method, my_path(s, path, viewset), build(s))

    assert code in r.content.decode()
    assert r.status_code in (400, 404, 409) or (action == "bulk" and bulk_failed(r))
    assert everything() == before


def bulk_failed(r: Any) -> bool:
    """Whether a bulk answer says that nothing was done."""
    body = r.json()
    return "failed" in body.get("data", body) and body.get("data", body)["processed"] == 0


@pytest.mark.parametrize(
    ("path", "method", "viewset", "action"), TWO_IDS, ids=[f"{method} {path}" for path, method, _, _ in TWO_IDS]
)
def test_a_second_id_in_a_path_that_is_not_ours_is_not_found_and_changes_nothing(api, s, path, method, viewset, action):
    build, code = IN_PATHS[viewset.resource, action]
    caller, before = api.everything(), everything()

    r = caller.send(method, my_path(s, path, viewset, build(s)), {"name": "Mallory", "is_primary": True})

    assert (r.status_code, r.json()["error"]["code"]) == (404, code)
    assert everything() == before


@pytest.mark.parametrize(
    ("path", "method", "viewset", "action"),
    [route for route in TWO_IDS if route[3] == "update_contact"]
    + [route for route in ROUTES if route[3] == "delete_address"],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_id_in_a_query_is_no_other_way_in(api, s, path, method, viewset, action):
    second = f"cont_{s.their_contact.pk}" if action == "update_contact" else ""
    query = f"?id={s.their_address.pk}&address_id={s.their_address.pk}&customer_id={s.their_customer.pk}"
    caller, before = api.everything(), everything()

    r = caller.send(method, my_path(s, path, viewset, second) + query, {"name": "Mallory"})

    assert r.status_code == 404
    assert everything() == before


# --- Ids of nobody, and of what was deleted -------------------------------------------------------

NOUNS = {"customers": "customer", "orders": "order", "products": "product"}
IDS = [
    (path, method, viewset, action)
    for path, method, viewset, action in ROUTES
    if "999" in path and viewset.resource in NOUNS and action != "export"
]
TRASHED = [route for route in IDS if route[2].resource == "orders" and route[3] != "restore"]


def valid_body(viewset: Any, action: str, s: SimpleNamespace) -> Any:
    """What the route would take for a record that is there."""
    build = BODIES.get((viewset.dialect.name, action)) or BODIES.get((viewset.resource, action))
    return build[0](s) if build else None


@pytest.mark.parametrize(
    ("path", "method", "viewset", "action"), IDS, ids=[f"{method} {path}" for path, method, _, _ in IDS]
)
def test_an_id_that_nobody_has_is_not_found_and_changes_nothing(api, db, path, method, viewset, action):
    s, caller = shop(action), api.everything()
    before = everything()
    prefixes = iter(viewset.id_prefixes.values())

    r = caller.send(
        method, re.sub("999", lambda _: f"{next(prefixes, '')}{NOBODY}", path), valid_body(viewset, action, s)
    )

    assert (r.status_code, r.json()["error"]["code"]) == (404, f"{NOUNS[viewset.resource]}_not_found")
    assert everything() == before


@pytest.mark.parametrize(
    ("path", "method", "viewset", "action"), TRASHED, ids=[f"{method} {path}" for path, method, _, _ in TRASHED]
)
def test_an_order_in_the_trash_is_not_found_and_does_not_change(api, db, path, method, viewset, action):
    s, caller = shop("restore"), api.everything()
    assert not Order.objects.filter(pk=s.order.pk).exists()
    before = everything()

    r = caller.send(method, path.replace("999", str(s.order.pk)), valid_body(viewset, action, s))

    assert (r.status_code, r.json()["error"]["code"]) == (404, "order_not_found")
    assert everything() == before
