"""The admin's site: whatever somebody does on its pages is theirs in the history."""

from __future__ import annotations

from functools import wraps
from typing import Any

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
            with acting_as(actor_of(request.user)):
                return view(request, *args, **kwargs)

        return super().admin_view(act, cacheable)
