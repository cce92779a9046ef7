"""A service with a real streaming replica: what is read from where, and what happens when it lags or dies."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.serving import Served, serving
from tests.soak.databases import Cluster, Replica, replicated

pytestmark = [pytest.mark.once, pytest.mark.slow]

V1, V2, B2B = "/wp-json/fluent-cart/v1", "/wp-json/fluent-cart/v2", "/api"
LAG_SECONDS = 4
LONG_LAG_SECONDS = 30  # longer than a test pauses the replica, however slow the machine
TOKEN = "a-token-of-the-tests"
WAIT_SECONDS = 30


@dataclass
class Shop:
    """The service, its two servers, and two users of it."""

    served: Served
    primary: Cluster
    replica: Replica
    writer: requests.Session
    reader: requests.Session

    def get(self, path: str, session: requests.Session | None = None) -> requests.Response:
        """What a user reads; the reader, who never writes, unless another is named."""
        return (session or self.reader).get(self.served.url + path, timeout=30)

    def create(self, email: str) -> int:
        """A customer of the writer's; the id."""
        sent = {"email": email, "full_name": "Ada Lovelace"}
        answer = self.writer.post(f"{self.served.url}{V2}/customers", json=sent, timeout=30)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["data"]["customer"]["id"])

    def listed(self, email: str, session: requests.Session | None = None) -> bool:
        """Whether a list of customers shows one; its total agrees with its rows."""
        body = self.get(f"{V2}/customers?search={email}", session).json()["data"]
        assert body["pagination"]["total"] == len(body["customers"])
        return bool(body["customers"])

    def state(self) -> str:
        """What /readyz says of the replica."""
        answer = self.get("/readyz")
        assert answer.status_code == 200
        return str(answer.json()["replica"])

    def reads(self) -> dict[tuple[str, str], float]:
        """How many lists were read from which server, and why."""
        text = requests.get(f"{self.served.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30).text
        found = re.findall(r'^fluentcart_list_reads_total\{server="(.*?)",why="(.*?)"\} (.*)$', text, re.MULTILINE)
        return {(server, why): float(count) for server, why, count in found}

    def log(self) -> str:
        """The service's error stream so far."""
        return (self.served.folder / "errors.log").read_text()


def eventually(question, seconds: float = WAIT_SECONDS) -> None:
    """Return when a question is answered with yes."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Cluster, Replica]]:
    """A primary and its replica."""
    with replicated() as found:
        yield found


@contextmanager
def opened(servers: tuple[Cluster, Replica], folder: Path, *, lag_seconds: int) -> Iterator[Shop]:
    """A shop whose lists may lack what others wrote in the last `lag_seconds`."""
    primary, replica = servers
    settings = {
        "DATABASE_URL": primary.url,
        "DATABASE_REPLICA_URL": replica.url,
        "REPLICA_LAG_SECONDS_MAX": str(lag_seconds),
        "METRICS_TOKEN": TOKEN,
        "SECRET_KEY_FROM_FILE": "on",
        "FLUENTCART_RATE_LIMIT": "off",
        "REQUEST_LOG": "off",
        "WORKERS": "2",
    }
    with serving(folder, error_log=folder / "errors.log", **settings) as served:
        sessions = []
        for role in ("writer", "reader"):
            sessions.append(requests.Session())
            login = f"{role}-{lag_seconds}"
            sessions[-1].auth = (login, served.create_user(login))
        yield Shop(served, primary, replica, *sessions)


@contextmanager
def undone(shop: Shop) -> Iterator[Shop]:
    """The shop, with a replica that is read from; whatever a test did to it is undone."""
    eventually(lambda: shop.state() == "reading")
    yield shop
    if not (shop.replica.data / "postmaster.pid").exists():
        shop.replica.start()
    shop.replica.ask("SELECT pg_wal_replay_resume()")


@pytest.fixture(scope="module")
def shop(servers: tuple[Cluster, Replica], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened(servers, tmp_path_factory.mktemp("replicated"), lag_seconds=LAG_SECONDS) as found:
        yield found


@pytest.fixture
def reading(shop: Shop) -> Iterator[Shop]:
    """The shop, while its replica is read from."""
    with undone(shop) as found:
        yield found


@pytest.fixture(scope="module")
def patient_shop(servers: tuple[Cluster, Replica], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened(servers, tmp_path_factory.mktemp("patient"), lag_seconds=LONG_LAG_SECONDS) as found:
        yield found


@pytest.fixture
def patient(patient_shop: Shop) -> Iterator[Shop]:
    """A shop that goes on reading from a replica that is paused for as long as a test takes."""
    with undone(patient_shop) as found:
        yield found


def test_lists_are_read_from_the_replica_and_single_resources_from_the_primary(patient):
    patient.replica.ask("SELECT pg_wal_replay_pause()")

    pk = patient.create("paused@example.com")

    assert patient.get(f"{V2}/customers/{pk}").json()["data"]["customer"]["email"] == "paused@example.com"
    assert not patient.listed("paused@example.com")
    patient.replica.ask("SELECT pg_wal_replay_resume()")
    eventually(lambda: patient.listed("paused@example.com"))


def test_whoever_wrote_sees_the_own_write_in_every_worker(patient):
    patient.replica.ask("SELECT pg_wal_replay_pause()")

    patient.create("own@example.com")

    url = f"{patient.served.url}{V2}/customers?search=own@example.com"
    # New connections are spread over the workers.
    seen = [requests.get(url, auth=patient.writer.auth, timeout=30) for _ in range(12)]
    assert [len(answer.json()["data"]["customers"]) for answer in seen] == [1] * 12
    assert not patient.listed("own@example.com")


def test_a_customer_whom_the_replica_lacks_is_looked_for_on_the_primary(reading):
    reading.replica.ask("SELECT pg_wal_replay_pause()")

    pk = reading.create("new@example.com")

    assert reading.get(f"{V2}/customers/{pk}/order").json()["data"] == {"data": []}
    assert reading.get(f"{V2}/customers/{pk + 1000}/order").status_code == 404


def test_a_replica_that_is_too_far_behind_is_not_read_from(reading):
    reading.replica.ask("SELECT pg_wal_replay_pause()")

    reading.create("behind@example.com")

    eventually(lambda: reading.listed("behind@example.com"), LAG_SECONDS * 2)
    eventually(lambda: reading.state() == "too far behind", LAG_SECONDS * 2)
    reading.replica.ask("SELECT pg_wal_replay_resume()")
    eventually(lambda: reading.state() == "reading")
    assert f"The replica is more than {LAG_SECONDS} seconds behind. Lists are read from the primary." in reading.log()


def test_a_replica_that_dies_is_missed_by_nobody(reading):
    before = reading.log().count("The replica cannot be read from")
    reading.replica.kill()

    answers = [reading.get(f"{V2}/customers") for _ in range(40)]

    assert {answer.status_code for answer in answers} == {200}
    assert reading.get("/readyz").json()["status"] == "ok"
    eventually(lambda: reading.state() == "unreachable")
    assert 1 <= reading.log().count("The replica cannot be read from") - before <= 2  # once a worker
    assert reading.reads()["primary", "unreachable"] > 0
    reading.replica.start()
    eventually(lambda: reading.state() == "reading")
    from_replica = reading.reads()["replica", ""]
    reading.get(f"{V2}/customers")
    eventually(lambda: reading.get(f"{V2}/customers").ok and reading.reads()["replica", ""] > from_replica)
    assert "Lists are read from the replica again." in reading.log()


@pytest.mark.parametrize(
    "path",
    [
        *(f"{V2}/customers", f"{V2}/customers?filters[status]=active&sort_by=total_spent", f"{V2}/orders?search=ada"),
        *(f"{V2}/orders?with[]=customer&with[]=order_items", f"{V2}/customers/%d/order", f"{V1}/customers/%d/orders"),
        *(f"{V1}/customers", f"{V1}/orders", f"{B2B}/customers", f"{B2B}/customers/cust_%d/orders"),
        f"{B2B}/customers/cust_%d/analytics",
    ],
)
def test_every_list_and_report_is_read_from_the_replica_alone(reading, path):
    pk = reading.create(f"{abs(hash(path))}@example.com")
    eventually(lambda: reading.listed(f"{abs(hash(path))}@example.com"))
    before = reading.reads()

    answer = reading.get(path % pk if "%d" in path else path)

    after = reading.reads()
    assert answer.status_code == 200, answer.text
    assert {key: count - before.get(key, 0) for key, count in after.items() if count != before.get(key)} == {
        ("replica", ""): 1
    }


def test_a_single_resource_is_read_from_the_primary_alone(reading):
    pk = reading.create("single@example.com")
    before = reading.reads()

    reading.get(f"{V2}/customers/{pk}?with[]=orders")
    reading.get(f"{B2B}/customers/cust_{pk}")

    assert reading.reads() == before


def test_an_export_is_read_from_the_replica_once_its_asker_may(reading):
    pk = reading.create("export@example.com")
    asked = {"action": "export", "customer_ids": [pk]}
    made = reading.writer.post(f"{reading.served.url}{V2}/customers/do-bulk-action", json=asked, timeout=30)
    link = made.json()["data"]["export"]["url"]
    early = reading.writer.get(link, timeout=30)
    time.sleep(LAG_SECONDS + 2)
    before = reading.reads()

    late = reading.writer.get(link, timeout=30)

    assert "export@example.com" in early.text
    assert late.text == early.text
    assert reading.reads()["replica", ""] == before["replica", ""] + 1
