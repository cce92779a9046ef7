"""A customer as a line of a CSV file for people."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from import_export import resources
from import_export.fields import Field

from customers.models import Customer
from fluentcart.money import to_text


class CustomerResource(resources.ModelResource):
    """What a spreadsheet gets of a customer; money in major units of the shop's currency, times in UTC."""

    total_spent = Field(column_name="total_spent")
    average_order_value = Field(column_name="average_order_value")
    currency = Field(column_name="currency")

    class Meta:
        model = Customer
        fields = export_order = (
            "id", "email", "first_name", "last_name", "phone", "status", "country", "state", "city", "postcode",
            "order_count", "total_spent", "average_order_value", "currency", "first_order_at", "last_order_at",
            "created_at",
        )  # fmt: skip

    def dehydrate_total_spent(self, customer: Customer) -> str:
        """2500000 -> "25000.00" in dollars, without thousands separators."""
        return to_text(customer.total_spent_cents, settings.SHOP_CURRENCY)

    def dehydrate_average_order_value(self, customer: Customer) -> str:
        """As the total."""
        return to_text(customer.average_order_value_cents, settings.SHOP_CURRENCY)

    def dehydrate_currency(self, customer: Customer) -> str:
        """What the two amounts are in."""
        return settings.SHOP_CURRENCY

    def dehydrate_first_order_at(self, customer: Customer) -> Any:
        """The time itself: how a time is written is the rule of every CSV here."""
        return customer.first_order_at

    def dehydrate_last_order_at(self, customer: Customer) -> Any:
        """As the first."""
        return customer.last_order_at

    def dehydrate_created_at(self, customer: Customer) -> Any:
        """As the first order's."""
        return customer.created_at
