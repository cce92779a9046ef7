"""Middlewares that only browsers need, spared where a program calls the API with its own credentials.

A call of the API with Basic credentials is answered for those credentials, whatever cookies come with it
(`accounts/authentication.py`), so nobody looks for a session, a signed-in user or messages.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

API_PATHS = ("/wp-json/", "/api/")


def is_program(request: HttpRequest) -> bool:
    """Whether this calls the API with credentials of its own."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    return header[:6].lower() == "basic " and request.path_info.startswith(API_PATHS)


class ForBrowsers:
    """Comes before a middleware of Django's and lets programs pass it by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        """The answer to a request."""
        return self.get_response(request) if is_program(request) else super().__call__(request)  # type: ignore[misc]


class Sessions(ForBrowsers, SessionMiddleware):
    """`request.session`."""


class SignedIn(ForBrowsers, AuthenticationMiddleware):
    """`request.user` of the session."""


class Messages(ForBrowsers, MessageMiddleware):
    """What the next page shall say."""
