"""What a search among orders or products finds, in the API and in the admin."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from customers.models import Customer
from customers.search import is_id
from fluentcart.storable import is_storable
from orders.models import Order, OrderItem, Product, ProductVariation


def find_orders(queryset: QuerySet[Order], term: str) -> QuerySet[Order]:
    """Invoice number, the customer's name or e-mail, or a product's title, as substrings in any case; or the whole id.

    Source: semantics 5.3; decisions, "Search".
    """
    if not is_storable(term):
        return queryset.none()
    folded = term.casefold()
    customers = Customer.objects.filter(search_text__contains=folded).values("pk")
    products = Product.objects.filter(search_text__contains=folded).values("pk")
    items = OrderItem.objects.filter(product__in=products).values("order_id")
    found = Q(search_text__contains=folded) | Q(customer__in=customers) | Q(pk__in=items)
    if is_id(term):
        found |= Q(pk=int(term))
    return queryset.filter(found)


def find_variations(queryset: QuerySet[ProductVariation], term: str) -> QuerySet[ProductVariation]:
    """Part of the product's title, of the variation's own, or of the SKU."""
    if not is_storable(term):
        return queryset.none()
    products = Product.objects.filter(search_text__contains=term.casefold()).values("pk")
    return queryset.filter(Q(product__in=products) | Q(title__icontains=term) | Q(sku__icontains=term))


def find_products(queryset: QuerySet[Product], term: str) -> QuerySet[Product]:
    """Part of the title, in any case, or of the SKU of a variation; or the whole id."""
    if not is_storable(term):
        return queryset.none()
    skus = ProductVariation.objects.filter(sku__icontains=term).values("product_id")
    found = Q(search_text__contains=term.casefold()) | Q(pk__in=skus)
    if is_id(term):
        found |= Q(pk=int(term))
    return queryset.filter(found)
