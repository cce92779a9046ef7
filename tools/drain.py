"""Runs a server and ends it without losing a request.

A SIGTERM first makes /readyz answer 503 for DRAIN_SECONDS, so that whatever spreads the requests sends no more of
them here; then the server is told to end, which finishes what it has begun. A second signal ends the waiting.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any

from fluentcart.environment import read_whole

DRAIN_SECONDS_MAX = 300
LOOK_SECONDS = 5.0  # so often is looked whether a program beside the server is still there, and started at most


def read_seconds() -> int:
    """DRAIN_SECONDS."""
    return read_whole("DRAIN_SECONDS", 0, 0, DRAIN_SECONDS_MAX)


class Companion:
    """A program that runs until `end`, and is started anew should it end by itself.

    Args:
        words: its command line.
        start: starts a command line.
    """

    def __init__(self, words: list[str], start: Callable[[list[str]], subprocess.Popen[bytes]]) -> None:
        self.words, self.start = words, start
        self.process = start(words)
        self.is_over = Event()
        self.watch = Thread(target=self._keep, daemon=True)
        self.watch.start()

    def _keep(self) -> None:
        while not self.is_over.wait(LOOK_SECONDS):
            if (status := self.process.poll()) is not None:
                sys.stderr.write(f"{self.words[-1]} ended with status {status}. It is started anew.\n")
                with suppress(OSError):  # no memory for another process, say: at the next look, then
                    self.process = self.start(self.words)

    def end(self) -> None:
        """End it, and return when it has; it is not started anew."""
        self.is_over.set()
        self.watch.join()
        self.process.terminate()
        self.process.wait()


def run(command: list[str], env: Mapping[str, str], cwd: Path | None = None, beside: Sequence[list[str]] = ()) -> int:
    """Run the server until it ends; Ctrl-C or a kill of this process ends it in good order.

    The server gets a session of its own: a terminal's Ctrl-C would reach its workers too, and granian would
    take them for failed ones and start them anew while it stops.

    Args:
        beside: command lines of programs that shall live as long as the server does; one that ends before is started
            anew, with a line on the error stream.

    Returns:
        The server's exit status.
    """
    seconds = read_seconds()
    folder = Path(tempfile.mkdtemp(prefix="fluentcart-"))
    marker = folder / "draining"
    (folder / "metrics").mkdir()
    # Counts of earlier runs would be added to ours: each run has a folder of its own.
    own = {"FLUENTCART_DRAINING": str(marker), "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}

    def start(words: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(words, cwd=cwd, env={**env, **own}, start_new_session=True)  # noqa: S603

    server = start(command)
    others = [Companion(words, start) for words in beside]

    def end(*_: Any) -> None:
        if not seconds or marker.exists():
            server.terminate()
            return
        marker.touch()
        waiting = Timer(seconds, server.terminate)
        waiting.daemon = True
        waiting.start()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        return server.wait()
    finally:
        for other in others:
            other.end()
        shutil.rmtree(folder, ignore_errors=True)
