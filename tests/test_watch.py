"""What the log and the metrics say of real traffic to a real service, and what they must never say."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import requests

from fluentcart import statements
from fluentcart.watch import WatchMiddleware
from tests.callers import V2
from tests.serving import Served, free_port, serving
from tools import drain

TOKEN = "a-token-of-the-tests"
# Planted in every place that a caller can write to.
PERSONAL = "vera.private@example.net"
CUSTOMERS = f"{V2}/customers"
SECRETS = (PERSONAL, "vera.private", "Vera Secretname", "wrong-password-planted", TOKEN)

pytestmark = [pytest.mark.once, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service whose error stream is a file."""
    folder = tmp_path_factory.mktemp("watched")
    log = folder / "log"
    settings = {"LOG_FORMAT": "json", "METRICS_TOKEN": TOKEN, "WORKERS": "2", "TRUSTED_PROXIES": "127.0.0.1"}
    with serving(folder, error_log=log, FLUENTCART_RATE_CREATE="2", DRAIN_SECONDS="1", **settings) as shop:
        yield shop


@pytest.fixture(scope="module")
def traffic(served: Served) -> dict[str, Any]:
    """Requests with secrets and personal data in them; the password that made them."""
    password = served.create_user("ada")
    base = f"{served.url}/wp-json/fluent-cart/v2"
    auth = ("ada", password)
    person = {"email": PERSONAL, "first_name": "Vera", "last_name": "Secretname", "full_name": "Vera Secretname"}
    answers = {
        "create": requests.post(f"{base}/customers", json=person, auth=auth, timeout=30),
        "again": requests.post(f"{base}/customers", json=person, auth=auth, timeout=30),
        "over": requests.post(f"{base}/customers", json=person, auth=auth, timeout=30),
        "search": requests.get(f"{base}/customers", params={"search": PERSONAL}, auth=auth, timeout=30),
        "nowhere": requests.get(f"{base}/{PERSONAL}", auth=auth, timeout=30),
        "wrong": requests.get(f"{base}/customers", auth=(PERSONAL, "wrong-password-planted"), timeout=30),
        "detail": requests.get(f"{base}/customers/7", auth=auth, timeout=30,
                               headers={"X-Request-Id": "from-the-proxy.1"}),
        "bad id": requests.get(f"{base}/customers/7", auth=auth, timeout=30, headers={"X-Request-Id": "two words"}),
        "broken": requests.post(f"{base}/customers", data='{"email": "' + PERSONAL, auth=auth, timeout=30,
                                headers={"Content-Type": "application/json"}),
    }  # fmt: skip
    return {"password": password, "answers": answers}


def lines(served: Served) -> list[dict[str, Any]]:
    """The log as it is now."""
    return [json.loads(line) for line in (served.folder / "log").read_text().splitlines() if line.startswith("{")]


def test_the_log_tells_every_request_by_its_route_and_nobody_by_name(served, traffic):
    text = (served.folder / "log").read_text()
    told = {line["request_id"]: line for line in lines(served) if line["event"] == "request"}

    assert traffic["answers"]["create"].status_code == 201
    for name, answer in traffic["answers"].items():
        line = told[answer.headers["X-Request-Id"]]
        assert (line["status"], line["duration_ms"] > 0) == (answer.status_code, True), name
    found = told["from-the-proxy.1"]
    assert found["route"] == "/wp-json/fluent-cart/v2/customers/<customer_id>"
    assert (found["method"], found["user_id"] > 0, len(found["credential"])) == ("GET", True, 36)
    assert found["sql"] >= 2  # the password, and the customer
    assert 0 < found["sql_ms"] < found["duration_ms"]
    assert [secret for secret in (*SECRETS, traffic["password"]) if secret in text] == []
    assert "Traceback" not in text


def test_an_id_that_is_none_is_replaced(traffic):
    assert re.fullmatch(r"[0-9a-f]{16}", traffic["answers"]["bad id"].headers["X-Request-Id"])


def test_the_metrics_of_all_workers_are_summed_by_action(served, traffic):
    for _ in range(20):  # new connections, so that both workers answer some
        requests.get(f"{served.url}/wp-json/fluent-cart/v2/customers/7", auth=("ada", traffic["password"]), timeout=30)
    sums = {scrape(served, "customers.retrieve", "2xx") for _ in range(6)}

    # The two of the traffic and these twenty, whichever worker is asked.
    assert sums == {22.0}


def test_a_port_of_its_own_tells_the_same_sums_also_of_a_worker_that_was_killed(tmp_path: Path):
    port = free_port()
    with serving(tmp_path, METRICS_PORT=str(port), WORKERS="2") as shop:
        # The server may be ready before the program beside it is.
        before = wait_for(lambda: requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)).text
        for _ in range(20):  # new connections, so that both workers answer some
            requests.get(f"{shop.url}/healthz", timeout=30)
        workers = workers_of(shop.process.pid)
        os.kill(workers[0], signal.SIGKILL)
        after = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
        elsewhere = requests.get(f"http://127.0.0.1:{port}/wp-json/", timeout=30)
        # The kernel hands new connections to the killed worker, and resets them, until its socket is gone.
        public_status = wait_for(lambda: requests.get(f"{shop.url}/metrics", timeout=30).status_code)

    assert len(workers) == 2
    assert pages(after.text) >= pages(before) + 20
    assert after.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "fluentcart_database_up 1" in after.text
    assert (elsewhere.status_code, public_status) == (404, 404)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5)


def test_the_port_of_its_own_is_served_again_when_its_program_was_killed(tmp_path: Path):
    port = free_port()
    with serving(tmp_path, error_log=tmp_path / "log", METRICS_PORT=str(port), WORKERS="1") as shop:
        page = f"http://127.0.0.1:{port}/metrics"
        first = wait_for(lambda: requests.get(page, timeout=30))
        (program,) = children_of(shop.process.pid, "metrics_server")
        os.kill(program, signal.SIGKILL)
        again = wait_for(
            lambda: children_of(shop.process.pid, "metrics_server") != [program] and requests.get(page, timeout=30)
        )

    assert (first.status_code, again.status_code) == (200, 200)
    assert "fluentcart.metrics_server ended with status -9. It is started anew." in (tmp_path / "log").read_text()
    with pytest.raises(requests.ConnectionError):
        requests.get(page, timeout=5)


def wait_for(question: Any) -> Any:
    """The first answer that is none of no answer and a server that is not there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError):
            if answer := question():
                return answer
        time.sleep(0.2)
    raise AssertionError("no answer in time")


def test_a_program_that_cannot_stay_is_started_at_a_pace_until_the_end(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(drain, "LOOK_SECONDS", 0.3)
    starts: list[float] = []

    def start(words: list[str]) -> subprocess.Popen[bytes]:
        starts.append(time.monotonic())
        if len(starts) == 2:
            raise OSError("no memory")
        return subprocess.Popen(words)

    companion = drain.Companion(["false"], start)
    wait_for(lambda: len(starts) >= 4)
    companion.end()
    count = len(starts)
    time.sleep(0.7)

    assert len(starts) == count
    assert all(later - before >= 0.3 for before, later in pairwise(starts))
    assert capfd.readouterr().err.count("false ended with status 1. It is started anew.") == count - 1


def pages(text: str) -> float:
    """How many requests for what is no action of a dialect were counted."""
    found = re.search(r'fluentcart_request_seconds_count\{action="page",dialect="",status="2xx"\} (\S+)', text)
    return float(found[1]) if found else 0.0


def workers_of(pid: int) -> list[int]:
    """The processes of the server that `tools/serve.py` started."""
    return [
        worker
        for server in children_of(pid, "granian")
        for worker in children_of(server)
        if worker not in children_of(server, "resource_tracker")
    ]


def children_of(pid: int, word: str = "") -> list[int]:
    """The processes that a process started and that live; those with a word in their command line."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat=,args="], check=True, capture_output=True, text=True).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()]
    return [int(own) for own, parent, state, words in rows if int(parent) == pid and word in words and state[0] != "Z"]


def test_the_metrics_count_what_was_refused_and_name_nobody(served, traffic):
    text = metrics(served)

    assert 'fluentcart_rate_limited_total{rate_class="create",resource="customers"}' in text
    assert re.search(r'fluentcart_wrong_passwords_total\{kind="application"\} 1\.0', text)
    assert "fluentcart_uncertain_refunds 0" in text
    assert "fluentcart_build_info{version=" in text
    assert [secret for secret in (*SECRETS, traffic["password"]) if secret in text] == []


def metrics(served: Served) -> str:
    """What Prometheus gets."""
    answer = requests.get(f"{served.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
    assert answer.status_code == 200
    return answer.text


def scrape(served: Served, action: str, status: str) -> float:
    """How many requests of v2's action there were."""
    labels = f'action="{action}",dialect="v2",status="{status}"'
    found = re.search(rf"fluentcart_request_seconds_count\{{{re.escape(labels)}\}} (\S+)", metrics(served))
    assert found, labels
    return float(found[1])


def test_a_write_that_runs_when_the_service_is_told_to_end_is_finished_and_kept(tmp_path: Path):
    with serving(tmp_path, DRAIN_SECONDS="2", WORKERS="1") as shop:
        auth = ("ada", shop.create_user("ada"))
        answers: list[requests.Response] = []
        body = {"email": "late@example.com", "full_name": "Late Comer"}
        url = f"{shop.url}/wp-json/fluent-cart/v2/customers"
        writer = threading.Thread(target=lambda: answers.append(requests.post(url, json=body, auth=auth, timeout=30)))
        with closing(sqlite3.connect(shop.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # the write below waits for this one
            writer.start()
            time.sleep(0.5)
            shop.process.terminate()
            time.sleep(0.5)
            unready = requests.get(f"{shop.url}/readyz", timeout=5)
            time.sleep(2)  # the server has been told to end by now
            other.execute("ROLLBACK")
        writer.join(timeout=30)
        status = shop.process.wait(timeout=30)
        with closing(sqlite3.connect(shop.database)) as database:
            kept = database.execute("SELECT count(*) FROM customers_customer WHERE email = 'late@example.com'")
            assert kept.fetchone() == (1,)

    assert (unready.status_code, unready.json()) == (503, {"status": "draining"})
    assert [answer.status_code for answer in answers] == [201]
    assert status == 0


def test_watching_a_request_costs_little(rf, settings, tmp_path):
    """In the processor's time, the best of several rounds."""
    settings.REQUEST_LOG = True
    watched = WatchMiddleware(lambda request: ANSWER)
    request = rf.get("/healthz")
    best = min(_seconds(lambda: watched(request)) for _ in range(20))

    assert best < 40e-6


@pytest.mark.django_db
def test_noting_the_statements_of_a_request_costs_a_hundredth_of_it_at_most(api, settings):
    """A slow machine is slow in both, and a moment in which it is slow is not the median."""
    settings.REQUEST_LOG = False
    client = api.everything()
    client.get(CUSTOMERS)  # what is imported and compiled once
    statements.begin()
    client.get(CUSTOMERS)
    count = statements.spent.statements

    shares = [
        count * _seconds(lambda: statements.note(time.perf_counter())) / _seconds(lambda: client.get(CUSTOMERS))
        for _ in range(9)
    ]

    assert count
    assert median(shares) < 0.01


class _Answer(dict[str, str]):
    status_code = 200


ANSWER: Any = _Answer()


def _seconds(call: Any) -> float:
    began = time.thread_time()
    for _ in range(50):
        call()
    return (time.thread_time() - began) / 50
