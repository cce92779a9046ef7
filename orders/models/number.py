"""Counters for numbers that people read: receipts and invoices."""

from __future__ import annotations

from django.db import models


class NumberCounter(models.Model):
    """The last number given under a name ("receipt"). Taken last in a transaction; see `orders.services.numbers`."""

    name = models.CharField(max_length=50, primary_key=True)
    value = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
