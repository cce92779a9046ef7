"""Orders and products under v1: the orders document is the same text in both versions."""

from __future__ import annotations

from fluentcart.api.dialects import V1
from orders.api import document


class OrderViewSet(document.OrderViewSet):
    """The order routes under v1."""

    dialect = V1()


class ProductViewSet(document.ProductViewSet):
    """The product routes under v1."""

    dialect = V1()
