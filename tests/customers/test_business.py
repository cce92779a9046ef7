"""Business accounts and contacts without HTTP: names, merges, who is primary, what is due."""

from __future__ import annotations

import pytest

from customers.models import BusinessProfile, Contact, Customer, CustomerAddress
from customers.services import contacts
from customers.services.business import create_business
from customers.services.customers import update_customer
from fluentcart.errors import DomainError
from orders.models import Order
from orders.services.accounts import update_business
from tests.customers.business import ContactFactory, ProfileFactory
from tests.customers.factories import CustomerAddressFactory, CustomerFactory
from tests.orders.factories import OrderFactory, VariationFactory
from tests.orders.shop import place

pytestmark = pytest.mark.django_db

PLACE = {"address_1": "1 St", "city": "Berlin", "country": "DE", "postcode": "10115"}


def primaries(customer):
    return list(Contact.objects.filter(customer=customer, is_primary=True).values_list("name", flat=True))


# --- Accounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "names", "first"),
    [
        ([], ("New  Corp", ""), None),
        ([{"name": "Bob Van Wilson"}], ("Bob", "Van Wilson"), "Bob Van Wilson"),
        ([{"name": "Bob"}, {"name": "Ann Lee", "is_primary": True}], ("Ann", "Lee"), "Ann Lee"),
    ],
)
def test_the_person_is_the_primary_contact_or_the_company(rows, names, first):
    customer = create_business(email="a@example.com", company_name=" New  Corp ", contact_rows=rows)

    expected = (" ".join(names[0].split()), names[1])
    assert (customer.first_name, customer.last_name) == expected
    assert primaries(customer) == ([first] if first else [])
    assert customer.profile.company_name == "New Corp"
    assert customer.profile.customer_since == customer.created_at


def test_everything_that_is_wrong_is_said_at_once_and_nothing_stored():
    CustomerFactory(email="a@example.com")

    with pytest.raises(DomainError) as refusal:
        create_business(
            email="A@example.com",
            company_name="",
            credit_limit_cents=-1,
            discount_rate_basis_points=10_001,
            currency="XXY",
            website="x",
            contact_rows=[{"name": " "}],
            billing_address={"city": "X"},
        )

    assert set(refusal.value.fields) == {
        "email", "company_name", "credit_limit_cents", "discount_rate_basis_points", "currency", "website",
        "contacts[0].name", "billing_address.address_1", "billing_address.country",
    }  # fmt: skip
    assert (Customer.objects.count(), BusinessProfile.objects.count()) == (1, 0)


def test_a_company_name_is_found_in_whatever_way_it_came():
    customer = create_business(email="a@example.com", company_name="Wayne Enterprises")
    update_business(customer_id=customer.pk, company_name="Stark Industries")
    update_customer(customer_id=customer.pk, full_name="Tony Stark")

    found = Customer.objects.get(search_text__contains="stark industries")

    assert "tony stark" in found.search_text
    assert "wayne" not in found.search_text


def test_a_person_named_after_the_company_follows_its_name():
    company = create_business(email="a@example.com", company_name="Old Name")
    person = ProfileFactory(customer__first_name="Ada", customer__last_name="Lovelace").customer

    renamed = update_business(customer_id=company.pk, company_name="New Name")
    kept = update_business(customer_id=person.pk, company_name="New Name")

    assert (renamed.first_name, kept.full_name) == ("New Name", "Ada Lovelace")


def test_a_profile_comes_with_the_first_field_of_it():
    customer = CustomerFactory()

    update_business(customer_id=customer.pk, notes="x", phone="1")
    before = BusinessProfile.objects.count()
    update_business(customer_id=customer.pk, payment_terms="net_60")

    profile = BusinessProfile.objects.get()
    assert before == 0
    assert (profile.payment_terms, profile.credit_limit_cents, profile.currency) == ("net_60", 0, "USD")
    assert profile.customer_since == customer.created_at


def test_an_address_merges_into_the_primary_one_of_its_type():
    primary = CustomerAddressFactory(is_primary=True)
    other = CustomerAddressFactory(customer=primary.customer)

    update_business(customer_id=primary.customer_id, billing_address={"city": "Albany"}, shipping_address=PLACE)

    rows = CustomerAddress.objects.order_by("pk").values_list("type", "city", "is_primary")
    assert list(rows) == [("billing", "Albany", True), ("billing", other.city, False), ("shipping", "Berlin", True)]


def test_a_name_longer_than_an_address_holds_is_cut_on_the_address():
    customer = CustomerFactory(first_name="a" * 200, last_name="b" * 200)

    update_business(customer_id=customer.pk, billing_address=PLACE)

    assert CustomerAddress.objects.get().name == "a" * 200 + " " + "b" * 54


def test_a_refused_update_changes_nothing():
    profile = ProfileFactory()
    CustomerAddressFactory(customer=profile.customer, is_primary=True)

    with pytest.raises(DomainError) as refusal:
        update_business(
            customer_id=profile.pk,
            company_name="Other",
            phone="1",
            discount_rate_basis_points=-1,
            billing_address={"city": ""},
        )

    assert set(refusal.value.fields) == {"discount_rate_basis_points", "billing_address.city"}
    assert BusinessProfile.objects.get().company_name == "Customer XYZ"
    assert (Customer.objects.get().phone, CustomerAddress.objects.get().city) == ("", "New York")


@pytest.mark.parametrize("closed", [{"status": "canceled"}, {"total_paid_cents": 5000}, {"mode": "test"}])
def test_a_currency_changes_when_nothing_is_due(closed):
    customer = ProfileFactory().customer
    OrderFactory(customer=customer, **closed)

    update_business(customer_id=customer.pk, currency="EUR")

    assert BusinessProfile.objects.get().currency == "EUR"


# --- Contacts ----------------------------------------------------------------------------------


def test_the_first_contact_is_primary_and_a_second_takes_the_place_when_asked():
    customer = CustomerFactory()

    contacts.create_contact(customer_id=customer.pk, name="A")
    contacts.create_contact(customer_id=customer.pk, name="B")
    before = primaries(customer)
    contacts.create_contact(customer_id=customer.pk, name="C", is_primary=True)

    assert (before, primaries(customer)) == (["A"], ["C"])


def test_the_only_primary_may_step_down():
    contact = ContactFactory(is_primary=True)

    contacts.update_contact(customer_id=contact.customer_id, contact_id=contact.pk, is_primary=False)

    assert primaries(contact.customer) == []


@pytest.mark.parametrize(("deleted", "left"), [("A", ["B"]), ("C", ["A"])])
def test_the_oldest_contact_follows_a_primary_one(deleted, left):
    customer = CustomerFactory()
    rows = {name: ContactFactory(customer=customer, name=name, is_primary=name == "A") for name in "ABC"}

    contacts.delete_contact(customer_id=customer.pk, contact_id=rows[deleted].pk)

    assert primaries(customer) == left


# --- The credit limit --------------------------------------------------------------------------


@pytest.fixture
def enforced(settings):
    """The shop holds customers to their limits."""
    settings.CREDIT_LIMIT_ENFORCED = True


def test_an_order_may_use_the_whole_limit_and_not_a_cent_more(enforced):
    customer = ProfileFactory(credit_limit_cents=10_000).customer
    variation = VariationFactory(price_cents=5000)
    place(variation, customer=customer, quantity=2)

    with pytest.raises(DomainError) as refusal:
        place(VariationFactory(price_cents=1), customer=customer, quantity=1)

    assert refusal.value.code == "credit_limit_exceeded"
    assert refusal.value.details == {"credit_limit_cents": 10_000, "balance_cents": 10_000, "order_cents": 1}
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "case", ["not enforced", "no profile", "a test order", "a free order", "an account in another currency"]
)
def test_the_limit_does_not_hold_for(settings, case):
    settings.CREDIT_LIMIT_ENFORCED = case != "not enforced"
    currency = "EUR" if case == "an account in another currency" else "USD"
    customer = CustomerFactory() if case == "no profile" else ProfileFactory(currency=currency).customer
    price = 0 if case == "a free order" else 5000

    order = place(
        VariationFactory(price_cents=price), customer=customer, mode="test" if case == "a test order" else None
    )

    assert order.pk


def test_an_order_has_the_next_number_of_its_year():
    first, second = place(), place()

    year = first.created_at.year
    assert [first.order_number, second.order_number] == [f"SO-{year}-001", f"SO-{year}-002"]
    assert Order.objects.get(pk=second.pk).order_number == second.order_number
