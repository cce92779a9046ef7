"""The demo shop: what it must contain, that it is consistent in itself, and when it refuses to come."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models
from django.utils import timezone

from accounts.models import User
from customers.locales import check_address
from customers.models import BusinessProfile, Contact, Customer, CustomerAddress, CustomerLabel, Label, searchable
from orders.accounts import balance_cents
from orders.analytics import customer_report
from orders.demo.load import MODELS, load_shop, tables_in_use
from orders.demo.order_plans import numbered
from orders.demo.scenarios import POSSIBLE_STATES, Plan, is_possible
from orders.models import (
    NumberCounter,
    Order,
    OrderAddress,
    OrderItem,
    OrderTransaction,
    Product,
    ProductVariation,
    ShippingMethod,
)

CUSTOMERS, ORDERS = 130, 600


@pytest.fixture
def empty_shop(db, settings):
    """A database that demo data may go into."""
    settings.EMBEDDED = True
    return settings


@pytest.fixture
def shop(empty_shop):
    """A small demo shop."""
    load()
    return empty_shop


def load(**options: Any) -> None:
    call_command("load_demo", **{"customers": CUSTOMERS, "orders": ORDERS, **options})


def empty() -> None:
    NumberCounter.objects.all().delete()
    with connection.cursor() as cursor:
        for model in reversed(MODELS):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


def snapshot() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, without its times."""
    rows = {}
    for model in MODELS:
        fields = [f.attname for f in model._meta.concrete_fields if not isinstance(f, models.DateTimeField)]
        rows[model.__name__] = list(model._base_manager.order_by("pk").values_list(*fields))
    return rows


# --- What the documents name -------------------------------------------------------------------


def test_customer_1_is_the_documents_john_doe(shop):
    customer = Customer.objects.get(pk=1)

    assert (customer.email, customer.full_name, customer.phone) == ("customer@example.com", "John Doe", "+1234567890")
    assert (customer.total_spent_cents, customer.order_count, customer.average_order_value_cents) == (5000, 3, 1667)
    assert customer.first_order_at == datetime.datetime(2024, 1, 1, 10, tzinfo=datetime.UTC)
    assert customer.last_order_at == datetime.datetime(2024, 1, 15, 14, 30, tzinfo=datetime.UTC)
    assert customer.user_id is None
    assert list(CustomerLabel.objects.filter(customer=1).order_by("pk").values_list("pk", "label_id")) == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]
    assert Label.objects.get(pk=1).value == "VIP"


def test_customer_1_has_the_addresses_of_the_decisions(shop):
    fields = ("id", "type", "is_primary", "label", "address_1", "city", "state", "postcode", "country")
    found = list(CustomerAddress.objects.filter(customer=1).order_by("pk").values_list(*fields))

    assert found[:2] == [
        (1, "billing", True, "Home", "123 Main St", "New York", "NY", "10001", "US"),
        (2, "shipping", False, "Work", "456 Oak Ave", "Brooklyn", "NY", "11201", "US"),
    ]
    assert found[2][:3] == (3, "shipping", True)


def test_order_1_is_the_orders_documents(shop):
    order = Order.objects.get(pk=1)
    item = order.items.get()
    charge = order.transactions.get()

    assert (order.customer_id, order.customer.full_name) == (123, "John Doe")
    assert (order.status, order.payment_status, order.total_amount_cents, order.total_paid_cents) == (
        "completed",
        "paid",
        5000,
        5000,
    )
    assert (item.pk, item.product_id, item.variation_id, item.quantity, item.unit_price_cents) == (1, 456, 789, 2, 2500)
    assert (charge.pk, charge.status, charge.amount_cents, charge.vendor_charge_id) == (
        1,
        "succeeded",
        5000,
        "txn_123456",
    )
    assert (charge.payment_method, charge.gateway) == ("stripe", "manual")
    assert set(Order.objects.filter(pk__in=[2, 3]).values_list("customer_id", "payment_status")) == {(1, "paid")}


def test_the_documents_filters_find_the_documents_rows(shop):
    year = {"created_at__year": 2024}

    assert Order.objects.filter(status="completed", payment_status="paid", customer_id=123, **year).exists()
    spent = {"total_spent_cents__gte": 1000, "total_spent_cents__lte": 5000}
    assert Customer.objects.filter(pk=1, status="active", **year, **spent).exists()


def test_product_456_and_the_shipping_methods_are_the_documents(shop):
    variation = ProductVariation.objects.get(pk=789)

    assert (variation.product_id, variation.product.title) == (456, "Sample Product")
    assert (variation.sku, variation.price_cents, variation.fulfillment_type) == ("SP-001", 2500, "physical")
    assert not variation.manage_stock
    fields = ("slug", "title", "description", "rate_cents", "estimated_days")
    assert list(ShippingMethod.objects.order_by("position").values_list(*fields)) == [
        ("standard", "Standard Shipping", "Standard ground shipping", 500, "3-5"),
        ("express", "Express Shipping", "Express shipping", 1000, "1-2"),
    ]


def test_users_can_be_attached_and_none_can_sign_in(shop):
    attachable = User.objects.filter(customer=None, role="")

    assert list(attachable.order_by("pk").values_list("pk", "login", "display_name", "email")[:2]) == [
        (1, "johndoe", "John Doe", "john@example.com"),
        (2, "janesmith", "Jane Smith", "jane@example.com"),
    ]
    assert attachable.count() >= 30
    assert User.objects.exclude(customer=None).exists()
    assert not any(user.has_usable_password() or user.role for user in User.objects.all())


def test_the_counts_are_those_asked_for_and_the_documents_customers_are_among_them(shop):
    assert (Customer.objects.count(), Order.with_deleted.count()) == (CUSTOMERS, ORDERS)
    assert Customer.objects.filter(pk__in=[1, 2, 3, 123, 456]).count() == 5
    year_ago = timezone.now() - datetime.timedelta(days=365)
    assert Order.objects.filter(customer=456, created_at__gte=year_ago, payment_status="paid").count() >= 20


def test_the_smallest_shop_is_the_documents_own(empty_shop):
    load(customers=5, orders=4)

    assert set(Customer.objects.values_list("pk", flat=True)) == {1, 2, 3, 123, 456}
    assert set(Order.objects.values_list("pk", flat=True)) == {1, 2, 3, 4}
    with pytest.raises(CommandError, match="at least 5 customers and 4 orders"):
        load(customers=4)


# --- Consistent in itself ----------------------------------------------------------------------


def test_statistics_equal_a_recount(shop):
    orders = defaultdict(list)
    for order in Order.with_deleted.all():
        counts = order.payment_status in ("paid", "partially_paid", "partially_refunded")
        if counts and order.deleted_at is None and order.mode == "live":
            orders[order.customer_id].append(order)

    for customer in Customer.objects.all():
        own = orders[customer.pk]
        spent = sum(order.total_paid_cents - order.total_refund_cents for order in own)
        times = sorted(order.created_at for order in own)
        assert (customer.order_count, customer.total_spent_cents) == (len(own), spent)
        assert customer.average_order_value_cents == (int(spent / len(own) + 0.5) if own else 0)
        assert (customer.first_order_at, customer.last_order_at) == ((times[0], times[-1]) if own else (None, None))
    assert len(orders) > CUSTOMERS / 2


def test_the_stock_ledger_equals_the_lines(shop):
    held, committed = Counter(), Counter()
    for item in OrderItem.objects.all():
        held[item.variation_id] += item.held_count
        committed[item.variation_id] += item.committed_count

    for variation in ProductVariation.objects.all():
        assert (variation.held_count, variation.committed_count) == (held[variation.pk], committed[variation.pk])
        assert variation.manage_stock or not (variation.held_count or variation.committed_count)
    assert held.total() > 0
    assert committed.total() > 0


def test_each_line_holds_what_its_orders_state_says(shop):
    seen = Counter()
    for item in OrderItem.objects.select_related("variation", "order").filter(variation__manage_stock=True):
        order, quantity = item.order, item.quantity
        is_done = (
            order.shipping_status == "delivered"
            if item.fulfillment_type == "physical"
            else order.payment_status in ("paid", "refunded", "partially_refunded")
        )
        expected = (0, quantity) if is_done else (quantity, 0)
        is_released = order.deleted_at and (order.mode == "test" or not is_done)
        if order.status == "canceled" or item.restocked_count or is_released:
            expected = (0, 0)
        assert (item.held_count, item.committed_count) == expected
        seen[expected != (0, 0), bool(expected[1])] += 1
    assert len(seen) == 3


def test_the_sums_of_an_order_are_those_of_its_lines_and_transactions(shop):
    for order in Order.with_deleted.prefetch_related("items", "transactions"):
        items, moves = order.items.all(), order.transactions.all()
        assert order.subtotal_cents == sum(item.unit_price_cents * item.quantity for item in items)
        assert order.discount_total_cents == sum(item.discount_total_cents for item in items)
        goods = sum(item.line_total_cents for item in items)
        assert goods == order.subtotal_cents - order.discount_total_cents
        assert order.total_amount_cents == goods + order.shipping_total_cents
        assert order.total_paid_cents == sum(t.amount_cents for t in moves if t.status == "succeeded")
        assert order.total_refund_cents == sum(t.amount_cents for t in moves if t.type == "refund")
        assert order.shipping_total_cents == sum(item.shipping_charge_cents for item in items)
        assert all(item.fulfillment_type == "physical" or not item.shipping_charge_cents for item in items)
        assert order.total_refund_cents == sum(item.refund_total_cents for item in items)
        assert all((t.gateway == "manual") == (t.status in ("succeeded", "refunded")) for t in moves)
        assert all((t.parent is not None) == (t.type == "refund") for t in moves)
        assert moves


PAID_BY_STATUS = {
    "paid": lambda order: order.due_cents == 0 and order.total_refund_cents == 0,
    "partially_paid": lambda order: 0 < order.total_paid_cents < order.total_amount_cents,
    "refunded": lambda order: order.due_cents == 0 and order.net_paid_cents == 0 and order.refunded_at,
    "partially_refunded": lambda order: order.due_cents == 0 and 0 < order.total_refund_cents < order.total_paid_cents,
}


def test_money_and_times_agree_with_the_states(shop):
    now = timezone.now()
    for order in Order.with_deleted.all():
        is_unpaid = order.total_paid_cents == order.total_refund_cents == 0
        assert PAID_BY_STATUS[order.payment_status](order) if order.payment_status in PAID_BY_STATUS else is_unpaid
        is_fully_paid = order.payment_status in ("paid", "refunded", "partially_refunded")
        assert bool(order.paid_at) == is_fully_paid == bool(order.receipt_number)
        assert bool(order.completed_at) == (order.status == "completed")
        assert bool(order.delivered_at) == (order.shipping_status == "delivered")
        assert bool(order.shipped_at) == (order.shipping_status in ("shipped", "delivered"))
        steps = (order.created_at, order.paid_at, order.shipped_at, order.delivered_at, order.completed_at)
        reached = [step for step in (*steps, order.updated_at, now) if step]
        assert reached == sorted(reached)
        assert order.created_at >= order.customer.created_at
        assert (order.shipping_status == "") == (order.fulfillment_type == "digital")


def test_receipts_follow_the_order_of_payment_and_the_counter_goes_on(shop):
    paid = Order.with_deleted.exclude(receipt_number=None).order_by("paid_at", "pk")
    numbers = list(paid.values_list("receipt_number", flat=True))

    assert numbers == list(range(1, len(numbers) + 1))
    assert NumberCounter.objects.get(name="receipt").value == numbers[-1]
    assert all(o.invoice_no == f"INV-{o.receipt_number}" and o.search_text == o.invoice_no.casefold() for o in paid)
    assert set(Order.with_deleted.filter(receipt_number=None).values_list("invoice_no", "search_text")) == {("", "")}
    assert list(paid.values_list("pk", flat=True)) != sorted(paid.values_list("pk", flat=True))


def test_a_late_payment_gets_a_later_number_than_a_younger_order_paid_at_once():
    done = ("completed", "paid", "")
    late, quick, open_one = (
        Plan(1, 1, 100, done, [], "", paid=900),
        Plan(2, 1, 200, done, [], "", paid=210),
        Plan(3, 1, 950, ("pending", "pending", ""), [], ""),
    )

    assert [plan.id for plan in numbered(iter([late, quick, open_one]), first_number=7)] == [2, 1, 3]
    assert (quick.receipt, late.receipt, open_one.receipt) == (7, 8, 0)


def test_every_possible_state_and_several_countries_occur(empty_shop):
    load(orders=20 * len(POSSIBLE_STATES) + 20)

    states = Order.with_deleted.values_list("status", "payment_status", "shipping_status").distinct()
    assert set(states) == set(POSSIBLE_STATES)
    assert Order.with_deleted.exclude(deleted_at=None).exists()
    assert Order.objects.filter(mode="test").exists()
    assert Customer.objects.values("country").distinct().count() >= 8
    assert Product.objects.count() >= 30


@pytest.mark.parametrize(
    ("status", "payment", "expected"),
    [
        ("pending", "pending", True),
        ("pending", "partially_paid", True),
        ("pending", "paid", False),
        ("pending", "partially_refunded", False),
        ("failed", "failed", True),
        ("failed", "pending", False),
        ("canceled", "paid", True),
    ],
)
def test_only_states_that_the_rules_allow_count_as_possible(status, payment, expected):
    assert is_possible(status, payment) is expected


def test_customer_456_is_the_b2b_document_s_account_in_good_standing(shop):
    profile = BusinessProfile.objects.get()
    report = customer_report(customer_id=456)

    assert (profile.pk, profile.company_name, profile.payment_terms) == (456, "Customer XYZ", "net_15")
    assert (profile.credit_limit_cents, profile.discount_rate_basis_points) == (1_000_000, 500)
    assert profile.customer_since == datetime.datetime(2023, 6, 15, tzinfo=datetime.UTC)
    assert list(Contact.objects.values_list("pk", "customer", "is_primary")) == [(101, 456, True), (102, 456, False)]
    assert (report.risk, len(report.products)) == ("low", 5)
    assert len(report.months) >= 10
    assert balance_cents(customer_id=456, currency="USD") > 0
    assert profile.customer.notes == "High-value customer with consistent orders"


def test_order_numbers_run_by_year_in_the_order_of_making(shop):
    numbers = defaultdict(list)
    for made_at, number in Order.with_deleted.order_by("created_at", "pk").values_list("created_at", "order_number"):
        numbers[made_at.year].append(number)

    expected = {year: [f"SO-{year}-{n:03d}" for n in range(1, len(found) + 1)] for year, found in numbers.items()}
    counters = {f"order {year}": len(found) for year, found in numbers.items()}
    assert {year: sorted(found, key=len) for year, found in numbers.items()} == expected
    assert dict(NumberCounter.objects.exclude(name="receipt").values_list("name", "value")) == counters


def test_derived_columns_are_as_the_services_write_them(shop):
    for customer in Customer.objects.all():
        names = {"first_name": customer.first_name, "last_name": customer.last_name, "email": customer.email}
        company = BusinessProfile.objects.filter(pk=customer.pk).first()
        assert customer.search_text == searchable(**names, company_name=company.company_name if company else "")
        assert customer.email_key == customer.email.casefold()
        assert customer.email.rpartition("@")[2] in ("example.com", "example.org", "example.net")
    assert all(product.search_text == product.title.casefold() for product in Product.objects.all())
    assert all((u.login_key, u.email_key) == (u.login.casefold(), u.email.casefold()) for u in User.objects.all())


def test_every_address_keeps_the_rules_of_its_country(shop):
    for model in (CustomerAddress, OrderAddress):
        for address in model.objects.all():
            assert check_address(str(address.country), address.state, address.postcode) == {}
            assert min(address.name, address.address_1, address.city, address.email) != ""


@pytest.mark.parametrize("rows", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_no_constraint_is_broken(shop, rows):
    connection.check_constraints()

    for model in MODELS:
        for row in model._base_manager.all()[:rows]:
            row.validate_constraints()


# --- The same again, what comes after, and refusals --------------------------------------------


def test_a_seed_makes_the_same_shop_again_and_another_seed_another(empty_shop):
    shops = []
    for seed in (1, 1, 2):
        load(seed=seed, customers=40, orders=150)
        shops.append(snapshot())
        empty()

    assert shops[0] == shops[1]
    assert shops[0]["Order"] != shops[2]["Order"]
    assert shops[0]["Customer"] != shops[2]["Customer"]


def test_ids_go_on_after_the_demo(shop):
    customer = Customer.objects.create(email="new@example.com", email_key="new@example.com", search_text="new")
    order = Order.objects.create(customer=customer, currency="USD")
    variation = ProductVariation.objects.create(product_id=456, price_cents=1)
    item = order.items.create(
        product_id=456,
        variation=variation,
        quantity=1,
        unit_price_cents=1,
        subtotal_cents=1,
        line_total_cents=1,
    )

    assert (customer.pk, order.pk, variation.pk) == (457, ORDERS + 1, 790)
    assert item.pk == OrderItem.objects.exclude(pk=item.pk).order_by("-pk")[0].pk + 1
    last_user, last_charge = User.objects.latest("pk").pk, OrderTransaction.objects.latest("pk").pk
    assert User.objects.create_user("new", "new@example.com").pk == last_user + 1
    assert OrderTransaction.objects.create(order=order, amount_cents=1, currency="USD").pk == last_charge + 1


def test_it_refuses_beside_real_rows(empty_shop):
    Label.objects.create(value="Mine")

    with pytest.raises(CommandError, match=r"data already \(labels\)"):
        load()

    assert tables_in_use() == ["labels"]


@pytest.mark.parametrize(
    ("verbosity", "said"), [(1, ""), (2, "There is data already: no demo data was loaded.\n")], ids=["plain", "verbose"]
)
def test_with_if_empty_a_second_run_is_no_error_and_changes_nothing(shop, capsys, verbosity, said):
    before = snapshot()

    load(if_empty=True, verbosity=verbosity)

    assert capsys.readouterr() == (said, "")
    assert snapshot() == before


def test_a_deleted_order_is_a_real_row_too(empty_shop):
    customer = Customer.objects.create(email="a@example.com", email_key="a@example.com", search_text="a")
    Order.objects.create(customer=customer, currency="USD", deleted_at=timezone.now())

    assert tables_in_use() == ["customers", "orders"]


def test_a_real_database_wants_to_be_told_that_it_is_for_a_demo(empty_shop):
    empty_shop.EMBEDDED = False
    empty_shop.DEMO = False
    with pytest.raises(CommandError, match="Set DEMO=on"):
        load()
    assert tables_in_use() == []

    empty_shop.DEMO = True
    load()
    assert Order.with_deleted.count() == ORDERS


def test_a_load_that_breaks_off_leaves_nothing(empty_shop):
    def broken(count: int) -> None:
        if Order.objects.exists():
            raise IntegrityError("the disk is full")

    with pytest.raises(IntegrityError):
        load_shop(customers=10, orders=20, seed=1, advance=broken)

    assert tables_in_use() == []


def test_nobody_is_customer_or_order_999_as_the_documents_errors_show(empty_shop):
    load(customers=1001, orders=1001)

    assert not Customer.objects.filter(pk=999).exists()
    assert not Order.with_deleted.filter(pk=999).exists()
    assert (Customer.objects.count(), Order.with_deleted.count()) == (1001, 1001)
