"""Seen around every request: its id, its line in the log, its place in the metrics.

Costs some microseconds a request; nothing when REQUEST_LOG is off and METRICS_TOKEN is not set, but for the id.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from accounts.addresses import is_from_proxy
from fluentcart import statements
from fluentcart.logs import LineLogger, request_id
from fluentcart.metrics import metrics

logger = logging.getLogger(__name__)
HEADER = "X-Request-Id"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


class WatchMiddleware:
    """The outermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.log = LineLogger(settings.LOG_FORMAT) if settings.REQUEST_LOG else None
        self.metrics = metrics()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer to a request, with its id."""
        began = time.perf_counter()
        name = read_id(request)
        token = request_id.set(name)
        statements.begin()
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response[HEADER] = name
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            response.streaming_content = unbroken(iter(response), name)
        seconds = time.perf_counter() - began
        if self.metrics is not None:
            labels = (*what_was_asked(request), f"{response.status_code // 100}xx")
            self.metrics.requests.labels(*labels).observe(seconds)
        if self.log is not None:
            sql = {"sql": statements.spent.statements, "sql_ms": round(statements.spent.seconds * 1000, 2)}
            self.log.info("request", **line(request, response.status_code, seconds), **sql, request_id=name)
        return response


def unbroken(content: Iterator[bytes], name: str) -> Iterator[bytes]:
    """What a streamed answer sends. When it fails half way our log tells it, and the server only that it broke off.

    Raises:
        BrokenOff: nobody could say by a status any more that something went wrong.
    """
    try:
        yield from content
    except Exception:
        token = request_id.set(name)
        logger.exception("A streamed answer broke off")
        request_id.reset(token)
        raise BrokenOff from None


class BrokenOff(Exception):
    """The answer ends before its end; the reason is in the log."""


def read_id(request: HttpRequest) -> str:
    """The id that a trusted proxy gave the request, or a new one."""
    sent = request.META.get("HTTP_X_REQUEST_ID", "")
    if sent and _ID.match(sent) and is_from_proxy(request):
        return str(sent)
    return secrets.token_hex(8)


def line(request: HttpRequest, status: int, seconds: float) -> dict[str, Any]:
    """What the log says of a request. The path is told by its route's pattern: ids and codes stay out."""
    match = request.resolver_match
    fields: dict[str, Any] = {
        "method": request.method if request.method in METHODS else "other",
        "route": pattern_of(match.route) if match else "",
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
    }
    if user_id := who(request):
        fields["user_id"] = user_id
    if credential := getattr(getattr(request, "auth", None), "uuid", None):
        fields["credential"] = str(credential)
    return fields


@lru_cache(maxsize=512)
def pattern_of(route: str) -> str:
    """A route as people write it: "/wp-json/fluent-cart/v2/customers/<customer_id>"."""
    return str(simplify_regex(route)).rstrip("/") or "/"


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def who(request: HttpRequest) -> int | None:
    """The id of whoever was signed in, if somebody asked; looking must not cost a query."""
    if (found := getattr(request, "auth", None)) is not None:
        user_id: int | None = getattr(found, "user_id", None)
        return user_id
    return getattr(getattr(request, "_cached_user", None), "pk", None)


def what_was_asked(request: HttpRequest) -> tuple[str, str]:
    """Dialect and action, in the code's words: ("v2", "customers.list"); pages and files are ("", name of the URL)."""
    match = request.resolver_match
    if match is None:
        return "", "none"
    actions = getattr(match.func, "actions", None)
    if actions is None:
        return "", match.url_name or "page"
    resource = getattr(getattr(match.func, "cls", None), "resource", "")
    action = actions.get((request.method or "").lower(), "none")
    return (match.namespaces[0] if match.namespaces else ""), f"{resource}.{action}"
