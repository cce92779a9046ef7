"""The documented rates: fixed hourly windows per user, resource and class, counted before any refusal.

django-ratelimit's core counts; the cache behind it is `fluentcart.counters.CounterCache`, exact and one round
trip. The decorator of that library is not used: it exposes no usage, and the headers are made from usage.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django_ratelimit.core import _split_rate, get_usage

# (events, seconds) of "1000/h", which django-ratelimit would read twice for each request.
split_rate = cache(_split_rate)


@dataclass(frozen=True)
class Usage:
    """How much of a rate is used up in the window that runs."""

    limit: int
    count: int
    seconds_left: int

    @property
    def exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.count > self.limit

    def headers(self) -> dict[str, str]:
        """The headers that tell a client; the reset is in epoch seconds."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.limit - self.count, 0)),
            "X-RateLimit-Reset": str(int(time.time()) + self.seconds_left),
        }


def count(request: Any, resource: str, rate_class: str) -> Usage | None:
    """Count one request of a user; None when rates are switched off or nobody is signed in.

    Shared by all dialects: the key has no version in it (decisions, "Rates").
    """
    if not settings.RATE_LIMIT_ENABLED or not request.user.is_authenticated:
        return None
    key = str(request.user.pk)
    found = get_usage(
        request._request,
        group=f"{resource}:{rate_class}",
        key=lambda group, request: key,
        rate=split_rate(settings.RATES[rate_class]),
        increment=True,
    )
    return Usage(found["limit"], found["count"], found["time_left"]) if found else None
