"""A pytest plugin: where CI=true, a test that is skipped has failed.

On a user's machine a test may skip, with a plain sentence, when something optional is missing (a Redis, the
stand-in for Stripe). In CI everything is installed, so a skip is a test that silently stopped running.
`make` loads this with `-p tests.no_skips`.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skipped report into a failed one that keeps the reason; expected failures stay as they are."""
    if os.environ.get("CI") != "true" or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"Not allowed in CI: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Judge one phase of one test."""
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Judge a module that skips itself while it is collected (`importorskip`)."""
    report = yield
    refuse_skip(report)
    return report
