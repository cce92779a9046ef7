"""The database or Redis is killed under a running service: clear answers meanwhile, and recovery by itself."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.serving import free_port
from tests.soak.databases import Cluster
from tests.soak.options import KILLS
from tests.soak.service import WORKERS, Service, service
from tests.soak.writing import STEPS, Clients

pytestmark = [pytest.mark.once, pytest.mark.slow]
# Two blocking threads a worker, each with a connection of its own; and the books' process.
CONNECTIONS_MAX = WORKERS * 2 + 1
RECOVERY_SECONDS = 60


def until_it_recovers(served: Service) -> None:
    """Return when every worker answers again; each has to find out by itself."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while {answer.status for answer in served.together(*[("GET", "/orders?per_page=1")] * WORKERS * 2)} != {200}:
        assert time.monotonic() < deadline, "the service does not recover"
        time.sleep(0.05)


def test_while_the_database_is_away_the_answer_is_a_503(cluster: Cluster, on_postgres: Service) -> None:
    line, ids = on_postgres.books.do("line", stock=10**7), on_postgres.books.do("customers", count=20)
    ends: Counter[str] = Counter()
    again: Counter[str] = Counter()
    refusals = 0

    for number in range(KILLS):
        with Clients(on_postgres, ids, line) as clients:
            while not clients.told.acknowledged:
                time.sleep(0.01)
            if number % 2:
                cluster.kill()
            else:
                cluster.stop("immediate")
            while len(clients.told.refusals) < 20:
                time.sleep(0.01)
        cluster.start()
        until_it_recovers(on_postgres)
        ends += clients.compare()
        again += clients.send_again()
        assert clients.compare().keys() <= STEPS.keys()
        refusals += len(clients.told.refusals)
        assert clients.told.broken == 0
        for refusal in clients.told.refusals:
            assert (refusal.status, refusal.body["code"]) == (503, "service_unavailable"), refusal.text
            assert int(refusal.headers["retry-after"]) > 0

    print(f"{KILLS} times without a database, {refusals} times 503, orders: {dict(ends)}, sent again: {dict(again)}")
    assert cluster.connections() <= CONNECTIONS_MAX


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/wp-json/fluent-cart/v1/orders", '"code":"service_unavailable"'),
        ("/wp-json/fluent-cart/v2/customers/1", '"code":"service_unavailable"'),
        ("/api/customers", '"code":"service_unavailable"'),
        ("/wp-json/wp/v2/users/me", '"code":"service_unavailable"'),
        ("/readyz", "database"),
        ("/admin/orders/order/", "The service is unavailable for a moment."),
    ],
)
def test_every_edge_says_so(away: Service, path: str, holds: str) -> None:
    cookies = {"sessionid": "0123456789abcdef0123456789abcdef"}  # which somebody has to look up

    found = requests.get(f"{away.url}{path}", auth=("ada", away.password), cookies=cookies, timeout=60)

    assert found.status_code == 503, found.text
    assert holds in found.text.replace('": "', '":"')
    assert path == "/readyz" or int(found.headers["Retry-After"]) > 0


def test_what_needs_no_database_goes_on(away: Service) -> None:
    assert requests.get(f"{away.url}/healthz", timeout=60).status_code == 200


@pytest.fixture(scope="module")
def away(cluster: Cluster, on_postgres: Service) -> Iterator[Service]:
    """The service while its database is stopped."""
    cluster.stop("immediate")
    yield on_postgres
    cluster.start()


class Redis:
    """A Redis of a test's own, on a port that stays the same."""

    def __init__(self, folder: Path) -> None:
        self.program = shutil.which("redis-server")
        if self.program is None:
            pytest.skip("redis-server is not installed.")
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and return when it answers."""
        import redis

        assert self.program is not None
        command = [self.program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                client.ping()
                break
            except redis.RedisError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        client.close()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def keys(self) -> int:
        """How many counters it holds."""
        import redis

        with redis.Redis.from_url(self.url) as client:
            return len(list(client.scan_iter("fluentcart:*")))


@contextmanager
def running(redis: Redis) -> Iterator[Redis]:
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()


def test_without_redis_each_host_counts_for_itself(tmp_path: Path) -> None:
    """Decisions, "Rates": an outage of the counter neither locks the shop out nor opens it."""
    limit = 5
    settings = {"FLUENTCART_RATE_LIMIT": "on", "FLUENTCART_RATE_LIST": str(limit)}
    database = f"sqlite:///{tmp_path}/shop.sqlite3"
    with running(Redis(tmp_path)) as redis, service(tmp_path, database, REDIS_URL=redis.url, **settings) as served:
        before = [served.call("GET", "/orders").status for _ in range(2)]
        counted = redis.keys()
        redis.kill()
        meanwhile = [served.call("GET", "/orders").status for _ in range(limit + 2)]
        redis.start()
        deadline = time.monotonic() + RECOVERY_SECONDS
        while not redis.keys():
            assert time.monotonic() < deadline, "Redis is never asked again"
            served.call("GET", "/orders")
            time.sleep(0.1)
        again = served.call("GET", "/customers").status

    assert (before, again) == ([200, 200], 200)
    assert counted > 0
    assert meanwhile == [200] * limit + [429, 429]
