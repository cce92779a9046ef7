"""What a search among orders or products finds, in the API and in the admin."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from customers.models import Customer
from fluentcart.compiled import Selection
from fluentcart.kept.searching import (
    Condition,
    found_in,
    has_common_part,
    has_part,
    has_rare_part,
    has_short_part,
    or_by_id,
    part_of,
    rare_pieces,
    searched,
)
from fluentcart.storable import is_storable
from orders.models import Order, Product, ProductVariation


def find_orders(queryset: QuerySet[Order], term: str) -> QuerySet[Order]:
    """Invoice number, the customer's name or e-mail, or a product's title, as substrings in any case; or the whole id.

    Source: semantics 5.3; decisions, "Search".
    """
    return found_in(queryset, term, condition_of)


def search_orders(selection: Selection, term: str) -> Selection:
    """The same for a list of the API."""
    return searched(selection, term, condition_of)


def condition_of(term: str, using: str) -> Condition:
    """A search term as a condition and its values."""
    part, is_long = part_of(term, using)
    if not is_long:
        return or_by_id(term, (anywhere_short, (part,)))
    folded = term.casefold()
    pieces = rare_pieces(folded, Customer, using)
    return or_by_id(term, (anywhere, (part,)) if pieces is None else (anywhere_rare, (part, pieces, folded)))


def _anywhere(own: Q, customer: Q, product: Q) -> Q:
    """The order's own text, its customer's or that of one of its products.

    Among deleted orders too: which ones a list shows is not the search's business. As a union of keys: each part
    finds its own by an index, where an OR would have every order looked at. Lines are joined to products: of those
    that stand in a list SQLite expects so many that it would rather read all lines of all orders.
    """
    customers = Customer.objects.filter(customer).values("pk")
    theirs = Order.with_deleted.filter(customer__in=customers).values("pk")
    items = Product.objects.filter(product, order_items__isnull=False).values("order_items__order_id")
    return Q(pk__in=Order.with_deleted.filter(own).values("pk").union(theirs, items))


def anywhere(part: Any) -> Q:
    """A part of three letters or more."""
    return _anywhere(has_part(part), has_part(part), has_part(part))


def anywhere_rare(part: Any, pieces: Any, folded: Any) -> Q:
    """The same, where customers are found by pieces of the part (see `has_rare_part`)."""
    return _anywhere(has_part(part), has_rare_part(pieces, folded), has_part(part))


def anywhere_common(part: Any) -> Q:
    """A part that many orders' own text or their customers' have, looked for row by row; titles are not looked at."""
    theirs = Customer.objects.filter(Q(pk=OuterRef("customer_id")) & has_common_part(part))
    return has_common_part(part) | Q(Exists(theirs))


def anywhere_short(part: Any) -> Q:
    """A shorter part, for which all texts are looked through."""
    return _anywhere(has_short_part(part), has_short_part(part), has_short_part(part))


def find_variations(queryset: QuerySet[ProductVariation], term: str) -> QuerySet[ProductVariation]:
    """Part of the product's title, of the variation's own, or of the SKU."""
    if not is_storable(term):
        return queryset.none()
    products = Product.objects.filter(search_text__contains=term.casefold()).values("pk")
    return queryset.filter(Q(product__in=products) | Q(title__icontains=term) | Q(sku__icontains=term))


def find_products(queryset: QuerySet[Product], term: str) -> QuerySet[Product]:
    """Part of the title, in any case, or of the SKU of a variation; or the whole id."""
    return found_in(queryset, term, product_condition)


def search_products(selection: Selection, term: str) -> Selection:
    """The same for a list of the API."""
    return searched(selection, term, product_condition)


def product_condition(term: str, using: str) -> Condition:
    """A search term as a condition and its values."""
    return or_by_id(term, (product, (term.casefold(),)))


def product(part: Any) -> Q:
    """Part of the title, or of the SKU of a variation."""
    skus = ProductVariation.objects.filter(sku__icontains=part).values("product_id")
    return Q(search_text__contains=part) | Q(pk__in=skus)
