"""The one function that writes the history; services call it in their transaction, after what they changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from fluentcart.compiled import insert_all, new
from fluentcart.history.actor import current_actor
from fluentcart.history.models import Activity, Subject, Verb
from fluentcart.history.tracking import BEFORE, Changes, Tracked, differences, remember

_waiting: ContextVar[list[Activity] | None] = ContextVar("waiting", default=None)


def record(
    verb: Verb,
    row: Any,
    *,
    parts: Mapping[str, Any] | None = None,
    about: Changes | None = None,
    is_removed: bool = False,
) -> None:
    """Write what became of a customer or an order, or of a row that belongs to one: one INSERT.

    Args:
        verb: what happened.
        row: a model instance with a `history`; `remember` saw it when it was locked, unless it is new.
        parts: other rows that changed with it; their fields stand behind the name given ("billing_address.city").
        about: anything else that changed and no person is behind, as {field: [from, to]}.
        is_removed: the row is about to be removed.

    A row that is as it was, with nothing else to say about it, writes nothing.
    """
    activity = made(verb, row, parts=parts, about=about, is_removed=is_removed)
    if activity is not None:
        write([activity])


def made(
    verb: Verb,
    row: Any,
    *,
    parts: Mapping[str, Any] | None = None,
    about: Changes | None = None,
    is_removed: bool = False,
) -> Activity | None:
    """The activity that `record` writes, not stored; None where there is nothing to say."""
    tracked: Tracked = row.history
    is_new = not is_removed and BEFORE not in vars(row)
    changes, personal = differences(row, is_removed=is_removed)
    for name, part in (parts or {}).items():
        plain_part, personal_part = differences(part)
        changes |= {f"{name}.{field}": pair for field, pair in plain_part.items()}
        personal |= {f"{name}.{field}": pair for field, pair in personal_part.items()}
        remember(part)
    changes |= about or {}
    if not (changes or personal or is_new or is_removed):
        return None
    if tracked.key:
        changes = {tracked.key: [None if is_new else row.pk, None if is_removed else row.pk]} | changes
    remember(row)
    return activity_of(verb, tracked.subject, getattr(row, tracked.link), changes, personal)


def add_note(*, subject: Subject, subject_id: int, text: str) -> Activity:
    """Write a note on a timeline; the caller has locked the subject, and knows that it is there."""
    activity = activity_of(Verb.NOTED, subject, subject_id, {}, {"note_added": [None, text]})
    write([activity])
    return activity


def activity_of(
    verb: Verb, subject: Subject, subject_id: int, changes: Changes | None = None, personal: Changes | None = None
) -> Activity:
    """An activity of whoever is acting, not stored."""
    actor = current_actor()
    return new(
        Activity,
        subject=subject.value,
        subject_id=subject_id,
        verb=verb.value,
        changes=changes or {},
        personal=personal or {},
        actor_id=actor.user_id,
        actor=actor.login,
        via=actor.via.value,
        credential=actor.credential,
        credential_uuid=actor.credential_uuid,
    )


def write(activities: Iterable[Activity | None]) -> None:
    """Store activities with one INSERT, now or at the end of `together`."""
    rows = [activity for activity in activities if activity is not None]
    waiting = _waiting.get()
    if waiting is not None:
        waiting += rows
    elif rows:
        insert_all(rows)


@contextmanager
def together() -> Iterator[None]:
    """Write all that services record in here with one INSERT at the end, in the transaction around it.

    What is refused in here takes its activities along.
    """
    if _waiting.get() is not None:
        yield
        return
    waiting: list[Activity] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    write(waiting)
