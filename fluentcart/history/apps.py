"""The app of the history."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Who changed which customer or order, how and when."""

    name = "fluentcart.history"
    default_auto_field = "django.db.models.BigAutoField"
