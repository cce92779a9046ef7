"""One middleware around /wp-json/: other spellings of a request on the way in, WordPress's headers on the way out.

It runs for every request, so it compares a few texts and asks nothing of the database.
Source: wordpress-conventions; decisions, "Who may do what" (Cookie, method override).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from fluentcart.api.dialects import WordPress
from fluentcart.errors import DomainError
from fluentcart.hosts import host_of

ROOT = "/wp-json"
OVERRIDES = ("PUT", "PATCH", "DELETE")
EXPOSED = ("X-WP-Total", "X-WP-TotalPages", "Link", "ETag", "Idempotent-Replayed")
ACCEPTED = (
    *("Authorization", "X-WP-Nonce", "Content-Disposition", "Content-MD5", "Content-Type"),
    *("Idempotency-Key", "If-Match", "If-None-Match"),
)
HEADERS = {
    "X-Robots-Tag": "noindex",
    "Access-Control-Expose-Headers": ", ".join(EXPOSED),
    "Access-Control-Allow-Headers": ", ".join(ACCEPTED),
}
NO_CACHE = "no-cache, must-revalidate, max-age=0, no-store, private"
# About the message that carries the answer, not about the answer.
NOT_ENVELOPED = ("content-type", "content-length")

_SLASHES = re.compile("/{2,}")


class WordPressMiddleware:
    """Whatever is not under /wp-json/ passes untouched; the front page tells where the API is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer to a request."""
        path = api_path(request)
        if path is None:
            response = self.get_response(request)
            if request.path_info == "/":
                response["Link"] = discovery_link(request)
            return response
        if path != request.path_info:
            request.path_info = path
            request.path = f"{request.META.get('SCRIPT_NAME', '')}{path}"
        refusal = override_method(request)
        return dressed(request, refusal or self.get_response(request))


# --- On the way in -----------------------------------------------------------------------------


def api_path(request: HttpRequest) -> str | None:
    """The path below /wp-json that a request means; None for what is not the API.

    `/?rest_route=/wp/v2/users`, `/index.php/wp-json/...` and doubled slashes mean the pretty path.
    """
    path = request.path_info
    if "//" in path:
        path = _SLASHES.sub("/", path)
    if path.startswith("/index.php"):
        path = path.removeprefix("/index.php") or "/"
    if path == "/" and "rest_route=" in request.META.get("QUERY_STRING", ""):
        route = request.GET.get("rest_route", "")
        return _SLASHES.sub("/", f"{ROOT}/{route}")
    return path if path == ROOT or path.startswith(f"{ROOT}/") else None


def override_method(request: HttpRequest) -> HttpResponse | None:
    """Let a POST be the PUT, PATCH or DELETE that it says it is; a refusal for any other change of method.

    Done before anything looks at the method: policy, rate class and CSRF go by the effective one. A request
    that pretends to be safe while it writes would slip past all three, so a GET is never more than a GET.
    """
    wanted = request.META.get("HTTP_X_HTTP_METHOD_OVERRIDE", "")
    if "_method=" in request.META.get("QUERY_STRING", ""):
        wanted = request.GET.get("_method") or wanted
    wanted = wanted.upper()
    if not wanted or wanted == request.method:
        return None
    if request.method == "POST" and wanted in OVERRIDES:
        request.method = wanted
        return None
    sentence = f"Only POST may stand for another method, and only for {', '.join(OVERRIDES)}."
    error = DomainError(sentence, code="rest_invalid_method_override")
    return JsonResponse(WordPress().refusal(error, 400), status=400)


# --- On the way out ----------------------------------------------------------------------------


def dressed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """An answer with the headers that every answer under /wp-json/ has, in an envelope if one is asked for."""
    headers = response.headers
    for name, value in HEADERS.items():
        if name not in headers:  # for an origin that is on the list, django-cors-headers has said more
            headers[name] = value
    vary = headers.get("Vary", "")
    if "origin" not in vary.lower():
        headers["Vary"] = f"{vary}, Origin" if vary else "Origin"
    if "Link" not in headers:
        headers["Link"] = discovery_link(request)
    if nonce := getattr(request, "wp_nonce", None):
        headers["X-WP-Nonce"] = nonce
    keep_private(request, response)
    if "_envelope" in request.META.get("QUERY_STRING", "") and "_envelope" in request.GET:
        envelop(response)
    return response


def keep_private(request: Any, response: HttpResponseBase) -> None:
    """An answer to somebody's credentials is kept by no browser and no proxy; any dialect's."""
    if "HTTP_AUTHORIZATION" in request.META or settings.SESSION_COOKIE_NAME in request.COOKIES:
        response.headers.setdefault("Cache-Control", NO_CACHE)


def root_url(request: HttpRequest) -> str:
    """Where the API begins, with a slash at the end."""
    return f"{request.scheme}://{host_of(request)}{ROOT}/"


def discovery_link(request: HttpRequest) -> str:
    """The value of the Link header by which clients find the API."""
    return f'<{root_url(request)}>; rel="https://api.w.org/"'


def envelop(response: HttpResponseBase) -> None:
    """Put status and headers of a JSON answer into its body, for clients that cannot read them."""
    if not isinstance(response, HttpResponse) or not response["Content-Type"].startswith("application/json"):
        return
    headers = {name: value for name, value in response.items() if name.lower() not in NOT_ENVELOPED}
    body = orjson.Fragment(response.content or b"null")
    response.content = orjson.dumps({"body": body, "status": response.status_code, "headers": headers})
    response.status_code = 200
    response["Content-Length"] = str(len(response.content))
