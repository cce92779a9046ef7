"""Runs every example of the documents over HTTP against a service of its own: `python -m tests.documents.live`.

With `--curl` they are sent by curl: those that the documents show as a curl line by that line itself, run by a shell.

The service is started as `make run` starts it, in a temporary folder and on a free port of 127.0.0.1. Before each
example its database is put back as it was, so each runs on a fresh copy of the demo (decisions, "Demo data").
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import requests

from tests.documents import verbatim
from tests.serving import ANSWER_SECONDS, Served, copy_database, serving

if TYPE_CHECKING:
    from tests.documents.served import Run

LOGINS = {"super_admin": "ada", "none": "guest"}


@dataclass(frozen=True)
class Shop:
    """A service that is up, its two callers, and the copy that its database is put back from."""

    served: Served
    passwords: dict[str, str]

    @property
    def pristine(self) -> Path:
        """The copy."""
        return self.served.folder / "pristine.sqlite3"


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """A shop with demo data and two callers; this process's models work on the same database."""
    with serving(folder) as served:
        shop = Shop(served, {role: served.create_user(login, role=role) for role, login in LOGINS.items()})
        copy_database(served.database, shop.pristine)
        os.environ.clear()
        os.environ.update(served.env, DJANGO_SETTINGS_MODULE="fluentcart.settings")
        yield shop


Credentials = tuple[str, str]
Send = Callable[[str, str, Any, Credentials], tuple[int, str]]


def by_requests(method: str, url: str, body: Any, credentials: Credentials) -> tuple[int, str]:
    """Send with Python's requests; status and text of the answer."""
    answer = requests.request(method, url, json=body, auth=credentials, timeout=ANSWER_SECONDS)
    return answer.status_code, answer.text


def path_of(url: str) -> str:
    """Path and query of a URL."""
    return urlunsplit(("", "", *urlsplit(url)[2:]))


def by_curl(method: str, url: str, body: Any, credentials: Credentials) -> tuple[int, str]:
    """Send by the documents' own curl line, or by one with its options; status and text of the answer."""
    basic = base64.b64encode(":".join(credentials).encode()).decode()
    host = url.removesuffix(path := path_of(url))
    if line := verbatim.documented().get(verbatim.asked(method, path, body)):
        return verbatim.by_shell(line, host, basic)
    header = f"Authorization: Basic {basic}"
    sent = [] if body is None else ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    # Without --globoff curl takes filters[status] for a pattern.
    told = ["--globoff", "-s", "--show-error", "--max-time", str(ANSWER_SECONDS), "-w", "\n%{http_code}"]
    done = subprocess.run(
        ["curl", *told, "-X", method, url, "-H", header, *sent], check=True, capture_output=True, text=True
    )
    text, _, status = done.stdout.rpartition("\n")
    return int(status), text


def run(shop: Shop, case: Run, send: Send = by_requests) -> list[str]:
    """What is wrong with the answer to one example."""
    from django.db import connections  # once there are settings

    # A connection that has seen the old file would write by what it remembers of its tables.
    connections.close_all()
    copy_database(shop.pristine, shop.served.database)
    example = case.example
    example.presupposes()
    credentials = (LOGINS[example.role], shop.passwords[example.role])
    status, text = send(example.method, shop.served.url + example.url(case.base), example.body, credentials)
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        return [f"status: {status}", f"answer: {text[:200]!r} is not JSON"]
    return example.judge(status, body)


def run_all(shop: Shop, send: Send) -> int:
    """Run every example with a line for each; how many failed."""
    import django

    django.setup()
    # Examples come with models, which need the settings.
    from tests.documents.served import RUNS

    failed = 0
    for case in RUNS:
        wrong = run(shop, case, send)
        failed += bool(wrong)
        print("FAIL" if wrong else "ok  ", case.example.status, case.label, flush=True)
        for line in wrong:
            print(f"        {line}", flush=True)
    print(f"{len(RUNS) - failed} of {len(RUNS)} examples answer as documented.")
    return failed


def main() -> None:
    """Run, and end with status 1 when an example failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))
    parser = argparse.ArgumentParser(description="Run every example of the documents against a service of its own.")
    parser.add_argument("--curl", action="store_true", help="send them with curl")
    send = by_curl if parser.parse_args().curl else by_requests
    with TemporaryDirectory(prefix="fluentcart-documents-") as folder, open_shop(Path(folder)) as shop:
        failed = run_all(shop, send)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
