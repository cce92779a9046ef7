"""What of a row is written into the history, and how it differs from the row that was locked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from django.db import models

from fluentcart.history.models import Subject

R = TypeVar("R", bound=models.Model)
Changes = dict[str, list[Any]]
BEFORE = "_before"
# A history is no second store: of a longer text its beginning is kept. Notes on a timeline are kept whole.
TEXT_CHARS_MAX = 1000


@dataclass(frozen=True)
class Tracked:
    """What is recorded of a model's rows; every column is in one of the four lists (a test looks).

    Args:
        subject: whose history it belongs to.
        link: the column that holds the subject's id.
        plain: columns that no person is behind; they stay when personal data is erased.
        personal: columns that may say something about a person, free text among them.
        concealed: columns of which only is told that they changed.
        derived: columns that follow from others, or from the clock, and are not recorded.
        key: what the row's own id is called, where it is not the subject itself.
    """

    subject: Subject
    link: str
    plain: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    concealed: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    key: str = ""


def remember(row: R) -> R:
    """Keep a row as it is now, locked and unchanged, for `differences`; columns are replaced and never mutated."""
    values = vars(row)
    values[BEFORE] = {name: value for name, value in values.items() if name != BEFORE}
    return row


def differences(row: Any, *, is_removed: bool = False) -> tuple[Changes, Changes]:
    """The plain and the personal columns of a row that are not as they were remembered: {field: [from, to]}.

    A row that nobody remembered is new: all of it that says something comes from nothing. One that is about to be
    removed goes there.
    """
    tracked: Tracked = row.history
    now = vars(row)
    before = now if is_removed else now.get(BEFORE)
    plain: Changes = {}
    personal: Changes = {}
    for names, found, show in (
        (tracked.plain, plain, shown),
        (tracked.personal, personal, shown),
        (tracked.concealed, plain, concealed),
    ):
        if before is None and not is_removed:
            for name in names:
                if new := now[name]:
                    _add(found, name, None, new, show)
            continue
        for name in names:
            old, new = (before[name] if before else None), (None if is_removed else now[name])
            if old != new and ((before and not is_removed) or old or new):
                _add(found, name, old, new, show)
    return plain, personal


def pairs(row: Any, names: tuple[str, ...]) -> Changes:
    """Columns that are not recorded otherwise, from what was remembered to what is: {field: [from, to]}."""
    now = vars(row)
    return {name: [shown(now[BEFORE][name]), shown(now[name])] for name in names}


def _add(found: Changes, name: str, old: Any, new: Any, show: Any) -> None:
    """A difference; of an object each key that differs."""
    if not isinstance(old, dict) and not isinstance(new, dict):
        found[name] = [show(old), show(new)]
        return
    old, new = old or {}, new or {}
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            found[f"{name}.{key}"] = [show(old.get(key)), show(new.get(key))]


def shown(value: Any) -> Any:
    """A column's value as JSON: times in UTC, countries by their codes, long texts and objects cut."""
    if type(value) is str:
        return cut(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict | list):
        text = orjson.dumps(value).decode()
        return value if len(text) <= TEXT_CHARS_MAX else cut(text)
    return cut(str(value))


def cut(text: str) -> str:
    """A text, or its beginning."""
    return text if len(text) <= TEXT_CHARS_MAX else f"{text[:TEXT_CHARS_MAX]}..."


def concealed(value: Any) -> str | None:
    """That there is something, and not what."""
    return "(not shown)" if value else None
