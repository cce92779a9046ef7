"""Prepared statements on a PostgreSQL connection, by libpq's own calls.

psycopg's cursors take several times as long for a small statement as libpq and PostgreSQL do together: they look
for types, adapters and the state of the connection anew each time. Here the server tells the types when a
statement is prepared, and psycopg's compiled loaders read the answer. ADR 7 has the figures.
"""

from __future__ import annotations

import datetime as dt
import select
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.types.datetime import TimestamptzLoader

from fluentcart.compiled.plans import Tuples

# A client can ask for more combinations of filters and sorts than anybody needs; the least used ones are let go.
STATEMENTS_MAX = 500


class Session:
    """The prepared statements of one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.pgconn = connection.pgconn
        cursor = connection.cursor()
        # Django's own loader for times is Python; the connection's zone is UTC, so psycopg's says the same.
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        self.transformer = Transformer.from_context(cursor)
        self.names: OrderedDict[str, bytes] = OrderedDict()
        self.count = 0
        # Whether the server has sent something; whether it has, or can be sent more.
        self.answers, self.traffic = select.poll(), select.poll()
        self.answers.register(self.pgconn.socket, select.POLLIN)
        self.traffic.register(self.pgconn.socket, select.POLLIN | select.POLLOUT)

    def execute(self, sql: str, params: Sequence[Any]) -> tuple[Tuples, int]:
        """Run a statement with `$1` placeholders; its rows, and how many it found or touched.

        Raises:
            psycopg.Error: as psycopg's cursors do.
        """
        if self.is_to_begin:
            return self.execute_all([(sql, params)])[0]
        values: Any = [self.dumped(param) for param in params]
        return self.loaded(self.pgconn.exec_prepared(self.name_of(sql), values))

    def execute_all(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[tuple[Tuples, int]]:
        """As `execute`, for several statements that are sent and answered in one round trip (libpq's pipeline mode).

        Raises:
            psycopg.Error: of the first statement that fails; those behind it do not run.
        """
        # The transaction that this connection is to be in begins before its first statement, as it does in psycopg.
        begin = [(self.connection._get_tx_start_command().decode(), ())] if self.is_to_begin else []
        prepared: list[tuple[bytes, Any]] = [
            (self.name_of(sql), [self.dumped(param) for param in params]) for sql, params in (*begin, *calls)
        ]
        return [self.loaded(result) for result in self.exchanged(prepared)][len(begin) :]

    @property
    def is_to_begin(self) -> bool:
        """Whether the next statement is the first one of a transaction."""
        return not self.connection.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE

    def exchanged(self, prepared: Sequence[tuple[bytes, Any]]) -> list[Any]:
        """The results of several prepared statements; a connection on which this was interrupted is of no more use."""
        pgconn, results, is_done = self.pgconn, [], False
        try:
            pgconn.enter_pipeline_mode()
            for name, values in prepared:
                pgconn.send_query_prepared(name, values)
            pgconn.pipeline_sync()
            self.send()
            for _ in prepared:
                results.append(self.awaited())
                self.awaited()  # None: the end of what one statement gives
            self.awaited()  # the sync
            if pgconn.status == ConnStatus.OK:
                pgconn.exit_pipeline_mode()
            is_done = True
        finally:
            if not is_done:
                self.connection.close()
        return results

    def send(self) -> None:
        """Send all that waits for it; what does not fit into the socket at once would otherwise stay here for ever.

        What the server answers meanwhile is taken in: it reads no further while nobody reads its answers.
        """
        while self.pgconn.flush():
            self.traffic.poll()
            self.pgconn.consume_input()

    def awaited(self) -> Any:
        """The next result; while it is on its way other threads run, of which one may hold the lock that it waits for.

        libpq's own waiting would stop them all: psycopg keeps the interpreter's lock while it asks for a result.
        """
        while self.pgconn.is_busy():
            self.answers.poll()
            self.pgconn.consume_input()
        return self.pgconn.get_result()

    def loaded(self, result: Any) -> tuple[Tuples, int]:
        """The rows of a result, and how many were found or touched.

        Raises:
            psycopg.Error: the result is an error.
        """
        if result is not None and result.status == ExecStatus.TUPLES_OK:
            self.transformer.set_pgresult(result)
            return self.transformer.load_rows(0, result.ntuples, tuple), result.ntuples
        return [], self.checked(result).command_tuples or 0

    def name_of(self, sql: str) -> bytes:
        """The name of a prepared statement, prepared when it is first needed."""
        name = self.names.get(sql)
        if name is None:
            if len(self.names) >= STATEMENTS_MAX:
                _, old = self.names.popitem(last=False)
                self.checked(self.pgconn.close_prepared(old))
            self.count += 1
            name = b"compiled_%d" % self.count
            self.checked(self.pgconn.prepare(name, sql.encode()))
            self.names[sql] = name
        else:
            self.names.move_to_end(sql)
        return name

    def dumped(self, value: Any) -> bytes | None:
        """A value in PostgreSQL's text format; its type is the statement's business."""
        if value is None:
            return None
        kind = type(value)
        if kind is str:
            return checked_text(value).encode()
        if kind is int:
            return b"%d" % value
        if kind is bool:
            return b"t" if value else b"f"
        if kind is dt.datetime:
            return value.isoformat().encode()
        if kind is list and all(type(item) is int for item in value):
            return b"{%s}" % b",".join(b"%d" % item for item in value)
        dumped = self.transformer.dump_sequence([value], [PyFormat.TEXT])[0]
        return None if dumped is None else bytes(dumped)

    def checked(self, result: Any) -> Any:
        """A result, unless it is an error."""
        if result is None:  # the connection broke before there was one
            self.connection.close()
            raise psycopg.OperationalError("the connection was lost")
        if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            return result
        error = errors.error_from_result(result, encoding="utf-8")
        if error.sqlstate is None:
            # Not the server's words but libpq's: the connection broke, which it does not always note as its status.
            self.connection.close()
            raise psycopg.OperationalError(str(error))
        raise error


def checked_text(value: str) -> str:
    """A text that PostgreSQL can hold.

    Raises:
        psycopg.DataError: it has a NUL, at which libpq would end it.
    """
    if "\0" in value:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value


def session_of(connection: Any) -> Session:
    """The prepared statements of a connection; they go away with it."""
    session: Session | None = getattr(connection, "_compiled_session", None)
    if session is None:
        session = connection._compiled_session = Session(connection)
    return session
