"""A database that is away or has no time is a 503 that says when to come back; a defect stays one."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import Client

from fluentcart.api.outages import is_outage
from tests.callers import V2

SENTENCE = "The service is unavailable for a moment. Try again."


def raised_by(cause, kind=OperationalError):
    """As Django wraps a driver's error."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


def of_sqlite(sql):
    with sqlite3.connect(":memory:") as connection, pytest.raises(sqlite3.Error) as found:
        connection.execute(sql)
    return found.value


def locked(tmp_path):
    """What SQLite says when somebody else writes for too long."""
    first, second = (sqlite3.connect(tmp_path / "x", timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as found:
        second.execute("BEGIN IMMEDIATE")
    first.close()
    second.close()
    return found.value


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.OperationalError("connection failed"),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.CannotConnectNow(),
        psycopg.errors.LockNotAvailable(),
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.SerializationFailure(),
        psycopg.errors.DiskFull(),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_what_passes_by_itself_is_an_outage(cause):
    assert is_outage(raised_by(cause))


def test_a_connection_that_was_closed_is_an_outage():
    assert is_outage(raised_by(psycopg.InterfaceError("the connection is closed"), InterfaceError))


def test_a_lock_that_took_too_long_is_an_outage(tmp_path):
    assert is_outage(raised_by(locked(tmp_path)))


@pytest.mark.parametrize("sql", ["SELECT * FROM nowhere", "SELEC 1"])
def test_a_wrong_statement_is_a_defect_though_sqlite_calls_it_operational(sql):
    assert not is_outage(raised_by(of_sqlite(sql)))


@pytest.mark.parametrize("error", [None, ValueError("x"), DatabaseError("x")])
def test_whatever_else_is_no_outage(error):
    assert not is_outage(error)


@pytest.fixture
def away(monkeypatch):
    """A database that nobody can ask anything."""

    def fail(*args, **kwargs):
        raise OperationalError("connection refused to user shop with password hunter2")

    monkeypatch.setattr("accounts.services.verify", fail)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)


def ask(path):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "0123456789abcdef0123456789abcdef"
    return client.get(path, HTTP_AUTHORIZATION="Basic YWRhOng=")


def test_the_api_answers_in_its_dialect(away):
    answer = ask(f"{V2}/orders")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {
        "success": False,
        "code": "service_unavailable",
        "message": SENTENCE,
        "data": {"status": 503, "message": SENTENCE, "errors": [{"code": 503, "message": SENTENCE}]},
        "error": {"code": "service_unavailable", "message": SENTENCE},
    }


def test_business_accounts_answer_in_theirs(away):
    answer = ask("/api/customers")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {"error": {"code": "service_unavailable", "message": SENTENCE, "details": {}}}


@pytest.mark.parametrize("path", ["/admin/orders/order/", "/wp-admin/authorize-application.php"])
def test_pages_answer_with_a_page(away, path):
    answer = ask(path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert SENTENCE in answer.content.decode()
    assert "hunter2" not in answer.content.decode()
