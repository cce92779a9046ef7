"""Orders and products as the orders document spells them, whatever mount serves it; money is in minor units."""

from __future__ import annotations

from fluentcart.api.bulk import bulk_row
from fluentcart.api.dialects import Out, message_beside, unpaged
from fluentcart.history.api import NoteIn, NoteRow
from orders.api import product_views, views
from orders.api.document import inputs as taken
from orders.api.document import rows


class OrderViewSet(views.OrderViewSet):
    """The order routes in the orders document's words; v1 and v2 bind it."""

    place_in = taken.PlaceIn
    inputs = {
        "create": taken.OrderIn,
        "update": taken.OrderUpdateIn,
        "mark_as_paid": taken.MarkAsPaidIn,
        "refund": taken.RefundIn,
        "statuses": taken.StatusesIn,
        "change_customer": taken.ChangeCustomerIn,
        "create_and_change_customer": taken.CreateAndChangeCustomerIn,
        "create_note": NoteIn,
        "attach_note": taken.AttachNoteIn,
        "bulk": taken.OrderBulkIn,
        "calculate_shipping": taken.QuoteIn,
    }
    outputs = {
        "list": Out("orders", rows.OrderListRow, many=True),
        "create": Out("order", rows.OrderDetail, status=201),
        "retrieve": Out("order", rows.OrderDetail),
        "update": Out("order", rows.OrderDetail),
        "destroy": Out(message="Order deleted successfully", envelope=message_beside),
        "mark_as_paid": Out("order", rows.OrderDetail),
        "refund": Out("refund", rows.RefundRow),
        "statuses": Out("order", rows.OrderDetail),
        "change_customer": Out("order", rows.OrderDetail),
        "create_and_change_customer": Out("order", rows.OrderDetail, also={"customer": rows.OrderCustomerRow}),
        "restore": Out("order", rows.OrderDetail, message="Order restored successfully"),
        "notes": Out("notes", NoteRow, many=True, envelope=unpaged),
        "create_note": Out("note", NoteRow, status=201),
        "attach_note": Out("order", rows.OrderDetail),
        "bulk": Out(None, bulk_row("order_id", "OrderBulk")),
        "calculate_shipping": Out(None, rows.ShippingQuoteRow),
        "shipping_methods": Out(None, rows.ShippingMethodsRow),
        "export": Out(None, rows.OrderExportRow),
    }


class ProductViewSet(product_views.ProductViewSet):
    """The product routes, in the same words."""

    outputs = {
        "list": Out("products", rows.ProductRow, many=True),
        "retrieve": Out("product", rows.ProductRow),
    }
