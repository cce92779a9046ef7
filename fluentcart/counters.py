"""Exact counters that the processes of a host share, or the hosts that share a Redis: rates, wrong passwords.

Without Redis a small SQLite file counts: one upsert is atomic over all processes. With Redis one Lua call
counts, in a single round trip. When Redis does not answer, this host counts for itself, and when its file
cannot be written to, each process does; the log says so. An outage of the counter must neither lock the shop
out nor open the door to guessing passwords.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import redis
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)


class Counter(Protocol):
    """Counts events under a key until the key's window ends."""

    def hit(self, key: str, window_seconds: int) -> tuple[int, int]:
        """Count one event. Returns the count with it, and the seconds until the window ends."""

    def peek(self, key: str) -> tuple[int, int]:
        """The count so far and the seconds left, without counting; (0, 0) when nothing was counted."""

    def forget(self, key: str) -> None:
        """Start again from nothing."""


class SqliteCounter:
    """Counts in one table of a SQLite file; durable enough for counters, never a reason to sync a disk."""

    UPSERT = """
        INSERT INTO counter (key, count, ends_at) VALUES (?1, 1, ?2 + ?3)
        ON CONFLICT (key) DO UPDATE SET
            count = CASE WHEN ends_at <= ?2 THEN 1 ELSE count + 1 END,
            ends_at = CASE WHEN ends_at <= ?2 THEN ?2 + ?3 ELSE ends_at END
        RETURNING count, ends_at
    """
    TABLE = """
        CREATE TABLE IF NOT EXISTS counter
            (key TEXT PRIMARY KEY, count INTEGER NOT NULL, ends_at INTEGER NOT NULL) WITHOUT ROWID
    """
    SWEEP_EVERY = 1000
    BUSY_SECONDS = 2.0
    OPEN_TRIES = 100

    def __init__(self, path: Path) -> None:
        self.path = path
        self.local = threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, opened on first use; SQLite's must not be carried over a fork."""
        connection: sqlite3.Connection | None = getattr(self.local, "connection", None)
        if connection is None or self.local.pid != os.getpid():
            connection = self._open()
            self.local.connection, self.local.pid, self.local.hits = connection, os.getpid(), 0
        return connection

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=self.BUSY_SECONDS, isolation_level=None)
        # Turning WAL on does not wait for other processes that do the same; whoever is late finds it on.
        for _ in range(self.OPEN_TRIES):
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError:
                time.sleep(0.01)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(self.TABLE)
        return connection

    def hit(self, key: str, window_seconds: int) -> tuple[int, int]:
        """See Counter."""
        now = int(time.time())
        count, ends_at = self.connection.execute(self.UPSERT, (key, now, window_seconds)).fetchall()[0]
        self.local.hits += 1
        if self.local.hits % self.SWEEP_EVERY == 0:
            self.connection.execute("DELETE FROM counter WHERE ends_at <= ?", (now,))
        return count, ends_at - now

    def peek(self, key: str) -> tuple[int, int]:
        """See Counter."""
        now = int(time.time())
        found = self.connection.execute(
            "SELECT count, ends_at FROM counter WHERE key = ? AND ends_at > ?", (key, now)
        ).fetchone()
        return (found[0], found[1] - now) if found else (0, 0)

    def forget(self, key: str) -> None:
        """See Counter."""
        self.connection.execute("DELETE FROM counter WHERE key = ?", (key,))


class RedisCounter:
    """Counts in Redis, one Lua call an event."""

    # A key that has no end, for whatever reason, gets one: nobody may be shut out for ever.
    SCRIPT = """
        local count = redis.call('INCR', KEYS[1])
        local left = redis.call('TTL', KEYS[1])
        if left < 0 then
            redis.call('EXPIRE', KEYS[1], ARGV[1])
            left = tonumber(ARGV[1])
        end
        return {count, left}
    """

    def __init__(self, client: redis.Redis, prefix: str = "fluentcart:") -> None:
        self.client = client
        self.prefix = prefix
        self.script = client.register_script(self.SCRIPT)

    def hit(self, key: str, window_seconds: int) -> tuple[int, int]:
        """See Counter."""
        count, seconds_left = self.script(keys=[self.prefix + key], args=[window_seconds])
        return int(count), int(seconds_left)

    def peek(self, key: str) -> tuple[int, int]:
        """See Counter."""
        pipe = self.client.pipeline(transaction=False)
        pipe.get(self.prefix + key)
        pipe.ttl(self.prefix + key)
        count, seconds_left = pipe.execute()
        return (int(count), max(int(seconds_left), 0)) if count else (0, 0)

    def forget(self, key: str) -> None:
        """See Counter."""
        self.client.delete(self.prefix + key)


class MemoryCounter:
    """Counts in this process alone; the last resort, when not even the host's file can be written to."""

    KEYS_MAX = 10_000

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: dict[str, tuple[int, int]] = {}

    def hit(self, key: str, window_seconds: int) -> tuple[int, int]:
        """See Counter."""
        now = int(time.time())
        with self.lock:
            if len(self.counts) >= self.KEYS_MAX:
                self.counts = {old: found for old, found in self.counts.items() if found[1] > now}
            count, ends_at = self.counts.get(key, (0, 0))
            if ends_at <= now:
                count, ends_at = 0, now + window_seconds
            self.counts[key] = (count + 1, ends_at)
        return count + 1, ends_at - now

    def peek(self, key: str) -> tuple[int, int]:
        """See Counter."""
        now = int(time.time())
        count, ends_at = self.counts.get(key, (0, 0))
        return (count, ends_at - now) if ends_at > now else (0, 0)

    def forget(self, key: str) -> None:
        """See Counter."""
        with self.lock:
            self.counts.pop(key, None)


class SafeCounter:
    """Asks the shared counter, and a narrower one of its own while the shared one cannot be reached."""

    RETRY_SECONDS = 5.0

    def __init__(self, shared: Counter, own: Counter) -> None:
        self.shared = shared
        self.own = own
        self.down_until = 0.0

    def _ask(self, question: Callable[[Counter], Any]) -> Any:
        if time.monotonic() < self.down_until:
            return question(self.own)
        try:
            return question(self.shared)
        except (redis.RedisError, sqlite3.Error, OSError) as error:
            self.down_until = time.monotonic() + self.RETRY_SECONDS
            logger.warning("%s fails (%s), counting in %s", type(self.shared).__name__, error, type(self.own).__name__)
            return question(self.own)

    def hit(self, key: str, window_seconds: int) -> tuple[int, int]:
        """See Counter."""
        found: tuple[int, int] = self._ask(lambda counter: counter.hit(key, window_seconds))
        return found

    def peek(self, key: str) -> tuple[int, int]:
        """See Counter."""
        found: tuple[int, int] = self._ask(lambda counter: counter.peek(key))
        return found

    def forget(self, key: str) -> None:
        """See Counter."""
        self._ask(lambda counter: counter.forget(key))


def is_degraded() -> bool:
    """Whether this process counts in a narrower place than the settings ask for."""
    counter = get_counter()
    return isinstance(counter, SafeCounter) and time.monotonic() < counter.down_until


@cache
def get_counter() -> Counter:
    """The counter that the settings ask for: Redis when REDIS_URL is set, else this host's file."""
    own = SafeCounter(SqliteCounter(settings.COUNTERS_PATH), MemoryCounter())
    if not settings.REDIS_URL:
        return own
    # One more try at once, for a connection that went stale; redis-py's own way is to wait for seconds.
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=retry)
    return SafeCounter(RedisCounter(client), own)


class CounterCache(BaseCache):
    """The counter above, dressed as the Django cache that django-ratelimit's core wants.

    The core calls `add(key, 1)` and, when the key was there already, `incr(key)`. Here `add` counts in one
    atomic step and says "added" for the first event; the `incr` that follows hands out what `add` counted,
    so that an event costs one round trip and is never counted twice.
    """

    WINDOW_SECONDS = 3600

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._counted = threading.local()

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Count one event when `value` is 1. True when it is the first under this key."""
        if value == 0:  # django-ratelimit only looks
            return False
        seconds = int(timeout) if isinstance(timeout, int | float) else self.WINDOW_SECONDS
        count, _ = get_counter().hit(str(key), seconds)
        self._counted.by_key = (key, count)
        return count == 1

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """The count that the `add` just before arrived at."""
        counted_key, count = getattr(self._counted, "by_key", (None, 0))
        if counted_key != key:
            raise ValueError(f"Nothing was counted under {key!r}")
        return int(count)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The count so far."""
        return get_counter().peek(str(key))[0] or default
