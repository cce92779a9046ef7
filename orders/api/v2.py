"""Orders as the orders document spells them, under v2. Money is in minor units."""

from __future__ import annotations

from fluentcart.api.rows import Row, cents, integer, moment, text, word
from orders import states


class OrderV2Row(Row):
    """The scalars of an order, as every list and answer shows them."""

    id = integer(example=1)
    uuid = text(example="abc123")
    status = word(states.OrderStatus, example="completed")
    order_status = word(states.OrderStatus, "status", help="The same as `status`.")
    payment_status = word(states.PaymentStatus, example="paid")
    shipping_status = word(states.ShippingStatus, help='"" for an order without physical items.')
    mode = word(states.OrderMode)
    type = word(states.OrderType)
    fulfillment_type = text(example="physical")
    customer_id = integer(example=123)
    currency = text(example="USD")
    subtotal = cents("subtotal_cents")
    discount_total = cents("discount_total_cents")
    shipping_total = cents("shipping_total_cents")
    tax_total = cents("tax_total_cents")
    total_amount = cents("total_amount_cents", example=5000)
    total_paid = cents("total_paid_cents")
    total_refund = cents("total_refund_cents")
    payment_method = text(example="stripe")
    shipping_method = text()
    note = text(example="Special delivery instructions")
    receipt_number = integer(nullable=True, help="Given on payment.")
    invoice_no = text(help="Given on payment.")
    created_at = moment(example="2024-01-01T10:00:00Z")
    updated_at = moment(example="2024-01-01T11:00:00Z")
    completed_at = moment(nullable=True)
    refunded_at = moment(nullable=True)
