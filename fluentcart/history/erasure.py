"""The one door through which a row of the history changes: what is personal in it is emptied."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from fluentcart.history.models import Activity, Subject


def forget(customer_ids: Collection[int], order_ids: Collection[int], *, before_id: int | None = None) -> int:
    """Empty what the history of these customers and orders says about persons; what happened, and when, stays.

    Args:
        before_id: only activities before this one; None takes all.

    Returns:
        How many rows had something to forget.
    """
    named = Q(subject=Subject.CUSTOMER, subject_id__in=customer_ids) | Q(
        subject=Subject.ORDER, subject_id__in=order_ids
    )
    rows = Activity.objects.filter(named).exclude(personal={})
    return (rows if before_id is None else rows.filter(pk__lt=before_id)).update(personal={})
