"""What tests of orders do again and again."""

from __future__ import annotations

from orders.models import Order, ProductVariation
from orders.services.catalog import LineInput
from orders.services.create import create_order
from tests.customers.factories import CustomerFactory
from tests.orders.factories import ChargeFactory, ItemFactory, OrderFactory, VariationFactory


def line(variation: ProductVariation, quantity: int = 1) -> LineInput:
    """A line of a request."""
    return {"product_id": variation.product_id, "variation_id": variation.pk, "quantity": quantity}


def place(*variations: ProductVariation, quantity: int = 2, **fields) -> Order:
    """An order made by the service, of one line for each variation."""
    customer = fields.pop("customer", None) or CustomerFactory.create()
    lines = [line(variation, quantity) for variation in variations or [VariationFactory.create()]]
    return create_order(customer_id=customer.pk, items=lines, **fields)


def counters(variation: ProductVariation) -> tuple[int, int, int]:
    """Available, held and committed pieces, as they are stored now."""
    variation.refresh_from_db()
    return variation.available_count, variation.held_count, variation.committed_count


def paid_order(*, gateway="manual", amounts=(5000,), **columns):
    """A paid order with one line worth it all and a charge for each amount, the last the newest."""
    total = sum(amounts)
    order = OrderFactory(
        status="processing", payment_status="paid", total_amount_cents=total, total_paid_cents=total, **columns
    )
    ItemFactory(order=order, variation__price_cents=total, quantity=1)
    for number, amount in enumerate(amounts):
        ChargeFactory(
            order=order, amount_cents=amount, status="succeeded", gateway=gateway, vendor_charge_id=f"ch_{number}"
        )
    return order


def books(order):
    """What a refund changes on the order and its customer, as stored now."""
    order.refresh_from_db()
    order.customer.refresh_from_db()
    return order.payment_status, order.total_paid_cents, order.total_refund_cents, order.customer.total_spent_cents
