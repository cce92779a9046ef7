"""What a client may send to a running service: too much, too slowly, or with a length that is not true.

Each is a clear 4xx or a closed connection, changes nothing, and keeps no thread of the server.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.raw import Answer, ask, line_to
from tests.serving import ANSWER_SECONDS, Served, serving

pytestmark = [pytest.mark.once]

CUSTOMERS = "/wp-json/fluent-cart/v2/customers"
BYTES_MAX = 65536
HEADERS_MS = 1000
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NEW = b'{"full_name": "Ada Lovelace", "email": "ada@example.org"}'
CHUNKED = b"Transfer-Encoding: chunked\r\n"


class Shop:
    """A service with one worker and its two threads, and who may do everything there."""

    def __init__(self, served: Served, log: Path) -> None:
        self.url, self.log = served.url, log
        self.port = int(served.url.rpartition(":")[2])
        self.login = ("ada", served.create_user("ada"))
        encoded = base64.b64encode(":".join(self.login).encode())
        self.signed = b"Authorization: Basic " + encoded + b"\r\n"

    def head(self, *headers: bytes, method: bytes = b"POST", kind: str = JSON, path: str = CUSTOMERS) -> bytes:
        """A signed request without its body; `headers` end with CR LF."""
        first = b"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n" % (method, path.encode())
        return first + self.signed + b"Content-Type: %s\r\n" % kind.encode() + b"".join(headers) + b"\r\n"

    def post(self, *headers: bytes, body: bytes = b"", kind: str = JSON, then_end: bool = False) -> Answer:
        """The answer to a POST of a customer."""
        return ask(self.port, self.head(*headers, kind=kind) + body, then_end=then_end)

    def call(self, method: str = "get", query: str = "", data: Any = None, **options: Any) -> requests.Response:
        """An ordinary call."""
        url = f"{self.url}{CUSTOMERS}{query}"
        return requests.request(method, url, data=data, auth=self.login, timeout=ANSWER_SECONDS, **options)

    def customers(self) -> int:
        """How many there are."""
        return int(self.call().headers["X-WP-Total"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The service, without demo data."""
    folder = tmp_path_factory.mktemp("limits")
    settings = {
        "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
        "SECRET_KEY_FROM_FILE": "on",
        "FLUENTCART_RATE_LIMIT": "off",
        "BODY_BYTES_MAX": str(BYTES_MAX),
        "GRANIAN_HTTP1_HEADER_READ_TIMEOUT": str(HEADERS_MS),
        "WORKERS": "1",
    }
    with serving(folder, error_log=folder / "log", **settings) as served:
        yield Shop(served, folder / "log")


@pytest.fixture
def shop(running: Shop) -> Iterator[Shop]:
    """The service, which is afterwards as it was: no customer more, both threads free, nothing failed."""
    before = running.customers()
    yield running
    assert running.customers() == before
    assert_both_threads_answer(running)
    log = running.log.read_text()
    assert "Traceback" not in log
    assert " status=5" not in log


def assert_both_threads_answer(shop: Shop) -> None:
    """While one thread waits for the rest of a body, the other one answers; then the first does."""
    with line_to(shop.port) as first, line_to(shop.port) as second:
        first.send(shop.head(b"Content-Length: 2\r\n") + b"{")
        second.send(shop.head(method=b"GET"))
        assert second.answer().status == 200
        first.send(b"}")
        assert first.answer().status == 400


# --- Size ----------------------------------------------------------------------------------------


def padded(size: int) -> bytes:
    """A body that lacks a name and is so many bytes long."""
    return b'{"notes": "' + b"a" * (size - 13) + b'"}'


def in_chunks(*pieces: bytes) -> bytes:
    """A body in chunks, with its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@pytest.mark.parametrize(("size", "status"), [(BYTES_MAX, 400), (BYTES_MAX + 1, 413), (40 * BYTES_MAX, 413)])
def test_a_body_has_a_largest_size(shop: Shop, size: int, status: int):
    with_length = shop.post(b"Content-Length: %d\r\n" % size, body=padded(size))
    chunked = shop.post(CHUNKED, body=in_chunks(padded(size)[:1000], padded(size)[1000:]))

    assert (with_length.status, chunked.status) == (status, status)
    assert status == 400 or f"at most {BYTES_MAX} bytes" in chunked.text


@pytest.mark.parametrize("kind", [JSON, FORM, "multipart/form-data; boundary=B"])
@pytest.mark.parametrize("key", [b"", b"Idempotency-Key: 1\r\n"], ids=["plain", "with a key"])
def test_a_body_that_is_announced_as_too_large_is_not_waited_for(shop: Shop, kind: str, key: bytes):
    answer = shop.post(key, b"Content-Length: 999999999\r\n", body=b"abc", kind=kind)

    assert answer.status == 413


def test_chunks_that_never_end_are_read_no_further_than_the_limit(shop: Shop):
    answer = shop.post(CHUNKED, body=in_chunks(b"a" * BYTES_MAX).removesuffix(b"0\r\n\r\n") * 3)

    assert answer.status == 413


@pytest.mark.parametrize(("depth", "is_told"), [(64, False), (65, True), (20_000, True)])
def test_json_has_a_greatest_depth(shop: Shop, depth: int, is_told: bool):
    body = b'{"billing_address": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    answer = shop.post(b"Content-Length: %d\r\n" % len(body), body=body)

    assert answer.status == 400
    assert ("deeper than 64" in answer.text or "depth limit" in answer.text) == is_told


@pytest.mark.parametrize(
    ("query", "name"),
    [
        pytest.param("?" + "_=1&" * 1001, "query", id="variables"),
        pytest.param("?a" + "[b]" * 65, "a", id="brackets"),
        pytest.param("?search=" + "a" * 201, "search", id="search"),
        pytest.param("?page=0", "page", id="page 0"),
        pytest.param("?page=-1", "page", id="a page below"),
        pytest.param(f"?page={10**30}", "page", id="a page that no number holds"),
        pytest.param("?per_page=0", "per_page", id="no rows"),
    ],
)
def test_a_query_has_limits_that_are_named(shop: Shop, query: str, name: str):
    r = shop.call(query=query)

    assert r.status_code == 400
    assert list(r.json()["data"]["errors"]) == [name]


@pytest.mark.parametrize(("ids", "status"), [(100, 200), (101, 400)])
def test_a_bulk_action_has_a_greatest_number_of_ids(shop: Shop, ids: int, status: int):
    body = {"action": "update_status", "customer_ids": list(range(1, ids + 1)), "data": {"status": "active"}}

    r = shop.call("post", "/do-bulk-action", json=body)

    assert r.status_code == status
    assert status == 200 or list(r.json()["data"]["errors"]) == ["customer_ids"]


# --- Headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param(b"X-Long: " + b"a" * 1_000_000 + b"\r\n", 431, id="a long one"),
        pytest.param(b"X-Many: a\r\n" * 200, 431, id="many"),
        pytest.param(b"X Space: a\r\n", 400, id="a space in a name"),
        pytest.param(b"X-Bare\r\n", 400, id="no colon"),
        pytest.param(b"X-Nul: \x00\r\n", 400, id="NUL"),
        pytest.param(b": a\r\n", 400, id="no name"),
        pytest.param(b"Host: other.example\r\n", 400, id="another host"),
        pytest.param(b"Authorization: Basic eDp5\r\n", 401, id="a second password"),
        pytest.param(b"Authorization: \r\n", 401, id="a second password that is empty"),
    ],
)
def test_headers_have_limits(shop: Shop, headers: bytes, status: int):
    assert ask(shop.port, shop.head(headers, method=b"GET")).status == status


def test_an_address_has_a_greatest_length(shop: Shop):
    assert ask(shop.port, shop.head(method=b"GET", path=f"{CUSTOMERS}?_={'a' * 65536}")).status == 414


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9", b"PRI * HTTP/2.0\r\n\r\nSM\r\n"])
def test_what_is_no_request_of_http_1_ends_the_connection(shop: Shop, first: bytes):
    assert ask(shop.port, first + b"\r\n\r\n", then_end=True).status in (0, 400, 505)


# --- A length that is not true -------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(b"Content-Length: -1\r\n", id="negative"),
        pytest.param(b"Content-Length: +57\r\n", id="with a sign"),
        pytest.param(b"Content-Length: 0x39\r\n", id="hexadecimal"),
        pytest.param(b"Content-Length: many\r\n", id="a word"),
        pytest.param(b"Content-Length: 99999999999999999999999\r\n", id="more than a number holds"),
        pytest.param(b"Content-Length: 57\r\nContent-Length: 5\r\n", id="twice, and different"),
        pytest.param(b"Content-Length: 57, 5\r\n", id="a list"),
        pytest.param(b"Content-Length : 57\r\n", id="a space before the colon"),
        pytest.param(b"Transfer-Encoding: identity\r\n", id="identity"),
        pytest.param(b"Transfer-Encoding: chunked, gzip\r\n", id="not chunked in the end"),
        pytest.param(b"Transfer-Encoding: xchunked\r\nContent-Length: 57\r\n", id="nearly chunked"),
    ],
)
def test_a_length_that_is_none_is_refused(shop: Shop, headers: bytes):
    assert shop.post(headers, body=NEW).status == 400


@pytest.mark.parametrize("kind", [JSON, FORM])
@pytest.mark.parametrize("key", [b"", b"Idempotency-Key: 2\r\n"], ids=["plain", "with a key"])
@pytest.mark.parametrize("body", [NEW, b"", b"full_name=Ada&email=ada%40example.org"])
def test_a_body_that_was_cut_off_is_not_believed(shop: Shop, kind: str, key: bytes, body: bytes):
    answer = shop.post(key, b"Content-Length: 999\r\n", body=body, kind=kind, then_end=True)

    assert answer.status == 400
    assert "body_cut_off" in answer.text


def test_a_multipart_body_that_was_cut_off_is_not_believed(shop: Shop):
    part = '--B\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = part.format("full_name", "Ada") + part.format("email", "ada@example.org")

    answer = shop.post(b"Content-Length: 999\r\n", body=body.encode(), kind="multipart/form-data; boundary=B",
                       then_end=True)  # fmt: skip

    assert (answer.status, "body_cut_off" in answer.text) == (400, True)


def test_a_client_that_leaves_before_its_body_changes_nothing(shop: Shop):
    with line_to(shop.port) as line:
        line.send(shop.head(b"Content-Length: 999\r\n") + NEW)


def test_a_length_that_is_too_small_ends_the_body_and_starts_no_request_of_its_own(shop: Shop):
    smuggled = shop.head(b"Content-Length: %d\r\n" % len(NEW)) + NEW

    answer = shop.post(b"Content-Length: 2\r\n", b"Connection: close\r\n", body=b"{}" + smuggled)

    assert (answer.status, answer.text.count("HTTP/1.1")) == (400, 1)


def test_chunks_win_over_a_length_and_end_the_connection(shop: Shop):
    after = shop.head(b"Content-Length: %d\r\n" % len(NEW)) + NEW

    with line_to(shop.port) as line:
        line.send(shop.head(b"Content-Length: 4\r\n", CHUNKED) + in_chunks(b"{}") + after)
        answer = line.answer()
        assert line.socket.recv(1) == b""  # what came behind is no request

    assert answer.status == 400


# --- Chunks --------------------------------------------------------------------------------------


def test_json_may_come_in_chunks(running: Shop):
    before = running.customers()

    answer = running.post(CHUNKED, body=in_chunks(NEW[:7], NEW[7:]))
    again = running.post(CHUNKED, b"Idempotency-Key: 3\r\n", body=in_chunks(NEW))

    assert (answer.status, again.status) == (201, 400)
    assert "email_already_exists" in again.text
    assert running.customers() == before + 1


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=B"])
def test_a_form_in_chunks_is_asked_for_its_length(shop: Shop, kind: str):
    answer = shop.post(CHUNKED, body=in_chunks(b"full_name=Ada&email=b%40example.org"), kind=kind)

    assert (answer.status, "length_required" in answer.text) == (411, True)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"zz\r\n" + NEW, id="no number"),
        pytest.param(b"-2\r\n{}\r\n0\r\n\r\n", id="a negative one"),
        pytest.param(b"ffffffffffffffffff\r\n" + NEW, id="more than a number holds"),
        pytest.param(b"2\r\n{}zz\r\n0\r\n\r\n", id="longer than it says"),
        pytest.param(b"2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n", id="an endless extension"),
        pytest.param(in_chunks(NEW[:20]).removesuffix(b"0\r\n\r\n") + b"zz\r\n", id="the second is broken"),
        pytest.param(in_chunks(NEW[:20]).removesuffix(b"0\r\n\r\n"), id="no end"),
        pytest.param(in_chunks(), id="nothing"),
    ],
)
def test_broken_chunks_are_refused(shop: Shop, body: bytes):
    assert shop.post(CHUNKED, body=body, then_end=True).status in (0, 400)


# --- Slowness ------------------------------------------------------------------------------------


def test_who_is_slow_with_the_headers_is_cut_off_and_keeps_nobody_waiting(shop: Shop):
    with line_to(shop.port) as first, line_to(shop.port) as second, line_to(shop.port) as third:
        for line in (first, second, third):
            line.send(shop.head(method=b"GET")[:50])
        assert shop.call().status_code == 200

        assert first.answer().status in (0, 408)
        assert third.answer().status in (0, 408)


@pytest.mark.parametrize("signed", [b"", b"Authorization: Basic eDp5\r\n"], ids=["nobody", "a stranger"])
def test_a_slow_body_of_somebody_who_is_not_let_in_is_not_waited_for(shop: Shop, signed: bytes):
    request = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Length: 50\r\n\r\n{" % (CUSTOMERS.encode(), signed)
    with line_to(shop.port) as first, line_to(shop.port) as second, line_to(shop.port) as third:
        for line in (first, second, third):
            line.send(request)

        assert [line.answer().status for line in (first, second, third)] == [401, 401, 401]


def test_a_slow_body_of_a_user_takes_one_thread_and_no_more(shop: Shop):
    with line_to(shop.port) as slow:
        slow.send(shop.head(b"Content-Length: 2\r\n") + b"{")
        assert [shop.call().status_code for _ in range(5)] == [200] * 5
        slow.send(b"}")

        assert slow.answer().status == 400


def test_who_reads_slowly_keeps_nobody_waiting(shop: Shop):
    openapi = b"GET /openapi/v2.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with line_to(shop.port) as first, line_to(shop.port) as second, line_to(shop.port) as third:
        for line in (first, second, third):
            line.send(openapi * 20)

        assert shop.call(query=f"?search={quote('ada')}").status_code == 200


def test_a_refusal_of_too_much_is_told_like_any_other(shop: Shop):
    r = shop.call("post", data=padded(BYTES_MAX + 1), headers={"Content-Type": JSON})

    assert r.json()["code"] == "body_too_large"
    assert json.loads(r.content)["data"]["status"] == r.status_code == 413
