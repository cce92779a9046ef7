"""The app of orders."""

from django.apps import AppConfig

from fluentcart.kept.installing import keep


class OrdersConfig(AppConfig):
    """Orders, the catalogue and shipping."""

    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the database keep what `orders/kept.py` says."""
        from orders.kept import kept

        keep(self, kept)
