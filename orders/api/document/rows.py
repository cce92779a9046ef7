"""What goes out: orders as the orders document spells them. Money is in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from customers.models import AddressType
from fluentcart.api.rows import Derived, Field, Joined, Nested, Row, boolean, cents, integer, moment, text, word
from fluentcart.history.api import timeline
from fluentcart.history.models import Subject
from orders import states
from orders.models import (
    Fulfillment,
    OrderAddress,
    OrderItem,
    OrderTransaction,
    PaymentType,
    ProductStatus,
    ProductVariation,
)
from orders.shipping import Offer


def full_name(first_name: str, last_name: str) -> str:
    """First and last name, trimmed (semantics 7.1)."""
    return f"{first_name} {last_name}".strip()


class OrderRow(Row):
    """The scalars of an order, as every list and answer shows them."""

    id = integer(example=1)
    uuid = text(example="abc123")
    status = word(states.OrderStatus, example="completed")
    order_status = word(states.OrderStatus, "status", help="The same as `status`.")
    payment_status = word(states.PaymentStatus, example="paid")
    shipping_status = word(states.ShippingStatus, help='"" for an order without physical items.')
    mode = word(states.OrderMode)
    type = word(states.OrderType)
    fulfillment_type = word(Fulfillment.values, example="physical")
    customer_id = integer(example=123)
    currency = text(example="USD")
    subtotal = cents("subtotal_cents")
    discount_total = cents("discount_total_cents")
    shipping_total = cents("shipping_total_cents")
    tax_total = cents("tax_total_cents")
    total_amount = cents("total_amount_cents", example=5000)
    total_paid = cents("total_paid_cents", help="What came in, before refunds; in minor units.")
    total_refund = cents("total_refund_cents")
    payment_method = text(example="stripe")
    shipping_method = text(help="The shipping method's id.")
    note = text(example="Special delivery instructions")
    receipt_number = integer(nullable=True, help="Given on payment.")
    invoice_no = text(help="Given on payment.")
    created_at = moment(example="2024-01-01T10:00:00Z")
    updated_at = moment(example="2024-01-01T11:00:00Z")
    completed_at = moment(nullable=True)
    refunded_at = moment(nullable=True)


class OrderCustomerRow(Row):
    """The customer of an order."""

    id = integer(example=123)
    email = text(example="customer@example.com")
    first_name = text(example="John")
    last_name = text(example="Doe")


class OrderItemRow(Row):
    """A line of an order: title, SKU and price as they were when it was ordered."""

    id = integer(example=1)
    product_id = integer(example=456)
    variation_id = integer(example=789)
    title = text(example="Sample Product")
    variation_title = text()
    sku = text(example="SP-001")
    quantity = integer(example=2)
    price = cents("unit_price_cents", example=2500)
    subtotal = cents("subtotal_cents", example=5000)
    discount_total = cents("discount_total_cents")
    tax_amount = cents("tax_amount_cents")
    shipping_charge = cents("shipping_charge_cents")
    line_total = cents("line_total_cents", example=5000)
    refund_total = cents("refund_total_cents")
    fulfilled_quantity = integer("fulfilled_count")
    restocked_quantity = integer("restocked_count")
    fulfillment_type = word(Fulfillment.values)
    payment_type = word(PaymentType.values)


class ItemProductRow(Row):
    """What a line's product is called today; `sku` is the variation's."""

    id = integer(example=456)
    title = text(example="Sample Product")
    sku = text(example="SP-001")


def item_product(product_id: int, title: str, sku: str | None) -> dict[str, Any]:
    """The columns of a line's product and variation as one object."""
    return {"id": product_id, "title": title, "sku": sku or ""}


class OrderItemDetail(OrderItemRow):
    """A line of a single order, with its product."""

    product = Field({"$row": ItemProductRow}, "product_id", "product__title", "variation__sku", make=item_product)


class TransactionRow(Row):
    """A charge, or a refund of one."""

    id = integer(example=1)
    uuid = text()
    type = word(states.TransactionType, example="charge")
    parent_id = integer(nullable=True, help="The charge that a refund gives back.")
    payment_method = text(example="stripe")
    gateway = text(help="Who holds the money and can give it back.")
    status = word(states.TransactionStatus, example="succeeded")
    amount = cents("amount_cents", example=5000)
    currency = text(example="USD")
    transaction_id = text("vendor_charge_id", example="txn_123456")
    reason = text()
    created_at = moment()
    updated_at = moment()


class OrderAddressRow(Row):
    """An address as it was when the order was made."""

    id = integer(example=1)
    type = word(AddressType.values, example="billing")
    name = text(example="John Doe")
    first_name = text("name", make=lambda name: name.partition(" ")[0], example="John")
    last_name = text("name", make=lambda name: name.partition(" ")[2], example="Doe")
    email = text(example="customer@example.com")
    phone = text()
    company_name = text()
    address_1 = text(example="123 Main St")
    address_2 = text()
    city = text(example="New York")
    state = text(example="NY")
    postcode = text(example="10001")
    country = text(example="US")


def _addresses(**only: str) -> Any:
    return lambda: OrderAddress.objects.filter(**only).order_by("type")


def _one_address(type: str) -> Nested:
    return Nested(OrderAddressRow, _addresses(type=type), "order_id", one=True, optional=True)


def _first_of(type: str) -> Derived:
    schema = {"oneOf": [{"$row": OrderAddressRow}, {"type": "null"}]}
    return Derived(
        schema, "order_addresses", lambda rows: next((row for row in rows or () if row["type"] == type), None)
    )


class OrderListRow(OrderRow):
    """An order in a list, with what `with[]` asks for."""

    customer = Joined(OrderCustomerRow, "customer")
    order_items = Nested(OrderItemRow, lambda: OrderItem.objects.order_by("id"), "order_id")
    transactions = Nested(TransactionRow, lambda: OrderTransaction.objects.order_by("id"), "order_id", optional=True)
    order_addresses = Nested(OrderAddressRow, _addresses(), "order_id", optional=True)
    billing_address = _one_address("billing")
    shipping_address = _one_address("shipping")


class OrderDetail(OrderRow):
    """A single order with everything that belongs to it; what is written answers the same."""

    customer = Joined(OrderCustomerRow, "customer")
    order_items = Nested(OrderItemDetail, lambda: OrderItem.objects.order_by("id"), "order_id")
    transactions = Nested(TransactionRow, lambda: OrderTransaction.objects.order_by("id"), "order_id")
    order_addresses = Nested(OrderAddressRow, _addresses(), "order_id")
    billing_address = _first_of("billing")
    shipping_address = _first_of("shipping")
    activities = timeline(Subject.ORDER)


REFUND_WORDS = {states.TransactionStatus.PENDING.value: "pending", states.TransactionStatus.FAILED.value: "failed"}


class RefundRow(Row):
    """A refund, which is a transaction of its own; the first one when several charges share it (semantics 7.7)."""

    id = integer(example=1)
    order_id = integer(example=1)
    amount = cents("requested_cents", example=2500)
    currency = text(example="USD")
    status = word(
        ("completed", "pending", "failed"),
        "status",
        make=lambda status: REFUND_WORDS.get(status, "completed"),
        help="pending while the gateway has not said whether it paid.",
    )
    refund_id = text(
        "vendor_charge_id",
        "uuid",
        make=lambda reference, uuid: reference or f"ref_{uuid}",
        help="The gateway's reference, or one of ours.",
        example="ref_123456",
    )
    charge_id = integer("parent_id", help="The transaction that was given back.")
    payment_method = text(example="stripe")
    gateway = text(example="manual")
    reason = text(example="Customer requested refund")
    created_at = moment(example="2024-01-01T11:00:00Z")


class ShippingMethodRow(Row):
    """A way to send an order and what it costs."""

    id = text("method__slug", example="standard")
    name = text("method__title", example="Standard Shipping")
    description = text("method__description", example="Standard ground shipping")
    cost = cents("cost_cents", example=500)
    estimated_days = text("method__estimated_days", example="3-5")


def offer_rows(offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """Offers, which are no rows of a table, through theirs."""
    read = attrgetter(*(column.replace("__", ".") for column in ShippingMethodRow.columns))
    return [ShippingMethodRow.build(*read(offer)) for offer in offers]


class ShippingMethodsRow(Row):
    """The shipping methods that there are."""

    shipping_methods = Field({"type": "array", "items": {"$row": ShippingMethodRow}}, "offers", make=offer_rows)


class ShippingQuoteRow(ShippingMethodsRow):
    """The shipping methods that can send these items there."""

    charge = cents(
        "charge_cents",
        nullable=True,
        help="What the `shipping_method` of the request costs, in minor units; null when it does not apply.",
    )


class OrderExportRow(OrderRow):
    """A line of the CSV."""

    customer_email = text("customer__email")
    customer_name = text("customer__first_name", "customer__last_name", make=full_name)


class VariationRow(Row):
    """One thing that can be put into an order."""

    id = integer(example=789)
    title = text()
    sku = text("sku", make=lambda sku: sku or "", example="SP-001")
    price = cents("price_cents", example=2500)
    compare_price = cents("compare_price_cents")
    fulfillment_type = word(Fulfillment.values)
    payment_type = word(PaymentType.values)
    is_active = boolean(example=True)
    manage_stock = boolean(example=False)
    backorders = boolean(example=False)
    stock_status = word(
        ("in-stock", "out-of-stock"),
        "manage_stock",
        "backorders",
        "available_count",
        make=lambda managed, backorders, available: (
            "in-stock" if not managed or backorders or available > 0 else "out-of-stock"
        ),
    )
    available = integer("available_count", help="Pieces that can be ordered, where stock is managed.")


class ProductRow(Row):
    """A product with what can be ordered of it."""

    id = integer(example=456)
    title = text(example="Sample Product")
    slug = text(example="sample-product")
    description = text()
    status = word(ProductStatus.values, example="published")
    created_at = moment()
    updated_at = moment()
    variations = Nested(VariationRow, lambda: ProductVariation.objects.order_by("id"), "product_id")
