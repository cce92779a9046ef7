"""What a search among customers finds, in the API and in the admin."""

from __future__ import annotations

from django.db.models import QuerySet

from customers.models import Customer
from fluentcart.compiled import Selection
from fluentcart.kept.searching import Condition, found_in, or_by_id, searched, text_condition


def find_customers(queryset: QuerySet[Customer], term: str) -> QuerySet[Customer]:
    """Name in either order or e-mail address, as substrings in any case; the whole id when the term is a number.

    Source: semantics 5.3; decisions, "Search".
    """
    return found_in(queryset, term, condition_of)


def search_customers(selection: Selection, term: str) -> Selection:
    """The same for a list of the API."""
    return searched(selection, term, condition_of)


def condition_of(term: str, using: str) -> Condition:
    """A search term as a condition and its values."""
    return or_by_id(term, text_condition(term, using, Customer))
