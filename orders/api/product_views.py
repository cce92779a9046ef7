"""What each product route does: a client finds here what it can order."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from fluentcart.api.views import ApiViewSet
from fluentcart.compiled import Selection
from fluentcart.errors import NotFound
from orders.api.filters import ProductListing
from orders.models import Product
from orders.policies import ProductPolicy


class ProductViewSet(ApiViewSet):
    """Products with their variations, read only."""

    resource = "products"
    permission_classes = [ProductPolicy]
    listings = {"list": ProductListing}
    rate_classes = {"list": "list"}
    has_state = True

    def list(self, request: Request) -> Response:
        """List products with their variations."""
        return self.reply(self.filtered(Selection(Product.objects.all)))

    def retrieve(self, request: Request, product_id: int) -> Response:
        """Get a product with its variations."""
        return self.reply(self.the_product(product_id))

    def the_product(self, product_id: int) -> Product:
        """The product of the path.

        Raises:
            NotFound: there is none.
        """
        found = Product.objects.filter(pk=product_id).first()
        if found is None:
            raise NotFound("product", product_id)
        return found
