"""A timeline on the admin's pages: looked at, never edited; a note can be added."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.template.loader import render_to_string

from fluentcart.history.api import NOTE_CHARS_MAX, all_changes, name_of, title_of
from fluentcart.history.models import Activity, Subject

TEMPLATE = "admin/history/timeline.html"
SHOWN_MAX = 50


def timeline(subject: Subject, subject_id: int) -> str:
    """The newest activities of a customer or an order, as a table."""
    found = Activity.objects.filter(subject=subject, subject_id=subject_id).order_by("-pk")[: SHOWN_MAX + 1]
    rows = [
        {
            "activity": activity,
            "title": title_of(activity.verb),
            "by": name_of(activity.actor, activity.credential),
            "changes": list(_lines(activity)),
        }
        for activity in found
    ]
    return render_to_string(TEMPLATE, {"rows": rows[:SHOWN_MAX], "is_cut": len(rows) > SHOWN_MAX})


def note_field() -> forms.CharField:
    """The text of a note; a field of its own for each form."""
    return forms.CharField(max_length=NOTE_CHARS_MAX, widget=forms.Textarea({"rows": 3}))


def _lines(activity: Activity) -> Iterator[tuple[str, str, str]]:
    """(field, from, to) of each change: ("first name", "Ada", "Grace")."""
    for name, (old, new) in sorted(all_changes(activity.changes, activity.personal).items()):
        if old != new:
            yield name.removesuffix("_cents").replace("_", " "), _told(old), _told(new)


def _told(value: Any) -> str:
    return "-" if value in (None, "") else str(value)
