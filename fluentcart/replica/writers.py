"""Who has written lately: they read their lists from the primary, for as long as the replica may be behind."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from fluentcart.counters import get_counter
from fluentcart.replica.reading import writer_key
from fluentcart.watch import who

SAFE = ("GET", "HEAD", "OPTIONS")


class WritersMiddleware:
    """Remembers each user who sends a write, before the answer is out; installed where there is a replica.

    Where the shared counters are, and not in the database: a writer costs nobody a row, and all workers see it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer."""
        response = self.get_response(request)
        if request.method not in SAFE and (user_id := who(request)):
            # The counters know whole seconds, and a mark may begin at the end of one.
            get_counter().mark(writer_key(user_id), settings.REPLICA_LAG_SECONDS_MAX + 1)
        return response
