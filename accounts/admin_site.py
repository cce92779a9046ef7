"""The admin's site: whatever somebody does on its pages is theirs in the history."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.actors import actor_of
from fluentcart.admin.site import ZonedAdminSite
from fluentcart.history.actor import acting_as


class ShopAdminSite(ZonedAdminSite):
    """Lets each page act as whoever is signed in."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """See AdminSite; every page of every model goes through here."""

        @wraps(view)
        def act(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refuse_history(view, request)
            with acting_as(actor_of(request.user)):
                return view(request, *args, **kwargs)

        return super().admin_view(act, cacheable)


def refuse_history(view: Any, request: HttpRequest) -> None:
    """Ask for the permission before Django looks for the row, as its other pages do: else a refusal tells of rows.

    Raises:
        PermissionDenied: this is the history of a row that the caller may not see.
    """
    if getattr(view, "__name__", "") == "history_view" and not view.__self__.has_view_or_change_permission(request):
        raise PermissionDenied
