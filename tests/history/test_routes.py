"""Every route that writes leaves an activity of whoever called it; a new one cannot be forgotten."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.capabilities import Role
from customers.models import Contact
from fluentcart.history.models import Activity
from orders.services.delete import delete_order
from orders.services.payment import mark_as_paid
from orders.services.status import update_statuses
from tests.accounts.factories import UserFactory as StaffFactory
from tests.accounts.factories import issue
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, LabelFactory, UserFactory
from tests.orders.factories import VariationFactory
from tests.orders.shop import place
from tests.test_policies import ROUTES

WRITES = ("post", "put", "patch", "delete")
# Routes that write nothing about customers and orders.
SILENT = {
    "calculate_shipping": "it computes",
}
PLACE = {"name": "Ada", "address_1": "1 St", "city": "Rome", "country": "VA", "postcode": "00120"}

# action, or (dialect, action) -> body from what there is, and the verbs that are told, in order of their names.
BODIES: dict[Any, Any] = {
    ("customers", "create"): (
        lambda s: {"email": "new@example.com", "full_name": "New", "first_name": "New"},
        "created",
    ),
    ("customers", "update"): (lambda s: {"first_name": "Grace"}, "updated"),
    ("customers", "destroy"): (lambda s: None, "removed"),
    ("customers", "additional_info"): (lambda s: {"plan": "gold", "labels": [s.label.pk]}, "updated"),
    ("customers", "recalculate"): (lambda s: None, "recalculated"),
    ("customers", "create_address"): (lambda s: {**PLACE, "first_name": "Ada", "email": "a@x.org"}, "address_created"),
    ("customers", "update_address"): (
        lambda s: {"id": s.other.pk, "address_id": s.other.pk, "city": "Oslo"},
        "address_updated",
    ),
    ("customers", "delete_address"): (lambda s: {"id": s.other.pk, "address_id": s.other.pk}, "address_deleted"),
    ("customers", "make_primary"): (lambda s: {"id": s.other.pk, "address_id": s.other.pk}, "address_updated"),
    ("customers", "attach_user"): (lambda s: {"user_id": s.user.pk}, "user_attached"),
    ("customers", "detach_user"): (lambda s: None, "user_detached"),
    ("customers", "bulk"): (
        lambda s: {"action": "update_status", "customer_ids": [s.customer.pk], "data": {"status": "inactive"}},
        "status_changed",
    ),
    ("customers", "create_note"): (lambda s: {"note": "Called."}, "noted"),
    ("b2b", "create"): (
        lambda s: {"name": "Shop", "email": "new@example.com", "contacts": [{"name": "Eve"}]},
        "business_created contact_created created",
    ),
    ("b2b", "update"): (lambda s: {"name": "Shop"}, "business_created"),
    ("customers", "create_contact"): (lambda s: {"name": "Eve"}, "contact_created"),
    ("customers", "update_contact"): (lambda s: {"name": "Mallory"}, "contact_updated"),
    ("customers", "delete_contact"): (lambda s: None, "contact_deleted"),
    ("customers", "credit_check"): (lambda s: None, "credit_checked"),
    ("orders", "create"): (
        lambda s: {
            "customer_id": s.customer.pk,
            "items": [{"product_id": s.variation.product_id, "variation_id": s.variation.pk, "quantity": 1}],
        },
        "created",
    ),
    ("orders", "update"): (lambda s: {"note": "Ring twice"}, "updated"),
    ("orders", "destroy"): (lambda s: None, "deleted"),
    ("orders", "restore"): (lambda s: None, "restored"),
    ("orders", "mark_as_paid"): (lambda s: {}, "paid"),
    ("orders", "refund"): (lambda s: {"amount": 100}, "refund_reserved refunded"),
    ("orders", "statuses"): (lambda s: {"order_status": "processing"}, "status_changed"),
    ("orders", "change_customer"): (
        lambda s: {"customer_id": s.stranger.pk},
        "customer_changed order_gained order_lost",
    ),
    ("orders", "create_and_change_customer"): (
        lambda s: {"email": "new@example.com", "first_name": "New"},
        "created customer_changed order_gained order_lost",
    ),
    ("orders", "bulk"): (
        lambda s: {"action": "update_status", "order_ids": [s.order.pk], "data": {"status": "on-hold"}},
        "status_changed",
    ),
    ("orders", "create_note"): (lambda s: {"note": "Called."}, "noted"),
    ("orders", "attach_note"): (lambda s: {"order_id": s.order.pk, "note": "Ring twice"}, "updated"),
}

WRITING = [route for route in ROUTES if route[1] in WRITES and route[2].resource in ("customers", "orders")]


def shop(action: str) -> SimpleNamespace:
    """A customer, an order and what else a write may need, in the state that the action presupposes."""
    customer: Any = CustomerFactory(user=UserFactory() if action == "detach_user" else None)
    first = CustomerAddressFactory(customer=customer, is_primary=True)
    s = SimpleNamespace(
        customer=customer,
        first=first,
        other=CustomerAddressFactory(customer=customer),
        stranger=CustomerFactory(),
        user=UserFactory(),
        label=LabelFactory(),
        variation=VariationFactory(),
        contact=Contact.objects.create(customer=customer, name="Carol"),
    )
    s.order = place(s.variation, customer=customer)
    if action in ("destroy", "restore"):
        update_statuses(order_id=s.order.pk, order_status="on-hold")
    if action == "restore":
        delete_order(order_id=s.order.pk)
    if action == "refund":
        mark_as_paid(order_id=s.order.pk)
    return s


def path_to(s: SimpleNamespace, path: str, viewset: Any) -> str:
    """The route's path with ids that are there."""
    ids = [s.customer.pk, s.contact.pk] if viewset.resource == "customers" else [s.order.pk]
    prefixes = iter([*viewset.id_prefixes.values(), ""] if ids[1:] else [""])
    return "/".join(f"{next(prefixes)}{ids.pop(0)}" if part.endswith("999") else part for part in path.split("/"))


def body_of(viewset: Any, action: str) -> tuple[Any, str]:
    """What to send, and which verbs the history then has."""
    return BODIES.get((viewset.dialect.name, action)) or BODIES[viewset.resource, action]


def test_every_route_that_writes_is_here_or_says_why_not():
    actions = {(viewset.resource, action) for _, _, viewset, action in WRITING}
    known = {key for key in BODIES if key[0] != "b2b"}

    assert {action for _, action in actions - known} == set(SILENT)


@pytest.mark.django_db(transaction=False)
@pytest.mark.parametrize(
    ("path", "method", "viewset", "action"),
    [route for route in WRITING if route[3] not in SILENT and route[3] != "refund"],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_write_is_told_with_who_and_by_what(client, path, method, viewset, action):
    check_told(client, path, method, viewset, action)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "method", "viewset", "action"),
    [route for route in WRITING if route[3] == "refund"],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refund_is_told_in_both_its_transactions(client, path, method, viewset, action):
    check_told(client, path, method, viewset, action)


def check_told(client: Any, path: str, method: str, viewset: Any, action: str) -> None:
    """Call the route and look at what the history has since."""
    ada: Any = StaffFactory(login="ada", role=Role.SUPER_ADMIN)
    credential, secret = issue(ada, "till")
    s = shop(action)
    last_id = max(Activity.objects.values_list("pk", flat=True), default=0)
    body, verbs = body_of(viewset, action)
    client.credentials(ada, secret)

    r = client.send(method, path_to(s, path, viewset), body(s))

    assert r.status_code in (200, 201), r.content
    told = Activity.objects.filter(pk__gt=last_id)
    told = told.exclude(subject="order", verb="removed")  # go with their customer
    assert " ".join(sorted(told.values_list("verb", flat=True))) == verbs
    for activity in told:
        assert (activity.actor, activity.actor_id, activity.via) == ("ada", ada.pk, "application_password")
        assert (activity.credential, activity.credential_uuid) == ("till", credential.uuid)
    assert secret.replace(" ", "") not in str(list(Activity.objects.values())).replace(" ", "")


class Credentialed:
    """A client with an application password."""

    def __init__(self) -> None:
        self.raw = APIClient()

    def credentials(self, user: Any, secret: str) -> None:
        """Send these with every request."""
        self.raw.credentials(HTTP_AUTHORIZATION="Basic " + base64.b64encode(f"{user.login}:{secret}".encode()).decode())

    def send(self, method: str, path: str, data: Any) -> Any:
        """One request with a JSON body."""
        return getattr(self.raw, method)(path, data, format="json")


@pytest.fixture
def client():
    """A program."""
    return Credentialed()
