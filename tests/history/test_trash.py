"""Deleted orders: seen in the trash by those who may delete, and restored as they were."""

import pytest

from customers.models import Customer
from fluentcart.history.models import Activity
from orders.errors import OrderNotDeleted, OrderNotFound, StockGone
from orders.models import Order
from orders.services.delete import delete_order, restore_order
from orders.services.refund import refund_order
from orders.services.status import update_statuses
from tests.callers import V2
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory, VariationFactory
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db
URL = f"{V2}/orders"


def trashed(*variations, **fields):
    """A deleted order that waited on hold."""
    order = place(*variations, **fields)
    update_statuses(order_id=order.pk, order_status="on-hold")
    delete_order(order_id=order.pk)
    return order


class TestRestore:
    def test_status_and_number_are_as_they_were(self):
        order = trashed()

        restored = restore_order(order_id=order.pk)

        assert (restored.status, restored.order_number, restored.deleted_at) == ("on-hold", order.order_number, None)
        assert list(Order.objects.all()) == [order]
        assert Customer.objects.get(pk=order.customer_id).live_order_count == 1

    def test_held_pieces_are_held_again(self):
        variation = VariationFactory(stock=5)
        order = trashed(variation, quantity=2)
        assert counters(variation) == (5, 0, 0)

        restore_order(order_id=order.pk)

        assert counters(variation) == (3, 2, 0)
        assert order.items.get().held_count == 2

    def test_it_can_be_deleted_and_restored_again(self):
        variation = VariationFactory(stock=5)
        order = trashed(variation)
        restore_order(order_id=order.pk)
        delete_order(order_id=order.pk)

        restore_order(order_id=order.pk)

        assert counters(variation) == (3, 2, 0)

    def test_a_test_order_commits_its_pieces_again(self):
        variation = VariationFactory(stock=5)
        order = place(variation, mode="test")
        update_statuses(order_id=order.pk, shipping_status="delivered")
        delete_order(order_id=order.pk)
        assert counters(variation) == (5, 0, 0)

        restore_order(order_id=order.pk)

        assert counters(variation) == (3, 0, 2)

    def test_a_canceled_order_holds_nothing(self):
        variation = VariationFactory(stock=5)
        order = place(variation)
        update_statuses(order_id=order.pk, order_status="canceled")
        delete_order(order_id=order.pk)

        restored = restore_order(order_id=order.pk)

        assert (restored.status, counters(variation)) == ("canceled", (5, 0, 0))

    @pytest.mark.parametrize(("left", "is_restored"), [(2, True), (1, False)], ids=["just enough", "one too few"])
    def test_pieces_must_be_left(self, left, is_restored):
        variation = VariationFactory(stock=5)
        order = trashed(variation, quantity=2)
        place(variation, quantity=5 - left)

        if is_restored:
            restore_order(order_id=order.pk)
            assert counters(variation) == (0, 5, 0)
            return
        with pytest.raises(StockGone) as refusal:
            restore_order(order_id=order.pk)
        assert refusal.value.details == {"variation_ids": [variation.pk]}
        assert counters(variation) == (1, 4, 0)
        assert Order.with_deleted.get(pk=order.pk).deleted_at is not None
        assert not Activity.objects.filter(verb="restored").exists()

    def test_backorders_need_no_pieces(self):
        variation = VariationFactory(stock=2, backorders=True)
        order = trashed(variation, quantity=2)
        place(variation, quantity=2)

        restore_order(order_id=order.pk)

        assert counters(variation) == (-2, 4, 0)

    def test_two_lines_of_one_variation_count_together(self):
        variation = VariationFactory(stock=4)
        order = trashed(variation, variation, quantity=2)
        place(variation, quantity=1)

        with pytest.raises(StockGone):
            restore_order(order_id=order.pk)

    def test_stock_that_is_no_longer_managed_is_left_alone(self):
        variation = VariationFactory(stock=5)
        order = trashed(variation)
        type(variation).objects.filter(pk=variation.pk).update(manage_stock=False)

        restore_order(order_id=order.pk)

        assert counters(variation) == (5, 0, 0)

    def test_a_free_order_counts_again(self):
        order = place(VariationFactory(price_cents=0))
        update_statuses(order_id=order.pk, order_status="on-hold")
        delete_order(order_id=order.pk)
        assert Customer.objects.get().order_count == 0

        restore_order(order_id=order.pk)

        assert Customer.objects.get().order_count == 1

    def test_what_is_not_deleted_is_not_restored(self):
        order = place()

        with pytest.raises(OrderNotDeleted):
            restore_order(order_id=order.pk)
        with pytest.raises(OrderNotFound):
            restore_order(order_id=order.pk + 1)

    def test_the_history_tells_both(self):
        order = trashed()

        restore_order(order_id=order.pk)

        restored, deleted = Activity.objects.filter(subject="order", subject_id=order.pk).order_by("-pk")[:2]
        assert (deleted.verb, restored.verb) == ("deleted", "restored")
        assert deleted.changes["deleted_at"] == restored.changes["deleted_at"][::-1]


class TestApi:
    def test_the_trash_shows_deleted_orders_only(self, api):
        gone, _ = trashed(), place()

        r = api("orders/view", "orders/delete").get(f"{URL}?trashed=only")

        assert [row["id"] for row in r.json()["data"]["orders"]] == [gone.pk]
        assert (r.json()["data"]["pagination"]["total"], r["X-WP-Total"]) == (1, "1")

    def test_the_trash_is_filtered_and_searched_like_the_list(self, api):
        gone = trashed(customer=CustomerFactory(first_name="Zoe", search_text="zoe x\nx zoe\nz@example.com"))
        OrderFactory(deleted_at="2026-01-01T00:00:00Z", status="canceled")
        caller = api("orders/view", "orders/delete")

        for query in ("search=zoe", "filters[status]=on-hold"):
            r = caller.get(f"{URL}?trashed=only&{query}")
            assert [row["id"] for row in r.json()["data"]["orders"]] == [gone.pk], query

    def test_the_list_is_without_them(self, api):
        trashed()

        assert api("orders/view").get(URL).json()["data"]["orders"] == []

    def test_the_trash_is_for_those_who_may_delete(self, api):
        trashed()

        r = api.all_but("orders/delete").get(f"{URL}?trashed=only")

        assert (r.status_code, r.json()["code"]) == (403, "insufficient_permissions")

    def test_another_word_is_refused_and_told_which_is_allowed(self, api):
        r = api("orders/view", "orders/delete").get(f"{URL}?trashed=with")

        assert (r.status_code, r.json()["data"]["errors"]) == (400, {"trashed": ["Allowed is: only."]})

    def test_a_restored_order_is_answered_and_listed(self, api):
        order = trashed()
        caller = api("orders/view", "orders/delete")

        r = caller.post(f"{URL}/{order.pk}/restore")

        assert (r.status_code, r.json()["data"]["order"]["status"]) == (200, "on-hold")
        assert r.json()["message"] == "Order restored successfully"
        assert [row["id"] for row in caller.get(URL).json()["data"]["orders"]] == [order.pk]
        assert caller.get(f"{V2}/orders/{order.pk}").status_code == 200

    def test_a_live_order_and_lost_pieces_are_conflicts(self, api):
        variation = VariationFactory(stock=2)
        order = trashed(variation, quantity=2)
        other = place(variation, quantity=2)
        caller = api("orders/delete")

        lost = caller.post(f"{URL}/{order.pk}/restore")
        live = caller.post(f"{URL}/{other.pk}/restore")

        assert (lost.status_code, lost.json()["code"]) == (409, "stock_gone")
        assert lost.json()["data"]["variation_ids"] == [variation.pk]
        assert (live.status_code, live.json()["code"]) == (409, "order_not_deleted")


@pytest.mark.django_db(transaction=True)
def test_a_part_that_was_refunded_and_restocked_is_not_held_again():
    variation = VariationFactory(stock=5)
    order = place(variation, quantity=2)
    update_statuses(order_id=order.pk, payment_status="paid", order_status="on-hold")
    refund_order(
        order_id=order.pk, amount_cents=5000, items=[{"id": order.items.get().pk, "quantity": 1, "restock": True}]
    )
    delete_order(order_id=order.pk)
    assert counters(variation) == (5, 0, 0)

    restore_order(order_id=order.pk)

    assert counters(variation) == (4, 1, 0)
