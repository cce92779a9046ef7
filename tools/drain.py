"""Run a server and end it without losing a request: `drain.py COMMAND...`.

A SIGTERM first makes /readyz answer 503 for DRAIN_SECONDS, so that whatever spreads the requests sends no more of
them here; then the server is told to end, which finishes what it has begun. A second signal ends the waiting.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from typing import Any

DRAIN_SECONDS_MAX = 300


def read_seconds() -> int:
    """DRAIN_SECONDS; stops with a sentence when it is not a number of seconds."""
    text = os.environ.get("DRAIN_SECONDS") or "0"
    if not text.isdecimal() or int(text) > DRAIN_SECONDS_MAX:
        sys.exit(f"DRAIN_SECONDS must be a whole number from 0 to {DRAIN_SECONDS_MAX}, not {text!r}.")
    return int(text)


def run(command: list[str], env: Mapping[str, str], cwd: Path | None = None) -> int:
    """Run the server until it ends; Ctrl-C or a kill of this process ends it in good order.

    The server gets a session of its own: a terminal's Ctrl-C would reach its workers too, and granian would
    take them for failed ones and start them anew while it stops.

    Returns:
        The server's exit status.
    """
    seconds = read_seconds()
    folder = Path(tempfile.mkdtemp(prefix="fluentcart-"))
    marker = folder / "draining"
    (folder / "metrics").mkdir()
    # Counts of earlier runs would be added to ours: each run has a folder of its own.
    own = {"FLUENTCART_DRAINING": str(marker), "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
    server = subprocess.Popen(command, cwd=cwd, env={**env, **own}, start_new_session=True)  # noqa: S603

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
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], os.environ))
