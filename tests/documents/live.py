"""Runs every example of the documents over HTTP against a service of its own: `python -m tests.documents.live`.

The service is started as `make run` starts it, in a temporary folder and on a free port of 127.0.0.1. Before each
example its database is put back as it was, so each runs on a fresh copy of the demo (decisions, "Demo data").
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from tests.documents.served import Run

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 120
ANSWER_SECONDS = 30
# What the caller's shell may say about another shop.
OTHER_SHOPS = ("DATABASE_URL", "REDIS_URL", "FLUENTCART_COUNTERS", "SECRET_KEY", "ALLOWED_HOSTS", "DEMO", "WORKERS")
LOGINS = {"super_admin": "ada", "none": "guest"}


@dataclass(frozen=True)
class Shop:
    """A service that is up."""

    url: str
    folder: Path
    passwords: dict[str, str]

    @property
    def database(self) -> Path:
        """The file that the service works on."""
        return self.folder / "shop.sqlite3"

    @property
    def pristine(self) -> Path:
        """The copy that it is put back from."""
        return self.folder / "pristine.sqlite3"


def copy_database(source: Path, target: Path) -> None:
    """Copy a database while others have it open."""
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target, timeout=20)) as copy:
        origin.backup(copy)


@contextmanager
def serving(env: dict[str, str], url: str) -> Iterator[None]:
    """The service, from the moment it is ready until it has ended."""
    server = subprocess.Popen([sys.executable, "tools/serve.py"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(server, url)
        yield
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()


def wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    """Return when the service answers that it is ready; stop with a sentence when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"The service ended with status {server.returncode} before it was ready.")
        try:
            if requests.get(f"{url}/readyz", timeout=ANSWER_SECONDS).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    sys.exit(f"The service was not ready after {START_SECONDS} seconds.")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def application_password(role: str, env: dict[str, str]) -> str:
    """Make a user as the README says; the plaintext of an application password."""
    login = LOGINS[role]
    command = ["manage.py", "create_user", login, "--email", f"{login}@example.com", "--role", role]
    made = subprocess.run(
        [sys.executable, *command, "--application-password", "documents"],
        cwd=ROOT,
        env=env,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return made.stdout.strip()


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """A shop with demo data and two callers; this process's models work on the same database."""
    port = free_port()
    env = {name: value for name, value in os.environ.items() if name not in OTHER_SHOPS}
    env |= {"HOST": "127.0.0.1", "PORT": str(port), "FLUENTCART_VAR": str(folder)}
    url = f"http://127.0.0.1:{port}"
    with serving(env, url):
        shop = Shop(url, folder, {role: application_password(role, env) for role in LOGINS})
        copy_database(shop.database, shop.pristine)
        os.environ.clear()
        os.environ.update(env, DJANGO_SETTINGS_MODULE="fluentcart.settings")
        yield shop


def run(shop: Shop, case: Run) -> list[str]:
    """What is wrong with the answer to one example."""
    copy_database(shop.pristine, shop.database)
    example = case.example
    example.presupposes()
    answer = requests.request(
        example.method,
        shop.url + example.url(case.base),
        json=example.body,
        auth=(LOGINS[example.role], shop.passwords[example.role]),
        timeout=ANSWER_SECONDS,
    )
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return [f"status: {answer.status_code}", f"answer: {answer.text[:200]!r} is not JSON"]
    return example.judge(answer.status_code, body)


def run_all(shop: Shop) -> int:
    """Run every example with a line for each; how many failed."""
    import django

    django.setup()
    # Examples come with models, which need the settings.
    from tests.documents.served import RUNS

    failed = 0
    for case in RUNS:
        wrong = run(shop, case)
        failed += bool(wrong)
        print("FAIL" if wrong else "ok  ", case.example.status, case.label, flush=True)
        for line in wrong:
            print(f"        {line}", flush=True)
    print(f"{len(RUNS) - failed} of {len(RUNS)} examples answer as documented.")
    return failed


def main() -> None:
    """Run, and end with status 1 when an example failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))
    with TemporaryDirectory(prefix="fluentcart-documents-") as folder, open_shop(Path(folder)) as shop:
        failed = run_all(shop)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
