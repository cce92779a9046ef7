"""Changing the content of an order."""

import pytest

from fluentcart.errors import InvalidFields
from orders.errors import OrderNotEditable, OrderNotFound
from orders.models import OrderAddress
from orders.services.address import copy_address_to_order
from orders.services.update import update_order
from tests.customers.factories import CustomerAddressFactory, CustomerFactory
from tests.orders.factories import OrderFactory, VariationFactory
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db


def test_only_what_is_given_changes():
    order = OrderFactory(note="old", status="pending")

    changed = update_order(order_id=order.pk, status="processing")

    order.refresh_from_db()
    assert (order.status, order.note, order.payment_status) == ("processing", "old", "pending")
    assert changed.updated_at == order.updated_at > order.created_at


def test_an_empty_note_clears_it():
    order = OrderFactory(note="old")

    update_order(order_id=order.pk, note="")

    order.refresh_from_db()
    assert order.note == ""


def test_a_part_of_an_address_is_put_over_the_whole():
    order = OrderFactory()
    OrderAddress.objects.create(order=order, type="billing", name="Ada King Lovelace", city="London", country="GB")

    update_order(order_id=order.pk, billing_address={"first_name": "Augusta", "email": "a@example.com"})

    address = order.addresses.get()
    assert (address.name, address.email) == ("Augusta King Lovelace", "a@example.com")
    assert (address.city, address.country) == ("London", "GB")


def test_an_address_that_the_order_lacks_is_made():
    order = OrderFactory()

    update_order(order_id=order.pk, shipping_address={"name": "Ada", "country": "fr"})

    assert list(order.addresses.values_list("type", "name", "country")) == [("shipping", "Ada", "FR")]


def test_canceling_gives_the_stock_back():
    variation = VariationFactory(stock=5)
    order = place(variation)

    update_order(order_id=order.pk, status="cancelled")

    order.refresh_from_db()
    assert order.status == "canceled"
    assert counters(variation) == (5, 0, 0)


@pytest.mark.parametrize("status", ["completed", "failed", "shipped", ""])
def test_a_status_that_is_not_set_here_is_refused(status):
    order = OrderFactory(note="old")

    with pytest.raises(InvalidFields) as refusal:
        update_order(order_id=order.pk, status=status, note="new")

    order.refresh_from_db()
    assert list(refusal.value.fields) == ["status"]
    assert (order.status, order.note) == ("pending", "old")


def test_the_present_status_changes_nothing():
    order = OrderFactory(status="pending")

    assert update_order(order_id=order.pk, status="pending", note="n").status == "pending"


@pytest.mark.parametrize(
    "columns", [{"status": "completed"}, {"status": "canceled"}, {"type": "subscription"}], ids=lambda c: str(c)
)
def test_closed_orders_and_subscriptions_are_not_editable(columns):
    order = OrderFactory(note="old", **columns)

    with pytest.raises(OrderNotEditable) as refusal:
        update_order(order_id=order.pk, note="new")

    order.refresh_from_db()
    assert (refusal.value.code, order.note) == ("order_not_editable", "old")


def test_a_wrong_address_undoes_the_rest():
    order = OrderFactory(note="old")

    with pytest.raises(InvalidFields) as refusal:
        update_order(order_id=order.pk, note="new", shipping_address={"country": "ZZ"})

    order.refresh_from_db()
    assert list(refusal.value.fields) == ["shipping_address.country"]
    assert order.note == "old"


@pytest.mark.parametrize("order_id", [0, -1, 999999, 2**63])
def test_an_unknown_order_is_not_found(order_id):
    with pytest.raises(OrderNotFound) as refusal:
        update_order(order_id=order_id, note="new")

    assert (refusal.value.code, refusal.value.message) == ("order_not_found", f"Order with ID {order_id} not found")


class TestCopyAddress:
    def test_an_address_of_the_book_replaces_the_order_s(self):
        order = OrderFactory()
        OrderAddress.objects.create(order=order, type="billing", city="Old", phone="1")
        source = CustomerAddressFactory(customer=order.customer, city="New", phone="")

        copy_address_to_order(order_id=order.pk, customer_id=order.customer_id, address_id=source.pk)

        address = order.addresses.get()
        assert (address.city, address.phone, address.name, address.country) == ("New", "", source.name, "US")

    def test_an_order_of_another_customer_is_not_found(self):
        stranger = CustomerFactory()
        order = OrderFactory()
        source = CustomerAddressFactory(customer=stranger)

        with pytest.raises(OrderNotFound):
            copy_address_to_order(order_id=order.pk, customer_id=stranger.pk, address_id=source.pk)

        assert order.addresses.count() == 0

    def test_an_address_of_another_customer_is_not_found(self):
        order = OrderFactory()
        source = CustomerAddressFactory()

        with pytest.raises(Exception, match=f"Address with ID {source.pk} not found"):
            copy_address_to_order(order_id=order.pk, customer_id=order.customer_id, address_id=source.pk)

        assert order.addresses.count() == 0
