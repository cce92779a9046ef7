"""Moves of pieces between a variation's counters, recorded on the order's lines so that each can be taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django.db import models
from django.utils import timezone

from fluentcart.compiled import compiled, update_all
from orders.models import Fulfillment, OrderItem, ProductVariation
from orders.services.locks import lock_variations

VARIATION_COUNTERS = ("available_count", "held_count", "committed_count", "updated_at")
ITEM_COUNTERS = ("held_count", "committed_count", "restocked_count", "fulfilled_count", "refund_total_cents")


@dataclass
class StockLedger:
    """The lines of locked orders and the variations that hold pieces for them, changed here and saved once.

    Only pieces that a line really holds ever move (semantics 3.5): a line of a variation whose stock is not
    managed holds none, and no move is made twice. With `moves_stock` off, all pieces stay where they are.
    """

    items: list[OrderItem]
    variations: dict[int, ProductVariation]
    moves_stock: bool = True
    changed: dict[int, OrderItem] = field(default_factory=dict)

    @classmethod
    def lock(cls, order_ids: Collection[int], *, returning: Collection[int] = ()) -> Self:
        """Read the lines of orders that the caller has locked, and lock the variations that hold their pieces.

        Args:
            returning: ids of lines that hold none now and are about to.
        """
        items = items_of_orders(order_ids=list(order_ids)).all()
        holding = {
            item.variation_id for item in items if item.held_count or item.committed_count or item.pk in returning
        }
        return cls(items, lock_variations(holding))

    @property
    def physical(self) -> list[OrderItem]:
        """The lines that can be sent."""
        return [item for item in self.items if item.fulfillment_type == Fulfillment.PHYSICAL]

    @property
    def digital(self) -> list[OrderItem]:
        """The lines that are delivered by paying."""
        return [item for item in self.items if item.fulfillment_type == Fulfillment.DIGITAL]

    def commit(self, items: Iterable[OrderItem]) -> None:
        """Held pieces are gone for good: delivered, or paid when digital."""
        for item in items:
            self._move(item, held=-item.held_count, committed=item.held_count)

    def uncommit(self, items: Iterable[OrderItem]) -> None:
        """Committed pieces are only held again: the delivery was taken back."""
        for item in items:
            self._move(item, held=item.committed_count, committed=-item.committed_count)

    def give_back(self, item: OrderItem, count: int) -> int:
        """Up to `count` pieces of a line become available again, held ones first; how many did."""
        held = min(count, item.held_count)
        committed = min(count - held, item.committed_count)
        self._move(item, held=-held, committed=-committed)
        return held + committed

    def take(self, item: OrderItem, *, held: int, committed: int) -> None:
        """A line gets pieces that it had before; the caller looks whether there are enough."""
        self._move(item, held=held, committed=committed)

    def holdings(self) -> dict[str, list[int]]:
        """What the lines have: {item id: [held pieces, committed pieces]}, without lines that have none."""
        return {
            str(item.pk): [item.held_count, item.committed_count]
            for item in self.items
            if item.held_count or item.committed_count
        }

    def missing_from(self, former: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
        """What the lines have lost of their former holdings, in the same shape."""
        by_id = {str(item.pk): item for item in self.items}
        lost = {
            key: [held - by_id[key].held_count, committed - by_id[key].committed_count]
            for key, (held, committed) in former.items()
        }
        return {key: counts for key, counts in lost.items() if any(counts)}

    def give_back_all(self) -> None:
        """Every piece becomes available again."""
        for item in self.items:
            self.give_back(item, item.held_count + item.committed_count)

    def write_off(self) -> None:
        """Committed pieces leave the counters with their lines, which are about to be removed."""
        for item in self.items:
            if item.committed_count:
                self.changed[item.pk] = item
                self.variations[item.variation_id].committed_count -= item.committed_count
                item.committed_count = 0

    def fulfill(self, is_sent: bool) -> None:
        """Physical lines count as fulfilled in full, or not at all (semantics 3.4)."""
        for item in self.physical:
            item.fulfilled_count = item.quantity if is_sent else 0
            self.changed[item.pk] = item

    def refund(self, item: OrderItem, *, amount_cents: int, restock_count: int) -> None:
        """Book a part of a refund on a line; pieces that the line no longer holds do not come back again."""
        item.refund_total_cents += amount_cents
        item.restocked_count += self.give_back(item, restock_count)
        self.changed[item.pk] = item

    def save(self) -> None:
        """Write the lines that changed and their variations; two statements for up to twenty of each."""
        now = timezone.now()
        moved = {item.variation_id for item in self.changed.values()} & self.variations.keys()
        for pk in moved:
            self.variations[pk].updated_at = now
        update_all([self.variations[pk] for pk in sorted(moved)], VARIATION_COUNTERS)
        update_all(list(self.changed.values()), ITEM_COUNTERS)
        self.changed.clear()

    def _move(self, item: OrderItem, *, held: int, committed: int) -> None:
        if not self.moves_stock or not (held or committed):
            return
        self.changed[item.pk] = item
        variation = self.variations[item.variation_id]
        item.held_count += held
        item.committed_count += committed
        variation.held_count += held
        variation.committed_count += committed
        variation.available_count -= held + committed


def hold(variation: ProductVariation, quantity: int) -> None:
    """Move pieces of a locked variation from available to held, in memory; the caller checked and saves."""
    variation.available_count -= quantity
    variation.held_count += quantity


@compiled
def items_of_orders(order_ids: Any) -> models.QuerySet[OrderItem]:
    """The lines of orders, in the order of their ids."""
    return OrderItem.objects.filter(order_id__any=order_ids).order_by("pk")
