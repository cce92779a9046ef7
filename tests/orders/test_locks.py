"""What happens when two do it at once, on PostgreSQL: SQLite lets only one write anyway."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fluentcart.errors import DomainError
from orders.admin.imports import read_products, run_import
from orders.models import Order
from orders.services.create import create_order
from orders.services.customers import delete_customer
from orders.services.delete import delete_order
from orders.services.numbers import next_number
from orders.services.payment import mark_as_paid
from orders.services.products import delete_product
from orders.services.reassign import change_customer
from orders.services.refund import refund_order, reserve_refund, settle_refund
from orders.services.status import update_statuses
from orders.services.update import update_order
from tests.admin_pages import form_of, staff
from tests.callers import V2
from tests.customers.factories import CustomerFactory
from tests.orders.factories import VariationFactory
from tests.orders.shop import counters, line, place

pytestmark = pytest.mark.postgres

LOCK = re.compile(r'FROM "(?:orders|customers)_(order|productvariation|product|customer)".* FOR (?:NO KEY )?UPDATE')
ROUNDS = 10
COUNTER = re.compile(r'INSERT INTO "orders_(numbercounter)"')


def locks(action):
    """The tables that an action locked rows of, in order; each statement that locks several names an ORDER BY id."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        action()
    found = []
    for query in queries:
        match = LOCK.search(query["sql"]) or COUNTER.search(query["sql"])
        if match:
            found.append(next(filter(None, match.groups())))
            if " IN (" in query["sql"]:
                assert "ORDER BY 1 ASC" in query["sql"] or '"id" ASC' in query["sql"]
    return found


@pytest.mark.django_db
class TestOrderOfLocks:
    def test_create(self):
        customer, variation = CustomerFactory(), VariationFactory(stock=5)

        found = locks(lambda: create_order(customer_id=customer.pk, items=[line(variation)]))

        assert found == ["productvariation", "customer", "numbercounter"]

    def test_mark_as_paid(self):
        order = place(VariationFactory(stock=5, fulfillment_type="digital"))

        found = locks(lambda: mark_as_paid(order_id=order.pk))

        assert found == ["order", "productvariation", "customer", "numbercounter"]

    def test_mark_a_test_order_as_paid(self):
        order = place(mode="test")

        found = locks(lambda: mark_as_paid(order_id=order.pk))

        assert found[0] == "order"
        assert found[-2:] == ["customer", "numbercounter"]

    def test_statuses(self):
        order = place(VariationFactory(stock=5))

        found = locks(lambda: update_statuses(order_id=order.pk, payment_status="paid", shipping_status="delivered"))

        assert found == ["order", "productvariation", "customer", "numbercounter"]

    def test_refund(self):
        order = place(VariationFactory(stock=5))
        mark_as_paid(order_id=order.pk)
        refunds = []

        reserving = locks(lambda: refunds.extend(reserve_refund(order_id=order.pk, amount_cents=1)))
        settling = locks(lambda: settle_refund(refund_id=refunds[0].pk, reference="x"))

        assert reserving == ["order"]
        assert settling == ["order", "productvariation", "customer"]

    @pytest.mark.parametrize(
        ("action", "expected"),
        [
            (lambda order: update_order(order_id=order.pk, note="x"), ["order"]),
            (lambda order: update_order(order_id=order.pk, status="canceled"), ["order", "productvariation"]),
            (lambda order: delete_order(order_id=order.pk), ["order", "productvariation"]),
            (lambda order: delete_customer(customer_id=order.customer_id), ["order", "productvariation", "customer"]),
            (
                lambda order: change_customer(order_id=order.pk, customer_id=CustomerFactory.create().pk),
                ["order", "customer"],
            ),
        ],
        ids=["note", "cancel", "delete", "delete customer", "change customer"],
    )
    def test_others(self, action, expected):
        order = place(VariationFactory(stock=5))

        assert locks(lambda: action(order)) == expected

    def test_a_product_goes_after_its_variations(self):
        variation = VariationFactory(stock=5)

        assert locks(lambda: delete_product(product_id=variation.product_id)) == ["productvariation", "product"]

    def test_the_page_of_a_product_is_stored_after_its_variations_are_locked(self):
        variation = VariationFactory(stock=5)
        client, page = staff(), f"/admin/orders/product/{variation.product_id}/change/"
        form = form_of(client.get(page)) | {"title": "Other", "variations-0-title": "Blue"}

        found = locks(lambda: client.post(page, form))

        variation.refresh_from_db()
        assert (variation.product.title, variation.title) == ("Other", "Blue")
        assert found[:2] == ["productvariation", "product"]

    def test_an_import_locks_all_of_a_portion_before_the_first_row(self):
        named, plain = VariationFactory(stock=5), VariationFactory(sku=None, title="Plain")

        found = locks(lambda: imported([plain, named], price="7.00"))

        assert found[:2] == ["productvariation", "product"]
        for variation in (named, plain):
            variation.refresh_from_db()
            assert variation.price_cents == 700

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("orders/do-bulk-action", {"action": "update_status", "data": {"status": "completed"}}),
            ("orders/do-bulk-action", {"action": "delete"}),
            ("customers/do-bulk-action", {"action": "delete"}),
        ],
        ids=["status", "delete", "delete customers"],
    )
    def test_many_with_a_key_are_locked_before_the_first_is_touched(self, api, path, body):
        orders = [place(VariationFactory(stock=5)) for _ in range(2)]
        ids = {
            "order_ids": [order.pk for order in orders],
            "customer_ids": [order.customer_id for order in orders],
        }
        client = api.everything()

        found = locks(lambda: client.post(f"{V2}/{path}", body | ids, HTTP_IDEMPOTENCY_KEY="one"))

        assert found[:3] == ["order", "productvariation", "customer"]
        assert len(found) > 3

    def test_a_customer_who_goes_as_seen(self, api):
        path = f"{V2}/customers/{place(VariationFactory(stock=5)).customer_id}"
        client = api.everything()
        tag = client.get(path)["ETag"]

        found = locks(lambda: client.delete(path, HTTP_IF_MATCH=tag))

        assert found[:3] == ["order", "productvariation", "customer"]
        assert not Order.with_deleted.exists()


def imported(variations, *, price):
    """The report of an import that gives products and variations new titles and prices, in the order given."""
    rows = [f"{row.product.slug},{row.product.title} {price},{row.sku or ''},{row.title},{price}" for row in variations]
    *_, report = run_import(read_products("\n".join(["slug,title,sku,variation,price", *rows])), keep=True)
    return report


def at_once(*actions):
    """Run actions in threads that start together; what each returned, or the refusal that it raised."""
    start = threading.Barrier(len(actions))

    def run(action):
        start.wait(timeout=10)
        try:
            return action()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, action) for action in actions]]


def refusals(results):
    return [result.code for result in results if isinstance(result, DomainError)]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_refunds_cannot_spend_the_same_money(self):
        order = place()
        mark_as_paid(order_id=order.pk)

        results = at_once(*[lambda: refund_order(order_id=order.pk, amount_cents=3000)] * 2)

        order.refresh_from_db()
        assert refusals(results) == ["refund_failed"]
        assert (order.total_refund_cents, order.transactions.filter(type="refund").count()) == (3000, 1)

    def test_two_orders_cannot_have_the_last_piece(self):
        variation, customer = VariationFactory(stock=1), CustomerFactory()

        results = at_once(
            *[lambda: create_order(customer_id=customer.pk, items=[line(variation)])] * 2,
            lambda: create_order(customer_id=CustomerFactory().pk, items=[line(variation)]),
        )

        assert refusals(results) == ["validation_error"] * 2
        assert Order.objects.count() == 1
        assert counters(variation) == (0, 1, 0)

    def test_an_order_is_paid_once(self):
        order = place()

        results = at_once(*[lambda: mark_as_paid(order_id=order.pk)] * 3)

        assert refusals(results) == ["already_paid"] * 2
        assert order.transactions.count() == 1

    def test_numbers_are_never_given_twice(self):
        numbers = at_once(*[lambda: [next_number(name="receipt") for _ in range(10)]] * 4)

        assert sorted(number for taken in numbers for number in taken) == list(range(1, 41))

    def test_orders_paid_at_once_count_and_have_numbers_of_their_own(self):
        customer = CustomerFactory()
        orders = [place(customer=customer) for _ in range(4)]

        at_once(*[lambda pk=order.pk: mark_as_paid(order_id=pk) for order in orders])

        customer.refresh_from_db()
        assert (customer.order_count, customer.total_spent_cents) == (4, 20000)
        assert sorted(Order.objects.values_list("receipt_number", flat=True)) == [1, 2, 3, 4]

    def test_a_customer_is_not_deleted_under_a_new_order(self):
        customer, variation = CustomerFactory(), VariationFactory(price_cents=0)

        results = at_once(
            lambda: delete_customer(customer_id=customer.pk),
            lambda: create_order(customer_id=customer.pk, items=[line(variation)]),
        )

        assert len(refusals(results)) == 1
        assert set(refusals(results)) <= {"customer_has_orders", "invalid_customer"}

    def test_customers_swap_orders_without_a_deadlock(self):
        first, second = place(), place()
        for order in (first, second):
            mark_as_paid(order_id=order.pk)

        results = at_once(
            lambda: change_customer(order_id=first.pk, customer_id=second.customer_id),
            lambda: change_customer(order_id=second.pk, customer_id=first.customer_id),
        )

        assert refusals(results) == []

    def test_imports_orders_refunds_and_deletions_of_the_same_products_never_deadlock(self, caplog):
        variations = [VariationFactory(stock=1000, title="One") for _ in range(8)]
        backwards = variations[::-1]
        for number in range(ROUNDS):
            order = place(*variations, quantity=1)
            mark_as_paid(order_id=order.pk)
            back = [{"id": item.pk, "quantity": 1, "restock": True} for item in order.items.order_by("-pk")]
            sold = [line(variation) for variation in backwards]

            first, second, refund, deletion, *_ = at_once(
                lambda price=f"{number + 1}.00": imported(backwards, price=price),
                lambda price=f"{number + 1}.50": imported(variations, price=price),
                lambda pk=order.pk, items=back: refund_order(order_id=pk, items=items),
                lambda: delete_product(product_id=variations[4].product_id),
                *[lambda items=sold: create_order(customer_id=CustomerFactory().pk, items=items)] * 2,
            )

            assert (first.is_good, second.is_good) == (True, True), (first, second)
            assert (refund.status, refund.amount_cents) == ("refunded", order.total_amount_cents)
            assert deletion.code == "already_ordered"

        # Nobody was the one who is undone and tries again, nor told so: `at_once` raises what is no refusal.
        assert "deadlock" not in caplog.text
        assert Order.objects.count() == 3 * ROUNDS
