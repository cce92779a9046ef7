"""What the lines of a request stand for in the catalogue: one query, however many lines there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from django.db.models import QuerySet

from fluentcart.compiled import compiled
from fluentcart.errors import InvalidFields
from fluentcart.storable import storable_ids
from orders.errors import InvalidProduct, SubscriptionLine
from orders.models import Fulfillment, PaymentType, ProductStatus, ProductVariation
from orders.shipping import ShippedLine
from orders.totals import AMOUNT_MAX_CENTS, QUANTITY_MAX, line_subtotal


class LineInput(TypedDict):
    """A line as it was sent."""

    product_id: int
    variation_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line that can be ordered; `variation.product` and `variation.shipping_class` are loaded."""

    variation: ProductVariation
    quantity: int

    @property
    def is_physical(self) -> bool:
        """Whether it has to be sent."""
        return self.variation.fulfillment_type == Fulfillment.PHYSICAL

    @property
    def subtotal_cents(self) -> int:
        """What its pieces cost."""
        return line_subtotal(unit_price_cents=self.variation.price_cents, quantity=self.quantity)

    @property
    def shipped(self) -> ShippedLine:
        """The line as the shipping rules see it."""
        return ShippedLine(
            is_physical=self.is_physical,
            quantity=self.quantity,
            unit_price_cents=self.variation.price_cents,
            weight_grams=self.variation.weight_grams,
            shipping_class=self.variation.shipping_class,
        )


def read_lines(items: Sequence[LineInput]) -> list[Line]:
    """The lines of a request with their prices from the catalogue; stock is not looked at.

    Raises:
        InvalidFields: no lines, or a quantity out of range ("items[0].quantity").
        InvalidProduct: an unknown variation, one of another product, or one that cannot be ordered (C69).
        SubscriptionLine: a variation that is paid as a subscription.

    Source: semantics 6.1 (order create); 3.5 (published and private products); prices never from the client.
    """
    _check_quantities(items)
    ids = storable_ids([item["variation_id"] for item in items])
    known = {variation.pk: variation for variation in variations_with_products(ids=ids).all()}
    if wrong := {path: [why] for i, item in enumerate(items) for path, why in _problem(i, item, known)}:
        raise InvalidProduct(wrong)
    lines = [Line(known[item["variation_id"]], item["quantity"]) for item in items]
    _check_lines(lines)
    return lines


@compiled
def variations_with_products(ids: Any) -> QuerySet[ProductVariation]:
    """Variations with what an order needs to know of their products."""
    return ProductVariation.objects.select_related("product", "shipping_class").filter(pk__any=ids)


def _check_quantities(items: Sequence[LineInput]) -> None:
    if not items:
        raise InvalidFields.of("items", "An order needs at least one item.")
    wrong = [i for i, item in enumerate(items) if not 1 <= item["quantity"] <= QUANTITY_MAX]
    if wrong:
        sentence = f"Quantity must be between 1 and {QUANTITY_MAX}."
        raise InvalidFields({f"items[{i}].quantity": [sentence] for i in wrong})


def _problem(index: int, item: LineInput, known: dict[int, ProductVariation]) -> list[tuple[str, str]]:
    """The path and sentence of what is wrong with a line's product, if anything."""
    variation = known.get(item["variation_id"])
    if variation is None:
        return [(f"items[{index}].variation_id", f"Variation with ID {item['variation_id']} does not exist.")]
    if variation.product_id != item["product_id"]:
        sentence = f"Variation with ID {variation.pk} does not belong to product {item['product_id']}."
        return [(f"items[{index}].product_id", sentence)]
    if not variation.is_active or variation.product.status == ProductStatus.DRAFT:
        return [(f"items[{index}].variation_id", f"Variation with ID {variation.pk} cannot be ordered.")]
    return []


def _check_lines(lines: Sequence[Line]) -> None:
    for index, line in enumerate(lines):
        if line.variation.payment_type == PaymentType.SUBSCRIPTION:
            raise SubscriptionLine.of(f"items[{index}].variation_id", "A manual order takes no subscriptions.")
    if sum(line.subtotal_cents for line in lines) > AMOUNT_MAX_CENTS:
        raise InvalidFields.of("items", f"The order is worth more than {AMOUNT_MAX_CENTS} minor units.")
