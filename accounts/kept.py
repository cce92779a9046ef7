"""What the database keeps about users: an index of what a search looks in."""

from __future__ import annotations

from fluentcart.kept.installing import Kept
from fluentcart.kept.texts import TextIndex


def kept() -> tuple[Kept, ...]:
    """All of it."""
    return (TextIndex("accounts_user"),)
