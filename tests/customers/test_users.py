"""Linking customers and users."""

from __future__ import annotations

import pytest

from accounts.capabilities import Role
from customers.errors import InvalidUser
from customers.models import Customer
from customers.services.customers import create_customer
from customers.services.users import attach_user, attachable_users, detach_user
from fluentcart.errors import NotFound
from tests.customers.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """One user of each kind."""
    return {
        "free": UserFactory(),
        "linked": CustomerFactory(user=UserFactory()).user,
        "gone": UserFactory(is_active=False),
        "staff": UserFactory(role=Role.WORKER),
    }


def test_free_active_users_without_a_role_are_attachable(people):
    assert list(attachable_users()) == [people["free"]]


def test_a_super_admin_sees_staff_too(people):
    assert list(attachable_users(may_link_staff=True)) == [people["free"], people["staff"]]


@pytest.mark.parametrize(("search", "found"), [("ÖST", 1), ("MAIL.EX", 1), ("vera", 1), ("100%", 0), ("\x00", 0)])
def test_users_are_found_by_login_email_and_name_in_any_case(search, found):
    UserFactory()
    UserFactory(login="österman", email="v@mail.example.com", display_name="Vera Ö")

    assert attachable_users(search=search).count() == found


def test_a_user_is_attached(people):
    customer = CustomerFactory()

    attach_user(customer_id=customer.pk, user_id=people["free"].pk, may_link_staff=False)

    customer.refresh_from_db()
    assert customer.user == people["free"]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("linked", "User is already attached to another customer"),
        ("gone", "User can not be attached to a customer"),
        ("staff", "User can not be attached to a customer"),
    ],
)
def test_a_user_who_may_not_be_attached_is_refused(people, kind, message):
    customer = CustomerFactory()

    with pytest.raises(InvalidUser) as refusal:
        attach_user(customer_id=customer.pk, user_id=people[kind].pk, may_link_staff=False)

    assert (refusal.value.code, refusal.value.message) == ("invalid_user", message)
    customer.refresh_from_db()
    assert customer.user is None


def test_a_super_admin_may_attach_staff(people):
    customer = CustomerFactory()

    attached = attach_user(customer_id=customer.pk, user_id=people["staff"].pk, may_link_staff=True)

    assert attached.user == people["staff"]


@pytest.mark.parametrize("user_id", [0, -1, 999, 2**63])
def test_an_unknown_user_is_refused(user_id):
    with pytest.raises(InvalidUser, match=f"User with ID {user_id} not found"):
        attach_user(customer_id=CustomerFactory().pk, user_id=user_id, may_link_staff=True)


def test_a_customer_with_a_user_gets_no_other(people):
    customer = Customer.objects.get(user=people["linked"])

    with pytest.raises(InvalidUser, match=r"^Can not attach user$"):
        attach_user(customer_id=customer.pk, user_id=people["free"].pk, may_link_staff=False)

    customer.refresh_from_db()
    assert customer.user == people["linked"]


def test_detaching_twice_is_as_good_as_once(people):
    customer = Customer.objects.get(user=people["linked"])

    detach_user(customer_id=customer.pk)
    detached = detach_user(customer_id=customer.pk)

    assert detached.user is None
    assert not Customer.objects.filter(user__isnull=False).exists()


@pytest.mark.parametrize(
    "act", [lambda: attach_user(customer_id=9, user_id=1, may_link_staff=True), lambda: detach_user(customer_id=9)]
)
def test_an_unknown_customer_is_not_found(act):
    with pytest.raises(NotFound, match="Customer with ID 9 not found"):
        act()


def test_a_made_login_has_only_the_characters_that_logins_have(db):
    UserFactory(login="zoenews")

    customer = create_customer(email="zoe+news@example.com", full_name="Zoë Ångström", creates_user=True)

    assert customer.user.login == "Zo"
