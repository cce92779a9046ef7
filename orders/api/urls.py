"""Path <-> action of the order and product routes, in the order of the document's list of endpoints."""

from __future__ import annotations

from django.urls import URLPattern

from fluentcart.api.routing import route
from orders.api.product_views import ProductViewSet
from orders.api.views import OrderViewSet


def routes(viewset: type[OrderViewSet]) -> list[URLPattern]:
    """The order routes, bound to a dialect's viewset.

    POST on an order is what later documents and the plugin call an update (C45).
    """
    return [
        route("orders", viewset, get="list", post="create"),
        route("orders/{order_id}", viewset, get="retrieve", put="update", post="update", delete="destroy"),
        route("orders/{order_id}/mark-as-paid", viewset, post="mark_as_paid"),
        route("orders/{order_id}/refund", viewset, post="refund"),
        route("orders/{order_id}/statuses", viewset, put="statuses"),
        route("orders/{order_id}/change-customer", viewset, post="change_customer"),
        route("orders/{order_id}/create-and-change-customer", viewset, post="create_and_change_customer"),
        route("orders/{order_id}/restore", viewset, post="restore"),
        route("orders/{order_id}/notes", viewset, get="notes", post="create_note"),
        route("notes/attach", viewset, post="attach_note"),
        route("orders/do-bulk-action", viewset, post="bulk"),
        route("orders/calculate-shipping", viewset, post="calculate_shipping"),
        route("orders/shipping_methods", viewset, get="shipping_methods"),
        route("orders/export/{token}", viewset, get="export"),
    ]


def product_routes(viewset: type[ProductViewSet]) -> list[URLPattern]:
    """The product routes, bound to a dialect's viewset."""
    return [
        route("products", viewset, get="list"),
        route("products/{product_id}", viewset, get="retrieve"),
    ]
