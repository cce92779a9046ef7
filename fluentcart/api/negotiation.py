"""Which renderer answers: DRF's choice, made at once for the clients that take whatever comes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.settings import api_settings

# What curl, WordPress clients and HTTP libraries send when nobody told them otherwise.
ANYTHING = frozenset({"", "*/*", "application/json", "application/json, */*;q=0.1"})


class Negotiation(DefaultContentNegotiation):
    """As DRF's; parsing an Accept header that leaves no choice takes longer than an answer's JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """See DefaultContentNegotiation."""
        meta = request.META
        has_switch = f"{api_settings.URL_FORMAT_OVERRIDE}=" in meta.get("QUERY_STRING", "")
        if not format_suffix and not has_switch and meta.get("HTTP_ACCEPT", "") in ANYTHING:
            first = next(iter(renderers))
            return first, str(first.media_type)
        chosen: tuple[BaseRenderer, Any] = super().select_renderer(request, renderers, format_suffix)
        return chosen
