"""How long a body is waited for, without a server; with one, and clients beside it: tests/test_slow_bodies.py."""

from __future__ import annotations

import io
import threading
import time

import pytest

from fluentcart import slowness
from fluentcart.connections import is_same_address
from fluentcart.slowness import BodyTooSlow, OthersAreSlow, TimedStream

SECONDS_MAX = 0.3
CLIENT = (1, "127.0.0.1")


class Dripping:
    """A stream that has another byte after a while, again and again."""

    def read(self, _size: int) -> bytes:
        """The next one."""
        time.sleep(SECONDS_MAX / 10)
        return b" "


@pytest.fixture(autouse=True)
def nobody_watches(monkeypatch: pytest.MonkeyPatch):
    """The thread that ends silent connections would stay in the process of the tests."""
    monkeypatch.setattr(slowness, "_watchers", [threading.current_thread()])


def test_a_body_that_drips_is_waited_for_so_long_and_then_refused_for_good():
    stream = TimedStream(Dripping(), SECONDS_MAX, *CLIENT)
    began = time.monotonic()
    with pytest.raises(BodyTooSlow):
        stream.read(1000)
    waited = time.monotonic() - began

    assert SECONDS_MAX <= waited < SECONDS_MAX + 2
    with pytest.raises(BodyTooSlow):
        stream.read(1)


def test_a_body_waits_for_its_turn_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slowness, "TURN_SECONDS", 0.1)
    others, later = (TimedStream(io.BytesIO(b"{}"), SECONDS_MAX, *CLIENT) for _ in range(2))
    with slowness._turn, pytest.raises(OthersAreSlow):
        others.read(2)

    assert later.read(2) == b"{}"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", True, id="alike"),
        pytest.param("::ffff:127.0.0.1", "127.0.0.1", True, id="IPv4 within IPv6"),
        pytest.param("2001:db8:0::1", "2001:db8::1", True, id="spelt otherwise"),
        pytest.param("127.0.0.1", "127.0.0.2", False, id="another"),
        pytest.param("", "", False, id="none"),
    ],
)
def test_an_address_is_known_however_it_is_spelt(one: str, other: str, is_same: bool):
    assert is_same_address(one, other) is is_same
