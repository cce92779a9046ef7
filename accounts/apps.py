"""The app of users and application passwords."""

from django.apps import AppConfig

from fluentcart.kept.installing import keep


class AccountsConfig(AppConfig):
    """Who is calling."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the database keep what `accounts/kept.py` says."""
        from accounts.kept import kept

        keep(self, kept)
