"""The backend that Django loads."""

from __future__ import annotations

from django.db.backends.postgresql import base

from fluentcart.statements import NotingWrapper


class DatabaseWrapper(NotingWrapper, base.DatabaseWrapper):
    """A connection of one thread."""
