"""The admin's site: named after the shop, and every page of it shows times in the zone of whoever looks."""

from __future__ import annotations

from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils import timezone

from fluentcart.admin.zones import viewer_zone


class ZonedAdminSite(AdminSite):
    """See AdminSite. Times are stored in UTC and typed nowhere; only what is shown depends on the zone."""

    site_header = site_title = f"{settings.SHOP_NAME} administration"
    index_title = "The shop today"
    enable_nav_sidebar = True

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """See AdminSite; the page is drawn while the viewer's zone is active, and names it."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def in_viewer_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            with timezone.override(viewer_zone(request)):
                response = guarded(request, *args, **kwargs)
                # A TemplateResponse is drawn later, when the zone would be forgotten.
                return response.render() if callable(getattr(response, "render", None)) else response

        return in_viewer_zone

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """See AdminSite; with the zone's name, for no time should leave its zone to a guess."""
        zone = timezone.get_current_timezone()
        return {**super().each_context(request), "zone_name": zone.key if isinstance(zone, ZoneInfo) else str(zone)}
