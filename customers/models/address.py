"""The address book of a customer; what an order shows is a copy (`orders.models.OrderAddress`)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django_countries.fields import CountryField

from customers.models.customer import Customer
from fluentcart.history.models import Subject
from fluentcart.history.tracking import Tracked


class AddressType(models.TextChoices):
    """Semantics 3.1."""

    BILLING = "billing", "Billing"
    SHIPPING = "shipping", "Shipping"


class CustomerAddress(models.Model):
    """One address; at most one of each type is the customer's primary."""

    Type = AddressType
    history = Tracked(
        subject=Subject.CUSTOMER,
        link="customer_id",
        key="address_id",
        plain=("type", "is_primary", "country"),
        personal=(
            "label", "name", "email", "phone", "company_name", "address_1", "address_2", "city", "state", "postcode",
        ),
        derived=("id", "customer_id", "created_at", "updated_at"),
    )  # fmt: skip

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    type = models.CharField(max_length=20, choices=AddressType, default=AddressType.BILLING)
    is_primary = models.BooleanField(default=False)
    label = models.CharField(max_length=15, blank=True)
    name = models.CharField(max_length=255)
    email = models.EmailField(max_length=255, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    company_name = models.CharField(max_length=255, blank=True)
    address_1 = models.CharField(max_length=255)
    address_2 = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=255)
    state = models.CharField(max_length=192, blank=True)
    postcode = models.CharField(max_length=32, blank=True)
    country = CountryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "customer addresses"
        constraints = [
            models.CheckConstraint(condition=models.Q(type__in=AddressType.values), name="address_type_known"),
            models.UniqueConstraint(
                fields=["customer", "type"],
                condition=models.Q(is_primary=True),
                name="address_one_primary_per_type",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.address_1}, {self.city}"
