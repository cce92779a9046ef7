"""The servers that are driven: started as production starts them, measured, and ended by their ids."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tools.serve import ROOT, THREADS, WORKERS_DEFAULT_MAX, server_command

HOST = "127.0.0.1"
SECRET = "bench-" + "0123456789abcdef" * 4
# Counted as in production, and never used up.
RATES = {f"FLUENTCART_RATE_{name}": "1000000000" for name in ("LIST", "CREATE", "UPDATE", "DELETE")}
START_SECONDS = 60
# Other ways to the database than ours (`bench/ways.py`).
WAYS = NEW_EACH_TIME, POOL, UNPREPARED = "new connections", "pool", "unprepared"


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Args:
        name: service, floor or sqlite.
        url: where it listens.
        header: the Authorization header that it accepts.
        process: its main process.
        database: the main process of its PostgreSQL, when that runs on this machine.
    """

    name: str
    url: str
    header: str
    process: psutil.Process
    database: psutil.Process | None

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        """One request, one answer: status and body."""
        headers = {"Authorization": self.header, "Content-Type": "application/json"}
        request = urllib.request.Request(
            self.url + path, method=method, data=body.encode() if body else None, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()

    @property
    def memory_mb(self) -> float:
        """The resident memory of its largest process."""
        return max(_resident(process) for process in self.process.children(recursive=True)) / 2**20

    def cpu_seconds(self) -> tuple[float, float]:
        """CPU time so far, of the server's processes and of PostgreSQL's."""
        return tree_seconds(self.process), tree_seconds(self.database) if self.database else 0.0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def tree_seconds(root: psutil.Process) -> float:
    """CPU time of a process, of those below it, and of those below it that have ended."""
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def basic(login: str, password: str) -> str:
    """The Authorization header."""
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def environment(var: Path, **more: str) -> dict[str, str]:
    """The environment of the service: the bench's own folder and secret, and nothing of the caller's shop."""
    var.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {
        "DJANGO_SETTINGS_MODULE": "fluentcart.settings",
        "FLUENTCART_VAR": str(var),
        "SECRET_KEY": SECRET,
        "DEMO": "1",
        "LOG_FORMAT": "json",  # as in the image
    }
    return kept | own | RATES | more


@contextmanager
def running(
    name: str,
    *,
    env: Mapping[str, str],
    header: str,
    application: str = "",
    database: psutil.Process | None = None,
    shape: tuple[int, int] | None = None,
) -> Iterator[Server]:
    """A server on a port of its own; another application under the same granian when one is named.

    Args:
        shape: workers, and threads of each; those of `make run` when not given.
    """
    port = free_port()
    workers, threads = shape or (min(os.cpu_count() or 1, WORKERS_DEFAULT_MAX), THREADS)
    command = server_command(HOST, port, workers, threads)
    if application:
        command[-1] = application
    child = subprocess.Popen(command, cwd=ROOT, env=dict(env), start_new_session=True)
    try:
        wait_until_open(port, child)
        yield Server(name, f"http://{HOST}:{port}", header, psutil.Process(child.pid), database)
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()


def wait_until_open(port: int, child: subprocess.Popen[bytes]) -> None:
    """Until somebody listens.

    Raises:
        SystemExit: the server ended, or nobody listens within a minute.
    """
    for _ in range(START_SECONDS * 10):
        if child.poll() is not None:
            break
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit(f"The server did not start (port {port}).")
