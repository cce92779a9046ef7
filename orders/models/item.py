"""A line of an order, with the ledger of its stock."""

from __future__ import annotations

from django.db import models

from orders.models.catalog import Fulfillment, PaymentType, Product, ProductVariation
from orders.models.order import Order


class OrderItem(models.Model):
    """One line: title, SKU and price as they were when it was ordered.

    `held_count` and `committed_count` are the pieces of this line that stand in the variation's counters of
    the same name, so that every stock move can be taken back exactly (semantics 3.5); both are 0 when stock
    was not managed. `restocked_count` pieces came back with refunds.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_items")
    variation = models.ForeignKey(ProductVariation, on_delete=models.PROTECT, related_name="order_items")
    title = models.CharField(max_length=255)
    variation_title = models.CharField(max_length=255, blank=True)
    sku = models.CharField(max_length=100, blank=True)
    fulfillment_type = models.CharField(max_length=20, choices=Fulfillment, default=Fulfillment.PHYSICAL)
    payment_type = models.CharField(max_length=20, choices=PaymentType, default=PaymentType.ONETIME)
    quantity = models.PositiveIntegerField()
    unit_price_cents = models.BigIntegerField()
    subtotal_cents = models.BigIntegerField()
    discount_total_cents = models.BigIntegerField(default=0)
    tax_amount_cents = models.BigIntegerField(default=0)
    shipping_charge_cents = models.BigIntegerField(default=0)
    line_total_cents = models.BigIntegerField()
    refund_total_cents = models.BigIntegerField(default=0)
    fulfilled_count = models.PositiveIntegerField(default=0)
    held_count = models.PositiveIntegerField(default=0)
    committed_count = models.PositiveIntegerField(default=0)
    restocked_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="item_quantity_positive"),
            models.CheckConstraint(
                condition=models.Q(held_count__lte=models.F("quantity"))
                & models.Q(committed_count__lte=models.F("quantity"))
                & models.Q(restocked_count__lte=models.F("quantity")),
                name="item_ledger_within_quantity",
            ),
            models.CheckConstraint(
                condition=models.Q(refund_total_cents__gte=0)
                & models.Q(
                    refund_total_cents__lte=models.F("line_total_cents")
                    + models.F("tax_amount_cents")
                    + models.F("shipping_charge_cents")
                ),
                name="item_refund_within_total",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.title}"
