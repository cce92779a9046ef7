"""A PostgreSQL connection that died is replaced for what only reads, and nothing that writes is sent twice."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import BigIntegerField, F
from django.db.models.functions import Cast
from django.db.utils import DataError, OperationalError

from customers.models import Label
from fluentcart.compiled import compiled, insert, tuples_of_all, update
from fluentcart.compiled.postgres import Session, session_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@compiled
def labels():
    """All labels."""
    return Label.objects.order_by("pk")


def kill():
    """End this connection as a restart of the server would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()


def test_what_is_read_is_asked_for_again():
    Label.objects.create(value="VIP")
    kill()

    assert [label.value for label in labels().all()] == ["VIP"]


@compiled
def labels_by_share(part, whole):
    """Labels whose key is the quotient of two numbers, which the database refuses when `whole` is 0."""
    return Label.objects.annotate(share=Cast(part, BigIntegerField()) / Cast(whole, BigIntegerField())).filter(
        pk=F("share")
    )


def wanted_of(label):
    """The label twice, by two queries."""
    return [(labels(), ("pk", "value")), (labels_by_share(part=label.pk * 3, whole=3), ("value",))]


def test_several_queries_are_one_round_trip(monkeypatch):
    label = Label.objects.create(value="VIP")
    exchanged = []
    real = Session.exchanged
    monkeypatch.setattr(
        Session, "exchanged", lambda self, prepared: exchanged.append(len(prepared)) or real(self, prepared)
    )
    monkeypatch.setattr(Session, "execute", None)

    assert tuples_of_all(wanted_of(label)) == [[(label.pk, "VIP")], [("VIP",)]]
    assert exchanged == [2]


def test_queries_that_do_not_fit_into_the_socket_at_once_are_answered():
    """By a thread of its own: what is never sent is never answered, and would keep the tests waiting."""
    sizes, found = [30_000_000, 20_000_000], []

    def ask():
        connection.ensure_connection()
        try:
            calls = [("SELECT length($1::text)", ("x" * size,)) for size in sizes]
            found.extend(session_of(connection.connection).execute_all(calls))
        finally:
            connection.close()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(30)

    assert found == [([(size,)], 1) for size in sizes]


def test_several_queries_are_asked_for_again_together():
    label = Label.objects.create(value="VIP")
    kill()

    assert tuples_of_all(wanted_of(label)) == [[(label.pk, "VIP")], [("VIP",)]]


def test_one_of_several_queries_that_fails_is_told_and_leaves_the_connection_as_it_was():
    label = Label.objects.create(value="VIP")
    wrong = (labels_by_share(part=1, whole=0), ("value",))

    with pytest.raises(DataError, match="division by zero"):
        tuples_of_all([wanted_of(label)[0], wrong, wanted_of(label)[1]])

    assert tuples_of_all(wanted_of(label)) == [[(label.pk, "VIP")], [("VIP",)]]
    with transaction.atomic():
        Label.objects.create(value="New")
        with pytest.raises(DataError), transaction.atomic():
            tuples_of_all([wanted_of(label)[0], wrong])
    assert labels().tuples("value") == [("VIP",), ("New",)]


def test_a_round_trip_that_is_interrupted_leaves_no_connection_in_the_middle_of_it(monkeypatch):
    label = Label.objects.create(value="VIP")
    tuples_of_all(wanted_of(label))

    with monkeypatch.context() as patch:
        patch.setattr("fluentcart.compiled.postgres.ConnStatus", None)  # after the answers, before the mode's end
        with pytest.raises(AttributeError):
            tuples_of_all(wanted_of(label))

    assert tuples_of_all(wanted_of(label)) == [[(label.pk, "VIP")], [("VIP",)]]


def test_what_is_written_is_not():
    kill()

    with pytest.raises(OperationalError):
        insert(Label(value="VIP"))

    connection.close()
    assert Label.objects.count() == 0


def test_a_migration_that_changes_a_column_s_type_is_noticed():
    Label.objects.create(value="VIP")
    assert labels().first().value == "VIP"

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_label ALTER COLUMN value TYPE text")
    try:
        assert labels().first().value == "VIP"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE customers_label ALTER COLUMN value TYPE varchar(192)")


def test_a_write_that_meets_nothing_is_told():
    with pytest.raises(DatabaseError):
        update(Label(pk=1, value="VIP"), ["value"])


def test_statements_that_were_let_go_are_prepared_anew(monkeypatch):
    monkeypatch.setattr("fluentcart.compiled.postgres.STATEMENTS_MAX", 2)
    label = Label.objects.create(value="VIP")

    for _ in range(3):
        assert labels().first().value == "VIP"
        assert labels().tuples("value") == [("VIP",)]
        assert tuples_of_all(wanted_of(label)) == [[(label.pk, "VIP")], [("VIP",)]]

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'compiled_%'")
        assert cursor.fetchone() == (2,)
