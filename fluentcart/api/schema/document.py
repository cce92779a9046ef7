"""One OpenAPI document for each dialect, made once and kept."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

import orjson
from django.urls import URLResolver
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator

from fluentcart.api.dialects import Dialect

METHODS = ("get", "post", "put", "delete")
# drf-spectacular looks its extensions up while it works, and fails when two threads do so at once.
_making = Lock()


class Generator(SchemaGenerator):
    """drf-spectacular's, with paths as the documents write them and methods in one order."""

    def coerce_path(self, path: str, method: str, view: Any) -> str:
        """The path without its optional slash."""
        return str(super().coerce_path(path, method, view)).rstrip("/")

    def parse(self, input_request: Any, public: bool) -> dict[str, Any]:
        """See SchemaGenerator."""
        paths = super().parse(input_request, public)
        return {
            path: dict(sorted(operations.items(), key=lambda item: METHODS.index(item[0])))
            for path, operations in paths.items()
        }


@lru_cache
def document(mount: URLResolver) -> bytes:
    """The OpenAPI document of everything under one mount, as JSON; it takes a second the first time."""
    return orjson.dumps(generate(mount))


def generate(mount: URLResolver) -> dict[str, Any]:
    """The OpenAPI document of everything under one mount."""
    with _making:
        found: dict[str, Any] = Generator(patterns=[mount]).get_schema(request=None, public=True)
    found["info"]["title"] = f"{dialect_of(mount).title} API"
    return found


def dialect_of(mount: URLResolver) -> Dialect:
    """The dialect that the routes of a mount speak."""
    views = (pattern.callback.cls for pattern in mount.url_patterns)  # type: ignore[union-attr]
    found: Dialect = next(view.dialect for view in views if hasattr(view, "dialect"))
    return found


def browse_roots(mount: URLResolver) -> list[str]:
    """The paths of a mount that list something and need no id: where looking around begins."""
    endpoints = EndpointEnumerator(patterns=[mount]).get_api_endpoints()
    return [
        path.rstrip("/")
        for path, _, method, callback in endpoints
        if method == "GET" and getattr(callback, "actions", {}).get("get") == "list"
    ]
