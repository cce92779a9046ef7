"""Deadlocks: one of several transactions that wait for each other is undone by PostgreSQL, and is tried again.

Rows are locked in one order everywhere (`orders/services/locks.py`), so that there are none. This is for what an order
of locks cannot reach: an order that is made for a customer while all of theirs are being locked, two imports of the
same new products, and references that PostgreSQL itself looks for when it commits.

Tried again are requests to the API that are one transaction, each id of those that are several, what the admin writes
through services, portions of an import, the transactions of a refund, and the telling and erasing of personal data. A
command that loses otherwise, and pages of the admin that no service stands behind, say so and are run again by people.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

DEADLOCK = "40P01"
TRIES = 4
PAUSE_SECONDS_MAX = 0.05


def is_deadlock(error: BaseException) -> bool:
    """Whether the database chose this transaction to lose a deadlock; nothing of it is stored."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) == DEADLOCK


def tried_again(call: Callable[P, R]) -> Callable[P, R]:
    """A function that is one transaction, called again while it loses deadlocks, up to four times in all.

    Inside of another transaction it is called once: only the outermost can be undone and begun anew.
    """

    @wraps(call)
    def again(*args: P.args, **kwargs: P.kwargs) -> R:
        for number in range(1, TRIES + 1):
            try:
                return call(*args, **kwargs)
            except OperationalError as error:
                if not is_deadlock(error) or connection.in_atomic_block or number == TRIES:
                    raise
                log.warning("Lost a deadlock, try %s of %s", number, TRIES)
                time.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # noqa: S311
        raise AssertionError("the last try returns or raises")

    return again
