"""How long the body of a request is waited for, and by how many threads.

granian blocks in a read until the client sends or leaves, and cannot answer meanwhile, not even from another thread. So
a body is read in small parts, between which the time is looked at, and the connection of a client that sends nothing at
all is ended (`fluentcart/connections.py`). One thread of a process reads a body at a time: the others are free.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from fluentcart.connections import end_silent_connections

# How long a body may have to wait until another one is there.
TURN_SECONDS = 1.0
# What is read at once; after a part that had to be waited for it is a byte, so that the time is looked at after each.
PART_BYTES = 64
SLOW_PART_SECONDS = 0.05
CHECK_SECONDS = 0.5

_turn = threading.Lock()
# The one whose turn it is, if there is one, and the thread that looks after it.
_reading: list[TimedStream] = []
_watchers: list[threading.Thread] = []


class BodyTooSlow(OSError):
    """The body was not there in time; Django makes it an UnreadablePostError."""


class OthersAreSlow(OSError):
    """Another body is waited for, and this one had to wait for too long."""


class TimedStream:
    """A server's stream, whose reads together may take only so long.

    Args:
        seconds_max: from the first read until the last one ends.
        port: of ours, to which the client is connected.
        client: the client's address, as the socket knows it.
    """

    def __init__(self, stream: Any, seconds_max: float, port: int, client: str) -> None:
        self.stream, self.seconds_max = stream, seconds_max
        self.port, self.client = port, client
        self.deadline = 0.0
        self.progress_at = 0.0
        self.was_ended = False
        self.refusal: OSError | None = None

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer where the body ends.

        Raises:
            BodyTooSlow: they were not there in time.
            OthersAreSlow: it was not its turn in time.
        """
        return self.in_turn(self.read_parts, size)

    def readline(self, size: int) -> bytes:
        """A line, or so many bytes of it; see `read`."""
        return self.in_turn(self.stream.readline, size)

    def in_turn(self, call: Callable[[int], bytes], size: int) -> bytes:
        """What a call reads, while no other body of this process is read."""
        if self.refusal is None and not _turn.acquire(timeout=TURN_SECONDS):
            self.refusal = OthersAreSlow("Another body is waited for.")
        if self.refusal is not None:
            raise self.refusal
        try:
            self.progress_at = time.monotonic()
            self.deadline = self.deadline or self.progress_at + self.seconds_max
            _reading.append(self)
            if not _watchers:
                _watchers.append(threading.Thread(target=watch, name="slow bodies", daemon=True))
                _watchers[0].start()
            data = call(size)
        finally:
            _reading.clear()
            _turn.release()
        if self.was_ended:
            self.refuse()
        return data

    def read_parts(self, size: int) -> bytes:
        """As `read`, in parts."""
        parts: list[bytes] = []
        part_bytes = PART_BYTES
        while size > 0 and not self.was_ended:
            part = self.stream.read(min(part_bytes, size))
            if not part:
                break
            parts.append(part)
            size -= len(part)
            now = time.monotonic()
            is_slow = now - self.progress_at > SLOW_PART_SECONDS
            part_bytes = 1 if is_slow else min(part_bytes * 2, PART_BYTES)
            self.progress_at = now
            if now > self.deadline:
                self.refuse()
        return b"".join(parts)

    def refuse(self) -> None:
        """Wait no longer."""
        self.refusal = BodyTooSlow("The body did not arrive in time.")
        raise self.refusal

    def end_if_silent(self) -> None:
        """End the connection when time is up."""
        if time.monotonic() >= self.deadline:
            self.was_ended = True
            end_silent_connections(self.port, self.client, self.progress_at)


def watch() -> None:
    """Look after the body that is read, again and again."""
    while True:
        time.sleep(CHECK_SECONDS)
        for stream in _reading[:]:
            stream.end_if_silent()
