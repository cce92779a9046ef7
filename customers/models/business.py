"""What makes a customer a business account: terms, contacts, credit checks. Orders and balances are not here."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.models.customer import Customer
from fluentcart.history.models import Subject
from fluentcart.history.tracking import Tracked


class PaymentTerms(models.TextChoices):
    """When an order is to be paid (semantics 10.2)."""

    DUE_ON_RECEIPT = "due_on_receipt", "Due on receipt"
    NET_7 = "net_7", "Net 7"
    NET_10 = "net_10", "Net 10"
    NET_15 = "net_15", "Net 15"
    NET_30 = "net_30", "Net 30"
    NET_45 = "net_45", "Net 45"
    NET_60 = "net_60", "Net 60"
    NET_90 = "net_90", "Net 90"

    @property
    def days(self) -> int:
        """Days from the order to the day on which it is due; 0 on receipt."""
        return int(self.value.removeprefix("net_")) if self.value.startswith("net_") else 0


class CreditRating(models.TextChoices):
    """Semantics 10.5."""

    EXCELLENT = "excellent", "Excellent"
    GOOD = "good", "Good"
    FAIR = "fair", "Fair"
    POOR = "poor", "Poor"


class CreditRisk(models.TextChoices):
    """Semantics 10.5."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


def shop_currency() -> str:
    """The currency of an account that names none."""
    return str(settings.SHOP_CURRENCY)


class BusinessProfile(models.Model):
    """The business side of a customer; a customer without one has the defaults of these columns.

    `credit_limit_cents` is in minor units of `currency`; a discount of 250 basis points is 2.5 percent.
    `phone` and `notes` are the customer's own.
    """

    Terms = PaymentTerms
    history = Tracked(
        subject=Subject.CUSTOMER,
        link="customer_id",
        plain=(
            "payment_terms", "currency", "credit_limit_cents", "discount_rate_basis_points", "preferred_shipping",
            "customer_since",
        ),
        personal=("company_name", "fax", "website"),
        concealed=("tax_id",),  # not everybody who sees the customer sees all of it (semantics 10.6)
        derived=("customer_id", "created_at", "updated_at"),
    )  # fmt: skip
    DISCOUNT_BASIS_POINTS_MAX = 10_000

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="profile", primary_key=True)
    company_name = models.CharField(max_length=255, blank=True)
    fax = models.CharField(max_length=50, blank=True)
    website = models.URLField(max_length=255, blank=True)
    tax_id = models.CharField(max_length=50, blank=True)
    payment_terms = models.CharField(max_length=20, choices=PaymentTerms, default=PaymentTerms.NET_30)
    currency = models.CharField(max_length=3, default=shop_currency)
    credit_limit_cents = models.BigIntegerField(default=0)
    discount_rate_basis_points = models.PositiveIntegerField(default=0)
    preferred_shipping = models.CharField(max_length=100, blank=True)
    customer_since = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(payment_terms__in=PaymentTerms.values), name="business_payment_terms_known"
            ),
            models.CheckConstraint(
                condition=models.Q(credit_limit_cents__gte=0), name="business_credit_limit_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(discount_rate_basis_points__lte=10_000), name="business_discount_within_whole"
            ),
        ]
        indexes = [models.Index(fields=["payment_terms", "customer"], name="business_terms")]

    def __str__(self) -> str:
        return self.company_name or f"Business of customer {self.customer_id}"

    @property
    def terms_days(self) -> int:
        """Days from an order to the day on which it is due."""
        return PaymentTerms(self.payment_terms).days


class Contact(models.Model):
    """A person to talk to at a business; at most one of a customer's contacts is the primary one."""

    history = Tracked(
        subject=Subject.CUSTOMER,
        link="customer_id",
        key="contact_id",
        plain=("is_primary",),
        personal=("name", "title", "email", "phone"),
        derived=("id", "customer_id", "created_at", "updated_at"),
    )

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=255)
    title = models.CharField(max_length=255, blank=True)
    email = models.EmailField(max_length=255, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(is_primary=True), name="contact_one_primary_per_customer"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CreditCheck(models.Model):
    """One run of the credit check. It never changes the limit; money is in minor units of `currency`.

    `factors` explains the score: factor -> {"points", "of", and the figures behind them}.
    """

    history = Tracked(
        subject=Subject.CUSTOMER,
        link="customer_id",
        key="credit_check_id",
        plain=("score", "rating", "risk", "currency", "recommended_limit_cents", "limit_at_check_cents"),
        derived=("id", "customer_id", "factors", "checked_at", "checked_by_id"),
    )

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="credit_checks")
    score = models.PositiveSmallIntegerField()
    rating = models.CharField(max_length=10, choices=CreditRating)
    risk = models.CharField(max_length=10, choices=CreditRisk)
    currency = models.CharField(max_length=3)
    recommended_limit_cents = models.BigIntegerField()
    limit_at_check_cents = models.BigIntegerField()
    factors = models.JSONField(default=dict)
    checked_at = models.DateTimeField(default=timezone.now)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="credit_checks"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score__gte=300) & models.Q(score__lte=850), name="credit_check_score_in_range"
            ),
            models.CheckConstraint(
                condition=models.Q(rating__in=CreditRating.values) & models.Q(risk__in=CreditRisk.values),
                name="credit_check_words_known",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-checked_at"], name="credit_check_newest"),
            models.Index(fields=["rating", "id"], name="credit_check_rating"),
            models.Index(fields=["checked_at"], name="credit_check_at"),
        ]

    def __str__(self) -> str:
        return f"{self.score} ({self.rating}) of customer {self.customer_id}"
