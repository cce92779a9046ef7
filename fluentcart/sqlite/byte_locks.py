"""Locks on single bytes of a file, which threads and processes of a host exclude each other by; Linux has them.

They belong to an open file and not to a process, and the kernel gives them back when their process is killed.
"""

from __future__ import annotations

import logging
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

HAS_BYTE_LOCKS = sys.platform == "linux" and sys.maxsize > 2**32 and hasattr(fcntl, "F_OFD_SETLK")
# struct flock of 64-bit Linux: type, whence, start, length, process (0 for such locks), filled up.
FLOCK = struct.Struct("hhqqi0q")
# The kernel counts bytes with 63 bits.
BYTE_MAX = 2**62


def open_locked(path: str) -> int:
    """The file, made when it is missing; a descriptor whose locks exclude those of every other."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def lock(file: int, byte: int, *, waits: bool = False) -> None:
    """Lock a byte.

    Raises:
        OSError: it is locked by another descriptor, and `waits` is off.
    """
    _set(file, fcntl.F_OFD_SETLKW if waits else fcntl.F_OFD_SETLK, fcntl.F_WRLCK, byte)


def unlock(file: int, byte: int) -> None:
    """Let go of a byte."""
    _set(file, fcntl.F_OFD_SETLK, fcntl.F_UNLCK, byte)


def _set(file: int, command: int, kind: int, byte: int) -> None:
    fcntl.fcntl(file, command, FLOCK.pack(kind, os.SEEK_SET, byte, 1, 0))


def is_free(file: int, start: int, count: int) -> bool:
    """Whether no other descriptor holds one of `count` bytes from `start` on."""
    asked = FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, count, 0)
    kind = FLOCK.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, asked))[0]
    return bool(kind == fcntl.F_UNLCK)


@contextmanager
def alone(path: str, number: int) -> Iterator[bool]:
    """Whether a number is this block's, which it then is until the block ends or its process is killed.

    Where the host or the file has no such locks it always is.
    """
    if not HAS_BYTE_LOCKS:
        yield True
        return
    file = open_locked(path)
    try:
        yield _is_had(file, number % BYTE_MAX)
    finally:
        os.close(file)


def _is_had(file: int, byte: int) -> bool:
    try:
        lock(file, byte)
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as the kernel likes
        return False
    except OSError as error:
        logger.warning("No lock on a byte of a file: %s", error)
    return True
