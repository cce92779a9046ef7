"""What only browsers need: a policy for every page, and middlewares that are spared where a program calls the API.

A call of the API with Basic credentials is answered for those credentials, whatever cookies come with it
(`accounts/authentication.py`), so nobody looks for a session, a signed-in user, messages or a forged form.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware

API_PATHS = ("/wp-json/", "/api/")

# Everything that a page uses is a file of this service. The admin's and Swagger UI's icons are data: addresses.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def page_policy(*, form_action: str | None = _SOURCES["form-action"]) -> str:
    """The Content-Security-Policy of a page: no inline script or style, nothing from elsewhere, in nobody's frame.

    Args:
        form_action: where the page's forms may lead; None for anywhere.
    """
    sources = {**_SOURCES, "form-action": form_action}
    return "; ".join(f"{name} {source}" for name, source in sources.items() if source is not None)


PAGE_POLICY = page_policy()


class PagePolicies:
    """A Content-Security-Policy on every page that does not bring its own; programs get none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request. The pages by which DEBUG explains an error are inline, and keep to no policy."""
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            is_explanation = settings.DEBUG and response.status_code >= HTTPStatus.BAD_REQUEST
            if not is_explanation:
                response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        return response


def is_program(request: HttpRequest) -> bool:
    """Whether this calls the API with credentials of its own."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    return header[:6].lower() == "basic " and request.path_info.startswith(API_PATHS)


class ProgramsMiddleware:
    """Lets programs pass by the middlewares behind it that only browsers need.

    Not by what those do beside the answer: Django still asks CsrfViewMiddleware about each view, so one that is not
    exempt from its check refuses programs, too.
    """

    FOR_BROWSERS = (
        XFrameOptionsMiddleware,
        CsrfViewMiddleware,
        SessionMiddleware,
        AuthenticationMiddleware,
        MessageMiddleware,
    )

    def __init__(self, get_response: Any) -> None:
        self.get_response = self.behind = get_response
        # Each stands within Django's wrapper that answers exceptions.
        while isinstance(inner := getattr(self.behind, "__wrapped__", None), self.FOR_BROWSERS):
            self.behind = inner.get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request."""
        answer: HttpResponse = (self.behind if is_program(request) else self.get_response)(request)
        return answer
