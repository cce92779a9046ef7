"""How the replica stands: whether it answers, and up to which moment it is known to hold what the primary held."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections

from fluentcart.replica.reading import REPLICA

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
READING, UNKNOWN, BEHIND, UNREACHABLE, FOREIGN = "reading", "unknown yet", "too far behind", "unreachable", "no replica"
# Where the primary writes; whose files it has, and which of its databases is ours.
PRIMARY_SQL = """
    SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), system_identifier,
        (SELECT oid FROM pg_database WHERE datname = current_database())
    FROM pg_control_system()
"""
# The same of the replica, and up to where it has replayed; nothing of a server that is a primary.
REPLICA_SQL = """
    SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), system_identifier,
        (SELECT oid FROM pg_database WHERE datname = current_database())
    FROM pg_control_system() WHERE pg_is_in_recovery()
"""


def asked(alias: str, sql: str) -> tuple[Any, ...] | None:
    """The only row of a statement."""
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


class Standing:
    """What this process knows of the replica; it looks again when that is old, within a request that wants to read.

    Positions in the primary's log are noted with the moment before they were asked for. Once the replica has replayed
    one, it holds all that was committed by that moment; no clock of another machine is compared.

    Args:
        lag_seconds_max: how old that moment may be; looks are four in this time.
    """

    def __init__(self, lag_seconds_max: float) -> None:
        self.lag_seconds_max = lag_seconds_max
        self.positions: deque[tuple[float, int]] = deque()
        self.held_at = float("-inf")
        self.state = UNKNOWN
        self.look_at = float("-inf")
        self.lock = threading.Lock()

    def why_not(self) -> str:
        """Why nothing can be read from the replica now; "" when it can."""
        if time.monotonic() >= self.look_at and self.lock.acquire(blocking=False):
            try:
                self.look()
            finally:
                self.lock.release()
        if self.state == READING and time.monotonic() - self.held_at > self.lag_seconds_max:
            return UNKNOWN  # another thread looks, and takes its time
        return "" if self.state == READING else self.state

    def look(self) -> None:
        """Ask both servers."""
        now = time.monotonic()
        self.look_at = now + self.lag_seconds_max / 4
        try:
            primary = asked(DEFAULT_DB_ALIAS, PRIMARY_SQL)
        except (DatabaseError, InterfaceError):
            self.turn(UNKNOWN)  # whoever reads from it says what is the matter
            return
        try:
            replica = asked(REPLICA, REPLICA_SQL)
        except (DatabaseError, InterfaceError) as error:
            self.failed(error)
            return
        if primary is None or replica is None or primary[1:] != replica[1:]:
            self.turn(FOREIGN, "DATABASE_REPLICA_URL names a server that is no replica of DATABASE_URL's.")
            self.look_at = now + RETRY_SECONDS
            return
        self.positions.append((now, int(primary[0])))
        self.compare(int(replica[0]), now)

    def compare(self, replayed: int, now: float) -> None:
        """Learn from a position up to which the replica has replayed."""
        while self.positions and self.positions[0][1] <= replayed:
            self.held_at = self.positions.popleft()[0]
        if now - self.held_at <= self.lag_seconds_max:
            self.turn(READING, "Lists are read from the replica again.")
        elif self.positions and now - self.positions[0][0] > self.lag_seconds_max:
            self.turn(BEHIND, f"The replica is more than {self.lag_seconds_max} seconds behind.")
        elif self.state != BEHIND:
            self.turn(UNKNOWN)
        while len(self.positions) > 1 and now - self.positions[1][0] > self.lag_seconds_max:
            self.positions.popleft()  # one that is old enough is proof enough

    def failed(self, error: DatabaseError | InterfaceError) -> None:
        """Note that the replica could not be asked; it is left alone for a while."""
        self.look_at = time.monotonic() + RETRY_SECONDS
        reason = str(error).strip().partition("\n")[0]
        self.turn(UNREACHABLE, f"The replica cannot be read from: {type(error).__name__}: {reason}.")

    def turn(self, state: str, sentence: str = "") -> None:
        """Take a state; what changes is logged once."""
        before, self.state = self.state, state
        if sentence and before != state and (before, state) != (UNKNOWN, READING):
            suffix = "" if state == READING else " Lists are read from the primary."
            log.warning("%s%s", sentence, suffix)


@cache
def standing() -> Standing:
    """Of this process's."""
    return Standing(settings.REPLICA_LAG_SECONDS_MAX)
