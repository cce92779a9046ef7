"""Exact counters that the processes of a host share, or the hosts that share a Redis: rates, wrong passwords.

Without Redis a small file counts that all processes have mapped into memory. With Redis one Lua call counts, in a
single round trip. When Redis does not answer, this host counts for itself, and when its file
cannot be written to, each process does; the log says so. An outage of the counter must neither lock the shop
out nor open the door to guessing passwords.
"""

from __future__ import annotations

import logging
import os
import struct
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol
from weakref import WeakValueDictionary

import lmdb
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

    def mark(self, key: str, seconds: int) -> None:
        """Let there be a count of 1 for so many seconds from now."""


# What a counter keeps of a key: how many, and when its window ends, in seconds of the epoch.
Kept = tuple[int, int]
NOTHING: Kept = (0, 0)


def one_more(kept: Kept, now: int, window_seconds: int) -> Kept:
    """What is kept after one more event; the first one after a window ended begins another."""
    count, ends_at = kept
    return (count + 1, ends_at) if ends_at > now else (1, now + window_seconds)


def so_far(kept: Kept, now: int) -> tuple[int, int]:
    """The count and the seconds left; (0, 0) when the window has ended."""
    count, ends_at = kept
    return (count, ends_at - now) if ends_at > now else (0, 0)


class HostCounter:
    """Counts in one file that the processes of a host have mapped into their memory (LMDB).

    A hit waits for nothing but other hits, and neither a hit nor a look calls the system, let alone a disk. Whoever is
    killed while it counts leaves the count as it was before, and nobody waiting.
    """

    RECORD = struct.Struct("<QQ")  # a Kept
    SWEEP_EVERY = 1000
    # The file has holes: it takes as much as there are keys, some 100 bytes each.
    SIZE_BYTES = 128 * 2**20
    READERS_MAX = 1024

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hits = 0
        self._file: CounterFile | None = None

    @property
    def environment(self) -> lmdb.Environment:
        """The file, opened by this process."""
        file = self._file
        if file is None or file.process_id != os.getpid():
            file = self._file = CounterFile.of(self.path)
        return file.environment

    def hit(self, key: str, window_seconds: int) -> tuple[int, int]:
        """See Counter."""
        now, name = int(time.time()), key.encode()
        with self.environment.begin(write=True) as transaction:
            found = transaction.get(name)
            count, ends_at = one_more(self.RECORD.unpack(found) if found else NOTHING, now, window_seconds)
            transaction.put(name, self.RECORD.pack(count, ends_at))
        self.hits += 1
        if self.hits % self.SWEEP_EVERY == 0:
            self.sweep(now)
        return count, ends_at - now

    def peek(self, key: str) -> tuple[int, int]:
        """See Counter."""
        with self.environment.begin() as transaction:
            found = transaction.get(key.encode())
        return so_far(self.RECORD.unpack(found) if found else NOTHING, int(time.time()))

    def forget(self, key: str) -> None:
        """See Counter."""
        with self.environment.begin(write=True) as transaction:
            transaction.delete(key.encode())

    def mark(self, key: str, seconds: int) -> None:
        """See Counter."""
        with self.environment.begin(write=True) as transaction:
            transaction.put(key.encode(), self.RECORD.pack(1, int(time.time()) + seconds))

    def sweep(self, now: int) -> None:
        """Take away what ended, and the places of readers that were killed."""
        self.environment.reader_check()
        with self.environment.begin(write=True) as transaction:
            for key, record in transaction.cursor():
                if self.RECORD.unpack(record)[1] <= now:
                    transaction.delete(key)


class CounterFile:
    """A file of counters that this process has open; LMDB wants it open once, and never used after a fork.

    Raises:
        lmdb.Error, OSError: it cannot be opened or made.
    """

    opened: ClassVar[WeakValueDictionary[Path, CounterFile]] = WeakValueDictionary()
    opening = threading.Lock()

    def __init__(self, path: Path) -> None:
        self.process_id = os.getpid()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.environment = lmdb.open(
            str(path),
            subdir=False,
            map_size=HostCounter.SIZE_BYTES,
            max_readers=HostCounter.READERS_MAX,
            # Counts may be lost in a power cut, and nothing else.
            sync=False,
            metasync=False,
            writemap=True,
        )

    @classmethod
    def of(cls, path: Path) -> CounterFile:
        """The file at a path, opened unless it is."""
        with cls.opening:
            found = cls.opened.get(path)
            if found is not None and found.process_id != os.getpid():
                found.environment.close()  # the parent's
                found = None
            if found is None:
                found = cls.opened[path] = cls(path)
        return found


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

    def mark(self, key: str, seconds: int) -> None:
        """See Counter."""
        self.client.set(self.prefix + key, 1, ex=seconds)


class MemoryCounter:
    """Counts in this process alone; the last resort, when not even the host's file can be written to."""

    KEYS_MAX = 10_000

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: dict[str, Kept] = {}

    def hit(self, key: str, window_seconds: int) -> tuple[int, int]:
        """See Counter."""
        now = int(time.time())
        with self.lock:
            if len(self.counts) >= self.KEYS_MAX:
                self.counts = {old: found for old, found in self.counts.items() if found[1] > now}
            self.counts[key] = count, ends_at = one_more(self.counts.get(key, NOTHING), now, window_seconds)
        return count, ends_at - now

    def peek(self, key: str) -> tuple[int, int]:
        """See Counter."""
        return so_far(self.counts.get(key, NOTHING), int(time.time()))

    def forget(self, key: str) -> None:
        """See Counter."""
        with self.lock:
            self.counts.pop(key, None)

    def mark(self, key: str, seconds: int) -> None:
        """See Counter."""
        with self.lock:
            self.counts[key] = (1, int(time.time()) + seconds)


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
        except (redis.RedisError, lmdb.Error, OSError) as error:
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

    def mark(self, key: str, seconds: int) -> None:
        """See Counter."""
        self._ask(lambda counter: counter.mark(key, seconds))


def is_degraded() -> bool:
    """Whether this process counts in a narrower place than the settings ask for."""
    counter = get_counter()
    return isinstance(counter, SafeCounter) and time.monotonic() < counter.down_until


@cache
def get_counter() -> Counter:
    """The counter that the settings ask for: Redis when REDIS_URL is set, else this host's file."""
    own = SafeCounter(HostCounter(settings.COUNTERS_PATH), MemoryCounter())
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
