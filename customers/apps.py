"""The app of customers."""

from django.apps import AppConfig

from fluentcart.kept.installing import keep


class CustomersConfig(AppConfig):
    """Customers, their addresses and labels."""

    name = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the database keep what `customers/kept.py` says."""
        from customers.kept import kept

        keep(self, kept)
