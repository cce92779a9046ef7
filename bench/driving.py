"""One round: wrk drives a server with an endpoint's requests for some seconds."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import orjson

from bench.endpoints import Request
from bench.servers import Server

CONNECTIONS = 8
SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Round:
    """What one round measured; times are of one request, `broken` counts connections and timeouts."""

    per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    app_us: float
    database_us: float
    refused: float
    broken: float

    @property
    def cpu_us(self) -> float:
        """CPU time of one request, of application and database."""
        return self.app_us + self.database_us


def find_wrk() -> str:
    """The load generator.

    Raises:
        SystemExit: it is not installed.
    """
    found = shutil.which("wrk")
    if found is None:
        sys.exit("The load generator wrk is missing. Install it: apt install wrk")
    return found


def write_requests(requests: Sequence[Request], path: Path) -> None:
    """The file that load.lua reads."""
    path.write_text("".join(f"{request.method}\t{request.path}\t{request.body}\n" for request in requests))


def drive(server: Server, requests: Path, *, seconds: float, start: int = 0) -> Round:
    """Send the requests of a file over 8 connections for so long, from the `start`-th on."""
    result = requests.with_suffix(".json")
    command = [
        find_wrk(), "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{round(seconds)}s",
        "--timeout", "60s", "--script", str(SCRIPT), server.url, "--", str(requests), server.header, str(start),
    ]  # fmt: skip
    app_before, database_before = server.cpu_seconds()
    done = subprocess.run(
        command, env=os.environ | {"BENCH_RESULT": str(result)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"wrk failed: {done.stderr or done.stdout}")
    app_after, database_after = server.cpu_seconds()
    measured = orjson.loads(result.read_bytes())
    count = max(measured["requests"], 1)
    return Round(
        per_second=measured["requests"] / measured["seconds"],
        p50_ms=measured["p50_ms"],
        p99_ms=measured["p99_ms"],
        max_ms=measured["max_ms"],
        app_us=(app_after - app_before) / count * 1e6,
        database_us=(database_after - database_before) / count * 1e6,
        refused=measured["refused"],
        broken=measured["broken"],
    )


def median(rounds: Sequence[Round]) -> Round:
    """The median of each figure; of errors the sum, for none may be hidden."""
    found = {field.name: statistics.median(getattr(one, field.name) for one in rounds) for field in fields(Round)}
    for name in ("refused", "broken"):
        found[name] = sum(getattr(one, name) for one in rounds)
    return Round(**found)
