"""What tests of orders do again and again."""

from __future__ import annotations

from orders.models import Order, ProductVariation
from orders.services.create import create_order
from tests.customers.factories import CustomerFactory
from tests.orders.factories import VariationFactory


def line(variation: ProductVariation, quantity: int = 1) -> dict[str, int]:
    """A line of a request."""
    return {"product_id": variation.product_id, "variation_id": variation.pk, "quantity": quantity}


def place(*variations: ProductVariation, quantity: int = 2, **fields) -> Order:
    """An order made by the service, of one line for each variation."""
    customer = fields.pop("customer", None) or CustomerFactory()
    lines = [line(variation, quantity) for variation in variations or [VariationFactory()]]
    return create_order(customer_id=customer.pk, items=lines, **fields)


def counters(variation: ProductVariation) -> tuple[int, int, int]:
    """Available, held and committed pieces, as they are stored now."""
    variation.refresh_from_db()
    return variation.available_count, variation.held_count, variation.committed_count
