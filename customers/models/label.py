"""Labels such as VIP, and which customers carry them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from customers.models.customer import Customer


class Label(models.Model):
    """A word that staff put on customers."""

    value = models.CharField(max_length=192, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.value


class CustomerLabel(models.Model):
    """A label on a customer; its own id is what the documents show as `labels[].id`."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="customer_labels")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="customer_labels")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "label"], name="customer_label_once"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.label_id}"
