"""What the tests of the accounts app share."""

from __future__ import annotations

import pytest

from fluentcart.counters import get_counter


@pytest.fixture(autouse=True)
def own_counters(settings, tmp_path):
    """Every test counts from nothing, in a file of its own."""
    settings.COUNTERS_PATH = tmp_path / "counters.lmdb"
    settings.REDIS_URL = ""
    settings.STATIC_ROOT = tmp_path  # WhiteNoise warns of a folder that is not there
    get_counter.cache_clear()
    yield
    get_counter.cache_clear()
