"""The service as `make run` starts it answers every example of the documents over HTTP."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.documents.served import RUNS
from tests.serving import ROOT

SECONDS = 300


@pytest.mark.slow
@pytest.mark.once
def test_a_service_that_was_just_started_answers_as_documented():
    """Sent by curl, as the documents send them; on a machine without curl by requests."""
    curl = ["--curl"] if shutil.which("curl") else []
    assert curl or os.environ.get("CI") != "true", "CI has curl"
    runner = subprocess.Popen(
        [sys.executable, "-m", "tests.documents.live", *curl],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, _ = runner.communicate(timeout=SECONDS)
    finally:
        # Told to end, it ends the service too.
        runner.terminate()
        runner.wait()

    assert runner.returncode == 0, said
    assert said.splitlines()[-1] == f"{len(RUNS)} of {len(RUNS)} examples answer as documented."
