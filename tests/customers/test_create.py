"""Creating a customer."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.capabilities import Role
from accounts.models import User
from customers.errors import InvalidUser, UserCreationFailed
from customers.models import Customer
from customers.services.customers import create_customer
from fluentcart.errors import InvalidFields
from tests.customers.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_every_field_is_stored():
    created = create_customer(
        email="Jane@Example.com",
        full_name="  Jane   van Smith ",
        phone="+1 555",
        status="inactive",
        notes="VIP",
        country="us",
        state="us-ny",
        city="New York",
        postcode="ab1 2cd",
        additional_info={"company": "Corp"},
    )

    stored = Customer.objects.values().get(pk=created.pk)
    assert {key: stored[key] for key in stored if not key.endswith("_at") and key not in ("id", "uuid")} == {
        "email": "Jane@Example.com",
        "email_key": "jane@example.com",
        "first_name": "Jane",
        "last_name": "van Smith",
        "phone": "+1 555",
        "status": "inactive",
        "notes": "VIP",
        "country": "US",
        "state": "NY",
        "city": "New York",
        "postcode": "AB1 2CD",
        "additional_info": {"company": "Corp"},
        "user_id": None,
        "live_order_count": 0,
        "order_count": 0,
        "total_spent_cents": 0,
        "average_order_value_cents": 0,
        "search_text": "jane van smith\nvan smith jane\njane@example.com",
    }


def test_first_and_last_name_may_stand_for_the_full_name():
    created = create_customer(email="a@example.com", first_name="Ada", last_name="King")

    assert (created.first_name, created.last_name, created.full_name) == ("Ada", "King", "Ada King")


def test_everything_wrong_is_said_at_once():
    CustomerFactory(email="ada@example.com")

    with pytest.raises(InvalidFields) as refusal:
        create_customer(email="ADA@example.com", full_name=" ", status="archived", country="US", state="ZZ")

    assert refusal.value.code == "validation_error"
    assert refusal.value.fields == {
        "email": ["Email already exists."],
        "full_name": ["Full Name field is required."],
        "status": ["Status must be one of: active, inactive."],
        "state": ["ZZ is not a known state of US."],
    }
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "code", "sentence"),
    [
        ("ADA@EXAMPLE.COM", "email_already_exists", "Email already exists."),
        ("not an address", "invalid_email", "Email must be a valid email address."),
        ("", "validation_error", "Email field is required."),
        ("a\x00@example.com", "validation_error", "Email has characters that cannot be stored."),
    ],
)
def test_a_lone_wrong_email_has_a_code_of_its_own(email, code, sentence):
    CustomerFactory(email="ada@example.com")

    with pytest.raises(InvalidFields) as refusal:
        create_customer(email=email, full_name="Ada")

    assert (refusal.value.code, refusal.value.fields) == (code, {"email": [sentence]})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"full_name": "x" * 256}, "full_name"),
        ({"phone": "1" * 51}, "phone"),
        ({"city": "x" * 193}, "city"),
        ({"postcode": "x" * 46}, "postcode"),
        ({"notes": "half \ud800"}, "notes"),
        ({"country": "USA"}, "country"),
        ({"additional_info": {"a": "\x00"}}, "a"),
        ({"additional_info": {"a": 2**64}}, "a"),
        ({"additional_info": {"a": "x" * 70_000}}, "additional_info"),
    ],
)
def test_what_no_column_takes_is_refused(fields, field):
    with pytest.raises(InvalidFields) as refusal:
        create_customer(**{"email": "a@example.com", "full_name": "Ada"} | fields)

    assert list(refusal.value.fields) == [field]
    assert not Customer.objects.exists()


def test_the_longest_texts_fit():
    create_customer(email="a@example.com", full_name="x" * 255, phone="1" * 50, city="c" * 192, postcode="1" * 45)

    assert Customer.objects.count() == 1


def test_an_escaped_backslash_is_not_a_nul():
    created = create_customer(email="a@example.com", full_name="Ada", additional_info={"path": "\\u0000"})

    assert created.additional_info == {"path": "\\u0000"}


def test_a_user_with_the_same_email_is_linked():
    user = UserFactory(email="Ada@Example.com")

    assert create_customer(email="ada@example.com", full_name="Ada").user == user


@pytest.mark.parametrize("state", ["staff", "not active", "linked elsewhere"])
def test_a_match_that_may_not_be_linked_is_left_alone(state):
    user = UserFactory(
        email="ada@example.com", role=Role.WORKER if state == "staff" else "", is_active=state != "not active"
    )
    if state == "linked elsewhere":
        CustomerFactory(user=user)

    created = create_customer(email="ada@example.com", full_name="Ada", creates_user=True)

    assert created.user is None
    assert User.objects.count() == 1


def test_a_super_admin_may_have_staff_linked():
    user = UserFactory(email="ada@example.com", role=Role.WORKER)

    assert create_customer(email="ada@example.com", full_name="Ada", may_link_staff=True).user == user


def test_wp_user_makes_an_account_nobody_can_sign_in_with():
    created = create_customer(email="ada.king@example.com", full_name="Ada King", creates_user=True)

    user = User.objects.get()
    assert created.user == user
    assert (user.login, user.email, user.display_name, user.role) == (
        "ada.king",
        "ada.king@example.com",
        "Ada King",
        "",
    )
    assert not user.has_usable_password()


@pytest.mark.parametrize(
    ("taken", "login"),
    [
        ([], "ada"),
        (["ADA"], "Augusta"),
        (["ada", "augusta"], "King"),
        (["ada", "augusta", "king"], "ada2"),
        (["ada", "augusta", "king", "ada2"], "ada3"),
    ],
)
def test_the_login_is_the_first_that_is_free(taken, login):
    for name in taken:
        UserFactory(login=name)

    created = create_customer(email="ada@example.com", full_name="Augusta King", creates_user=True)

    assert created.user.login == login


def test_an_account_that_cannot_be_made_leaves_nothing():
    email = f"ada@{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 30}.com"

    with pytest.raises(UserCreationFailed) as refusal:
        create_customer(email=email, full_name="Ada", creates_user=True)

    assert refusal.value.code == "user_creation_failed"
    assert not Customer.objects.exists()


def test_an_unknown_user_is_refused_and_nothing_stored():
    with pytest.raises(InvalidUser) as refusal:
        create_customer(email="a@example.com", full_name="Ada", user_id=999)

    assert (refusal.value.code, refusal.value.message) == ("invalid_user", "User with ID 999 not found")
    assert not Customer.objects.exists()


def test_a_given_user_is_linked():
    user = UserFactory()

    assert create_customer(email="a@example.com", full_name="Ada", user_id=user.pk).user == user


def test_creating_takes_four_queries_beside_the_transaction():
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        transaction.atomic(),
    ):
        create_customer(email="a@example.com", full_name="Ada")

    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 4  # the history's among them
