"""What the database keeps about rows (`orders/kept.py`, `customers/kept.py`), counted again one by one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Count, Model

from customers.models import Customer, CustomerTally, CustomerTallyDelta, CustomerTermTally, CustomerTermTallyDelta
from orders.audit.finding import Difference, Ids
from orders.audit.reading import among, beside
from orders.models import Order, OrderTally, OrderTallyDelta, OrderTermTally, OrderTermTallyDelta

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


def customer_terms() -> Iterator[Difference]:
    """Customers by common search terms, in buckets of ids."""
    texts = Customer.objects.values_list("pk", "search_text")
    yield from _compare_terms(texts.iterator(), CustomerTermTally, CustomerTermTallyDelta)


def order_terms() -> Iterator[Difference]:
    """Orders that are not deleted by common search terms in their own text or their customer's."""
    rows = Order.with_deleted.filter(deleted_at=None).values_list("pk", "search_text", "customer__search_text")
    texts = ((pk, f"{own}\n{customers}") for pk, own, customers in rows.iterator())
    yield from _compare_terms(texts, OrderTermTally, OrderTermTallyDelta)


def _compare_terms(texts: Iterable[tuple[int, str]], tally: type[Model], delta: type[Model]) -> Iterator[Difference]:
    kept = tally._base_manager.values_list("level", "bucket", "term", "count")
    terms = {term for level, _, term, _ in kept if level == "all"}
    noted = list(delta._base_manager.values_list("ids", "text", "delta"))
    if not terms or any(text is None for _, text, _ in noted):
        return  # nothing is kept, or all of it is about to be forgotten

    def found(ids: int, text: str, count: int) -> Iterator[Counted]:
        return (({"ids": ids}, (term,), count) for term in terms if term in text)

    counted = (one for pk, text in texts for one in found(pk // 8192, text, 1))
    later = (one for ids, text, count in noted for one in found(ids, text, count))
    yield from _compare(counted, kept.iterator(), later)


def _summed(rows: Iterable[Counted]) -> Counter[tuple[Any, ...]]:
    """Level, bucket and keys -> how many rows; on levels such as "+day" whatever their keys, but for terms."""
    found: Counter[tuple[Any, ...]] = Counter()
    for facts, keys, count in rows:
        for level, bucket in _buckets(facts).items():
            found[level, bucket, *keys] += count
            if "day" in facts:
                found[f"+{level}", bucket, *("" for _ in keys)] += count
    return found


def _facts(pk: int, created_at: dt.datetime, **more: int) -> Facts:
    day = created_at.astimezone(dt.UTC)
    return {"ids": pk // 8192, "day": day.year * 10_000 + day.month * 100 + day.day, **more}


def _buckets(facts: Facts) -> dict[str, int]:
    """The bucket of a row on each level."""
    found = {"all": 0, "ids": facts["ids"], "id18": facts["ids"] // 32}
    if "day" in facts:
        found |= {"day": facts["day"], "month": facts["day"] // 100}
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
