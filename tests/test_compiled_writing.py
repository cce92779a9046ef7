"""Rows made and stored without Django's own way through each field: nothing about them is different."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.db import connection, models

from customers.models import Customer, CustomerAddress
from fluentcart.compiled import columns, insert_all, new, update
from fluentcart.compiled.columns import columns_of, plain_types
from fluentcart.compiled.running import adapted
from orders.models import Order, OrderItem
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory

OURS = [model for app in ("customers", "orders", "history") for model in apps.get_app_config(app).get_models()]
VALUES = [
    None,
    True,
    False,
    0,
    -7,
    2**53,
    "",
    "Zürich",
    "7",
    dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 23, 59, 59, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30))),
]


def known(row):
    """What a row says, but for what is made anew for each: uuids and times."""
    made = {field.attname for field in row._meta.concrete_fields if callable(field.default)}
    return {name: value for name, value in vars(row).items() if name != "_state" and name not in made}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_a_new_row_is_as_its_model_makes_it(model):
    row, other = new(model), model()

    assert known(row) == known(other)
    assert vars(row).keys() == vars(other).keys()
    assert row._state.adding
    assert row._state.db is None


def test_a_new_row_has_the_values_that_it_is_given():
    order = Order(pk=3)

    item = new(OrderItem, order=order, product_id=5, title="Mug")
    address = new(CustomerAddress, country="de")

    assert (item.order, item.order_id, item.product_id, item.title) == (order, 3, 5, "Mug")
    assert address.country.code == CustomerAddress(country="de").country.code


def test_new_rows_share_nothing():
    first, second = new(Order), new(Order)
    customer, other = new(Customer), new(Customer)

    first.note = "x"
    customer.additional_info["x"] = 1

    assert (second.note, other.additional_info) == ("", {})
    assert first.uuid != second.uuid


def test_a_field_that_is_not_there_is_no_value():
    with pytest.raises(TypeError, match="Order has no field 'nota'"):
        new(Order, nota="x")


@pytest.mark.django_db
@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_what_no_field_is_asked_for_is_what_it_would_say(model):
    for column in columns_of(model, None, "default").columns:
        for value in VALUES:
            if type(value) in column.plain:
                said = column.field.get_db_prep_save(value, connection)
                mine = adapted(value) if connection.vendor == "sqlite" else value
                assert (said, type(said) is bool) == (mine, type(mine) is bool), (column.name, value)


@pytest.mark.django_db
def test_fields_are_asked_for_what_they_would_change():
    plain = {column.name: column.plain for column in columns_of(CustomerAddress, None, "default").columns}
    numbers = {column.name: column.plain for column in columns_of(Order, None, "default").columns}

    assert {plain["city"], plain["country"]} == {frozenset({str, type(None)})}
    assert str not in numbers["subtotal_cents"]
    assert dict not in numbers["trash"]
    assert {int, type(None)} <= numbers["receipt_number"]


def test_a_field_that_looks_for_its_value_when_it_is_stored_is_asked():
    field = models.DateTimeField(auto_now=True)

    assert plain_types(field, connection) == frozenset()
    assert dt.datetime in plain_types(models.DateTimeField(), connection)


@pytest.mark.django_db
def test_rows_come_back_as_they_were_stored():
    there = dt.datetime(2024, 2, 29, 23, 59, 59, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30)))
    customer = CustomerFactory()
    orders = [
        new(Order, customer=customer, currency="USD", note=f"Ring {number}", created_at=there, trash=trash)
        for number, trash in enumerate([None, {"7": [1, 0]}])
    ]

    insert_all(orders)

    found = list(Order.with_deleted.filter(customer=customer).order_by("pk"))
    assert [row.pk for row in found] == [row.pk for row in orders]
    assert [(row.note, row.created_at, row.trash) for row in found] == [
        ("Ring 0", there, None),
        ("Ring 1", there, {"7": [1, 0]}),
    ]


@pytest.mark.django_db
def test_a_row_is_changed_in_the_fields_that_are_named():
    order, there = OrderFactory(), dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.timezone(dt.timedelta(hours=-8)))
    order.note, order.paid_at, order.trash, order.shipping_method = "New", there, {"7": [1, 0]}, "not written"

    update(order, ["note", "paid_at", "trash"])

    found = Order.objects.get(pk=order.pk)
    assert (found.note, found.paid_at, found.trash, found.shipping_method) == ("New", there, {"7": [1, 0]}, "")


@pytest.mark.django_db
def test_rows_of_any_mixture_of_values_are_stored_as_they_are(monkeypatch):
    monkeypatch.setattr(columns, "SHAPES_MAX", 1)
    customer, there = CustomerFactory(), dt.datetime(2024, 2, 29, 12, 0, tzinfo=dt.UTC)
    rows = [
        new(Order, customer=customer, currency="USD", receipt_number=receipt_number, trash=trash, paid_at=paid_at)
        for receipt_number in (None, "7")
        for trash in (None, {"7": [1, 0]})
        for paid_at in (None, there)
        if receipt_number is None or (trash and paid_at)  # it is unique
    ]

    insert_all(rows)

    found = Order.with_deleted.filter(customer=customer).order_by("pk")
    assert [(row.receipt_number, row.trash, row.paid_at) for row in found] == [
        (None, None, None),
        (None, None, there),
        (None, {"7": [1, 0]}, None),
        (None, {"7": [1, 0]}, there),
        (7, {"7": [1, 0]}, there),
    ]
