"""The app of users and application passwords."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who is calling."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
