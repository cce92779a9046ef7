"""What one process knows of a replica, and who may read from it, without a server."""

from __future__ import annotations

import pytest
from django.db import DataError, OperationalError, ProgrammingError
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import ApplicationPassword
from fluentcart.api import replica
from fluentcart.counters import get_counter
from fluentcart.errors import NotFound
from fluentcart.replica import standing as standing_module
from fluentcart.replica.reading import REPLICA, Router, reading_from, reads_from, writer_key
from fluentcart.replica.standing import Standing
from fluentcart.replica.writers import WritersMiddleware

SHOP = (7, 16384)  # a cluster's identifier, and a database's


class Servers:
    """A primary and a replica, by where each stands in the log; and a clock."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.written, self.replayed = 100, 100
        self.identity = SHOP
        self.error: Exception | None = None
        self.looks = 0

    def asked(self, alias, sql):
        if alias != REPLICA:
            return (self.written, *SHOP)
        self.looks += 1
        if self.error:
            raise self.error
        return (self.replayed, *self.identity)

    def monotonic(self):
        return self.seconds


@pytest.fixture
def servers(monkeypatch):
    found = Servers()
    monkeypatch.setattr(standing_module, "asked", found.asked)
    monkeypatch.setattr(standing_module, "time", found)
    return found


@pytest.fixture
def known(monkeypatch, servers, settings):
    """This process's standing, of a replica that can be read from."""
    found = Standing(8)
    monkeypatch.setattr(replica, "standing", lambda: found)
    settings.HAS_REPLICA = True
    return found


def test_a_replica_that_has_all_is_read_from(servers):
    assert Standing(8).why_not() == ""


def test_it_is_asked_four_times_in_the_time_that_it_may_be_behind(servers):
    known = Standing(8)
    for _ in range(17):
        known.why_not()
        servers.seconds += 0.5

    assert servers.looks == 5  # after 0, 2, 4, 6 and 8 seconds


def test_a_busy_primary_is_always_a_little_ahead_and_the_replica_is_read_from(servers):
    known = Standing(8)
    known.why_not()
    seen = set()
    for _ in range(20):
        servers.replayed = servers.written  # two seconds old when it is looked at
        servers.written += 10
        servers.seconds += 2
        seen.add(known.why_not())

    assert seen == {""}


def test_one_that_stands_still_is_read_from_until_it_may_lack_what_is_older_than_allowed(servers, caplog):
    known = Standing(8)
    known.why_not()
    servers.written += 1
    states = []
    for _ in range(6):
        servers.seconds += 2
        states.append(known.why_not())

    assert states == ["", "", "", "", "unknown yet", "too far behind"]
    assert [record.message for record in caplog.records] == [
        "The replica is more than 8 seconds behind. Lists are read from the primary."
    ]


def test_one_that_caught_up_is_read_from_again(servers, caplog):
    known = Standing(8)
    servers.written, servers.seconds = 200, 1000
    for _ in range(10):
        known.why_not()
        servers.seconds += 2
    behind = known.why_not()
    servers.replayed = 200
    servers.seconds += 2

    assert (behind, known.why_not()) == ("too far behind", "")
    assert caplog.records[-1].message == "Lists are read from the replica again."


def test_after_a_quiet_time_a_replica_that_is_not_quite_there_is_no_news(servers, caplog):
    known = Standing(8)
    known.why_not()
    servers.seconds += 3600
    servers.written, servers.replayed = 300, 299

    assert known.why_not() == "unknown yet"
    servers.replayed = 300
    servers.seconds += 2
    assert known.why_not() == ""
    assert caplog.records == []


def test_what_was_known_gets_old_while_another_thread_looks(servers):
    known = Standing(8)
    known.why_not()
    servers.seconds += 8
    with known.lock:
        at_the_end = known.why_not()
        servers.seconds += 0.1
        assert (at_the_end, known.why_not()) == ("", "unknown yet")


def test_one_that_does_not_answer_is_left_alone_for_a_while_and_logged_once(servers, caplog):
    known = Standing(8)
    servers.error = OperationalError("connection refused\nIs it running?")
    states = []
    for _ in range(12):
        states.append(known.why_not())
        servers.seconds += 1

    assert (set(states), servers.looks) == ({"unreachable"}, 3)
    assert [record.message for record in caplog.records] == [
        "The replica cannot be read from: OperationalError: connection refused. Lists are read from the primary."
    ]


@pytest.mark.parametrize("identity", [(8, 16384), (7, 16385)], ids=["another-cluster", "another-database"])
def test_a_server_that_is_no_copy_of_this_shop_is_not_read_from(servers, identity):
    servers.identity = identity

    assert Standing(8).why_not() == "no replica"


def test_whoever_wrote_reads_from_the_primary_until_the_replica_must_have_it(known, settings, monkeypatch):
    writer, reader = ApplicationPassword(user_id=5), ApplicationPassword(user_id=6)
    settings.REPLICA_LAG_SECONDS_MAX = 8
    marked = {}
    monkeypatch.setattr(type(get_counter()), "mark", lambda self, key, seconds: marked.update({key: seconds}))
    request = RequestFactory().post("/")
    request.auth = writer
    WritersMiddleware(lambda _: HttpResponse())(request)
    reading = RequestFactory().get("/")
    reading.auth = reader
    WritersMiddleware(lambda _: HttpResponse())(reading)

    assert marked == {writer_key(5): 9}


def test_a_mark_is_seen_and_ends(known):
    get_counter().mark(writer_key(5), 60)
    get_counter().mark(writer_key(6), 0)

    assert [replica.why_not(5), replica.why_not(6), replica.why_not(7)] == ["own write", "", ""]


def test_without_shared_counters_nobody_knows_who_wrote(known, monkeypatch):
    monkeypatch.setattr(replica, "is_degraded", lambda: True)

    assert replica.why_not(7) == "counters degraded"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (OperationalError("canceling statement due to conflict with recovery"), "unreachable"),
        (ProgrammingError('column "x" does not exist'), ""),
        (NotFound("customer", 7), ""),
    ],
    ids=["outage", "not-migrated-yet", "not-there-yet"],
)
def test_what_fails_on_the_replica_is_read_from_the_primary_from_the_beginning(known, error, state):
    read_from = []

    def read():
        read_from.append(reads_from())
        if len(read_from) == 1:
            raise error
        return "rows"

    assert replica.tried(read) == "rows"
    assert read_from == [REPLICA, "default"]
    assert known.why_not() == state


def test_what_fails_on_both_is_the_callers_business(known):
    def read():
        raise DataError("NUL")

    with pytest.raises(DataError):
        replica.tried(read)
    assert known.why_not() == ""


def test_nothing_is_ever_written_or_migrated_there():
    with reading_from(REPLICA):
        router = Router()
        found = router.db_for_read(None), router.db_for_write(None), router.allow_migrate(REPLICA, "orders")
    assert (found, reads_from()) == ((REPLICA, "default", False), "default")


def test_what_is_streamed_later_is_read_from_where_it_was_begun(known):
    with reading_from(REPLICA):
        later = replica.kept()
    now = replica.kept()

    assert (later(reads_from), now(reads_from), reads_from()) == (REPLICA, "default", "default")


def test_without_a_replica_a_handler_is_left_as_it_is(rf, settings):
    def handler():
        """Never called."""

    assert replica.guarded(rf.get("/"), handler) is handler
