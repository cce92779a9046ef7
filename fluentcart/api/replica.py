"""Lists and reports from the replica, where there is one, it is near enough, and the caller has not just written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError
from rest_framework.request import Request

from fluentcart.counters import get_counter, is_degraded
from fluentcart.errors import NotFound
from fluentcart.metrics import list_read
from fluentcart.replica.reading import REPLICA, reading_from, reads_from, writer_key
from fluentcart.replica.standing import standing

T = TypeVar("T")


def guarded(request: Request, handler: Callable[..., T]) -> Callable[..., T]:
    """A handler that only reads, read from the replica when that may be.

    What fails there, or is not there yet, is read from the primary, from the beginning: a page's rows and its total
    come from one server.
    """
    if not settings.HAS_REPLICA:
        return handler

    def handle(*args: Any, **kwargs: Any) -> T:
        why = why_not(request.user.pk)
        list_read(why)
        return handler(*args, **kwargs) if why else tried(lambda: handler(*args, **kwargs))

    return handle


def why_not(user_id: int | None) -> str:
    """Why a user's list is read from the primary; "" when it need not be."""
    if why := standing().why_not():
        return why
    has_written = get_counter().peek(writer_key(user_id))[0]
    if is_degraded():  # others cannot tell this process who has written
        return "counters degraded"
    return "own write" if has_written else ""


def tried(read: Callable[[], T]) -> T:
    """What a function reads from the replica; from the primary when it cannot."""
    try:
        with reading_from(REPLICA):
            return read()
    except (OperationalError, InterfaceError) as error:
        standing().failed(error)
    except (DatabaseError, NotFound):
        pass  # a column or a row that has not arrived yet; or the primary says the same
    list_read("failed")
    return read()


def kept() -> Callable[[Callable[[], T]], T]:
    """What reads, later on, from where is read now: for an answer that is streamed."""
    return tried if reads_from() != DEFAULT_DB_ALIAS else lambda read: read()
