"""The Host header, looked at once a request and before anything is done; and the length of every answer.

This is what is left of Django's CommonMiddleware with our settings: no other address is ever redirected to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase


class HostMiddleware:
    """Refuses a Host that is not one of ALLOWED_HOSTS (400), and tells the length of what is not streamed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer to a request.

        Raises:
            DisallowedHost: Django answers it with 400.
        """
        vars(request)["known_host"] = request.get_host()
        response: Any = self.get_response(request)
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        return response


def host_of(request: HttpRequest) -> str:
    """The host, with its port, that a request was sent to.

    Raises:
        DisallowedHost: it is not one of ALLOWED_HOSTS.
    """
    found: str | None = vars(request).get("known_host")
    return request.get_host() if found is None else found
