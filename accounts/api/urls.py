"""Path <-> action of WordPress's own routes, and of the two pages of its admin that clients open."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path, re_path

from accounts import pages
from accounts.api.views import ApplicationPasswordViewSet, UserViewSet

USER = "(?P<user>[0-9]{1,18}|me)"
PASSWORDS = f"users/{USER}/application-passwords"


def _route(pattern: str, viewset: Any, **actions: str) -> URLPattern:
    return re_path(rf"^{pattern}/?\Z", viewset.as_view(actions))


def routes() -> list[URLPattern]:
    """What stands under /wp-json/wp/v2/."""
    passwords = ApplicationPasswordViewSet
    return [
        _route("users", UserViewSet, get="list"),
        _route("users/me", UserViewSet, get="me"),
        _route("users/(?P<user>[0-9]{1,18})", UserViewSet, get="retrieve"),
        _route(PASSWORDS, passwords, get="list", post="create", delete="destroy_all"),
        _route(f"{PASSWORDS}/introspect", passwords, get="introspect"),
        _route(
            rf"{PASSWORDS}/(?P<uuid>[\w-]{{1,64}})",
            passwords,
            get="retrieve",
            put="update",
            post="update",
            patch="update",
            delete="destroy",
        ),
    ]


def admin_pages() -> list[URLPattern]:
    """What stands under /wp-admin/."""
    return [
        path("authorize-application.php", pages.AuthorizePage.as_view(), name="authorize_application"),
        path("admin-ajax.php", pages.ajax, name="admin_ajax"),
    ]
