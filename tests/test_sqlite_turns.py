"""SQLite's writers begin in the order in which they came; and what else our backend adds to Django's."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections, transaction

from customers.models import Customer
from fluentcart.sqlite import base, turns
from fluentcart.sqlite.base import DatabaseWrapper
from fluentcart.sqlite.byte_locks import HAS_BYTE_LOCKS, alone
from fluentcart.sqlite.turns import Turns
from tests.serving import ROOT

pytestmark = pytest.mark.skipif(not HAS_BYTE_LOCKS, reason="Open file locks are Linux's.")

HOLDER = """
import sys
from fluentcart.sqlite.turns import Turns
mine = Turns(sys.argv[1])
mine.number = mine._draw()
print("drawn", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "shop.sqlite3-turns")


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


class Waiter(threading.Thread):
    """Takes a turn in a thread, notes its name, and ends it."""

    def __init__(self, path, name, took):
        super().__init__(daemon=True)
        self.turns, self.label, self.took = Turns(path), name, took
        self.start()
        until(lambda: self.turns.number is not None or name in took)

    def run(self):
        self.turns.take()
        self.took.append(self.label)
        self.turns.release()


def drawn_by_another_process(path):
    """A process that has drawn the next number and keeps it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"drawn\n"
    return process


def test_who_comes_first_is_served_first(path):
    holder, took = Turns(path), []
    holder.take()
    waiters = [Waiter(path, name, took) for name in range(6)]
    assert took == []

    holder.release()

    for waiter in waiters:
        waiter.join(timeout=30)
    assert took == [0, 1, 2, 3, 4, 5]


def test_whoever_writes_again_queues_again(path):
    holder, took = Turns(path), []
    holder.take()
    waiter = Waiter(path, "waiter", took)

    holder.release()
    holder.take()
    took.append("holder")

    assert took == ["waiter", "holder"]
    waiter.join(timeout=30)


def test_the_turn_of_a_killed_process_is_the_next_one_s(path):
    holder, took = drawn_by_another_process(path), []
    waiter = Waiter(path, "next", took)
    time.sleep(0.05)
    assert took == []

    holder.kill()
    holder.communicate()

    waiter.join(timeout=30)
    assert took == ["next"]


def test_one_who_is_killed_in_the_queue_does_not_let_others_pass(path):
    holder, took = Turns(path), []
    holder.take()
    between = drawn_by_another_process(path)
    waiter = Waiter(path, "last", took)

    between.kill()
    between.communicate()
    time.sleep(0.05)
    assert took == []

    holder.release()
    waiter.join(timeout=30)
    assert took == ["last"]


def test_a_queue_that_stands_still_is_left(path, monkeypatch, caplog):
    monkeypatch.setattr(turns, "WAIT_SECONDS_MAX", 0.05)
    holder, follower = Turns(path), Turns(path)
    holder.take()

    follower.take()

    assert "stands still" in caplog.text
    holder.close()
    follower.close()


def test_where_there_can_be_no_queue_nobody_waits(tmp_path, caplog):
    lonely = Turns(str(tmp_path / "missing" / "shop.sqlite3-turns"))

    lonely.take()
    lonely.release()

    assert "No turn among the writers" in caplog.text


def test_a_number_is_one_block_s_until_it_ends(tmp_path):
    path = str(tmp_path / "shop.sqlite3-keys")
    with alone(path, -7) as first:
        with alone(path, -7) as second, alone(path, 8) as other:
            assert (first, second, other) == (True, False, True)
        with alone(path, -7) as third:
            assert not third

    with alone(path, -7) as again:
        assert again


def test_a_number_is_free_when_its_process_is_killed(tmp_path):
    path = str(tmp_path / "shop.sqlite3-keys")
    held = f"with alone({path!r}, 7) as ours: print(ours, flush=True); input()"
    code = f"from fluentcart.sqlite.byte_locks import alone\n{held}"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"True\n"
        with alone(path, 7) as while_it_lives:
            assert not while_it_lives
        holder.kill()
        holder.wait()

    with alone(path, 7) as ours:
        assert ours


@pytest.fixture
def database(tmp_path, django_db_blocker):
    """A second database, in a file, by the backend of the settings."""
    connections.databases["queued"] = connections.configure_settings(
        {
            "default": {},
            "queued": {
                "ENGINE": "fluentcart.sqlite",
                "NAME": str(tmp_path / "queued.sqlite3"),
                "OPTIONS": {"transaction_mode": "IMMEDIATE"},
            },
        }
    )["queued"]
    with django_db_blocker.unblock():
        connection = connections["queued"]
        connection.cursor().execute("CREATE TABLE note (text TEXT UNIQUE)")
        yield connection
        connection.close()
    del connections["queued"], connections.databases["queued"]


def has_turn(connection):
    return connection.turns.number is not None


def write(connection, text="x"):
    connection.cursor().execute("INSERT INTO note VALUES (%s)", [text])


def test_a_transaction_has_a_turn_until_it_ends(database):
    with transaction.atomic("queued"):
        assert has_turn(database)
        with transaction.atomic("queued"):
            write(database)
        assert has_turn(database)

    assert not has_turn(database)


def test_a_transaction_that_fails_ends_its_turn(database):
    with pytest.raises(RuntimeError), transaction.atomic("queued"):
        raise RuntimeError

    assert not has_turn(database)


def test_a_connection_that_is_closed_ends_its_turn(database):
    with transaction.atomic("queued"):
        database.close()

    assert not has_turn(database)


def test_a_write_by_itself_has_a_turn_for_itself(database, monkeypatch):
    numbers = []
    monkeypatch.setattr(
        database.turns, "release", lambda: numbers.append(database.turns.number) or Turns.release(database.turns)
    )

    write(database)

    assert numbers
    assert numbers[0] is not None
    assert not has_turn(database)


def test_now_and_then_the_log_is_brought_into_the_database_by_one_whose_turn_is_over(database, monkeypatch):
    monkeypatch.setattr(base, "CHECKPOINT_EVERY_TURNS", 4)
    turns, checkpoint = [], DatabaseWrapper._checkpoint
    monkeypatch.setattr(DatabaseWrapper, "_checkpoint", lambda self: turns.append(has_turn(self)) or checkpoint(self))
    database.cursor().execute("PRAGMA journal_mode=WAL")
    file = Path(database.settings_dict["NAME"])

    for number in range(4):
        is_in_log_alone = f"note {number - 1}".encode() not in file.read_bytes()
        assert is_in_log_alone != bool(turns)
        with transaction.atomic("queued"):
            write(database, f"note {number}")

    assert turns == [False]


def test_a_checkpoint_that_fails_is_told_and_harms_nobody(database, monkeypatch, caplog):
    monkeypatch.setattr(base, "CHECKPOINT_EVERY_TURNS", 1)
    monkeypatch.setattr(base, "CHECKPOINT", "SELECT no_such_thing")

    with transaction.atomic("queued"):
        write(database)

    assert "No checkpoint: no such column" in caplog.text
    assert database.cursor().execute("SELECT count(*) FROM note").fetchone() == (1,)


def test_reading_needs_no_turn(database, tmp_path):
    other = Turns(str(tmp_path / "queued.sqlite3-turns"))
    other.take()

    assert database.cursor().execute("SELECT count(*) FROM note").fetchone() == (0,)

    other.release()


def test_a_transaction_waits_for_its_turn(database, tmp_path):
    other, order = Turns(str(tmp_path / "queued.sqlite3-turns")), []
    other.take()

    def end():
        until(lambda: database.turns.number is not None)
        order.append("other ends")
        other.release()

    thread = threading.Thread(target=end)
    thread.start()
    with transaction.atomic("queued"):
        order.append("begins")
    thread.join()

    assert order == ["other ends", "begins"]


@pytest.mark.django_db
@pytest.mark.once  # the schema is copied from SQLite
def test_a_write_after_somebody_changed_the_schema_is_done(database):
    """With the shop's own schema: SQLite fails only when it happens to read the index before its table."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'"
            " AND NOT (type = 'table' AND name GLOB '*_search_*')"  # which the indexes make themselves
        )
        schema = [row[0] for row in cursor.fetchall()]
    for statement in schema:
        database.cursor().execute(statement)
    database.close()  # whoever makes an index knows it
    Customer.objects.using("queued").count()
    with closing(sqlite3.connect(database.settings_dict["NAME"])) as other:
        other.execute("CREATE TABLE more (text TEXT)")

    Customer.objects.using("queued").create(email="ada@example.com", first_name="Ada")

    assert Customer.objects.using("queued").count() == 1
