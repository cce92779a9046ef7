"""The one translation of a refusal into a response."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import TooManyFieldsSent
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from fluentcart.api.dialects import WordPress
from fluentcart.api.outages import RETRY_SECONDS, Unavailable, is_outage, report
from fluentcart.api.query import TOO_MANY_VARIABLES
from fluentcart.errors import DomainError, InvalidFields
from fluentcart.slowness import BodyTooSlow, OthersAreSlow

# Codes that a single field error may lift to the whole answer (C29).
FIELD_CODES = ("email_already_exists", "invalid_email")

_BY_CLASS: tuple[tuple[type[Exception], str, str], ...] = (
    (exceptions.AuthenticationFailed, "rest_not_logged_in", ""),
    (exceptions.NotAuthenticated, "rest_not_logged_in", "You are not currently logged in."),
    (exceptions.PermissionDenied, "insufficient_permissions", "You do not have permission to do that."),
    (DjangoPermissionDenied, "insufficient_permissions", "You do not have permission to do that."),
    (exceptions.MethodNotAllowed, "method_not_allowed", "No route was found matching the URL and request method."),
    (Http404, "rest_no_route", "No route was found matching the URL and request method."),
    (exceptions.Throttled, "rate_limited", ""),
    (exceptions.ParseError, "rest_invalid_json", ""),
    (BodyTooSlow, "body_too_slow", "The body did not arrive in time. Nothing was changed."),
    (UnreadablePostError, "body_cut_off", "The body is shorter than its Content-Length."),
    (exceptions.UnsupportedMediaType, "unsupported_media_type", ""),
    (exceptions.NotAcceptable, "not_acceptable", ""),
    (exceptions.APIException, "", ""),
)


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: any refusal, in the dialect of the view. None lets a defect be a defect."""
    error = translate(exc)
    if error is None:
        return None
    dialect = getattr(context["view"], "dialect", None) or WordPress()
    if isinstance(exc, exceptions.MethodNotAllowed) and dialect.tells_methods:
        allowed = ", ".join(context["view"].allowed_methods)
        error = DomainError(
            f"{context['request'].method} is not allowed here. Allowed are: {allowed}.", code=error.code
        )
    status = dialect.status_of(error)
    response = Response(dialect.refusal(error, status), status=status)
    wait_seconds = RETRY_SECONDS if isinstance(error, Unavailable) else getattr(exc, "wait", None)
    if wait_seconds is not None:
        response["Retry-After"] = str(int(wait_seconds))
    if status == 401 and not _is_browser(context["request"]) and getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]
    response.exception = True
    return response


def translate(exc: Exception) -> DomainError | None:
    """Whatever was raised, as a refusal; None when it is none."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, exceptions.ValidationError):
        return from_validation(exc.detail)
    if is_outage(exc):
        report(exc)
        return Unavailable()
    if isinstance(exc, UnreadablePostError) and isinstance(exc.__cause__, OSError):  # Django wraps it up to twice
        exc = exc.__cause__
        return translate(exc) or translate(UnreadablePostError())
    if isinstance(exc, OthersAreSlow):
        return Unavailable()
    if isinstance(exc, TooManyFieldsSent):
        return InvalidFields.of("query", TOO_MANY_VARIABLES)
    for kind, code, sentence in _BY_CLASS:
        if isinstance(exc, kind):
            detail = getattr(exc, "detail", "")
            return DomainError(sentence or str(detail), code=code or getattr(exc, "default_code", "error"))
    return None


def from_validation(detail: Any) -> InvalidFields:
    """DRF's nested error detail as a flat map of dotted field names to sentences."""
    fields: dict[str, list[str]] = {}
    codes: list[str] = []
    _flatten(detail, "", fields, codes)
    code = codes[0] if len(codes) == 1 and codes[0] in FIELD_CODES else None
    return InvalidFields(fields, code=code)


def _flatten(detail: Any, path: str, fields: dict[str, list[str]], codes: list[str]) -> None:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            _flatten(inner, _below(path, name), fields, codes)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            _flatten(inner, f"{path}[{index}]" if isinstance(inner, dict) and inner else path, fields, codes)
    else:
        fields.setdefault(path or "body", []).append(str(detail))
        codes.append(str(getattr(detail, "code", "")))


def _below(path: str, name: Any) -> str:
    """A field inside another: `items[0].quantity`."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    return path if name == "non_field_errors" else f"{path}.{name}".strip(".")


def _is_browser(request: Any) -> bool:
    """A browser that gets a challenge shows a password window over whatever page is open, scripts' calls included."""
    meta = request.META
    return "HTTP_SEC_FETCH_MODE" in meta or "text/html" in meta.get("HTTP_ACCEPT", "")
