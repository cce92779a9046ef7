"""What can be ordered: products and their variations, and the stock of each."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from orders.models.shipping import ShippingClass


class Fulfillment(models.TextChoices):
    """Semantics 3.1."""

    PHYSICAL = "physical", "Physical"
    DIGITAL = "digital", "Digital"


class ProductStatus(models.TextChoices):
    """Published and private products can be ordered (semantics 3.5)."""

    PUBLISHED = "published", "Published"
    PRIVATE = "private", "Private"
    DRAFT = "draft", "Draft"


class PaymentType(models.TextChoices):
    """How a variation is paid; a manual order takes no subscriptions (semantics 6.1)."""

    ONETIME = "onetime", "One time"
    SUBSCRIPTION = "subscription", "Subscription"


class Product(models.Model):
    """A product; its price and stock are its variations'."""

    title = models.CharField(max_length=255)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=20, choices=ProductStatus, default=ProductStatus.PUBLISHED)
    search_text = models.TextField(editable=False, help_text="The title, case-folded.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=ProductStatus.values), name="product_status_known"),
        ]
        indexes = [
            models.Index(fields=["status", "id"], name="product_status"),
            models.Index(fields=["created_at"], name="product_created_at"),
        ]

    def __str__(self) -> str:
        return self.title


class ProductVariation(models.Model):
    """One thing that can be put into an order, with its price and stock.

    When `manage_stock` is on, `available_count + held_count + committed_count` is what the shop has:
    an order moves pieces from available to held, delivery (or payment, for digital) from held to committed.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variations")
    title = models.CharField(max_length=255, blank=True)
    sku = models.CharField(max_length=100, unique=True, null=True, blank=True)
    price_cents = models.PositiveBigIntegerField(help_text="In minor units of the shop's currency.")
    compare_price_cents = models.PositiveBigIntegerField(default=0)
    cost_cents = models.PositiveBigIntegerField(default=0)
    fulfillment_type = models.CharField(max_length=20, choices=Fulfillment, default=Fulfillment.PHYSICAL)
    payment_type = models.CharField(max_length=20, choices=PaymentType, default=PaymentType.ONETIME)
    is_active = models.BooleanField(default=True)
    manage_stock = models.BooleanField(default=False)
    backorders = models.BooleanField(default=False, help_text="May be ordered below zero.")
    available_count = models.IntegerField(default=0)
    held_count = models.IntegerField(default=0)
    committed_count = models.IntegerField(default=0)
    weight_grams = models.PositiveIntegerField(default=0)
    shipping_class = models.ForeignKey(ShippingClass, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(available_count__gte=0) | models.Q(backorders=True),
                name="variation_stock_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(held_count__gte=0, committed_count__gte=0),
                name="variation_stock_ledger_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(fulfillment_type__in=Fulfillment.values),
                name="variation_fulfillment_known",
            ),
            models.CheckConstraint(
                condition=models.Q(payment_type__in=PaymentType.values), name="variation_payment_type_known"
            ),
        ]
        indexes = [
            # None of what stock changes: an order's update of a variation would have to write every index of it.
            models.Index(fields=["product", "id"], condition=models.Q(is_active=False), name="variation_inactive"),
        ]

    def __str__(self) -> str:
        return f"{self.product} - {self.title}" if self.title else str(self.product)

    @property
    def in_stock(self) -> bool:
        """Whether at least one piece can be ordered now."""
        return not self.manage_stock or self.backorders or self.available_count > 0
