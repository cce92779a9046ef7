"""What a search among customers finds, in the API and in the admin."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from customers.models import Customer
from fluentcart.storable import ID_MAX, is_storable


def find_customers(queryset: QuerySet[Customer], term: str) -> QuerySet[Customer]:
    """Name in either order or e-mail address, as substrings in any case; the whole id when the term is a number.

    Source: semantics 5.3; decisions, "Search".
    """
    if not is_storable(term):
        return queryset.none()
    found = Q(search_text__contains=term.casefold())
    if is_id(term):
        found |= Q(pk=int(term))
    return queryset.filter(found)


def is_id(term: str) -> bool:
    """Whether a search term can be a primary key."""
    return term.isascii() and term.isdecimal() and len(term) < 20 and int(term) <= ID_MAX
