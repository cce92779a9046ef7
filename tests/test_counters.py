"""Counters: exact over processes, the same on Redis, and never a reason to fail a request."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import redis
from django.core.cache import caches
from django_ratelimit.core import get_usage

from fluentcart import counters
from fluentcart.counters import HostCounter, MemoryCounter, RedisCounter, SafeCounter, get_counter

REDIS_URL = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"
PROCESSES, HITS = 4, 200


@pytest.fixture
def redis_counter():
    client = redis.Redis.from_url(REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip("There is no Redis at REDIS_URL, or at 127.0.0.1:6379.")
    prefix = f"test-{uuid.uuid4().hex}:"
    yield RedisCounter(client, prefix)
    if keys := list(client.scan_iter(f"{prefix}*")):
        client.delete(*keys)
    client.close()


@pytest.fixture(params=["host", "memory", "redis"])
def counter(request, tmp_path):
    if request.param == "redis":
        return request.getfixturevalue("redis_counter")
    return HostCounter(tmp_path / "counters.lmdb") if request.param == "host" else MemoryCounter()


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it (Redis has its own)."""
    now = SimpleNamespace(seconds=1_000_000.0)
    monkeypatch.setattr(counters.time, "time", lambda: now.seconds)
    return now


def test_hits_of_one_key_add_up_and_those_of_another_do_not(counter):
    assert [counter.hit("a", 60) for _ in range(3)] == [(1, 60), (2, 60), (3, 60)]
    assert counter.hit("b", 60) == (1, 60)


def test_a_look_does_not_count(counter):
    assert counter.peek("a") == (0, 0)
    counter.hit("a", 60)

    assert [counter.peek("a"), counter.peek("a")] == [(1, 60), (1, 60)]


def test_what_is_forgotten_starts_again(counter):
    counter.hit("a", 60)
    counter.hit("b", 60)

    counter.forget("a")

    assert counter.peek("a") == (0, 0)
    assert counter.hit("a", 60) == (1, 60)
    assert counter.hit("b", 60) == (2, 60)


def test_a_mark_stands_for_its_own_time_whatever_was_there(counter):
    counter.mark("a", 60)
    counter.mark("a", 30)
    counter.hit("b", 10)
    counter.mark("b", 60)

    assert [counter.peek("a"), counter.peek("b"), counter.peek("c")] == [(1, 30), (1, 60), (0, 0)]


@pytest.mark.parametrize("kind", ["host", "memory"])
def test_the_window_is_fixed_by_the_first_hit_and_ends_to_the_second(kind, tmp_path, clock):
    counter = HostCounter(tmp_path / "c.lmdb") if kind == "host" else MemoryCounter()
    counter.hit("a", 10)
    clock.seconds += 9
    assert counter.hit("a", 10) == (2, 1)
    clock.seconds += 1

    assert counter.peek("a") == (0, 0)
    assert counter.hit("a", 10) == (1, 10)


def test_ended_windows_are_swept_from_the_file(tmp_path, clock):
    counter = HostCounter(tmp_path / "c.lmdb")
    counter.SWEEP_EVERY = 3
    counter.hit("old", 10)
    clock.seconds += 10
    counter.hit("new", 10)
    counter.hit("new", 10)

    with counter.environment.begin() as transaction:
        assert [key for key, _ in transaction.cursor()] == [b"new"]


def test_a_redis_key_without_an_end_gets_one(redis_counter):
    redis_counter.client.set(f"{redis_counter.prefix}a", 7)

    assert redis_counter.hit("a", 60) == (8, 60)
    assert redis_counter.client.ttl(f"{redis_counter.prefix}a") in (59, 60)


def hit_often(path: Path, results) -> None:
    counter = HostCounter(path)
    results.put([counter.hit("shared", 3600)[0] for _ in range(HITS)])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_a_host_count_exactly(method, tmp_path):
    """No hit is lost and none is counted twice, also while all of them make the file at once."""
    context = multiprocessing.get_context(method)
    results = context.Queue()
    path = tmp_path / "counters.lmdb"
    processes = [context.Process(target=hit_often, args=(path, results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    seen = [count for _ in processes for count in results.get(timeout=60)]
    for process in processes:
        process.join(timeout=60)

    assert sorted(seen) == list(range(1, PROCESSES * HITS + 1))
    assert HostCounter(path).peek("shared")[0] == PROCESSES * HITS


def hit_inherited(counter, results):
    results.put((counter.hit("a", 60)[0], counter.environment is counter.inherited))


def test_an_open_file_is_not_carried_over_a_fork(tmp_path):
    counter = HostCounter(tmp_path / "counters.lmdb")
    counter.hit("a", 60)
    counter.inherited = counter.environment
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    process = context.Process(target=hit_inherited, args=(counter, results))
    process.start()
    found = results.get(timeout=60)
    process.join(timeout=60)

    assert found == (2, False)
    assert counter.peek("a")[0] == 2


def test_while_redis_is_down_this_host_counts_and_says_so_once(settings, tmp_path, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.COUNTERS_PATH = tmp_path / "counters.lmdb"
    get_counter.cache_clear()
    counter = get_counter()

    with caplog.at_level(logging.WARNING, "fluentcart.counters"):
        assert [counter.hit("a", 60)[0], counter.hit("a", 60)[0], counter.peek("a")[0]] == [1, 2, 2]
        counter.forget("a")
        assert counter.peek("a") == (0, 0)
    get_counter.cache_clear()

    assert [record.message.split(" (")[0] for record in caplog.records] == ["RedisCounter fails"]
    assert HostCounter(settings.COUNTERS_PATH).hit("a", 60)[0] == 1


def test_redis_is_asked_again_after_a_while(redis_counter, monkeypatch):
    down = redis.Redis.from_url("redis://127.0.0.1:1/0")
    up, own = redis_counter, MemoryCounter()
    safe = SafeCounter(RedisCounter(down), own)
    now = [100.0]
    monkeypatch.setattr(counters.time, "monotonic", lambda: now[0])
    safe.hit("a", 60)
    safe.shared = up
    now[0] += SafeCounter.RETRY_SECONDS - 0.1
    safe.hit("a", 60)
    now[0] += 0.1
    safe.hit("a", 60)

    assert (own.peek("a")[0], up.peek("a")[0]) == (2, 1)


def test_a_file_that_cannot_be_made_leaves_each_process_counting(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.COUNTERS_PATH = tmp_path / "file" / "counters.lmdb"
    settings.REDIS_URL = ""
    get_counter.cache_clear()
    counter = get_counter()

    assert [counter.hit("a", 60)[0], counter.hit("a", 60)[0], counter.peek("a")[0]] == [1, 2, 2]
    get_counter.cache_clear()


@pytest.fixture
def usage(settings, tmp_path, rf):
    """django-ratelimit's answer for one request of a user, at 3 an hour."""
    settings.COUNTERS_PATH = tmp_path / "counters.lmdb"
    settings.REDIS_URL = ""
    get_counter.cache_clear()

    def ask(increment=True):
        return get_usage(
            rf.get("/"), group="orders:list", key=lambda group, request: "7", rate="3/h", increment=increment
        )

    yield ask
    get_counter.cache_clear()


def test_django_ratelimit_counts_every_request_once_and_limits_the_fourth(usage):
    found = [usage() for _ in range(4)]

    assert [(each["count"], each["should_limit"]) for each in found] == [(1, False), (2, False), (3, False), (4, True)]


def test_django_ratelimit_can_look_without_counting(usage):
    assert usage(increment=False)["count"] == 0
    usage()

    assert [usage(increment=False)["count"], usage(increment=False)["count"]] == [1, 1]


def test_a_request_costs_the_counter_one_question(usage, monkeypatch):
    usage()
    asked = []
    real = HostCounter.hit
    monkeypatch.setattr(HostCounter, "hit", lambda self, *args: asked.append("hit") or real(self, *args))
    monkeypatch.setattr(HostCounter, "peek", lambda self, *args: asked.append("peek") or (0, 0))

    usage()

    assert asked == ["hit"]


def test_the_cache_hands_out_no_count_that_it_did_not_make():
    with pytest.raises(ValueError, match="Nothing was counted"):
        caches["counters"].incr("never added")


def test_readers_of_the_file_do_not_wait_for_writers(tmp_path):
    """Every Basic call looks at the file, and few of them write to it."""
    counter = HostCounter(tmp_path / "counters.lmdb")
    counter.hit("a", 60)
    with counter.environment.begin(write=True) as transaction:
        transaction.delete(b"a")

        assert in_another_thread(lambda: counter.peek("a")[0]) == 1


def in_another_thread(ask):
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(ask).result(timeout=10)


def die_while_counting(path):
    with HostCounter(path).environment.begin(write=True) as transaction:
        transaction.put(b"a", HostCounter.RECORD.pack(99, 2**40))
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_while_it_counts_keeps_nobody_waiting(tmp_path):
    path = tmp_path / "counters.lmdb"
    HostCounter(path).hit("a", 60)
    process = multiprocessing.get_context("spawn").Process(target=die_while_counting, args=(path,))
    process.start()
    process.join(timeout=60)

    assert process.exitcode == -signal.SIGKILL
    assert in_another_thread(lambda: HostCounter(path).hit("a", 60)[0]) == 2


def test_a_file_that_is_full_leaves_each_process_counting(tmp_path, monkeypatch):
    monkeypatch.setattr(HostCounter, "SIZE_BYTES", 2**16)
    shared = HostCounter(tmp_path / "counters.lmdb")
    counter = SafeCounter(shared, MemoryCounter())

    counts = [counter.hit(f"{number:0200}", 60)[0] for number in range(1000)]

    assert set(counts) == {1}
    assert 0 < shared.environment.stat()["entries"] < 1000
