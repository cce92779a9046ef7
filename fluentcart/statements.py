"""How many SQL statements this thread ran, and how long it waited for them: the request log tells both.

Statements reach the database by two ways, and each notes here: Django's cursors (the backends `fluentcart.sqlite` and
`fluentcart.postgres`), and `fluentcart.compiled`, which needs no cursor. COMMIT takes time and is not counted.
A note costs less than half a microsecond, so there is no setting for it.
"""

from __future__ import annotations

import threading
from time import perf_counter
from typing import Any

from django.db.backends.utils import CursorDebugWrapper, CursorWrapper


class Spent(threading.local):
    """Since the thread's request began."""

    statements = 0
    seconds = 0.0


spent = Spent()


def begin() -> None:
    """A request begins."""
    spent.statements = 0
    spent.seconds = 0.0


def note(began: float, statements: int = 1) -> None:
    """The database has answered.

    Args:
        began: `perf_counter()` before it was asked.
        statements: how many, at once.
    """
    spent.statements += statements
    spent.seconds += perf_counter() - began


class _Noting:
    """A cursor that notes what it runs."""

    def _execute(self, *args: Any) -> Any:
        began = perf_counter()
        try:
            return super()._execute(*args)  # type: ignore[misc]
        finally:
            note(began)

    def _executemany(self, *args: Any) -> Any:
        began = perf_counter()
        try:
            return super()._executemany(*args)  # type: ignore[misc]
        finally:
            note(began)


class NotingCursor(_Noting, CursorWrapper):
    """As Django's."""


class NotingDebugCursor(_Noting, CursorDebugWrapper):
    """As Django's, for whoever watches the statements."""


class NotingWrapper:
    """A part of a database's backend: its cursors note what they run, and COMMIT how long it took."""

    def make_cursor(self, cursor: Any) -> Any:
        """As Django's."""
        return NotingCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> Any:
        """As Django's."""
        return NotingDebugCursor(cursor, self)

    def _commit(self) -> None:
        began = perf_counter()
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            note(began, statements=0)
