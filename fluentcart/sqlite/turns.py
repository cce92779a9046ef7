"""Turns of writers, first come, first served, over all threads and processes of a host that share a database file.

SQLite lets writers wait by trying again after ever longer pauses: who waits longest tries most seldom, and may wait for
seconds while others write. Here each writer draws a number, and begins when everybody with a lower one has ended.

A number is held by a lock on a byte of a file, so the kernel gives it back when its process is killed. The queue only
says in which order writers begin. That there is one writer at a time is SQLite's own lock's business, which is why
nothing breaks when somebody writes without a turn, or when the queue stands still and is left after a while.
"""

from __future__ import annotations

import logging
import os
import time

from fluentcart.sqlite.byte_locks import HAS_BYTE_LOCKS, is_free, lock, open_locked, unlock

logger = logging.getLogger(__name__)

# The file holds the next number and, from its byte 8 on, whose turn it is; the latter only to know how long to sleep.
# Which byte is locked: the first while a number is drawn, and that after it for the first number, which is 1.
DRAWING = 0

WAIT_SECONDS_MAX = 5.0
SLEEP_SECONDS = 0.0003
SLEEP_SECONDS_MAX = 0.02


class Turns:
    """One connection's place in the queue; used by one thread at a time.

    Args:
        path: the file that all writers of a database share; made when it is first needed.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.file: int | None = None
        self.number: int | None = None

    def take(self) -> None:
        """Wait until it is this connection's turn, which it then has until `release`; at most some seconds.

        Never fails: where there is no queue, or it cannot be had, SQLite's own waiting is all there is.
        """
        if not HAS_BYTE_LOCKS or self.number is not None:
            return
        try:
            self.number = self._draw()
            self._wait(self.number)
        except OSError as error:
            logger.warning("No turn among the writers of %s: %s", self.path, error)
            self.close()
        except BaseException:
            self.release()
            raise

    def release(self) -> int | None:
        """Let the next one begin; the number that this one had, None when there is no turn to end."""
        if self.number is None or self.file is None:
            return None
        number, self.number = self.number, None
        os.pwrite(self.file, (number + 1).to_bytes(8, "little"), 8)
        unlock(self.file, number)
        return number

    def close(self) -> None:
        """End the turn, and close the file."""
        file, self.file, self.number = self.file, None, None
        if file is not None:
            os.close(file)

    def _draw(self) -> int:
        """The next number, locked; numbers are locked in their order."""
        if self.file is None:
            self.file = open_locked(self.path)
        lock(self.file, DRAWING, waits=True)
        try:
            held = os.pread(self.file, 8, 0)
            number = int.from_bytes(held, "little") or 1
            os.pwrite(self.file, (number + 1).to_bytes(8, "little"), 0)
            lock(self.file, number)
        finally:
            unlock(self.file, DRAWING)
        return number

    def _wait(self, number: int) -> None:
        """Return when nobody has a lower number; those at the end of the queue look seldom, the next one often."""
        began = time.monotonic()
        while not self._is_first(number):
            waited = time.monotonic() - began
            if waited > WAIT_SECONDS_MAX:
                logger.warning("The queue of writers of %s stands still", self.path)
                return
            ahead = max(number - self._serving() - 1, 0)
            time.sleep(min(max(SLEEP_SECONDS * (1 + 5 * ahead), waited / 200), SLEEP_SECONDS_MAX))

    def _is_first(self, number: int) -> bool:
        """Whether no lower number is held; those of killed processes are not."""
        return number == 1 or is_free(self._open_file(), 1, number - 1)

    def _serving(self) -> int:
        return int.from_bytes(os.pread(self._open_file(), 8, 8), "little")

    def _open_file(self) -> int:
        assert self.file is not None, "a number is drawn first"
        return self.file
