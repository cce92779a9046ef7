"""Orders and products as the orders document spells them, under v2. Money is in minor units."""

from __future__ import annotations

from fluentcart.api.bulk import bulk_row
from fluentcart.api.dialects import V2, Out, message_beside
from orders.api import product_views, views
from orders.api.v2.inputs import (
    ChangeCustomerV2In,
    CreateAndChangeCustomerV2In,
    MarkAsPaidV2In,
    OrderBulkV2In,
    OrderUpdateV2In,
    OrderV2In,
    PlaceV2In,
    QuoteV2In,
    RefundV2In,
    StatusesV2In,
)
from orders.api.v2.rows import (
    OrderCustomerV2Row,
    OrderExportV2Row,
    OrderV2Detail,
    OrderV2ListRow,
    OrderV2Row,
    ProductV2Row,
    RefundV2Row,
    ShippingMethodsV2Row,
    ShippingQuoteV2Row,
)

__all__ = ["OrderV2Row", "OrderViewSet", "ProductViewSet"]


class OrderViewSet(views.OrderViewSet):
    """The order routes in the orders document's words."""

    dialect = V2()
    place_in = PlaceV2In
    inputs = {
        "create": OrderV2In,
        "update": OrderUpdateV2In,
        "mark_as_paid": MarkAsPaidV2In,
        "refund": RefundV2In,
        "statuses": StatusesV2In,
        "change_customer": ChangeCustomerV2In,
        "create_and_change_customer": CreateAndChangeCustomerV2In,
        "bulk": OrderBulkV2In,
        "calculate_shipping": QuoteV2In,
    }
    outputs = {
        "list": Out("orders", OrderV2ListRow, many=True),
        "create": Out("order", OrderV2Detail, status=201),
        "retrieve": Out("order", OrderV2Detail),
        "update": Out("order", OrderV2Detail),
        "destroy": Out(message="Order deleted successfully", envelope=message_beside),
        "mark_as_paid": Out("order", OrderV2Detail),
        "refund": Out("refund", RefundV2Row),
        "statuses": Out("order", OrderV2Detail),
        "change_customer": Out("order", OrderV2Detail),
        "create_and_change_customer": Out("order", OrderV2Detail, also={"customer": OrderCustomerV2Row}),
        "bulk": Out(None, bulk_row("order_id", "OrderBulkV2")),
        "calculate_shipping": Out(None, ShippingQuoteV2Row),
        "shipping_methods": Out(None, ShippingMethodsV2Row),
        "export": Out(None, OrderExportV2Row),
    }


class ProductViewSet(product_views.ProductViewSet):
    """The product routes, in the same words."""

    dialect = V2()
    outputs = {
        "list": Out("products", ProductV2Row, many=True),
        "retrieve": Out("product", ProductV2Row),
    }
