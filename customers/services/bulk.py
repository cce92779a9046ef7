"""One change for many customers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from customers.errors import CustomerNotFound, refuse
from customers.models import Customer
from customers.services.checks import text_errors
from fluentcart.bulk import BulkResult, find_each
from fluentcart.history.models import Verb
from fluentcart.history.record import made, write
from fluentcart.history.tracking import remember
from fluentcart.storable import storable_ids


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

    Three statements for any number of ids: an unknown id is all that can fail, so none needs a transaction of
    its own. Locks the customers by id. Source: semantics 7.10; decisions, "Money and stock".
    """
    refuse(text_errors(Customer, {"status": status}))
    wanted = dict.fromkeys(customer_ids)
    locked = Customer.objects.select_for_update().filter(pk__in=storable_ids(wanted)).order_by("pk")
    customers = {customer.pk: remember(customer) for customer in locked}
    Customer.objects.filter(pk__in=customers).update(status=status, updated_at=timezone.now())
    for customer in customers.values():
        customer.status = status
    write(made(Verb.STATUS_CHANGED, customer) for customer in customers.values())
    return [BulkResult(pk, None if pk in customers else CustomerNotFound(pk)) for pk in wanted]


def bulk_find(*, customer_ids: Sequence[int]) -> list[BulkResult]:
    """Which of many customers exist, for an export: one result for each distinct id, in the order given."""
    return find_each(Customer.objects.all(), customer_ids, CustomerNotFound)
