"""A customer: the person or company that orders."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_countries.fields import CountryField

from fluentcart.history.models import Subject
from fluentcart.history.tracking import Tracked


def new_uuid() -> str:
    """32 hex digits, as the plugin's identifiers look."""
    return uuid.uuid4().hex


def searchable(*, first_name: str, last_name: str, email: str, company_name: str = "") -> str:
    """The text that a search looks in: the name in either order, the e-mail address, the company; case-folded.

    Folded here and not by the database, because SQLite's and PostgreSQL's lower() differ (decisions, "Search").
    """
    lines = [f"{first_name} {last_name}", f"{last_name} {first_name}", email]
    return "\n".join([*lines, company_name] if company_name else lines).casefold()


class CustomerStatus(models.TextChoices):
    """Semantics 3.1."""

    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"


class Customer(models.Model):
    """A customer of the shop, perhaps linked to a WordPress user.

    The statistics (`order_count` to `last_order_at`) are derived from the customer's orders and written only
    by `orders.services.statistics`. `email_key` and `search_text` are derived from the name and the address
    and written only by `customers.services.customers`.
    """

    Status = CustomerStatus
    history = Tracked(
        subject=Subject.CUSTOMER,
        link="id",
        plain=("status", "country", "user_id"),
        personal=(
            "email", "first_name", "last_name", "phone", "notes", "state", "city", "postcode", "additional_info",
        ),
        derived=(
            "id", "uuid", "email_key", "search_text", "order_count", "total_spent_cents", "average_order_value_cents",
            "first_order_at", "last_order_at", "live_order_count", "created_at", "updated_at",
        ),
    )  # fmt: skip

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="customer"
    )
    email = models.EmailField(max_length=255)
    email_key = models.CharField(max_length=400, unique=True, editable=False)
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    status = models.CharField(max_length=20, choices=CustomerStatus, default=CustomerStatus.ACTIVE)
    notes = models.TextField(blank=True)
    country = CountryField(blank=True)
    state = models.CharField(max_length=192, blank=True)
    city = models.CharField(max_length=192, blank=True)
    postcode = models.CharField(max_length=45, blank=True)
    additional_info = models.JSONField(default=dict, blank=True)
    uuid = models.CharField(max_length=32, unique=True, default=new_uuid, editable=False)

    order_count = models.PositiveIntegerField(default=0, editable=False)
    total_spent_cents = models.BigIntegerField(default=0, editable=False)
    average_order_value_cents = models.BigIntegerField(default=0, editable=False)
    first_order_at = models.DateTimeField(null=True, editable=False)
    last_order_at = models.DateTimeField(null=True, editable=False)
    # All orders that are not deleted, whatever became of them; the database keeps it (`orders/kept.py`).
    live_order_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    search_text = models.TextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=CustomerStatus.values), name="customer_status_known"),
            models.CheckConstraint(
                condition=models.Q(total_spent_cents__gte=0), name="customer_total_spent_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="customer_created_at"),
            models.Index(fields=["status", "id"], name="customer_status"),
            models.Index(fields=["total_spent_cents", "id"], name="customer_total_spent"),
            models.Index(fields=["status", "total_spent_cents", "id"], name="customer_status_spent"),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} <{self.email}>"

    @property
    def full_name(self) -> str:
        """First and last name with one space between, trimmed."""
        return f"{self.first_name} {self.last_name}".strip()
