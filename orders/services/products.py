"""Every write to the catalogue: products, their variations, and the count of what can be sold."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from fluentcart.errors import DomainError, InvalidFields, NotFound
from orders.models import OrderItem, Product, ProductVariation, ShippingClass
from orders.services.locks import lock_products, lock_variations


class ProductValues(TypedDict, total=False):
    """Columns of a product that people write."""

    title: str
    slug: str
    description: str
    status: str


class VariationValues(TypedDict, total=False):
    """Columns of a variation that people write; money in minor units of the shop's currency."""

    title: str
    sku: str | None
    price_cents: int
    compare_price_cents: int
    cost_cents: int
    fulfillment_type: str
    payment_type: str
    is_active: bool
    manage_stock: bool
    backorders: bool
    available_count: int
    weight_grams: int
    shipping_class: ShippingClass | None


class AlreadyOrdered(DomainError):
    """What was ordered stays in the catalogue, for the orders refer to it."""

    code = "already_ordered"


def lock_product_and_variations(product_id: int) -> None:
    """A product, and before it all its variations: what is about to change may be any of them."""
    lock_variations(set(ProductVariation.objects.filter(product_id=product_id).values_list("pk", flat=True)))
    lock_products([product_id])


@transaction.atomic
def save_product(*, product_id: int | None = None, **values: Unpack[ProductValues]) -> Product:
    """Store a new product, or change what is given of an old one.

    Args:
        product_id: the product to change; None makes one.
        values: columns that are valid each by itself (the form has seen to it).

    Raises:
        NotFound: no such product.
        InvalidFields: another product has the slug.

    Locks the product; whoever changes variations in the same transaction locks those before it.
    """
    product = _locked_product(product_id) if product_id else Product()
    for column, value in values.items():
        setattr(product, column, value)
    product.search_text = product.title.casefold()
    product.updated_at = timezone.now()
    columns = [*values, "search_text", "updated_at"] if product_id else None
    try:
        with transaction.atomic():
            product.save(update_fields=columns)
    except IntegrityError as error:
        raise InvalidFields.of("slug", "Product with this Slug already exists.") from error
    return product


def _locked_product(product_id: int, *, for_removal: bool = False) -> Product:
    product = Product.objects.select_for_update(no_key=not for_removal).filter(pk=product_id).first()
    if product is None:
        raise NotFound("product", product_id)
    return product


@transaction.atomic
def save_variation(
    *,
    product_id: int,
    variation_id: int | None = None,
    shown_available_count: int | None = None,
    **values: Unpack[VariationValues],
) -> ProductVariation:
    """Store a new variation of a product, or change what is given of an old one.

    Args:
        product_id: whose variation it is.
        variation_id: the variation to change; None makes one.
        shown_available_count: the count that the person saw who now sets `available_count`.
        values: columns that are valid each by itself (the form has seen to it).

    Raises:
        NotFound: the product has no such variation.
        InvalidFields: another variation has the SKU; the count has changed since it was shown, for orders may
            have taken pieces meanwhile; or it is below zero without `backorders`.

    Locks the variation. Held and committed pieces are never written here: orders own them (semantics 3.5).
    """
    variation = _locked_variation(product_id, variation_id) if variation_id else ProductVariation(product_id=product_id)
    if "available_count" in values and shown_available_count not in (None, variation.available_count):
        raise InvalidFields.of("available_count", f"Meanwhile {variation.available_count} are available. Count again.")
    for column, value in values.items():
        setattr(variation, column, value)
    if variation.available_count < 0 and not variation.backorders:
        raise InvalidFields.of("available_count", "Only what may be ordered below zero can have less than none.")
    variation.updated_at = timezone.now()
    try:
        with transaction.atomic():
            variation.save(update_fields=[*values, "updated_at"] if variation_id else None)
    except IntegrityError as error:
        raise InvalidFields.of("sku", "Product variation with this Sku already exists.") from error
    return variation


def _locked_variation(product_id: int, variation_id: int) -> ProductVariation:
    variation = lock_variations([variation_id]).get(variation_id)
    if variation is None or variation.product_id != product_id:
        raise NotFound("variation", variation_id)
    return variation


@transaction.atomic
def delete_product(*, product_id: int) -> None:
    """Remove a product with its variations.

    Raises:
        NotFound: no such product.
        AlreadyOrdered: an order has it, deleted orders included.

    Locks the variations by id, then the product, against lines that would refer to them.
    """
    variations = list(ProductVariation.objects.select_for_update().filter(product_id=product_id).order_by("pk"))
    product = _locked_product(product_id, for_removal=True)
    if OrderItem.objects.filter(product_id=product_id).exists():
        raise _ordered(product)
    _delete(product, *variations)


@transaction.atomic
def delete_variation(*, product_id: int, variation_id: int) -> None:
    """Remove a variation.

    Raises:
        NotFound: the product has no such variation.
        AlreadyOrdered: an order has it, deleted orders included.

    Locks the variation, against lines that would refer to it.
    """
    variation = ProductVariation.objects.select_for_update().filter(pk=variation_id, product_id=product_id).first()
    if variation is None:
        raise NotFound("variation", variation_id)
    if OrderItem.objects.filter(variation_id=variation_id).exists():
        raise _ordered(variation)
    _delete(variation)


def _delete(last: Any, *before: Any) -> None:
    """Delete rows, the one that the others refer to at the end; one that was ordered just now is refused."""
    try:
        for row in (*before, last):
            row.delete()
    except ProtectedError as error:
        raise _ordered(last) from error


def _ordered(row: Product | ProductVariation) -> AlreadyOrdered:
    way = "Make it a draft" if isinstance(row, Product) else "Make it inactive"
    return AlreadyOrdered(f"{row} was ordered and stays. {way} to stop selling it.")
