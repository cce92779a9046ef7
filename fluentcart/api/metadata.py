"""What OPTIONS answers: the methods of a route and the capabilities they need, from the policy's table."""

from __future__ import annotations

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request

from fluentcart.api.schema import words


class RouteMetadata(BaseMetadata):
    """In place of DRF's, which describes serializers and knows no field tables; the OpenAPI document has the rest."""

    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        """`{"methods": {"GET": {"summary": ..., "capabilities": [...]}}}`."""
        actions = {method: action for method, action in view.action_map.items() if method != "head"}
        return {"methods": {method.upper(): self.describe(view, action) for method, action in actions.items()}}

    def describe(self, view: Any, action: str) -> dict[str, Any]:
        """One method."""
        return {"summary": words.summary(view, action), "capabilities": list(words.capabilities(view, action))}
