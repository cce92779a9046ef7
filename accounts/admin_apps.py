"""Django's admin with this project's site."""

from django.contrib.admin.apps import AdminConfig


class ShopAdminConfig(AdminConfig):
    """Makes `admin.site` a ShopAdminSite."""

    default_site = "accounts.admin_site.ShopAdminSite"
