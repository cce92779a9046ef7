"""Stock: what a variation holds is what lines hold of it, and no line holds more than was ordered."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Sum

from orders.audit.finding import Difference, Ids
from orders.audit.reading import among, beside, compare, exceeding, select
from orders.models import OrderItem, ProductVariation


def variations(ids: Ids = None) -> Iterator[Difference]:
    """Held and committed pieces are the sums over all lines.

    Lines of deleted orders are among them: delivered pieces stay gone, and what was only held came back, so those
    lines hold none (`ledgers`). How many pieces are available is a count of a shelf, which no row can confirm.
    """
    lines = among(OrderItem.objects.all(), ids, "variation_id").values("variation_id").order_by("variation_id")
    sums = lines.annotate(held=Sum("held_count"), committed=Sum("committed_count"))
    rows = among(ProductVariation.objects.all(), ids).order_by("pk").values_list("pk", "held_count", "committed_count")
    totals = sums.values_list("variation_id", "held", "committed").iterator()
    for (variation_id, *found), total in beside(rows.iterator(), totals):
        expected = total[1:] if total else (0, 0)
        for field, count, right in zip(("held_count", "committed_count"), found, expected, strict=True):
            if count != right:
                yield Difference(variation_id, field, count, right)


def ledgers() -> Iterator[Difference]:
    """A line holds at most what was ordered, less what came back; one of a deleted order holds nothing."""
    yield from exceeding(
        "orders_orderitem",
        key="id",
        field="held, committed and restocked pieces",
        found="(held_count + committed_count + restocked_count)",
        limit="quantity",
    )
    for item_id, held, committed in select(
        "SELECT i.id, i.held_count, CASE WHEN o.mode = 'test' THEN i.committed_count ELSE 0 END "
        "FROM orders_orderitem i JOIN orders_order o ON o.id = i.order_id WHERE o.deleted_at IS NOT NULL "
        "AND (i.held_count > 0 OR (o.mode = 'test' AND i.committed_count > 0))"
    ):
        for field, count in (("held_count", held), ("committed_count", committed)):
            if count:
                yield Difference(item_id, field, count, 0)


def fulfilled_lines() -> Iterator[Difference]:
    """Physical lines of a shipped or delivered order are fulfilled in full, all others not at all (semantics 3.4)."""
    return compare(
        "orders_orderitem i JOIN orders_order o ON o.id = i.order_id",
        key="i.id",
        figures={
            "fulfilled_count": (
                "i.fulfilled_count",
                "CASE WHEN i.fulfillment_type = 'physical' AND o.shipping_status IN ('shipped', 'delivered') "
                "THEN i.quantity ELSE 0 END",
            )
        },
    )
