"""Debian's chromium for tests that look at pages as people do; playwright drives it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser without a window, of this test's own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed: 'apt install chromium' lets the tests look at the pages.")
    with sync_playwright() as playwright:
        # Chromium's own cage needs rights that containers, and root, do not have.
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()
