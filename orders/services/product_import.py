"""One row of a product list into the catalogue: by slug and SKU, and only what differs is written."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from django.db import transaction

from fluentcart.errors import InvalidFields
from fluentcart.storable import is_storable
from orders.models import Product, ProductVariation
from orders.services.locks import lock_products, lock_variations
from orders.services.products import ProductValues, VariationValues, save_product, save_variation


class Outcome(StrEnum):
    """What became of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def lock_catalogue(rows: Collection[tuple[str, str]]) -> None:
    """Lock whatever several rows of a list may change, before the first of them does: variations, then products.

    Args:
        rows: a slug and a SKU each, as `import_product` takes them; what is not there is skipped.
    """
    known = [(slug, sku) for slug, sku in rows if is_storable(slug) and is_storable(sku)]
    by_sku = ProductVariation.objects.filter(sku__in={sku for _, sku in known if sku})
    by_title = ProductVariation.objects.filter(sku=None, product__slug__in={slug for slug, sku in known if not sku})
    lock_variations({pk for found in (by_sku, by_title) for pk in found.values_list("pk", flat=True)})
    lock_products(set(Product.objects.filter(slug__in={slug for slug, _ in known}).values_list("pk", flat=True)))


@transaction.atomic
def import_product(*, slug: str, sku: str, product: ProductValues, variation: VariationValues) -> Outcome:
    """Make or change the product with a slug, and its variation with a SKU.

    Args:
        slug: which product; one that is not there is made, and needs a title.
        sku: which variation; "" means the one of this product with the same title and no SKU. One that is not
            there is made, and needs a price.
        product, variation: columns that are valid each by itself; what is left out stays as it is.

    Raises:
        InvalidFields: what is new lacks a title or a price, the SKU is another product's, or what the services
            of the catalogue refuse.

    Locks what it changes, the product before the variation; `lock_catalogue` before the first row of a transaction has
    locked both in the right order.
    """
    found = Product.objects.filter(slug=slug).first()
    row = _variation(found, sku, variation)
    if found is None and not product.get("title"):
        raise InvalidFields.of("title", "A new product needs a title.")
    if row is None and "price_cents" not in variation:
        raise InvalidFields.of("price", "A new variation needs a price.")
    product_changes: Any = _changes(found, {**product, "slug": slug})
    if product_changes:
        found = save_product(product_id=found.pk if found else None, **product_changes)
    assert found is not None
    variation_changes: Any = _changes(row, {**variation, "sku": sku or None})
    if variation_changes or row is None:
        save_variation(product_id=found.pk, variation_id=row.pk if row else None, **variation_changes)
    if row is None:
        return Outcome.NEW
    return Outcome.CHANGED if product_changes or variation_changes else Outcome.UNCHANGED


def _variation(product: Product | None, sku: str, values: VariationValues) -> ProductVariation | None:
    """The variation that a row means; None when it is new."""
    if not sku:
        title = values.get("title", "")
        return product.variations.filter(sku=None, title=title).order_by("pk").first() if product else None
    row = ProductVariation.objects.select_related("product").filter(sku=sku).first()
    if row is not None and row.product_id != getattr(product, "pk", None):
        raise InvalidFields.of("sku", f"This SKU is a variation of the product “{row.product.slug}”.")
    return row


def _changes(row: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The values that differ from the row's; all of them when there is no row."""
    return {name: value for name, value in values.items() if row is None or getattr(row, name) != value}
