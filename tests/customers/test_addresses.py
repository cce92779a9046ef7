"""The address book: one primary per type, whatever happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.errors import LastAddress, PrimaryAddress
from customers.models import CustomerAddress
from customers.services.addresses import create_address, delete_address, list_addresses, make_primary, update_address
from fluentcart.errors import InvalidFields, NotFound
from tests.customers.factories import CustomerAddressFactory, CustomerFactory

pytestmark = pytest.mark.django_db

PLACE = {"name": "John Doe", "address_1": "1 St", "city": "NYC", "country": "US", "state": "NY", "postcode": "10001"}
LONG_AGO = timezone.now() - timedelta(days=9)


@pytest.fixture
def customer():
    return CustomerFactory(email="john@example.com")


def book(customer, *kinds):
    """Addresses of a customer: "B" is the primary billing one, "b" another; "S" and "s" the same for shipping."""
    types = {"b": "billing", "s": "shipping"}
    return [
        CustomerAddressFactory(
            customer=customer, type=types[kind.lower()], is_primary=kind.isupper(), updated_at=LONG_AGO
        )
        for kind in kinds
    ]


def primaries(customer):
    return set(CustomerAddress.objects.filter(customer=customer, is_primary=True).values_list("pk", flat=True))


def test_every_field_is_stored_and_tidied(customer):
    created = create_address(
        customer_id=customer.pk,
        **PLACE
        | {
            "type": "shipping",
            "label": "Home",
            "email": "x@example.com",
            "phone": "1",
            "company_name": "Co",
            "address_2": "Apt",
            "country": "us",
            "state": " ny",
            "postcode": "ab1",
        },
    )

    stored = CustomerAddress.objects.values().get(pk=created.pk)
    assert {key: value for key, value in stored.items() if key not in ("id", "created_at", "updated_at")} == {
        "customer_id": customer.pk,
        "type": "shipping",
        "is_primary": True,
        "label": "Home",
        "name": "John Doe",
        "email": "x@example.com",
        "phone": "1",
        "company_name": "Co",
        "address_1": "1 St",
        "address_2": "Apt",
        "city": "NYC",
        "state": "NY",
        "postcode": "AB1",
        "country": "US",
    }


def test_without_an_email_the_customers_own_is_taken(customer):
    created = create_address(customer_id=customer.pk, **PLACE)

    assert (created.email, created.type) == ("john@example.com", "billing")


def test_the_first_of_a_type_is_primary_and_the_second_is_not(customer):
    first = create_address(customer_id=customer.pk, **PLACE)
    create_address(customer_id=customer.pk, **PLACE)
    shipping = create_address(customer_id=customer.pk, type="shipping", **PLACE)

    assert primaries(customer) == {first.pk, shipping.pk}


def test_a_new_primary_takes_the_place_of_the_old(customer):
    old, shipping = book(customer, "B", "S")

    new = create_address(customer_id=customer.pk, is_primary=True, **PLACE)

    assert primaries(customer) == {new.pk, shipping.pk}
    old.refresh_from_db()
    assert old.updated_at > LONG_AGO


def test_everything_wrong_is_said_at_once_and_nothing_stored(customer):
    with pytest.raises(InvalidFields) as refusal:
        create_address(
            customer_id=customer.pk,
            **PLACE | {"name": "", "type": "home", "label": "x" * 16, "state": "", "email": "no", "city": "\x00"},
        )

    assert refusal.value.code == "validation_error"
    assert refusal.value.fields == {
        "name": ["Name field is required."],
        "type": ["Type must be one of: billing, shipping."],
        "label": ["Label must not be longer than 15 characters."],
        "state": ["State field is required."],
        "email": ["Email must be a valid email address."],
        "city": ["City has characters that cannot be stored."],
    }
    assert not CustomerAddress.objects.exists()


def test_an_update_keeps_what_is_omitted_and_judges_the_whole_row(customer):
    (address,) = book(customer, "B")

    updated = update_address(customer_id=customer.pk, address_id=address.pk, city="Albany")

    updated.refresh_from_db()
    assert (updated.city, updated.state, updated.postcode, updated.is_primary) == ("Albany", "NY", "10001", True)
    assert updated.updated_at > LONG_AGO
    with pytest.raises(InvalidFields) as refusal:
        update_address(customer_id=customer.pk, address_id=address.pk, country="JP")
    assert refusal.value.fields == {"state": ["NY is not a known state of JP."]}


def test_the_primary_cannot_be_switched_off(customer):
    (address,) = book(customer, "B")

    with pytest.raises(InvalidFields) as refusal:
        update_address(customer_id=customer.pk, address_id=address.pk, is_primary=False, city="Albany")

    assert refusal.value.fields == {"is_primary": ["Make another address primary instead."]}
    address.refresh_from_db()
    assert (address.is_primary, address.city) == (True, "New York")


def test_an_update_may_make_primary(customer):
    _, other, shipping = book(customer, "B", "b", "S")

    update_address(customer_id=customer.pk, address_id=other.pk, is_primary=True)

    assert primaries(customer) == {other.pk, shipping.pk}


@pytest.mark.parametrize(
    ("kinds", "changes", "is_primary_after"),
    [
        ("bBS", {}, [False, True, True]),
        ("bB", {}, [True, True]),
        ("bB", {"is_primary": False}, [True, True]),
        ("BS", {}, [False, True]),
        ("BS", {"is_primary": False}, [False, True]),
        ("BS", {"is_primary": True}, [True, False]),
        ("B", {}, [True]),
    ],
)
def test_moving_the_first_address_to_shipping(customer, kinds, changes, is_primary_after):
    addresses = book(customer, *kinds)

    update_address(customer_id=customer.pk, address_id=addresses[0].pk, type="shipping", **changes)

    rows = CustomerAddress.objects.order_by("pk").values_list("type", "is_primary")
    assert rows[0][0] == "shipping"
    assert [is_primary for _, is_primary in rows] == is_primary_after


def test_a_primary_does_not_leave_others_of_its_type(customer):
    address, _ = book(customer, "B", "b")

    with pytest.raises(InvalidFields) as refusal:
        update_address(customer_id=customer.pk, address_id=address.pk, type="shipping")

    assert refusal.value.fields == {"type": ["Make another billing address primary before this one changes its type."]}


def test_make_primary_switches(customer):
    old, new, shipping = book(customer, "B", "b", "S")

    make_primary(customer_id=customer.pk, address_id=new.pk, type="billing")

    assert primaries(customer) == {new.pk, shipping.pk}
    assert CustomerAddress.objects.get(pk=new.pk).updated_at > LONG_AGO
    assert CustomerAddress.objects.get(pk=old.pk).updated_at > LONG_AGO
    assert CustomerAddress.objects.get(pk=shipping.pk).updated_at == LONG_AGO


def test_make_primary_takes_the_type_from_the_address(customer):
    _, new = book(customer, "B", "b")

    make_primary(customer_id=customer.pk, address_id=new.pk)
    make_primary(customer_id=customer.pk, address_id=new.pk)

    assert primaries(customer) == {new.pk}


@pytest.mark.parametrize("type", ["shipping", "home", ""])
def test_make_primary_with_another_type_changes_nothing(customer, type):
    old, new = book(customer, "B", "b")

    with pytest.raises(InvalidFields) as refusal:
        make_primary(customer_id=customer.pk, address_id=new.pk, type=type)

    assert refusal.value.fields == {"type": [f"Address with ID {new.pk} is a billing address."]}
    assert primaries(customer) == {old.pk}


def test_an_address_that_is_not_primary_is_deleted(customer):
    kept, address = book(customer, "B", "b")

    delete_address(customer_id=customer.pk, address_id=address.pk)

    assert list(CustomerAddress.objects.all()) == [kept]


@pytest.mark.parametrize(
    ("kinds", "refusal", "code"), [("BS", PrimaryAddress, "primary_address"), ("B", LastAddress, "last_address")]
)
def test_the_primary_and_the_last_address_stay(customer, kinds, refusal, code):
    addresses = book(customer, *kinds)

    with pytest.raises(refusal) as refused:
        delete_address(customer_id=customer.pk, address_id=addresses[0].pk)

    assert refused.value.code == code
    assert CustomerAddress.objects.count() == len(kinds)


@pytest.mark.parametrize(
    "act",
    [
        lambda **ids: update_address(city="Albany", **ids),
        lambda **ids: delete_address(**ids),
        lambda **ids: make_primary(**ids),
    ],
    ids=["update", "delete", "make primary"],
)
def test_nobody_reaches_anothers_address(customer, act):
    book(customer, "B", "b")
    _, theirs = book(CustomerFactory(), "B", "b")

    with pytest.raises(NotFound) as refusal:
        act(customer_id=customer.pk, address_id=theirs.pk)

    assert refusal.value.code == "address_not_found"
    theirs.refresh_from_db()
    assert (theirs.city, theirs.is_primary) == ("New York", False)


def test_an_unknown_customer_is_not_found():
    with pytest.raises(NotFound, match="Customer with ID 999 not found"):
        create_address(customer_id=999, **PLACE)


def test_the_list_begins_with_the_primary_ones_and_knows_its_types(customer):
    b, s, big_b, big_s = book(customer, "b", "s", "B", "S")
    book(CustomerFactory(), "B")

    assert list(list_addresses(customer_id=customer.pk)) == [big_b, big_s, b, s]
    assert list(list_addresses(customer_id=customer.pk, type="shipping")) == [big_s, s]
    with pytest.raises(InvalidFields) as refusal:
        list_addresses(customer_id=customer.pk, type="home")
    assert list(refusal.value.fields) == ["type"]
