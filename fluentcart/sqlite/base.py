"""The backend that Django loads: transactions, and writes outside of one, take a turn first (turns.py)."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Any

from django.db.backends.sqlite3 import base

from fluentcart.sqlite.byte_locks import alone
from fluentcart.sqlite.turns import Turns
from fluentcart.statements import NotingWrapper, note

logger = logging.getLogger(__name__)

# After so many turns, of about 20 pages each, whoever ends one brings what was written into the database file. SQLite
# would do it every 1000 pages, in a turn, while the others wait for the disk; so settings have it do that much later.
CHECKPOINT_EVERY_TURNS = 256
CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"
# Reading waits for nobody here (WAL), and what begins or ends a transaction is not a write by itself.
_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP)\b", re.IGNORECASE)


class Cursor(base.SQLiteCursorWrapper):
    """Takes a turn for a write that is a transaction by itself."""

    def __init__(self, connection: Any, *, turns: Turns) -> None:
        super().__init__(connection)
        self.turns = turns

    @contextmanager
    def turn_for(self, query: str) -> Iterator[None]:
        """A turn while a statement runs, unless the transaction that it is part of has one."""
        if self.connection.in_transaction or not _WRITES.match(query):
            yield
            return
        self.turns.take()
        try:
            yield
        finally:
            self.turns.release()

    def execute(self, query: str, params: Any = None) -> Any:
        """As Django's; a statement that was not begun because the schema has changed is prepared anew.

        SQLite does so by itself, but fails when the statement fires a trigger that writes to a full-text index: that
        looks for its table while the schema is still being read.
        """
        with self.turn_for(query):
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_SCHEMA:
                    raise
                return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """As Django's."""
        with self.turn_for(query):
            return super().executemany(query, param_list)


class DatabaseWrapper(NotingWrapper, base.DatabaseWrapper):
    """A connection of one thread. A database in memory has one process, and no file to queue at."""

    turns: Turns | None = None

    @property
    def is_shared(self) -> bool:
        """Whether other processes may have the database open: it is a file."""
        return not self.is_in_memory_db() and not str(self.settings_dict["NAME"]).startswith("file:")

    def get_new_connection(self, conn_params: Any) -> Any:
        """As Django's; its turns come with it."""
        if self.is_shared:
            self.turns = Turns(f"{conn_params['database']}-turns")
        return super().get_new_connection(conn_params)

    @contextmanager
    def alone(self, number: int) -> Iterator[bool]:
        """Whether nobody else on this host is in such a block with this number; it may hold several transactions.

        What PostgreSQL calls an advisory lock. A database in memory has nobody else.
        """
        if not self.is_shared:
            yield True
            return
        with alone(f"{self.settings_dict['NAME']}-keys", number) as is_ours:
            yield is_ours

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's."""
        if self.turns is None:
            return super().create_cursor(name)
        return self.connection.cursor(factory=partial(Cursor, turns=self.turns))

    def _start_transaction_under_autocommit(self) -> None:
        if self.turns is None:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        self.turns.take()
        try:
            self._begin()
        except BaseException:
            self.turns.release()
            raise

    def _begin(self) -> None:
        """BEGIN, as Django's; without a cursor, which costs more than all the rest, unless somebody watches."""
        if self.queries_logged or self.execute_wrappers:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        mode = self.transaction_mode or ""  # type: ignore[attr-defined]
        began = perf_counter()
        try:
            with self.wrap_database_errors:
                self.connection.execute(f"BEGIN {mode}")
        finally:
            note(began)

    def _commit(self) -> None:
        super()._commit()
        number = self._end_turn()
        if number and number % CHECKPOINT_EVERY_TURNS == 0:
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Bring committed pages into the database file as far as nobody reads older ones; others may write meanwhile.

        What was committed stays so whatever happens here, and the next one tries again.
        """
        try:
            self.connection.execute(CHECKPOINT).fetchall()
        except sqlite3.Error as error:
            logger.warning("No checkpoint: %s", error)

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self.turns is not None:
                self.turns.close()

    def _end_turn(self) -> int | None:
        """The number of the turn that ends, when there was one."""
        return None if self.turns is None else self.turns.release()
