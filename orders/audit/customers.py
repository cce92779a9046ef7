"""Customers: statistics equal a recount of the orders, and each kind of address has one primary."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Max, Min, Q, Sum

from customers.models import Customer, CustomerAddress
from orders.audit.finding import Difference, Ids
from orders.audit.reading import among, beside
from orders.models import Order

STATISTICS = ("order_count", "total_spent_cents", "average_order_value_cents", "first_order_at", "last_order_at")
COUNTED = ("paid", "partially_paid", "partially_refunded")


def statistics(ids: Ids = None) -> Iterator[Difference]:
    """Count, sum, mean, first and last of the orders that count; no test order and no deleted one (semantics 3.6)."""
    counted = among(Order.with_deleted.all(), ids, "customer_id").filter(
        deleted_at=None, mode="live", payment_status__in=COUNTED
    )
    sums = counted.values("customer_id").annotate(
        count=Count("pk"),
        spent_cents=Sum(F("total_paid_cents") - F("total_refund_cents")),
        first_at=Min("created_at"),
        last_at=Max("created_at"),
    )
    recount = sums.order_by("customer_id").values_list("customer_id", "count", "spent_cents", "first_at", "last_at")
    rows = among(Customer.objects.all(), ids).order_by("pk").values_list("pk", *STATISTICS)
    for (customer_id, *found), sum_row in beside(rows.iterator(), recount.iterator()):
        expected = _statistics(*sum_row[1:]) if sum_row else (0, 0, 0, None, None)
        for field, stored, right in zip(STATISTICS, found, expected, strict=True):
            if stored != right:
                yield Difference(customer_id, field, stored, right)


def _statistics(count: int, spent_cents: int, *first_and_last: object) -> tuple[object, ...]:
    """The columns of STATISTICS; the mean is rounded half up: 5000 of 3 orders are 1667."""
    return count, int(spent_cents), (2 * int(spent_cents) + count) // (2 * count), *first_and_last


def primary_addresses() -> Iterator[Difference]:
    """Of each kind that a customer has addresses of, exactly one is primary (semantics 7.3)."""
    by_kind = CustomerAddress.objects.values("customer_id", "type").annotate(
        primaries=Count("pk", filter=Q(is_primary=True))
    )
    wrong = by_kind.exclude(primaries=1).order_by("customer_id", "type")
    for customer_id, kind, primaries in wrong.values_list("customer_id", "type", "primaries").iterator():
        yield Difference(customer_id, f"primary {kind} address", primaries, 1)
