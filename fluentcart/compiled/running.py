"""How a statement is run: prepared, by the driver and not by Django's cursors, unless somebody watches."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import psycopg
from django.db import connections

from fluentcart.compiled.plans import Statement, Tuples
from fluentcart.compiled.postgres import session_of

READS = ("SELECT ", "WITH ")


def execute(statement: Statement, params: Sequence[Any], using: str) -> tuple[Tuples, int]:
    """Run a statement; its rows, as the database spells them, and how many it found or touched.

    A PostgreSQL connection that turns out to be dead when something is read outside of a transaction is replaced, once.
    So nobody has to ask each connection for its health before each request. What writes is never sent twice.
    """
    connection = connections[using]
    if connection.queries_logged or connection.execute_wrappers:
        return execute_watched(statement.watched, params, connection)
    if connection.vendor == "sqlite":
        return execute_on_sqlite(statement.native, params, connection)
    with connection.wrap_database_errors:
        try:
            return execute_on_postgres(statement.native, params, connection)
        except psycopg.Error as error:
            if not is_spent(connection, error):
                raise
            if connection.in_atomic_block or not statement.native.startswith(READS):
                connection.close_at = 0.0  # when this request ends
                raise psycopg.OperationalError(*error.args) from error
            connection.close()
            return execute_on_postgres(statement.native, params, connection)


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


def execute_on_postgres(sql: str, params: Sequence[Any], connection: Any) -> tuple[Tuples, int]:
    """As `execute`."""
    if connection.needs_rollback:
        connection.validate_no_broken_transaction()
    if connection.connection is None:
        connection.ensure_connection()
    found = session_of(connection.connection).execute(sql, params)
    connection.health_check_done = True
    return found


def execute_on_sqlite(sql: str, params: Sequence[Any], connection: Any) -> tuple[Tuples, int]:
    """As `execute`."""
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        connection.ensure_connection()
        found = connection.connection.execute(sql, [adapted(param) for param in params])
        return found.fetchall(), found.rowcount


@cache
def vendor_of(using: str) -> str:
    """Which database an alias names; asking the connection takes a look-up by thread each time."""
    return connections[using].vendor


def adapted(value: Any) -> Any:
    """A value as SQLite takes it: times as text in UTC, lists as JSON."""
    if isinstance(value, dt.datetime):
        return str(value.astimezone(dt.UTC).replace(tzinfo=None))
    return json.dumps(value) if isinstance(value, list | tuple) else value
