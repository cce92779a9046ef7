"""Many ids, one action, and an answer for each: what the bulk routes of every app share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction

from fluentcart.errors import DomainError


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


def _run_one(record_id: int, action: Callable[[int], object]) -> BulkResult:
    try:
        with transaction.atomic():
            action(record_id)
    except DomainError as error:
        return BulkResult(record_id, error)
    return BulkResult(record_id)
