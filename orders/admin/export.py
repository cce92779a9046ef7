"""An order as a line of a CSV file for people."""

from __future__ import annotations

from typing import Any

from import_export import resources
from import_export.fields import Field

from fluentcart.money import to_text
from orders.models import Order

AMOUNTS = {
    "subtotal": "subtotal_cents",
    "discount": "discount_total_cents",
    "shipping": "shipping_total_cents",
    "tax": "tax_total_cents",
    "total": "total_amount_cents",
    "paid": "total_paid_cents",
    "refunded": "total_refund_cents",
}
TIMES = ("created_at", "paid_at", "shipped_at", "delivered_at", "completed_at", "refunded_at")


class Amount(Field):
    """Minor units in major units of the order's currency, without thousands separators."""

    def export(self, instance: Order, **options: Any) -> str:
        """2500000 -> "25000.00" in dollars, 500 -> "500" in yen."""
        return to_text(getattr(instance, self.attribute), instance.currency)


class Time(Field):
    """The time itself: how a time is written is the rule of every CSV here."""

    def export(self, instance: Order, **options: Any) -> Any:
        """None when it has not happened."""
        return getattr(instance, self.attribute)


class OrderResource(resources.ModelResource):
    """What a spreadsheet gets of an order with its customer loaded."""

    customer_id = Field(column_name="customer_id", attribute="customer_id")
    customer_name = Field(column_name="customer_name", attribute="customer__full_name")
    customer_email = Field(column_name="customer_email", attribute="customer__email")

    class Meta:
        model = Order
        fields = export_order = (
            "id", "order_number", "invoice_no", "customer_id", "customer_name", "customer_email",
            "status", "payment_status", "shipping_status", "mode", "currency", *AMOUNTS,
            "payment_method", "shipping_method", "note", *TIMES,
        )  # fmt: skip

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fields |= {name: Amount(column, name) for name, column in AMOUNTS.items()}
        self.fields |= {name: Time(name, name) for name in TIMES}
