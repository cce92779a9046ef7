"""Which of the two databases is read from: said around a whole answer, so that its totals and rows agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS

REPLICA = "replica"
_reads_from: ContextVar[str] = ContextVar("reads_from", default=DEFAULT_DB_ALIAS)
# The alias of the database that queries of this thread read from, unless they name one.
reads_from = _reads_from.get


@contextmanager
def reading_from(alias: str) -> Iterator[None]:
    """Let everything that is read inside, and names no database, be read from this one."""
    token = _reads_from.set(alias)
    try:
        yield
    finally:
        _reads_from.reset(token)


def writer_key(user_id: int | None) -> str:
    """Under which key of the counters stands that a user has written lately."""
    return f"wrote:{user_id}"


class Router:
    """Django's hook, for querysets; installed where there is a replica."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """See the module."""
        return reads_from()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """The primary, also for a row that came from the replica."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        """Rows of the replica are the primary's."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Tables reach the replica by themselves."""
        return db == DEFAULT_DB_ALIAS
