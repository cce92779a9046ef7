"""Activities and notes as v1 and v2 spell them: the plugin's names, and what it does not keep beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from fluentcart.api.inputs import In, Text
from fluentcart.api.rows import Field, Nested, Row, integer, moment, text, unpaged_limit, word
from fluentcart.history.models import Activity, Subject, Verb, Via, note_of

NOTE_CHARS_MAX = 5000
BOT = "FCT-BOT"


def title_of(verb: str) -> str:
    """How a timeline says what happened."""
    return Verb(verb).label if verb in Verb.values else verb


def all_changes(changes: dict[str, Any], personal: dict[str, Any]) -> dict[str, Any]:
    """Every field that changed; the text of a note stands in `content`."""
    return {name: pair for name, pair in {**changes, **personal}.items() if name != "note_added"}


def name_of(actor: str, credential: str) -> str:
    """Whom the plugin would name: the login, or what acted without one (semantics 1.3, activity)."""
    return actor or credential or BOT


class NoteRow(Row):
    """A note on a timeline."""

    id = integer(example=1)
    note = text("personal", make=note_of, example="Called about the delivery.", help='"" when it was erased.')
    user_id = integer("actor_id", nullable=True)
    created_by = text("actor", "credential", make=name_of, example="ada")
    created_at = moment(example="2024-01-01T10:00:00Z")


class ActivityRow(Row):
    """A change that was made: who, by which credential, what, from, to, when."""

    id = integer(example=1)
    module_name = word(Subject.values, "subject", help="Whose history it is.")
    module_id = integer("subject_id")
    verb = text(help="What happened, for programs.", example="updated")
    title = text("verb", make=title_of, help="What happened, for people.", example="Updated")
    content = text("personal", make=note_of, help="The text of a note.")
    changes = Field(
        {"type": "object", "additionalProperties": {"type": "array", "items": {}, "minItems": 2, "maxItems": 2}},
        "changes",
        "personal",
        make=all_changes,
        help="Field -> [from, to]; money in minor units.",
        example={"status": ["pending", "processing"]},
    )
    user_id = integer("actor_id", nullable=True)
    created_by = text("actor", "credential", make=name_of, example="ada")
    via = word(Via.values, help="What let the actor in.")
    credential = text(help="The name of the application password or command.", example="curl")
    created_at = moment(example="2024-01-01T10:00:00Z")


class NoteIn(In):
    """POST .../notes."""

    example = {"note": "Called about the delivery."}

    note = Text(max_length=NOTE_CHARS_MAX)


def timeline(subject: Subject) -> Nested:
    """`with[]=activities` of a customer or an order: the newest first, as many as lists without paging show."""
    source: Callable[[], QuerySet[Any]] = lambda: Activity.objects.filter(subject=subject).order_by("-pk")  # noqa: E731
    return Nested(ActivityRow, source, "subject_id", most=unpaged_limit(), optional=True, help="The newest first.")


def notes_of(subject: Subject, subject_id: int) -> QuerySet[Activity]:
    """The notes on a timeline, the newest first."""
    return Activity.objects.filter(subject=subject, subject_id=subject_id, verb=Verb.NOTED).order_by("-pk")
