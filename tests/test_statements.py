"""How many SQL statements a request ran, as the log tells it."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fluentcart import statements
from tests.callers import V2
from tests.customers.factories import CustomerFactory


@pytest.mark.parametrize("method", ["get", "put"])
def test_every_statement_of_a_request_is_told_whether_or_not_somebody_watches(api, method):
    caller, customer = api("customers/view", "customers/manage"), CustomerFactory()
    body = {"status": "inactive"}

    def told() -> int:
        where = f"{V2}/customers/{customer.pk}"
        answer = caller.put(where, body) if method == "put" else caller.get(where)
        assert answer.status_code == 200
        return statements.spent.statements

    told()  # what is prepared once is prepared now
    unwatched = told()
    with CaptureQueriesContext(connection) as captured:
        watched = told()

    assert unwatched == watched == len(captured) >= 2
    assert statements.spent.seconds > 0


@pytest.mark.django_db
def test_django_s_own_cursor_is_noted_also_when_it_fails():
    statements.begin()

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with pytest.raises(Exception, match="nowhere"), transaction.atomic():
            cursor.execute("SELECT nowhere")

    assert statements.spent.statements == 5  # both, and three for the savepoint around the second


def test_another_request_begins_at_nothing(client):
    statements.note(0.0, 7)

    client.get("/healthz")

    assert (statements.spent.statements, statements.spent.seconds) == (0, 0.0)
