"""One change for many customers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers.errors import CustomerNotFound, refuse
from customers.models import Customer
from customers.services.checks import text_errors
from customers.services.labels import ID_MAX
from fluentcart.bulk import BulkResult


@transaction.atomic
def bulk_set_status(*, customer_ids: Sequence[int], status: str) -> list[BulkResult]:
    """Give many customers a status.

    Args:
        customer_ids: primary keys; one that is named twice counts once.
        status: active or inactive; a customer who has it already counts as done.

    Returns:
        One result for each distinct id, in the order given; unknown ids carry a CustomerNotFound.

    Raises:
        InvalidFields: the status is not known; nothing is changed.

    Two statements for any number of ids: an unknown id is all that can fail, so none needs a transaction of
    its own. Locks the customers by id. Source: semantics 7.10; decisions, "Money and stock".
    """
    refuse(text_errors(Customer, {"status": status}))
    found = _known(customer_ids, Customer.objects.select_for_update())
    Customer.objects.filter(pk__in=found).update(status=status, updated_at=timezone.now())
    return _results(customer_ids, found)


def bulk_find(*, customer_ids: Sequence[int]) -> list[BulkResult]:
    """Which of many customers exist, for an export: one result for each distinct id, in the order given."""
    return _results(customer_ids, _known(customer_ids, Customer.objects.all()))


def _known(customer_ids: Sequence[int], customers: QuerySet[Customer]) -> set[int]:
    askable = [customer_id for customer_id in customer_ids if 0 < customer_id <= ID_MAX]
    return set(customers.filter(pk__in=askable).order_by("pk").values_list("pk", flat=True))


def _results(customer_ids: Sequence[int], found: set[int]) -> list[BulkResult]:
    wanted = dict.fromkeys(customer_ids)
    return [
        BulkResult(customer_id, None if customer_id in found else CustomerNotFound(customer_id))
        for customer_id in wanted
    ]
