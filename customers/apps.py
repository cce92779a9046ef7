"""The app of customers."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers, their addresses and labels."""

    name = "customers"
    default_auto_field = "django.db.models.BigAutoField"
