"""Stored answers to requests with an Idempotency-Key: how long they stay, and how they are found and removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import StoredAnswer

KEPT_FOR = timedelta(hours=24)
SWEPT_AT_ONCE = 500


@transaction.atomic
def sweep() -> int:
    """Remove up to 500 stored answers that are older than 24 hours; how many. Rows that another sweep holds stay."""
    old = StoredAnswer.objects.select_for_update(skip_locked=True).filter(created_at__lt=timezone.now() - KEPT_FOR)
    keys = list(old.order_by("created_at").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    deleted, _ = StoredAnswer.objects.filter(pk__in=keys).delete()
    return deleted


def forget(*, texts: Iterable[str]) -> int:
    """Remove every stored answer in whose address or body one of some texts stands; how many.

    For the erasure of a person: name their e-mail address, and whatever else is theirs alone ("/customers/7"). The
    request's body is not stored, only its hash. A write that is tried again after this runs again.
    """
    about = Q()
    for text in filter(None, texts):
        about |= Q(path__contains=text) | Q(body__contains=text)
    if not about:
        return 0
    deleted, _ = StoredAnswer.objects.filter(about).delete()
    return deleted
