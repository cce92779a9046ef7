"""Making an order."""

import pytest
from django.db import connection

from fluentcart.errors import DomainError, InvalidFields
from orders.errors import InvalidCustomer, InvalidProduct, OutOfStock, SubscriptionLine
from orders.models import Order, OrderItem, OrderTransaction
from orders.services import create
from orders.services.create import create_order
from tests.customers.factories import CustomerAddressFactory, CustomerFactory
from tests.orders.factories import ProductFactory, ShippingMethodFactory, ShippingZoneFactory, VariationFactory
from tests.orders.shop import counters, line, place

pytestmark = pytest.mark.django_db


def test_the_documents_order_costs_5000_and_waits_for_its_payment():
    variation = VariationFactory(product__title="Sample Product", title="Blue", sku="SP-001", price_cents=2500)

    order = place(variation, quantity=2, payment_method="stripe", note="Ring twice")

    order.refresh_from_db()
    assert (order.status, order.payment_status, order.shipping_status) == ("pending", "pending", "unshipped")
    assert (order.subtotal_cents, order.shipping_total_cents, order.total_amount_cents) == (5000, 0, 5000)
    assert (order.currency, order.mode, order.payment_method, order.note) == ("USD", "live", "stripe", "Ring twice")
    assert (order.receipt_number, order.invoice_no, order.paid_at) == (None, "", None)
    item = order.items.get()
    assert (item.title, item.variation_title, item.sku) == ("Sample Product", "Blue", "SP-001")
    assert (item.quantity, item.unit_price_cents, item.line_total_cents, item.held_count) == (2, 2500, 5000, 0)
    charge = order.transactions.get()
    assert (charge.type, charge.status, charge.amount_cents) == ("charge", "pending", 5000)
    assert (charge.payment_method, charge.gateway) == ("stripe", "")


def test_an_order_of_digital_lines_has_no_shipping_status():
    order = place(VariationFactory(fulfillment_type="digital"))

    assert (order.fulfillment_type, order.shipping_status) == ("digital", "")


def test_the_shop_s_mode_and_currency_are_the_order_s(settings):
    settings.ORDER_MODE, settings.SHOP_CURRENCY = "test", "EUR"

    order = place()

    assert (order.mode, order.currency) == ("test", "EUR")
    assert (order.transactions.get().mode, order.transactions.get().currency) == ("test", "EUR")


def test_a_free_order_is_paid_and_counted_at_once():
    customer = CustomerFactory()

    order = place(VariationFactory(price_cents=0, stock=5, fulfillment_type="digital"), customer=customer)

    order.refresh_from_db()
    customer.refresh_from_db()
    assert (order.status, order.payment_status, order.invoice_no) == ("completed", "paid", "INV-1")
    assert order.transactions.count() == 0
    assert (customer.order_count, customer.total_spent_cents) == (1, 0)
    assert order.items.get().committed_count == 2


def test_stock_is_held():
    variation = VariationFactory(stock=5)

    order = place(variation, quantity=2)

    assert counters(variation) == (3, 2, 0)
    assert order.items.get().held_count == 2


@pytest.mark.parametrize(("quantity", "is_accepted"), [(3, True), (4, False)])
def test_no_more_than_there_is_can_be_ordered(quantity, is_accepted):
    variation = VariationFactory(stock=3)

    if is_accepted:
        place(variation, quantity=quantity)
    else:
        with pytest.raises(OutOfStock) as refusal:
            place(variation, quantity=quantity)
        assert refusal.value.code == "validation_error"
        assert refusal.value.fields == {"items[0].quantity": ["Only 3 left in stock."]}

    assert counters(variation) == ((0, 3, 0) if is_accepted else (3, 0, 0))
    assert Order.objects.count() == is_accepted


def test_two_lines_of_one_variation_count_together():
    variation = VariationFactory(stock=3)

    with pytest.raises(OutOfStock) as refusal:
        create_order(customer_id=CustomerFactory().pk, items=[line(variation, 2), line(variation, 2)])

    assert refusal.value.fields == {"items[1].quantity": ["Only 1 left in stock."]}


def test_backorders_go_below_zero():
    variation = VariationFactory(stock=1, backorders=True)

    place(variation, quantity=3)

    assert counters(variation) == (-2, 3, 0)


def refused_products():
    other = VariationFactory()
    draft = VariationFactory(product=ProductFactory(status="draft"))
    return {
        "unknown": ({"product_id": 1, "variation_id": 999999, "quantity": 1}, "items[1].variation_id"),
        "mismatch": (line(other) | {"product_id": other.product_id + 999}, "items[1].product_id"),
        "draft": (line(draft), "items[1].variation_id"),
        "inactive": (line(VariationFactory(is_active=False)), "items[1].variation_id"),
        "beyond 64 bits": (line(other) | {"variation_id": 2**63}, "items[1].variation_id"),
    }


@pytest.mark.parametrize("case", ["unknown", "mismatch", "draft", "inactive", "beyond 64 bits"])
def test_what_cannot_be_ordered_is_an_invalid_product(case):
    item, path = refused_products()[case]

    with pytest.raises(InvalidProduct) as refusal:
        create_order(customer_id=CustomerFactory().pk, items=[line(VariationFactory()), item])

    assert refusal.value.code == "invalid_product"
    assert list(refusal.value.fields) == [path]
    assert Order.objects.count() == 0


def test_a_private_product_can_be_ordered():
    assert place(VariationFactory(product=ProductFactory(status="private"))).pk


def test_a_subscription_is_refused():
    with pytest.raises(SubscriptionLine) as refusal:
        place(VariationFactory(payment_type="subscription"))

    assert (refusal.value.code, list(refusal.value.fields)) == ("validation_error", ["items[0].variation_id"])


@pytest.mark.parametrize("customer_id", [0, -1, 999999, 2**63])
def test_an_unknown_customer_is_invalid(customer_id):
    with pytest.raises(InvalidCustomer) as refusal:
        create_order(customer_id=customer_id, items=[line(VariationFactory())])

    assert (refusal.value.code, list(refusal.value.fields)) == ("invalid_customer", ["customer_id"])


def test_an_inactive_customer_is_invalid_and_holds_no_stock():
    variation = VariationFactory(stock=5)

    with pytest.raises(InvalidCustomer):
        place(variation, customer=CustomerFactory(status="inactive"))

    assert counters(variation) == (5, 0, 0)


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, 2**63])
def test_a_quantity_out_of_range_is_refused(quantity):
    with pytest.raises(InvalidFields) as refusal:
        place(VariationFactory(), quantity=quantity)

    assert list(refusal.value.fields) == ["items[0].quantity"]


def test_an_order_beyond_exact_numbers_is_refused():
    with pytest.raises(InvalidFields) as refusal:
        place(VariationFactory(price_cents=2**53 - 1), quantity=2)

    assert list(refusal.value.fields) == ["items"]


def test_addresses_are_snapshots_of_what_was_sent():
    order = place(
        billing_address={"first_name": "John", "last_name": "Doe", "email": "j@example.com", "country": "us"},
        shipping_address={"name": "Jane Roe", "address_1": "1 High St", "state": None, "unknown": "x"},
    )

    rows = {row.type: row for row in order.addresses.all()}
    assert (rows["billing"].name, rows["billing"].email, rows["billing"].country) == ("John Doe", "j@example.com", "US")
    assert (rows["shipping"].name, rows["shipping"].address_1, rows["shipping"].state) == ("Jane Roe", "1 High St", "")


def test_omitted_addresses_are_the_customer_s_primaries():
    customer = CustomerFactory()
    CustomerAddressFactory(customer=customer, type="billing", is_primary=True, city="Boston", company_name="Acme")
    CustomerAddressFactory(customer=customer, type="shipping", is_primary=False)
    CustomerAddressFactory(type="shipping", is_primary=True)

    order = place(customer=customer)

    assert list(order.addresses.values_list("type", "city", "company_name", "country")) == [
        ("billing", "Boston", "Acme", "US")
    ]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"country": "XX"}, "billing_address.country"),
        ({"country": "USA"}, "billing_address.country"),
        ({"city": "x" * 256}, "billing_address.city"),
        ({"first_name": "x" * 200, "last_name": "y" * 100}, "billing_address.name"),
    ],
)
def test_an_address_field_that_cannot_be_kept_is_named(fields, path):
    with pytest.raises(InvalidFields) as refusal:
        place(billing_address=fields)

    assert list(refusal.value.fields) == [path]


class TestShipping:
    def test_a_method_adds_its_cost_and_the_lines_carry_it(self):
        ShippingMethodFactory(slug="standard", rate_cents=501)
        digital, cheap, dear = (
            VariationFactory(fulfillment_type="digital"),
            VariationFactory(price_cents=100),
            (VariationFactory(price_cents=300)),
        )

        order = place(digital, cheap, dear, shipping_method="standard", shipping_address={"country": "US"})

        assert (order.shipping_total_cents, order.total_amount_cents) == (501, 5000 + 200 + 600 + 501)
        assert list(order.items.order_by("pk").values_list("shipping_charge_cents", flat=True)) == [0, 125, 376]
        assert (order.shipping_method, order.transactions.get().amount_cents) == ("standard", 6301)

    def test_without_a_shipping_address_the_billing_one_says_where(self):
        zone = ShippingZoneFactory(region="included", countries=["US"])
        ShippingMethodFactory(slug="us", zone=zone, states=["NY"])

        order = place(shipping_method="us", billing_address={"country": "US", "state": "ny"})

        assert order.shipping_total_cents == 500

    @pytest.mark.parametrize("slug", ["nowhere", "off", "abroad"])
    def test_a_method_that_does_not_apply_is_refused(self, slug):
        ShippingMethodFactory(slug="off", is_enabled=False)
        ShippingMethodFactory(slug="abroad", zone=ShippingZoneFactory(region="excluded", countries=["US"]))

        with pytest.raises(InvalidFields) as refusal:
            place(shipping_method=slug, shipping_address={"country": "US"})

        assert list(refusal.value.fields) == ["shipping_method"]
        assert Order.objects.count() == 0

    def test_a_method_for_nothing_to_send_is_refused(self):
        ShippingMethodFactory(slug="standard")

        with pytest.raises(InvalidFields):
            place(VariationFactory(fulfillment_type="digital"), shipping_method="standard")


def test_a_refused_order_leaves_nothing_behind():
    managed = VariationFactory(stock=5)

    with pytest.raises(DomainError):
        place(managed, VariationFactory(stock=0))

    assert counters(managed) == (5, 0, 0)
    assert [model.objects.count() for model in (Order, OrderItem, OrderTransaction)] == [0, 0, 0]


@pytest.mark.parametrize("count", [2, 9])
def test_the_number_of_queries_does_not_grow_with_the_lines(django_assert_num_queries, count):
    customer = CustomerFactory()
    variations = [VariationFactory(stock=5) for _ in range(count)]

    # catalogue, savepoint, lock stock, lock customer, addresses, order, lines, charge, stock, history, number,
    # its order (but on SQLite, where the number comes first), release
    with django_assert_num_queries(12 if connection.vendor == "sqlite" else 13):
        place(*variations, customer=customer)


@pytest.mark.django_db(transaction=True)
def test_what_is_deleted_while_an_order_of_it_begins_is_an_invalid_product(monkeypatch):
    variation, items_of = VariationFactory(), create._items
    sent = line(variation)
    monkeypatch.setattr(create, "_items", lambda lines: variation.delete() and items_of(lines))

    with pytest.raises(InvalidProduct) as caught:
        create_order(customer_id=CustomerFactory().pk, items=[sent])

    assert list(caught.value.fields) == ["items[0].variation_id"]
    assert not Order.objects.exists()


def test_the_catalogue_is_read_before_the_transaction(monkeypatch):
    outside, inside, read = list(connection.savepoint_ids), [], create.read_lines
    monkeypatch.setattr(
        create, "read_lines", lambda items: inside.append(list(connection.savepoint_ids)) or read(items)
    )

    place()

    assert inside == [outside]
