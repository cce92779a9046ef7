"""Every page of the admin, as the registered pages say: opens, and costs as many queries for many rows as for few.

The same pages are timed in a big shop by `make bench-staff` (bench/staff.py).
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import User
from bench.staff_pages import Site, pages
from customers.models import BusinessProfile, Contact, CreditCheck, CustomerLabel
from orders.models import ShippingClass
from tests.accounts.factories import issue
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, LabelFactory, UserFactory
from tests.orders.factories import (
    ChargeFactory,
    ItemFactory,
    OrderFactory,
    ShippingMethodFactory,
    VariationFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TERM = "lovelace"
# What is no page: the credit check is only posted; variations and checks are made elsewhere; a step for orders in
# the trash; and a row without a history of its own.
NO_PAGES = {
    "customers.customer credit-check": 405,
    "customers.creditcheck add": 403,
    "customers.creditcheck delete": 403,
    "customers.businessprofile delete": 403,
    "orders.productvariation add": 403,
    "orders.productvariation delete": 403,
    "orders.order restore": 404,
}


def grown(count: int) -> None:
    """So many more of everything, all of it hanging on the first customer, order, product and user too."""
    for _ in range(count):
        customer = CustomerFactory.create(user=UserFactory.create())
        order = OrderFactory.create(customer=customer)
        OrderFactory.create(customer=customer, deleted_at=timezone.now(), mode="test")
        label = LabelFactory.create()
        BusinessProfile.objects.create(customer=customer)
        variation = VariationFactory.create()
        ShippingMethodFactory.create()
        ShippingClass.objects.create(name=f"Class {label.pk}", cost_cents=0)
        issue(customer.user, "Till")
        for one in {first(type(customer)), customer}:
            CustomerAddressFactory.create(customer=one)
            CustomerLabel.objects.get_or_create(customer=one, label=label)
            Contact.objects.create(customer=one, name="Grace")
            CreditCheck.objects.create(
                customer=one, score=600, rating="fair", risk="medium", currency="USD", recommended_limit_cents=0,
                limit_at_check_cents=0, factors={},
            )  # fmt: skip
            OrderFactory.create(customer=one)
        for one in {first(type(order)), order}:
            ItemFactory.create(order=one, variation=variation)
            ChargeFactory.create(order=one)
        VariationFactory.create(product=first(type(variation.product)))
        issue(first(User), f"Till {label.pk}")


def first(model):
    return model.objects.order_by("pk").first()


def shop() -> Site:
    """The first row of each model; who looks is a super_admin."""
    boss = User.objects.filter(role=Role.SUPER_ADMIN).first() or UserFactory.create(role=Role.SUPER_ADMIN)
    keys = {model._meta.label_lower: first(model).pk for model in admin.site._registry}
    return Site(admin.site, boss, keys, {"": (TERM,)})


def costs(found: Site, those: str) -> dict[str, tuple[int, int]]:
    """Page -> (status, number of queries), of those whose names begin so; of a filter's choices the first."""
    client = Client()
    client.force_login(found.user)
    ContentType.objects.get_for_models(*apps.get_models())  # Django keeps what it has once learned about them
    told, filters = {}, set()
    for name, url in pages(found):
        kind, _, choice = name.partition(": ")
        if not name.startswith(those) or (choice and kind in filters):
            continue
        filters.add(kind)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(url)
            answer.getvalue()
        told[name] = (answer.status_code, len(captured))
    return told


@pytest.fixture
def few(db):
    LabelFactory.reset_sequence()  # "Label 10" would come before "Label 9", and another one be a filter's first
    grown(1)
    return shop()


@pytest.mark.parametrize("those", ["orders.product ", pytest.param("", id="all", marks=pytest.mark.slow)])
def test_every_page_opens_and_costs_the_same_for_many_rows(few, those):
    before = costs(few, those)
    grown(5)
    after = costs(few, those)

    no_pages = {name: status for name, status in NO_PAGES.items() if name.startswith(those)}
    assert {name: status for name, (status, _) in before.items() if status != 200} == no_pages
    assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}


def test_the_walk_knows_every_kind_of_page(few):
    names = {name for name, _ in pages(few)}

    assert {
        "start", "orders.order list", "orders.order page 200", "orders.order filter trash: Deleted orders",
        "orders.order sort made", f"orders.order search {TERM}", "orders.order change", "orders.order refund",
        "orders.order restore", "orders.order export", "customers.customer add-note", "orders.product import",
        "customers.customer attachable-users", "accounts.user application-passwords/issue", "accounts.user password",
        "orders.order complete customer",
    } <= names  # fmt: skip
    labels = {model._meta.label_lower for model in admin.site._registry}
    assert all({f"{label} list", f"{label} change", f"{label} delete", f"{label} history"} <= names for label in labels)
