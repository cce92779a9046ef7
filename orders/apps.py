"""The app of orders."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, the catalogue and shipping."""

    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"
