"""Runs a server and ends it without losing a request.

A SIGTERM first makes /readyz answer 503 for DRAIN_SECONDS, so that whatever spreads the requests sends no more of
them here; then the server is told to end, which finishes what it has begun. A second signal ends the waiting.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

from fluentcart.environment import read_whole

DRAIN_SECONDS_MAX = 300


def read_seconds() -> int:
    """DRAIN_SECONDS."""
    return read_whole("DRAIN_SECONDS", 0, 0, DRAIN_SECONDS_MAX)


def run(command: list[str], env: Mapping[str, str], cwd: Path | None = None, beside: Sequence[list[str]] = ()) -> int:
    """Run the server until it ends; Ctrl-C or a kill of this process ends it in good order.

    The server gets a session of its own: a terminal's Ctrl-C would reach its workers too, and granian would
    take them for failed ones and start them anew while it stops.

    Args:
        beside: command lines of programs that shall live as long as the server does.

    Returns:
        The server's exit status.
    """
    seconds = read_seconds()
    folder = Path(tempfile.mkdtemp(prefix="fluentcart-"))
    marker = folder / "draining"
    (folder / "metrics").mkdir()
    # Counts of earlier runs would be added to ours: each run has a folder of its own.
    own = {"FLUENTCART_DRAINING": str(marker), "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
    server, *others = [
        subprocess.Popen(each, cwd=cwd, env={**env, **own}, start_new_session=True)  # noqa: S603
        for each in (command, *beside)
    ]

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
            other.terminate()
            other.wait()
        shutil.rmtree(folder, ignore_errors=True)
