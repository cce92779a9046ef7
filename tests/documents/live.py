"""Runs every example of the documents over HTTP against a service of its own: `python -m tests.documents.live`.

The service is started as `make run` starts it, in a temporary folder and on a free port of 127.0.0.1. Before each
example its database is put back as it was, so each runs on a fresh copy of the demo (decisions, "Demo data").
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import requests

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


def run(shop: Shop, case: Run) -> list[str]:
    """What is wrong with the answer to one example."""
    copy_database(shop.pristine, shop.served.database)
    example = case.example
    example.presupposes()
    answer = requests.request(
        example.method,
        shop.served.url + example.url(case.base),
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
