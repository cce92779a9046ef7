"""What Prometheus is told. Nothing is counted unless METRICS_TOKEN or METRICS_PORT is set.

The processes of a host count in files of one folder (prometheus_client's multiprocess mode), so that any of them can
tell the sum. Labels are words of the code (dialects, actions, classes of status), never what a caller sent, so the
number of series is bounded.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection

# Seconds; from a list of one page to an export.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


@dataclass(frozen=True)
class Metrics:
    """The counters of this process."""

    requests: Any
    rate_limited: Any
    wrong_passwords: Any
    list_reads: Any


@cache
def metrics() -> Metrics | None:
    """The counters; None when nobody may ask for them."""
    if not (settings.METRICS_TOKEN or settings.METRICS_PORT):
        return None
    # The library looks for the folder when it is imported, and so it is imported here.
    folder = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings.VAR_DIR / "metrics"))
    os.makedirs(folder, exist_ok=True)
    from prometheus_client import CollectorRegistry, Counter, Histogram

    # Files hold the sums; this registry is only where the library wants its metrics to be known.
    known = CollectorRegistry()
    return Metrics(
        requests=Histogram(
            "fluentcart_request_seconds", "Requests by how long they took.", ["dialect", "action", "status"],
            buckets=BUCKETS, registry=known,
        ),
        rate_limited=Counter(
            "fluentcart_rate_limited", "Requests over a rate.", ["resource", "rate_class"], registry=known
        ),
        wrong_passwords=Counter(
            "fluentcart_wrong_passwords", "Wrong application passwords.", ["kind"], registry=known
        ),
        list_reads=Counter(
            "fluentcart_list_reads", "Lists and reports by where they were read from, and why.",
            ["server", "why"], registry=known,
        ),
    )  # fmt: skip


def rate_limited(resource: str, rate_class: str) -> None:
    """Count a request that was one too many."""
    if found := metrics():
        found.rate_limited.labels(resource, rate_class).inc()


def wrong_password() -> None:
    """Count a wrong application password."""
    if found := metrics():
        found.wrong_passwords.labels("application").inc()


def list_read(why: str) -> None:
    """Count a list that was read from the replica, or from the primary for a reason."""
    if found := metrics():
        found.list_reads.labels("primary" if why else "replica", why).inc()


def exposition(version: str, uncertain_refunds: int | None) -> bytes:
    """All of it in Prometheus' text format: the sums over this host's processes, and what is so at this moment.

    Args:
        version: of the API.
        uncertain_refunds: whose gateway has not answered yet; None when the database cannot be asked.
    """
    from prometheus_client import CollectorRegistry, generate_latest, multiprocess

    summed = CollectorRegistry()
    multiprocess.MultiProcessCollector(summed)
    # Gauges of this moment belong to no process: these have no files.
    lines = [
        ("fluentcart_build_info", "Always 1.", {"version": version, "python": platform.python_version()}, 1),
        ("fluentcart_database_up", "1 when the database answers.", {}, int(uncertain_refunds is not None)),
    ]
    if uncertain_refunds is not None:
        text = "Refunds whose gateway has not answered yet."
        lines.append(("fluentcart_uncertain_refunds", text, {}, uncertain_refunds))
    if uncertain_refunds is not None and (connections := database_connections()) is not None:
        lines.append(("fluentcart_database_connections", "Open connections to the database.", {}, connections))
    return generate_latest(summed) + b"".join(_gauge(*line) for line in lines)


def _gauge(name: str, text: str, labels: dict[str, str], value: float) -> bytes:
    """One gauge of one series; label values are ours and need no escapes."""
    inside = ",".join(f'{key}="{word}"' for key, word in labels.items())
    series = f"{name}{{{inside}}}" if inside else name
    return f"# HELP {name} {text}\n# TYPE {name} gauge\n{series} {value}\n".encode()


def database_connections() -> int | None:
    """How many connections all clients have to this database; None where that has no meaning (SQLite)."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
