"""Orders and products under v2: the orders document is the same text in both versions."""

from __future__ import annotations

from fluentcart.api.dialects import V2
from orders.api import document


class OrderViewSet(document.OrderViewSet):
    """The order routes under v2."""

    dialect = V2()


class ProductViewSet(document.ProductViewSet):
    """The product routes under v2."""

    dialect = V2()
