"""When the database is away or has no time: which errors say so, and what is answered meanwhile."""

from __future__ import annotations

import logging
import sqlite3

from django.db import InterfaceError, OperationalError

from fluentcart.errors import DomainError

log = logging.getLogger(__name__)

RETRY_SECONDS = 5


class Unavailable(DomainError):
    """The database does not answer; whether a write that was under way is stored is not known."""

    code = "service_unavailable"

    def __init__(self) -> None:
        super().__init__("The service is unavailable for a moment. Try again.")


def is_outage(error: BaseException | None) -> bool:
    """Whether an error comes from a database that is away, starts, is full, or let somebody wait too long for a lock.

    Those pass by themselves, unlike defects. A deadlock and a lost serialization are among them: the transaction is
    undone, and trying again is right. SQLite also calls a wrong statement operational (its code 1); that is a defect.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR


def report(error: BaseException) -> None:
    """A line in the log; a traceback for each request of an outage would fill a disk."""
    log.warning("The database does not answer: %s: %s", type(error).__name__, str(error).strip().partition("\n")[0])
