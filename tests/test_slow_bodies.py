"""Clients whose bodies come slowly or never: they are told so, and neither threads nor connections stay theirs."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from fluentcart.slowness import TURN_SECONDS
from tests.raw import Line, ask, line_to
from tests.serving import Served, serving

pytestmark = [pytest.mark.once, pytest.mark.slow]

V2 = "/wp-json/fluent-cart/v2/customers"
SECONDS_MAX = 3
WORKERS, THREADS = 2, 2
CLIENTS = 24


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service with two workers of two threads, without demo data."""
    folder = tmp_path_factory.mktemp("slow")
    settings = {
        "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
        "SECRET_KEY_FROM_FILE": "on",
        "FLUENTCART_RATE_LIMIT": "off",
        "BODY_SECONDS_MAX": str(SECONDS_MAX),
        "WORKERS": str(WORKERS),
    }
    with serving(folder, error_log=folder / "log", **settings) as served:
        yield served
        assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture(scope="module")
def head(served: Served) -> bytes:
    """A signed POST without its end and body; the path is to be put in."""
    signed = base64.b64encode(f"ada:{served.create_user('ada')}".encode())
    return b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Basic " + signed


def port_of(served: Served) -> int:
    """Where it listens."""
    return int(served.url.rpartition(":")[2])


def workers_of(served: Served) -> list[Path]:
    """The processes under the one that was started, by their folders in /proc, without the server's own parent."""
    found: list[Path] = []
    parents = [served.process.pid]
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent in parents:
            parents.append(int(process.name))
            found.append(process)
    return found


def size_of(served: Served) -> tuple[int, int]:
    """Threads and KB of memory of all its processes."""
    processes = workers_of(served)
    pages = sum(int((process / "statm").read_text().split()[1]) for process in processes)
    threads = sum(len(os.listdir(process / "task")) for process in processes)
    return threads, pages * os.sysconf("SC_PAGE_SIZE") // 1024


def drip_until_closed(line: Line, seconds: float, drop: bytes = b" ") -> float:
    """Send a byte now and then; how many seconds it took until the server hung up."""
    began = time.monotonic()
    line.socket.settimeout(0.3)
    while time.monotonic() - began < seconds:
        line.send(drop)
        try:
            if line.socket.recv(65536) == b"":
                return time.monotonic() - began
        except TimeoutError:
            continue
        except OSError:
            return time.monotonic() - began
    raise AssertionError("The connection is still open.")


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(b"Content-Length: 50\r\n\r\n{", id="with a length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", id="in chunks"),
        pytest.param(b"Content-Length: 50\r\nIdempotency-Key: 1\r\n\r\n{", id="with a key"),
    ],
)
def test_a_body_that_stops_coming_is_told_so_and_its_connection_ends(served: Served, head: bytes, framing: bytes):
    with line_to(port_of(served)) as line:
        began = time.monotonic()
        line.send(head % V2.encode() + b"\r\n" + framing)
        answer = line.answer()
        waited = time.monotonic() - began

        assert (answer.status, '"code":"body_too_slow"' in answer.text) == (408, True)
        assert "connection: close" in answer.text
        assert SECONDS_MAX - 0.5 < waited < SECONDS_MAX + 2
        assert line.socket.recv(1) == b""  # and not only when the line's patience ends


def test_a_silent_body_ends_no_connection_of_another_address(served: Served, head: bytes):
    get = b"GET /wp-json/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with ExitStack() as lines:
        # So many that each worker has some.
        idle = [lines.enter_context(line_to(port_of(served))) for _ in range(8 * WORKERS)]
        for line in idle:
            line.send(get)
            assert line.answer().status == 200
        silent = lines.enter_context(line_to(port_of(served), "127.0.0.2"))
        silent.send(head % V2.encode() + b"\r\nContent-Length: 50\r\n\r\n{")
        assert silent.answer().status == 408

        for line in idle:
            line.send(get)
        assert [line.answer().status for line in idle] == [200] * len(idle)


def test_the_b2b_dialect_tells_it_in_its_own_words(served: Served, head: bytes):
    answer = ask(port_of(served), head % b"/api/customers" + b"\r\nContent-Length: 50\r\n\r\n{")

    assert (answer.status, '{"error":{"code":"body_too_slow"' in answer.text) == (408, True)


def test_a_form_of_a_page_tells_it_too(served: Served):
    form = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n"
    form += b"Content-Type: application/x-www-form-urlencoded\r\n"

    answer = ask(port_of(served), form + b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n\r\na=")

    assert (answer.status, "did not arrive in time" in answer.text) == (408, True)


def test_a_body_that_drips_is_told_so_and_its_connection_ends(served: Served, head: bytes):
    with line_to(port_of(served)) as line:
        line.send(head % V2.encode() + b"\r\nContent-Length: 5000\r\n\r\n{")
        answer = line.answer()
        assert answer.status == 408

        assert drip_until_closed(line, SECONDS_MAX + 4) > 0


def test_a_body_that_comes_slowly_but_in_time_is_read(served: Served, head: bytes):
    with line_to(port_of(served)) as line:
        line.send(head % V2.encode() + b"\r\nContent-Length: 2\r\n\r\n{")
        time.sleep(SECONDS_MAX / 2)
        line.send(b"}")

        assert line.answer().status == 400  # it lacks a name


def test_slow_bodies_keep_nobody_else_waiting_for_long(served: Served, head: bytes):
    with ExitStack() as lines:
        for _ in range(2 * WORKERS * THREADS):
            line = lines.enter_context(line_to(port_of(served)))
            line.send(head % V2.encode() + b"\r\nContent-Length: 50\r\n\r\n{")
        began = time.monotonic()
        answers = [requests.get(f"{served.url}/wp-json/", timeout=30).status_code for _ in range(4)]

        assert answers == [200] * 4
        # Each that came before may wait a second for its turn.
        assert time.monotonic() - began < 2 * WORKERS * THREADS * TURN_SECONDS


def test_many_slow_clients_leave_neither_threads_nor_memory_behind(served: Served, head: bytes):
    before = size_of(served)
    with ExitStack() as lines:
        silent = [lines.enter_context(line_to(port_of(served))) for _ in range(CLIENTS)]
        for line in silent:
            line.send(head % V2.encode() + b"\r\nContent-Length: 50\r\n\r\n{")
            line.socket.settimeout(CLIENTS * TURN_SECONDS + 20)
        answers = [line.answer() for line in silent]
        during = size_of(served)
        assert [line.socket.recv(1) for line in silent] == [b""] * CLIENTS

    assert {answer.status for answer in answers} == {408, 503}
    assert all("retry-after" in answer.text for answer in answers if answer.status == 503)
    assert during[0] - before[0] <= WORKERS * THREADS  # each worker's may have rested
    assert during[1] - before[1] < 20_000
