"""In which time zone somebody wants to read times: the one that their browser said in a cookie."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest

ZONE_COOKIE = "timezone"  # set by static/fluentcart/zone.js
UTC = ZoneInfo("UTC")


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def viewer_zone(request: HttpRequest) -> ZoneInfo:
    """The zone of the browser; UTC before it has said one, and for a name that is no zone.

    A name is looked up only when it is known: whoever writes cookies must not choose files to open.
    """
    name = request.COOKIES.get(ZONE_COOKIE, "")
    return ZoneInfo(name) if name in _known_zones() else UTC
