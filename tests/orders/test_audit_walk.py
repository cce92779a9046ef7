"""Whatever people do in whatever order, the audit finds nothing: test_books's random walk, judged by other eyes."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from orders.gateways.base import GATEWAYS
from tests.orders.audit_shop import found
from tests.orders.test_books import Moody, Walk


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("seed", [7, 8])
def test_the_audit_finds_nothing_after_a_random_walk(seed, monkeypatch):
    walk = Walk(seed)
    monkeypatch.setitem(GATEWAYS, "moody", "tests.orders.moody")
    monkeypatch.setitem(sys.modules, "tests.orders.moody", SimpleNamespace(gateway=lambda: Moody(walk.dice)))

    for step in range(1, 121):
        walk.step()
        if step % 20 == 0:
            assert found() == [], walk.history
