"""What a search among customers finds, in the API and in the admin."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from customers.models import Customer
from fluentcart.compiled import Selection
from fluentcart.compiled.selection import Test
from fluentcart.kept.searching import found_in, has_part, has_short_part, is_id, part_of, searched


def find_customers(queryset: QuerySet[Customer], term: str) -> QuerySet[Customer]:
    """Name in either order or e-mail address, as substrings in any case; the whole id when the term is a number.

    Source: semantics 5.3; decisions, "Search".
    """
    return found_in(queryset, term, condition_of)


def search_customers(selection: Selection, term: str) -> Selection:
    """The same for a list of the API."""
    return searched(selection, term, condition_of)


def condition_of(term: str, using: str) -> tuple[Test, tuple[object, ...]]:
    """A search term as a condition and its values."""
    part, is_long = part_of(term, using)
    if is_id(term):
        return (has_part_or_id if is_long else has_short_part_or_id), (part, int(term))
    return (has_part if is_long else has_short_part), (part,)


def has_part_or_id(part: Any, pk: Any) -> Q:
    """As `has_part`, or it is the row's id."""
    return has_part(part) | Q(pk=pk)


def has_short_part_or_id(part: Any, pk: Any) -> Q:
    """As `has_short_part`, or it is the row's id."""
    return has_short_part(part) | Q(pk=pk)
