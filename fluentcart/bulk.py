"""Many ids, one action, and an answer for each: what the bulk routes of every app share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from fluentcart.deadlocks import tried_again
from fluentcart.errors import DomainError
from fluentcart.storable import storable_ids


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one id; without an error it succeeded."""

    id: int
    error: DomainError | None = None

    @property
    def is_success(self) -> bool:
        """Whether the action was carried out for this id."""
        return self.error is None


def run_each(ids: Iterable[int], action: Callable[[int], object]) -> list[BulkResult]:
    """Carry out an action for each distinct id, each in a transaction of its own.

    Args:
        ids: primary keys; an id that is named twice is acted on once.
        action: called with an id; what it returns is ignored, a DomainError is a refusal of that id only.

    Returns:
        One result for each distinct id, in the order in which the ids were first named.

    Raises:
        Exception: whatever else than a DomainError an action raises; that is a defect and not a refusal.

    Call it outside of a transaction: only then does a later failure leave the earlier ids done.
    Source: semantics 7.10 (duplicates collapse) and 7.4 (one failing id never stops the rest).
    """
    return [_run_one(record_id, action) for record_id in dict.fromkeys(ids)]


def find_each(rows: QuerySet[Any], ids: Iterable[int], not_found: Callable[[int], DomainError]) -> list[BulkResult]:
    """Which of many ids are among some rows, in one query; the rows are read in the order of their keys.

    Args:
        rows: locked ones where they are about to be written.
        ids: primary keys; one that is named twice counts once.
        not_found: the refusal of an id that is not there.

    Returns:
        One result for each distinct id, in the order in which the ids were first named.
    """
    wanted = dict.fromkeys(ids)
    found = set(rows.filter(pk__in=storable_ids(wanted)).order_by("pk").values_list("pk", flat=True))
    return [BulkResult(record_id, None if record_id in found else not_found(record_id)) for record_id in wanted]


def _run_one(record_id: int, action: Callable[[int], object]) -> BulkResult:
    try:
        tried_again(transaction.atomic(action))(record_id)
    except DomainError as error:
        return BulkResult(record_id, error)
    return BulkResult(record_id)
