"""What the database keeps about rows (`orders/kept.py`, `customers/kept.py`), counted again one by one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Count

from customers.models import Customer, CustomerTally, CustomerTallyDelta
from orders.audit.finding import Difference, Ids
from orders.audit.reading import among, beside
from orders.models import Order, OrderTally, OrderTallyDelta

Facts = Mapping[str, int]
Counted = tuple[Facts, tuple[str, ...], int]


def live_order_counts(ids: Ids = None) -> Iterator[Difference]:
    """How many orders a customer has that are not deleted."""
    live = among(Order.with_deleted.all(), ids, "customer_id").filter(deleted_at=None)
    recount = live.values("customer_id").annotate(count=Count("pk")).order_by("customer_id")
    rows = among(Customer.objects.all(), ids).order_by("pk").values_list("pk", "live_order_count")
    counted = recount.values_list("customer_id", "count")
    for (customer_id, found), row in beside(rows.iterator(), counted.iterator()):
        expected = row[1] if row else 0
        if found != expected:
            yield Difference(customer_id, "live_order_count", found, expected)


def customers() -> Iterator[Difference]:
    """Customers by status, in buckets of ids, days, months and money spent."""
    rows = Customer.objects.values_list("pk", "created_at", "total_spent_cents", "status").iterator()
    counted = ((_facts(pk, made, spent=cents // 256), (status,), 1) for pk, made, cents, status in rows)
    deltas = CustomerTallyDelta.objects.values_list("ids", "day", "spent", "status", "delta").iterator()
    later = (({"ids": ids, "day": day, "spent": spent}, (status,), n) for ids, day, spent, status, n in deltas)
    kept = CustomerTally.objects.values_list("level", "bucket", "status", "count").iterator()
    yield from _compare(counted, kept, later)


def orders() -> Iterator[Difference]:
    """Orders that are not deleted by both statuses, in buckets of ids, days and months."""
    columns = ("pk", "created_at", "status", "payment_status")
    rows = Order.with_deleted.filter(deleted_at=None).values_list(*columns).iterator()
    counted = ((_facts(pk, made), (status, payment), 1) for pk, made, status, payment in rows)
    deltas = OrderTallyDelta.objects.values_list("ids", "day", "status", "payment_status", "delta").iterator()
    later = (({"ids": ids, "day": day}, (status, payment), n) for ids, day, status, payment, n in deltas)
    kept = OrderTally.objects.values_list("level", "bucket", "status", "payment_status", "count").iterator()
    yield from _compare(counted, kept, later)


def _summed(rows: Iterable[Counted]) -> Counter[tuple[Any, ...]]:
    """Level, bucket and keys -> how many rows."""
    found: Counter[tuple[Any, ...]] = Counter()
    for facts, keys, count in rows:
        for level, bucket in _buckets(facts).items():
            found[level, bucket, *keys] += count
    return found


def _facts(pk: int, created_at: dt.datetime, **more: int) -> Facts:
    day = created_at.astimezone(dt.UTC)
    return {"ids": pk // 8192, "day": day.year * 10_000 + day.month * 100 + day.day, **more}


def _buckets(facts: Facts) -> dict[str, int]:
    """The bucket of a row on each level."""
    found = {
        "all": 0,
        "ids": facts["ids"],
        "id18": facts["ids"] // 32,
        "day": facts["day"],
        "month": facts["day"] // 100,
    }
    return found | {"spent": facts["spent"], "spents": facts["spent"] // 256} if "spent" in facts else found


def _compare(
    counted: Iterable[Counted], kept: Iterable[tuple[Any, ...]], later: Iterable[Counted]
) -> Iterator[Difference]:
    expected, found = _summed(counted), _summed(later)
    for *name, count in kept:
        found[tuple(name)] += count
    for bucket_name in sorted(found.keys() | expected.keys()):
        if found[bucket_name] != expected[bucket_name]:
            yield Difference(" ".join(map(str, bucket_name)), "count", found[bucket_name], expected[bucket_name])
