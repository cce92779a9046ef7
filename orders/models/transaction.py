"""Money that moved, or is about to: charges and refunds of an order."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from customers.models.customer import new_uuid
from fluentcart.history.models import Subject
from fluentcart.history.tracking import Tracked
from orders import states
from orders.models.order import Order, choices, values


class OrderTransaction(models.Model):
    """A charge, or a refund of the charge `parent`.

    `gateway` is who holds the money and can give it back ("manual", "stripe"); `payment_method` is the word
    that the client sent. A pending refund is a reserve: it counts against what may still be refunded and not
    yet in the order's totals (decisions, "Refund in three steps"). `plan` keeps what settling it will do to
    the lines: {"lines": [{"item_id", "amount_cents", "quantity", "restock_count"}]}; the first row of a refund that
    several charges share also keeps {"requested_cents", "shared_with": [ids of the other rows]}.
    """

    history = Tracked(
        subject=Subject.ORDER,
        link="order_id",
        key="transaction_id",
        plain=(
            "type", "status", "amount_cents", "currency", "mode", "payment_method", "gateway", "vendor_charge_id",
            "parent_id",
        ),
        personal=("reason", "failure"),
        derived=("id", "order_id", "uuid", "plan", "request_key", "created_at", "updated_at"),
    )  # fmt: skip

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="transactions")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="refunds")
    uuid = models.CharField(max_length=32, unique=True, default=new_uuid, editable=False)
    type = models.CharField(
        max_length=20, choices=choices(states.TransactionType), default=states.TransactionType.CHARGE.value
    )
    status = models.CharField(
        max_length=20,
        choices=choices(states.TransactionStatus),
        default=states.TransactionStatus.PENDING.value,
    )
    amount_cents = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    mode = models.CharField(max_length=10, choices=choices(states.OrderMode), default=states.OrderMode.LIVE.value)
    payment_method = models.CharField(max_length=100, blank=True)
    gateway = models.CharField(max_length=50, blank=True)
    vendor_charge_id = models.CharField(max_length=192, blank=True, help_text="The gateway's own reference.")
    reason = models.TextField(blank=True)
    failure = models.TextField(blank=True, help_text="What the gateway said when it refused.")
    plan = models.JSONField(default=dict, blank=True, editable=False)
    request_key = models.CharField(  # noqa: DJ001 - unique, and most rows have none
        max_length=64,
        null=True,
        unique=True,
        editable=False,
        help_text="The request (Idempotency-Key) that reserved it, on the first row of a refund.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(type__in=values(states.TransactionType))
                & models.Q(status__in=values(states.TransactionStatus)),
                name="transaction_type_and_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(type="refund") | models.Q(parent__isnull=False),
                name="refund_names_its_charge",
            ),
        ]
        indexes = [
            models.Index(fields=["vendor_charge_id"], name="transaction_vendor_id"),
            models.Index(
                fields=["id"],
                condition=models.Q(type="refund", status="pending"),
                name="transaction_open_reserve",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk} of order {self.order_id}"

    @property
    def requested_cents(self) -> int:
        """What one call of refund asked for, of which this row may be a part (other charges pay the rest)."""
        return int(self.plan.get("requested_cents", self.amount_cents))
