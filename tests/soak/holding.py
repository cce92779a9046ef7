"""Whoever comes to write has to wait: a stranger has the database's lock, for as long as a block lasts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from tests.soak.service import Service

WAIT_SECONDS = 30
# How long a writer has to come and wait, where nobody can see it.
ARRIVAL_SECONDS = 0.5
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@contextmanager
def customers_held(served: Service) -> Iterator[None]:
    """Nobody can write customers: on SQLite nobody can write at all."""
    url = served.env["DATABASE_URL"]
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as held:
            held.execute("BEGIN IMMEDIATE")
            yield
            held.execute("ROLLBACK")
        return
    with psycopg.connect(url) as held:
        held.execute("LOCK TABLE customers_customer IN EXCLUSIVE MODE")
        yield
        held.rollback()


def until_somebody_waits(served: Service) -> None:
    """Return when a writer waits for a lock; on SQLite, when it has had time to come."""
    url = served.env["DATABASE_URL"]
    if url.startswith("sqlite:"):
        time.sleep(ARRIVAL_SECONDS)
        return
    deadline = time.monotonic() + WAIT_SECONDS
    with psycopg.connect(url, autocommit=True) as seen:
        while seen.execute(WAITING).fetchone() == (0,):
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)
