"""The database refuses what would change the history, but for erasure."""

import pytest
from django.db import IntegrityError, connection, transaction

from fluentcart.history.erasure import forget
from fluentcart.history.models import Activity, Subject, Verb

pytestmark = pytest.mark.django_db


@pytest.fixture
def activity():
    """A change of a customer's name and status."""
    return Activity.objects.create(
        subject=Subject.CUSTOMER,
        subject_id=7,
        verb=Verb.UPDATED,
        changes={"status": ["active", "inactive"]},
        personal={"first_name": ["Ada", "Grace"]},
        actor="ada",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"changes": {}},
        {"personal": {"first_name": ["Ada", "Eve"]}},
        {"personal": {}, "actor": "eve"},
        {"subject_id": 8},
        {"verb": "created"},
        {"created_at": "2020-01-01T00:00:00Z"},
    ],
    ids=lambda change: " ".join(change),
)
def test_no_row_is_changed(activity, change):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Activity.objects.update(**change)

    kept = Activity.objects.get()
    assert (kept.changes, kept.personal, kept.actor, kept.subject_id, kept.verb, kept.created_at) == (
        {"status": ["active", "inactive"]},
        {"first_name": ["Ada", "Grace"]},
        "ada",
        7,
        "updated",
        activity.created_at,
    )


def test_no_row_is_deleted(activity):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Activity.objects.all().delete()

    assert Activity.objects.count() == 1


def test_sql_by_hand_is_refused_as_well(activity):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE history_activity SET actor = 'eve'")


def test_erasure_empties_what_is_personal_and_nothing_else(activity):
    assert forget([7], []) == 1

    kept = Activity.objects.get()
    assert (kept.personal, kept.changes, kept.actor) == ({}, {"status": ["active", "inactive"]}, "ada")


def test_erasure_reaches_no_other_subject(activity):
    assert forget([8], [7]) == 0

    assert Activity.objects.get().personal == {"first_name": ["Ada", "Grace"]}


def test_what_has_nothing_personal_is_not_written_again(activity):
    forget([7], [])

    assert forget([7], []) == 0
