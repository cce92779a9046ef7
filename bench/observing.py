"""What PostgreSQL says of itself: how many statements a request takes, and whether work is left over from a round."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg

from bench.endpoints import UNIQUE, Request
from bench.servers import Server

TIMES = 10
IDLE_TRIES, QUIET_TIMES = 400, 3


class Observer:
    """Looks at PostgreSQL from beside; where it has no pg_stat_statements, nothing is counted."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        try:
            self.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            self.connection.execute("SELECT count(*) FROM pg_stat_statements")
            self.can_count = True
        except psycopg.Error:
            self.can_count = False

    def per_request(self, server: Server, requests: Sequence[Request]) -> float:
        """The mean over some requests, sent one by one: BEGIN, COMMIT and health checks too."""
        sent = requests[:TIMES]
        self.connection.execute("SELECT pg_stat_statements_reset()")
        for number, request in enumerate(sent):
            body = request.body.replace(UNIQUE, f"8{number:06d}{id(server) % 100000:05d}")
            server.ask(request.method, request.path, body)
        found = self.connection.execute(
            "SELECT coalesce(sum(calls), 0)::int FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'"
        ).fetchone()
        return round((found[0] if found else 0) / len(sent), 1)

    def wait_until_idle(self) -> None:
        """Until nobody else works in the database: wrk does not wait for what it has sent last."""
        quiet = 0
        for _ in range(IDLE_TRIES):
            found = self.connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()"
            ).fetchone()
            quiet = quiet + 1 if found == (0,) else 0
            if quiet == QUIET_TIMES:
                return
            time.sleep(0.05)
