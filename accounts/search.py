"""What a search among users finds, in the API and in the admin."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from fluentcart.kept.searching import Condition, found_in, text_condition


def find_users(queryset: QuerySet[User], term: str) -> QuerySet[User]:
    """Part of the display name, the login or the e-mail address, in any case."""
    return found_in(queryset, term, condition_of)


def condition_of(term: str, using: str) -> Condition:
    """A search term as a condition and its values."""
    return text_condition(term, using, User)
