"""An order. What was ordered, paid and where it goes stands in its items, transactions and addresses."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from customers.models import Customer
from customers.models.customer import new_uuid
from fluentcart.history.models import Subject
from fluentcart.history.tracking import Tracked
from orders import states
from orders.models.catalog import Fulfillment


def choices(enum: Any) -> list[tuple[str, str]]:
    """Django choices for a plain enum: value and a readable label."""
    return [(member.value, member.value.replace("_", " ").replace("-", " ").capitalize()) for member in enum]


def values(enum: Any) -> list[str]:
    """The words of a plain enum, for check constraints: migrations must not depend on the class."""
    return [member.value for member in enum]


class LiveOrderManager(models.Manager["Order"]):
    """All orders but the deleted ones."""

    def get_queryset(self) -> models.QuerySet[Order]:
        """Orders that lists, details and statistics see."""
        return super().get_queryset().filter(deleted_at=None)


class Order(models.Model):
    """An order in minor units of its currency; three status axes, each with moves of its own.

    `total_paid_cents` stays gross; what was given back is in `total_refund_cents` (semantics 7.7).
    `order_number` is given when it is made, `receipt_number` and `invoice_no` on payment. A deleted order
    keeps its row (`deleted_at`) and is seen only through `with_deleted`. What its lines held when it was deleted
    is in `trash`, so that it can be restored: {item id: [held pieces, committed pieces]}.
    """

    history = Tracked(
        subject=Subject.ORDER,
        link="id",
        plain=(
            "status", "payment_status", "shipping_status", "mode", "type", "fulfillment_type", "customer_id",
            "currency", "subtotal_cents", "discount_total_cents", "shipping_total_cents", "tax_total_cents",
            "total_amount_cents", "total_paid_cents", "total_refund_cents", "payment_method", "shipping_method",
            "paid_at", "shipped_at", "delivered_at", "completed_at", "refunded_at", "deleted_at",
        ),
        personal=("note",),
        # A number is taken after the history is written, so that others wait less for the counter; it never changes.
        derived=(
            "id", "uuid", "receipt_number", "invoice_no", "order_number", "search_text", "trash", "created_at",
            "updated_at",
        ),
    )  # fmt: skip

    uuid = models.CharField(max_length=32, unique=True, default=new_uuid, editable=False)
    status = models.CharField(
        max_length=20, choices=choices(states.OrderStatus), default=states.OrderStatus.PENDING.value
    )
    payment_status = models.CharField(
        max_length=20, choices=choices(states.PaymentStatus), default=states.PaymentStatus.PENDING.value
    )
    shipping_status = models.CharField(
        max_length=20,
        choices=choices(states.ShippingStatus),
        default=states.ShippingStatus.NONE.value,
        blank=True,
    )
    mode = models.CharField(max_length=10, choices=choices(states.OrderMode), default=states.OrderMode.LIVE.value)
    type = models.CharField(max_length=20, choices=choices(states.OrderType), default=states.OrderType.PAYMENT.value)
    fulfillment_type = models.CharField(max_length=20, choices=Fulfillment, default=Fulfillment.PHYSICAL)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")

    currency = models.CharField(max_length=3)
    subtotal_cents = models.BigIntegerField(default=0)
    discount_total_cents = models.BigIntegerField(default=0)
    shipping_total_cents = models.BigIntegerField(default=0)
    tax_total_cents = models.BigIntegerField(default=0)
    total_amount_cents = models.BigIntegerField(default=0)
    total_paid_cents = models.BigIntegerField(default=0)
    total_refund_cents = models.BigIntegerField(default=0)

    payment_method = models.CharField(max_length=100, blank=True)
    shipping_method = models.CharField(max_length=100, blank=True, help_text="The method's slug.")
    note = models.TextField(blank=True)
    receipt_number = models.PositiveBigIntegerField(null=True, unique=True, editable=False)
    invoice_no = models.CharField(max_length=192, blank=True, editable=False)
    order_number = models.CharField(max_length=30, blank=True, editable=False, help_text="SO-YYYY-NNN.")
    search_text = models.CharField(max_length=192, blank=True, editable=False, help_text="invoice_no, folded.")

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    paid_at = models.DateTimeField(null=True, editable=False)
    shipped_at = models.DateTimeField(null=True, editable=False)
    delivered_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    refunded_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    trash = models.JSONField(null=True, editable=False)

    objects = LiveOrderManager()
    with_deleted = models.Manager()

    class Meta:
        # Foreign keys and cascades must see deleted orders too.
        base_manager_name = "with_deleted"
        default_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=values(states.OrderStatus)), name="order_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(payment_status__in=values(states.PaymentStatus)),
                name="order_payment_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(shipping_status__in=values(states.ShippingStatus)),
                name="order_shipping_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(mode__in=values(states.OrderMode)) & models.Q(type__in=values(states.OrderType)),
                name="order_mode_and_type_known",
            ),
            models.CheckConstraint(
                condition=models.Q(total_refund_cents__gte=0)
                & models.Q(total_refund_cents__lte=models.F("total_paid_cents")),
                name="order_refund_within_paid",
            ),
            models.UniqueConstraint(
                fields=["invoice_no"], condition=~models.Q(invoice_no=""), name="order_invoice_no_unique"
            ),
            models.UniqueConstraint(
                fields=["order_number"], condition=~models.Q(order_number=""), name="order_number_unique"
            ),
        ]
        indexes = [
            # The list without filters, its total and its deep pages read this index and not the table.
            models.Index(fields=["id"], condition=models.Q(deleted_at=None), name="order_live"),
            models.Index(fields=["id"], condition=models.Q(deleted_at__isnull=False), name="order_trashed"),
            models.Index(fields=["customer", "id"], name="order_customer"),
            models.Index(fields=["created_at", "id"], name="order_created_at"),
            models.Index(fields=["status", "created_at"], name="order_status"),
            models.Index(fields=["payment_status", "created_at"], name="order_payment_status"),
            models.Index(fields=["shipping_status", "id"], name="order_shipping_status"),
            models.Index(fields=["id"], condition=models.Q(mode="test"), name="order_test"),
            # What waits to be shipped (orders/waiting.py): few rows, and an unpaid order never enters.
            models.Index(
                fields=["id"],
                condition=models.Q(
                    deleted_at=None, shipping_status="unshipped", payment_status__in=["paid", "partially_refunded"]
                ),
                name="order_to_ship",
            ),
        ]

    def __str__(self) -> str:
        return self.invoice_no or f"Order {self.pk}"

    @property
    def due_cents(self) -> int:
        """What is still to be paid."""
        return max(self.total_amount_cents - self.total_paid_cents, 0)

    @property
    def net_paid_cents(self) -> int:
        """What was paid and not given back."""
        return self.total_paid_cents - self.total_refund_cents
