"""Where an order is billed and sent to: a snapshot, not a link to the customer's address book."""

from __future__ import annotations

from django.db import models
from django_countries.fields import CountryField

from customers.models import AddressType
from fluentcart.history.models import Subject
from fluentcart.history.tracking import Tracked
from orders.models.order import Order


class OrderAddress(models.Model):
    """One address of an order, at most one of each type. Any field may be empty (C54)."""

    history = Tracked(
        subject=Subject.ORDER,
        link="order_id",
        plain=("country",),
        personal=(
            "name", "email", "phone", "company_name", "address_1", "address_2", "city", "state", "postcode",
        ),
        derived=("id", "order_id", "type"),
    )  # fmt: skip

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="addresses")
    type = models.CharField(max_length=20, choices=AddressType)
    name = models.CharField(max_length=255, blank=True)
    email = models.EmailField(max_length=255, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    company_name = models.CharField(max_length=255, blank=True)
    address_1 = models.CharField(max_length=255, blank=True)
    address_2 = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=192, blank=True)
    postcode = models.CharField(max_length=32, blank=True)
    country = CountryField(blank=True)

    class Meta:
        verbose_name_plural = "order addresses"
        constraints = [
            models.UniqueConstraint(fields=["order", "type"], name="order_address_one_per_type"),
            models.CheckConstraint(condition=models.Q(type__in=AddressType.values), name="order_address_type_known"),
        ]

    def __str__(self) -> str:
        return f"{self.type} address of order {self.order_id}"
