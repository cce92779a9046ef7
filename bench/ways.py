"""The service's settings with another way to the database, which `make bench-shapes` compares with ours.

`BENCH_WAY` names it; each is a sentence of ADR 4.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from bench.servers import NEW_EACH_TIME, POOL, UNPREPARED
from fluentcart.compiled.plans import Tuples
from fluentcart.compiled.postgres import Session
from fluentcart.settings import *  # noqa: F403
from fluentcart.settings import DATABASES

WAY = os.environ.get("BENCH_WAY")


def execute_unprepared(self: Session, sql: str, params: Sequence[Any]) -> tuple[Tuples, int]:
    """As `Session.execute`, with a statement that PostgreSQL parses and plans each time."""
    return self.execute_all([(sql, params)])[0]


def execute_all_unprepared(self: Session, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[tuple[Tuples, int]]:
    """As `Session.execute_all`, one after the other."""
    begin: list[tuple[str, Sequence[Any]]] = []
    if self.is_to_begin:
        begin = [(self.connection._get_tx_start_command().decode(), ())]
    return [
        self.loaded(self.pgconn.exec_params(sql.encode(), [self.dumped(param) for param in params]))
        for sql, params in (*begin, *calls)
    ][len(begin) :]


if WAY in (NEW_EACH_TIME, POOL):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
if WAY == POOL:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 2, "max_size": 4}
if WAY == UNPREPARED:
    Session.execute = execute_unprepared  # type: ignore[method-assign]
    Session.execute_all = execute_all_unprepared  # type: ignore[method-assign]
