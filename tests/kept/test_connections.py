"""A PostgreSQL connection that died is replaced for what only reads, and nothing that writes is sent twice."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.db.utils import OperationalError

from customers.models import Label
from fluentcart.compiled import compiled, insert, update

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
