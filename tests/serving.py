"""A service of a test's own, started as `make run` starts it, on a free port of 127.0.0.1; it ends with the test."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
ANSWER_SECONDS = 30
# What the caller's shell may say about another shop.
OTHER_SHOPS = (
    *("DATABASE_URL", "DATABASE_REPLICA_URL", "REDIS_URL", "FLUENTCART_COUNTERS"),
    *("SECRET_KEY", "ALLOWED_HOSTS", "DEMO", "WORKERS"),
)


@dataclass(frozen=True)
class Served:
    """A service that is up.

    Args:
        env: what it was started with; management commands given this find the same shop.
        process: `tools/serve.py`, the parent of the server.
    """

    url: str
    folder: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def database(self) -> Path:
        """The file that the service works on, when it is the embedded database."""
        return self.folder / "shop.sqlite3"

    def manage(self, *arguments: str, stdin: str | None = None) -> str:
        """What a management command of this shop prints; fails with what it said on the error stream."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.env, check=False, capture_output=True, text=True, input=stdin,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def create_user(self, login: str, *, role: str = "super_admin", name: str = "tests") -> str:
        """Make a user as the README says; the plaintext of an application password."""
        address = f"{login}@example.com"
        return self.manage(
            "create_user", login, "--email", address, "--role", role, "--application-password", name
        )  # fmt: skip


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def shop_environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a shop whose files are in `folder`, untouched by what this shell says of another."""
    env = {name: value for name, value in os.environ.items() if name not in OTHER_SHOPS}
    return env | {"HOST": "127.0.0.1", "PORT": str(free_port()), "FLUENTCART_VAR": str(folder)} | settings


@contextmanager
def serving(folder: Path, *, error_log: Path | None = None, **settings: str) -> Iterator[Served]:
    """The service, from the moment it is ready until it has ended; `settings` are environment variables.

    Args:
        error_log: where its error stream goes; without one it is this process's.
    """
    env = shop_environment(folder, **settings)
    url = f"http://127.0.0.1:{env['PORT']}"
    errors = error_log.open("wb") if error_log else None
    server = subprocess.Popen(
        [sys.executable, "tools/serve.py"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=errors
    )
    try:
        wait_until_ready(server, url)
        yield Served(url, folder, env, server)
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
        if errors:
            errors.close()


def wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    """Return when the service answers that it is ready.

    Raises:
        RuntimeError: it ended, or takes too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The service ended with status {server.returncode} before it was ready.")
        try:
            if requests.get(f"{url}/readyz", timeout=ANSWER_SECONDS).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"The service was not ready after {START_SECONDS} seconds.")


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database while others have it open."""
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target, timeout=20)) as copy:
        origin.backup(copy)
