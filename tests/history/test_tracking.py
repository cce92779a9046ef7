"""What a change of a row is in the history."""

import datetime as dt

import pytest
from django.apps import apps

from customers.models import Customer
from customers.services.addresses import create_address, make_primary
from customers.services.business import create_business, update_business
from customers.services.customers import update_additional_info, update_customer
from fluentcart.history.models import Activity
from fluentcart.history.tracking import TEXT_CHARS_MAX, Tracked, differences, remember, shown
from orders.services.update import update_order
from tests.customers.factories import CustomerFactory, LabelFactory
from tests.orders.shop import place

TRACKED = [model for model in apps.get_models() if isinstance(getattr(model, "history", None), Tracked)]


@pytest.mark.parametrize("model", TRACKED, ids=lambda model: model.__name__)
def test_every_column_is_recorded_or_named_as_not_recorded(model):
    tracked = model.history
    named = [*tracked.plain, *tracked.personal, *tracked.concealed, *tracked.derived]

    assert sorted(named) == sorted(field.attname for field in model._meta.concrete_fields)


def test_the_rows_of_customers_and_orders_are_tracked():
    assert {model.__name__ for model in TRACKED} == {
        "Customer", "CustomerAddress", "BusinessProfile", "Contact", "CreditCheck", "Order", "OrderAddress",
        "OrderTransaction",
    }  # fmt: skip


def test_a_new_row_comes_from_nothing():
    customer = Customer(id=7, email="ada@example.com", first_name="Ada", status="active")

    assert differences(customer) == (
        {"status": [None, "active"]},
        {"email": [None, "ada@example.com"], "first_name": [None, "Ada"]},
    )


def test_of_a_remembered_row_only_what_differs_is_told():
    customer = remember(
        Customer(email="ada@example.com", first_name="Ada", notes="x", additional_info={"a": 1, "b": 2})
    )
    customer.first_name, customer.status, customer.notes = "Grace", "inactive", ""
    customer.additional_info = {"a": 1, "b": 3, "c": 4}

    assert differences(customer) == (
        {"status": ["active", "inactive"]},
        {
            "first_name": ["Ada", "Grace"],
            "notes": ["x", ""],
            "additional_info.b": [2, 3],
            "additional_info.c": [None, 4],
        },
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.timezone(dt.timedelta(hours=1))), "2026-01-02T02:04:05Z"),
        (True, True),
        (5, 5),
        ("x" * TEXT_CHARS_MAX, "x" * TEXT_CHARS_MAX),
        ("x" * (TEXT_CHARS_MAX + 1), "x" * TEXT_CHARS_MAX + "..."),
        ({"a": [1]}, {"a": [1]}),
    ],
    ids=["time", "bool", "number", "longest text", "longer text", "object"],
)
def test_a_value_is_shown_as_json(value, expected):
    assert shown(value) == expected


@pytest.mark.django_db
class TestServices:
    def test_a_change_that_changes_nothing_is_not_told(self):
        customer = CustomerFactory()

        update_customer(customer_id=customer.pk, first_name=customer.first_name)

        assert not Activity.objects.exists()

    def test_labels_are_told_by_their_ids(self):
        customer, label = CustomerFactory(), LabelFactory()

        update_additional_info(customer_id=customer.pk, info={"plan": "gold"}, labels=[label.pk])

        activity = Activity.objects.get()
        assert (activity.verb, activity.changes) == ("updated", {"labels": [[], [label.pk]]})
        assert activity.personal == {"additional_info.plan": [None, "gold"]}

    def test_an_address_that_becomes_primary_names_the_one_before(self):
        customer = CustomerFactory()
        fields = {"name": "Ada", "address_1": "1 St", "city": "Rome", "country": "VA", "postcode": "00120"}
        first = create_address(customer_id=customer.pk, **fields)
        second = create_address(customer_id=customer.pk, **fields)

        make_primary(customer_id=customer.pk, address_id=second.pk)

        activity = Activity.objects.latest("pk")
        assert (activity.subject, activity.subject_id, activity.verb) == ("customer", customer.pk, "address_updated")
        assert activity.changes == {
            "address_id": [second.pk, second.pk],
            "is_primary": [False, True],
            "primary_billing_address_id": [first.pk, second.pk],
        }

    def test_a_tax_number_is_never_told(self):
        account = create_business(email="shop@example.com", company_name="Shop", tax_id="98-7654321")
        update_business(customer_id=account.pk, tax_id="11-1111111", payment_terms="net_7")

        changes = Activity.objects.latest("pk").changes
        assert changes == {"tax_id": ["(not shown)", "(not shown)"], "payment_terms": ["net_30", "net_7"]}
        assert not [row for row in Activity.objects.all() if "7654321" in f"{row.changes}{row.personal}"]

    def test_an_order_and_its_addresses_are_one_row(self, django_assert_num_queries):
        order = place()

        update_order(order_id=order.pk, note="Ring twice", shipping_address={"city": "Rome", "country": "IT"})

        activity = Activity.objects.latest("pk")
        assert Activity.objects.filter(subject="order").count() == 2
        assert activity.changes == {"shipping_address.country": [None, "IT"]}
        assert activity.personal == {"note": ["", "Ring twice"], "shipping_address.city": [None, "Rome"]}
