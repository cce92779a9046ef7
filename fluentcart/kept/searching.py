"""How a search term narrows rows down whose folded texts stand in `search_text`: the rule that every search shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from fluentcart.compiled import Selection
from fluentcart.compiled.running import vendor_of
from fluentcart.compiled.selection import Test
from fluentcart.kept.samples import rarity_of
from fluentcart.kept.texts import PART_CHARS_MIN, pattern_of, pieces_of
from fluentcart.storable import ID_MAX, is_storable

NOTHING = Q(pk__lt=0)
M = TypeVar("M", bound=Model)
# A test and its values.
Condition = tuple[Test, tuple[object, ...]]
# A search term and a database's alias -> the term as a condition.
Rule = Callable[[str, str], Condition]


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
    return selection.searching(term.casefold(), condition, *values)


def text_condition(term: str, using: str, model: type[Model]) -> Condition:
    """The rule of rows of a model that are found by a part of their text and by nothing else.

    A part is found by rare pieces of it where these are known (`rarity`), and compared on the rows that have them.
    """
    part, is_long = part_of(term, using)
    if not is_long:
        return has_short_part, (part,)
    folded = term.casefold()
    pieces = rare_pieces(folded, model, using)
    return (has_part, (part,)) if pieces is None else (has_rare_part, (pieces, folded))


def rare_pieces(folded: str, model: type[Model], using: str) -> Any:
    """What `has_rare_part` asks an index for in place of a part; None where that is no better than the part itself."""
    if vendor_of(using) != "postgresql":
        return None
    pieces = rarity_of(model._meta.db_table, using).rarest(folded)
    return None if pieces is None else pieces_of(pieces, using)


def or_by_id(term: str, condition: Condition) -> Condition:
    """A condition, or the row's whole id when the term is a number."""
    test, values = condition
    return (or_id(test), (*values, int(term))) if is_id(term) else condition


@cache
def or_id(test: Test) -> Test:
    """A test, or it is the row's id, which is the last value; the same function for the same test."""

    def passes(*values: Any) -> Q:
        *own, pk = values
        return test(*own) | Q(pk=pk)

    return passes


def part_of(term: str, using: str) -> tuple[str, bool]:
    """What the stored texts are compared with, and whether an index of them can serve it."""
    folded = term.casefold()
    is_long = len(folded) >= PART_CHARS_MIN
    return (pattern_of(folded, using) if is_long else folded), is_long


def has_part(part: Any) -> Q:
    """The text has a part of three letters or more."""
    return Q(search_text__holds=part)


def has_rare_part(pieces: Any, part: Any) -> Q:
    """The text has pieces of a part, by the index, and the part."""
    return Q(search_text__pieces=pieces) & Q(search_text__includes=part)


def has_common_part(part: Any) -> Q:
    """The text has a part that many texts have: no index is asked."""
    return Q(search_text__includes=part)


def has_short_part(part: Any) -> Q:
    """The text has a part, for which all texts are looked through."""
    return Q(search_text__contains=part)


def is_id(term: str) -> bool:
    """Whether a search term can be a primary key."""
    return term.isascii() and term.isdecimal() and len(term) < 20 and int(term) <= ID_MAX
