"""A process beside the service that works on the same database: makes the rows of a round, and audits the books.

It stays warm, so that hundreds of audits need not start hundreds of times: `python -m tests.soak.books` reads a line
of JSON for each job, `{"do": name, "with": {...}}`, and writes a line with what it returned or how it failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from typing import Any

from tests.serving import ROOT


class Books:
    """The other end of that process."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.books"],
            cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> Books:
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def do(self, name: str, **arguments: Any) -> Any:
        """What a job of `tests.soak.jobs` returns.

        Raises:
            RuntimeError: with the traceback of the job.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": name, "with": arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The books' process has ended.")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["returns"]


def serve() -> None:
    """Work until nobody asks any more."""
    import django

    django.setup()
    from django.db import close_old_connections

    from tests.soak import jobs

    for line in sys.stdin:
        job = json.loads(line)
        close_old_connections()  # as between requests: the database may have gone and come back
        try:
            answer = {"returns": getattr(jobs, job["do"])(**job["with"])}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
