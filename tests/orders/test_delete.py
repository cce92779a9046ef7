"""Deleting orders and customers, one by one and in bulk."""

import pytest

from customers.errors import CustomerNotFound
from customers.models import Customer, CustomerAddress
from fluentcart.errors import InvalidFields
from orders.errors import CustomerHasOrders, OrderNotDeletable, OrderNotFound
from orders.models import Order, OrderItem, OrderTransaction
from orders.services.bulk import bulk_delete, bulk_delete_customers, bulk_update_status
from orders.services.customers import delete_customer
from orders.services.delete import delete_order
from orders.services.payment import mark_as_paid
from orders.services.refund import refund_order
from orders.services.status import update_statuses
from tests.customers.factories import CustomerAddressFactory, CustomerFactory
from tests.orders.factories import ItemFactory, OrderFactory, VariationFactory
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db


class TestOrder:
    def test_the_row_stays_and_is_seen_no_more(self):
        order = place()

        delete_order(order_id=order.pk)

        assert not Order.objects.filter(pk=order.pk).exists()
        assert Order.with_deleted.get(pk=order.pk).deleted_at is not None
        with pytest.raises(OrderNotFound):
            delete_order(order_id=order.pk)

    @pytest.mark.parametrize(
        ("columns", "word"),
        [({"status": "processing"}, "cancel it first"), ({"status": "canceled"}, "refund it first")],
    )
    def test_an_order_that_earned_money_stays(self, columns, word):
        order = OrderFactory(paid=True, **columns)

        with pytest.raises(OrderNotDeletable, match=word) as refusal:
            delete_order(order_id=order.pk)

        order.refresh_from_db()
        assert (refusal.value.code, order.deleted_at) == ("order_not_deletable", None)

    def test_held_pieces_come_back(self):
        variation = VariationFactory(stock=5)
        order = place(variation)

        delete_order(order_id=order.pk)

        assert counters(variation) == (5, 0, 0)

    @pytest.mark.parametrize(("mode", "ledger"), [("live", (3, 0, 2)), ("test", (5, 0, 0))])
    def test_delivered_pieces_come_back_only_from_test_orders(self, mode, ledger):
        variation = VariationFactory(stock=5)
        order = place(variation, mode=mode)
        update_statuses(order_id=order.pk, shipping_status="delivered")

        delete_order(order_id=order.pk)

        assert counters(variation) == ledger

    def test_a_counted_order_leaves_the_statistics(self):
        order = place(VariationFactory(price_cents=0))
        Order.objects.update(status="on-hold")
        order.customer.refresh_from_db()
        assert order.customer.order_count == 1

        delete_order(order_id=order.pk)

        order.customer.refresh_from_db()
        assert (order.customer.order_count, order.customer.first_order_at) == (0, None)


class TestCustomer:
    def test_a_customer_goes_with_addresses_and_every_order_that_may_go(self):
        customer, bystander = CustomerFactory(), OrderFactory(paid=True)
        CustomerAddressFactory(customer=customer)
        held, gone = VariationFactory(stock=5), VariationFactory(stock=5)
        place(held, customer=customer)
        delete_order(order_id=place(gone, customer=customer).pk)
        refunded = place(customer=customer)
        mark_as_paid(order_id=refunded.pk)
        refund_order(order_id=refunded.pk, amount_cents=5000)
        update_statuses(order_id=refunded.pk, order_status="canceled")

        delete_customer(customer_id=customer.pk)

        assert list(Customer.objects.all()) == [bystander.customer]
        assert list(Order.with_deleted.all()) == [bystander]
        assert CustomerAddress.objects.count() == OrderItem.objects.count() == 0
        assert list(OrderTransaction.objects.values_list("order_id", flat=True)) == [bystander.pk]
        assert counters(held) == counters(gone) == (5, 0, 0)

    def test_one_order_that_has_to_stay_keeps_everything(self):
        customer = CustomerFactory()
        variation = VariationFactory(stock=5)
        place(variation, customer=customer)
        OrderFactory(paid=True, customer=customer)

        with pytest.raises(CustomerHasOrders) as refusal:
            delete_customer(customer_id=customer.pk)

        assert refusal.value.code == "customer_has_orders"
        assert Order.objects.filter(customer=customer).count() == 2
        assert counters(variation) == (3, 2, 0)

    def test_an_unknown_customer_is_not_found(self):
        with pytest.raises(CustomerNotFound):
            delete_customer(customer_id=999999)

    @pytest.mark.parametrize("count", [1, 9])
    def test_the_number_of_queries_does_not_grow_with_the_orders(self, django_assert_max_num_queries, count):
        customer = CustomerFactory()
        for _ in range(count):
            ItemFactory(order__customer=customer)

        with django_assert_max_num_queries(24):
            delete_customer(customer_id=customer.pk)


class TestBulk:
    def test_each_id_has_a_result_and_none_stops_the_others(self):
        first, paid, last = OrderFactory(), OrderFactory(paid=True), OrderFactory()

        results = bulk_delete(order_ids=[first.pk, paid.pk, 999999, last.pk, first.pk])

        assert [(result.id, result.error and result.error.code) for result in results] == [
            (first.pk, None),
            (paid.pk, "order_not_deletable"),
            (999999, "order_not_found"),
            (last.pk, None),
        ]
        assert list(Order.objects.all()) == [paid]

    def test_an_unchanged_status_counts_as_done(self):
        done, open_, canceled = (OrderFactory(status=status) for status in ("completed", "pending", "canceled"))

        results = bulk_update_status(order_ids=[done.pk, open_.pk, canceled.pk], status="completed")

        assert [result.error and result.error.code for result in results] == [None, None, "order_canceled"]
        assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == [
            "completed", "completed", "canceled",
        ]  # fmt: skip

    def test_canceling_gives_pieces_back(self):
        variation = VariationFactory(stock=5)
        order = place(variation)

        bulk_update_status(order_ids=[order.pk], status="cancelled")

        assert counters(variation) == (5, 0, 0)

    @pytest.mark.parametrize("status", ["pending", "shipped", ""])
    def test_a_word_that_is_not_set_refuses_all(self, status):
        with pytest.raises(InvalidFields) as refusal:
            bulk_update_status(order_ids=[OrderFactory().pk], status=status)

        assert list(refusal.value.fields) == ["status"]

    def test_customers_with_orders_that_stay_are_results(self):
        free, bound = CustomerFactory(), OrderFactory(paid=True).customer

        results = bulk_delete_customers(customer_ids=[bound.pk, free.pk])

        assert [result.error and result.error.code for result in results] == ["customer_has_orders", None]
        assert list(Customer.objects.all()) == [bound]


def test_delivered_pieces_leave_the_counters_with_the_customer_who_got_them(db):
    variation = VariationFactory(manage_stock=True, available_count=10)
    order = place(variation, quantity=2)
    update_statuses(order_id=order.pk, shipping_status="delivered")

    delete_customer(customer_id=order.customer_id)

    assert counters(variation) == (8, 0, 0)
