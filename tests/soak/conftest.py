"""Services that the tests of this folder share; each costs seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.orders.fake_stripe import FakeStripe, fake_stripe
from tests.soak.databases import Cluster, postgres
from tests.soak.service import Service, service


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that may be killed."""
    with postgres() as running:
        yield running


@pytest.fixture(scope="session")
def stripe() -> Iterator[FakeStripe]:
    """The gateway of both shops."""
    with fake_stripe() as running:
        yield running


@pytest.fixture(scope="session")
def on_postgres(cluster: Cluster, stripe: FakeStripe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An empty shop on that PostgreSQL, served by several processes."""
    with service(tmp_path_factory.mktemp("shop"), cluster.url, **at(stripe)) as running:
        yield running


@pytest.fixture(scope="session")
def on_sqlite(stripe: FakeStripe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An empty shop on SQLite, served by several processes."""
    folder = tmp_path_factory.mktemp("shop")
    with service(folder, f"sqlite:///{folder}/shop.sqlite3", **at(stripe)) as running:
        yield running


def at(stripe: FakeStripe) -> dict[str, str]:
    """The settings that lead to a gateway."""
    return {"STRIPE_API_KEY": "sk_test_of_a_shop_that_is_soaked", "STRIPE_API_BASE": stripe.url}


@pytest.fixture(params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest) -> Service:
    """Either of the two shops."""
    found: Service = request.getfixturevalue(f"on_{request.param}")
    return found
