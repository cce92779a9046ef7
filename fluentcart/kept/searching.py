"""How a search term narrows rows down whose folded texts stand in `search_text`: the rule that every search shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from fluentcart.compiled import Selection
from fluentcart.compiled.selection import Test
from fluentcart.kept.texts import PART_CHARS_MIN, pattern_of
from fluentcart.storable import ID_MAX, is_storable

NOTHING = Q(pk__lt=0)
M = TypeVar("M", bound=Model)
# A search term and a database's alias -> the term as a condition and its values.
Rule = Callable[[str, str], tuple[Test, tuple[object, ...]]]


def found_in(queryset: QuerySet[M], term: str, rule: Rule) -> QuerySet[M]:
    """The rows of a queryset that a term finds by a rule; none for a term that no text can hold."""
    if not is_storable(term):
        return queryset.none()
    condition, values = rule(term, queryset.db)
    return queryset.filter(condition(*values))


def searched(selection: Selection, term: str, rule: Rule) -> Selection:
    """The same of a selection."""
    if not is_storable(term):
        return selection.only(NOTHING)
    condition, values = rule(term, selection.using)
    return selection.having(condition, *values)


def text_condition(term: str, using: str) -> tuple[Test, tuple[object, ...]]:
    """The rule of rows that are found by a part of their text and by nothing else."""
    part, is_long = part_of(term, using)
    return (has_part if is_long else has_short_part), (part,)


def part_of(term: str, using: str) -> tuple[str, bool]:
    """What the stored texts are compared with, and whether an index of them can serve it."""
    folded = term.casefold()
    is_long = len(folded) >= PART_CHARS_MIN
    return (pattern_of(folded, using) if is_long else folded), is_long


def has_part(part: Any) -> Q:
    """The text has a part of three letters or more."""
    return Q(search_text__holds=part)


def has_short_part(part: Any) -> Q:
    """The text has a part, for which all texts are looked through."""
    return Q(search_text__contains=part)


def is_id(term: str) -> bool:
    """Whether a search term can be a primary key."""
    return term.isascii() and term.isdecimal() and len(term) < 20 and int(term) <= ID_MAX
