"""What a check is and what it finds; what the checks ask is in the modules beside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models

Ids = Collection[int] | None
"""The rows to look at; None is all of them."""


class Difference(NamedTuple):
    """A row whose field is not what the other rows say; money in minor units, a limit as "at most 5000"."""

    id: int | str
    field: str
    found: Any
    expected: Any


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the rows of one table.

    `find` yields the differences, in a number of queries that does not depend on the rows. A derived figure
    follows from other rows and can be written anew, so its `find` also takes the ids to look at; every other
    one is a fact, or a sum that somebody was billed by, and only a person can tell which side is wrong.
    """

    name: str
    model: type[models.Model]
    find: Callable[..., Iterator[Difference]]
    is_derived: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, and the check that found it."""

    check: str
    table: str
    id: int | str
    field: str
    found: Any
    expected: Any
    is_derived: bool
    hint: str = ""

    @classmethod
    def of(cls, check: Check, difference: Difference) -> Finding:
        """A difference as a check reports it."""
        return cls(check.name, check.model._meta.db_table, *difference, check.is_derived, check.hint)
