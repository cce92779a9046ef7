"""Connections and statements of the floor: psycopg, prepared at their first use, rows as dicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

Connection = psycopg.Connection[dict[str, Any]]
Rows = list[dict[str, Any]]
# As the service's own connections: times in UTC, no parallel query.
OPTIONS = "-c timezone=UTC -c max_parallel_workers_per_gather=0 -c jit=off -c lock_timeout=10s"


def connect(url: str) -> Connection:
    """A connection that commits after each statement unless a transaction is begun."""
    return psycopg.connect(url, autocommit=True, prepare_threshold=0, row_factory=dict_row, options=OPTIONS)


def rows(connection: Connection, statement: str, values: Mapping[str, Any]) -> Rows:
    """All rows of a statement."""
    return connection.execute(statement, values).fetchall()


def one_value(connection: Connection, statement: str, values: Mapping[str, Any]) -> Any:
    """The only column of the first row; None without a row."""
    found = connection.execute(statement, values).fetchone()
    return next(iter(found.values())) if found else None
