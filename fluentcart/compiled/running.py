"""How a statement is run: prepared, by the driver and not by Django's cursors, unless somebody watches."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from time import perf_counter
from typing import Any, TypeVar

import psycopg
from django.db import connections

from fluentcart.compiled.plans import Statement, Tuples
from fluentcart.compiled.postgres import Session, session_of
from fluentcart.statements import note

READS = ("SELECT ", "WITH ")
# What SQLite takes as it is.
PLAIN = frozenset((str, int, type(None), float))
Found = TypeVar("Found")


def execute(statement: Statement, params: Sequence[Any], using: str) -> tuple[Tuples, int]:
    """Run a statement; its rows, as the database spells them, and how many it found or touched."""
    return execute_on(connections[using], statement, params)


def execute_on(connection: Any, statement: Statement, params: Sequence[Any]) -> tuple[Tuples, int]:
    """As `execute`, on a connection, which takes a while to find."""
    if connection.execute_wrappers or connection.queries_logged:
        return execute_watched(statement.watched, params, connection)
    if connection.vendor == "sqlite":
        return execute_on_sqlite(statement.native, params, connection)
    is_read = statement.native.startswith(READS)
    return on_postgres(connection, is_read, lambda session: session.execute(statement.native, params))


def execute_all(calls: Sequence[tuple[Statement, Sequence[Any]]], using: str) -> list[tuple[Tuples, int]]:
    """As `execute`, for several statements that do not wait for each other's rows; on PostgreSQL in one round trip."""
    connection = connections[using]
    if len(calls) < 2 or connection.vendor == "sqlite" or connection.queries_logged or connection.execute_wrappers:
        return [execute_on(connection, statement, params) for statement, params in calls]
    are_reads = all(statement.native.startswith(READS) for statement, _ in calls)
    natives = [(statement.native, params) for statement, params in calls]
    return on_postgres(connection, are_reads, lambda session: session.execute_all(natives), len(calls))


def execute_aside(statement: Statement, using: str) -> Tuples:
    """The rows of what a process wants to know for itself.

    It is not among the statements of the request that happens to be served: whoever counts those finds the same number
    for every request.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.wrap_database_errors:
            connection.ensure_connection()
            found: Tuples = connection.connection.execute(statement.native).fetchall()
            return found
    rows, _ = on_postgres(connection, True, lambda session: session.execute(statement.native, []), statements=0)
    return rows


def on_postgres(connection: Any, is_read: bool, run: Callable[[Session], Found], statements: int = 1) -> Found:
    """What is done with the prepared statements of a connection.

    A connection that turns out to be dead when something is read outside of a transaction is replaced, once. So nobody
    has to ask each connection for its health before each request. What writes is never sent twice.
    """
    began = perf_counter()
    with connection.wrap_database_errors:
        try:
            return run(ready(connection))
        except psycopg.Error as error:
            if not is_spent(connection, error):
                raise
            if connection.in_atomic_block or not is_read:
                connection.close_at = 0.0  # when this request ends
                raise psycopg.OperationalError(*error.args) from error
            connection.close()
            return run(ready(connection))
        finally:
            note(began, statements)


def ready(connection: Any) -> Session:
    """The prepared statements of a connection, opened when it has to be."""
    if connection.needs_rollback:
        connection.validate_no_broken_transaction()
    if connection.connection is None:
        connection.ensure_connection()
    connection.health_check_done = True
    return session_of(connection.connection)


def is_spent(connection: Any, error: psycopg.Error) -> bool:
    """Whether a new connection would do what this one cannot any more.

    It is dead, or holds a statement that was prepared before a migration changed the type of a column in it.
    """
    is_dead = connection.connection is not None and connection.connection.closed
    return is_dead or isinstance(error, psycopg.errors.FeatureNotSupported)


def execute_watched(sql: str, params: Sequence[Any], connection: Any) -> tuple[Tuples, int]:
    """As `execute`, through Django's cursor, for whoever counts or logs statements."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapted(param) for param in params] if connection.vendor == "sqlite" else params)
        return (list(cursor.fetchall()) if cursor.description else []), cursor.rowcount


def execute_on_sqlite(sql: str, params: Sequence[Any], connection: Any) -> tuple[Tuples, int]:
    """As `execute`."""
    if connection.needs_rollback:
        connection.validate_no_broken_transaction()
    if connection.connection is None:
        connection.ensure_connection()
    plain = [param if type(param) in PLAIN else adapted(param) for param in params]
    began = perf_counter()
    try:
        found = connection.connection.execute(sql, plain)
        return found.fetchall(), found.rowcount
    except sqlite3.Error:
        with connection.wrap_database_errors:
            raise
    finally:
        note(began)


@cache
def vendor_of(using: str) -> str:
    """Which database an alias names; asking the connection takes a look-up by thread each time."""
    return connections[using].vendor


def adapted(value: Any) -> Any:
    """A value as SQLite takes it: times as text in UTC, lists as JSON."""
    if isinstance(value, dt.datetime):
        return str(value.astimezone(dt.UTC).replace(tzinfo=None))
    return json.dumps(value) if isinstance(value, list | tuple) else value
