"""Which shipping methods apply to an order and what they cost, in minor units. Pure: rows in, numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fluentcart.money import share
from orders.models import (
    ClassAggregation,
    MethodType,
    RateBasis,
    ShippingClass,
    ShippingMethod,
    ShippingZone,
    SurchargeType,
    ZoneRegion,
)

WHOLE_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """What shipping needs to know of an order's line."""

    is_physical: bool
    quantity: int
    unit_price_cents: int
    weight_grams: int = 0
    shipping_class: ShippingClass | None = None


class Offer(NamedTuple):
    """A method and what it costs here."""

    method: ShippingMethod
    cost_cents: int


def offers(methods: Iterable[ShippingMethod], *, lines: Sequence[ShippedLine], country: str, state: str) -> list[Offer]:
    """The methods that can send these lines to that place, with their cost.

    Nothing applies when no line is physical. Sorted by the shop's own positions, then the cheapest first, as the
    orders document's samples are (the plugin's descending amounts contradict them).
    Source: semantics 7.11; orders document, "Calculate Shipping".
    """
    physical = [line for line in lines if line.is_physical]
    if not physical:
        return []
    found = []
    for method in methods:
        cost_cents = method_cost(method, physical)
        if cost_cents is not None and method_serves(method, country=country, state=state):
            found.append(Offer(method, cost_cents))
    return in_order(found)


def in_order(found: Iterable[Offer]) -> list[Offer]:
    """Offers as they are shown."""
    return sorted(found, key=lambda o: (o.method.zone.position, o.method.position, o.cost_cents, o.method.slug))


def method_serves(method: ShippingMethod, *, country: str, state: str = "") -> bool:
    """Whether an enabled method sends to a place; states are compared without regard to case."""
    if not method.is_enabled or not zone_covers(method.zone, country):
        return False
    return not method.states or state.upper() in {str(known).upper() for known in method.states}


def zone_covers(zone: ShippingZone, country: str) -> bool:
    """Whether a country (ISO code, upper case) lies in a zone."""
    if zone.region == ZoneRegion.ALL:
        return True
    return (country in zone.countries) == (zone.region == ZoneRegion.INCLUDED)


def method_cost(method: ShippingMethod, lines: Sequence[ShippedLine]) -> int | None:
    """What a method costs for physical lines; None when they weigh what no tier covers."""
    if method.type == MethodType.FREE_SHIPPING:
        return 0
    base_cents = base_cost(method, lines)
    if base_cents is None:
        return None
    surcharges = [surcharge(line) for line in lines]
    if method.class_aggregation == ClassAggregation.HIGHEST_CLASS:
        return base_cents + max(surcharges, default=0)
    return base_cents + sum(surcharges)


def base_cost(method: ShippingMethod, lines: Sequence[ShippedLine]) -> int | None:
    """The part of the cost that shipping classes have no say in."""
    if method.rate_basis == RateBasis.PER_ITEM:
        return method.rate_cents * sum(line.quantity for line in lines)
    if method.rate_basis == RateBasis.PER_PRICE:
        subtotal_cents = sum(line.unit_price_cents * line.quantity for line in lines)
        return share(subtotal_cents, method.rate_basis_points, WHOLE_BASIS_POINTS)
    if method.rate_basis == RateBasis.PER_WEIGHT:
        return tier_rate(method, sum(line.weight_grams * line.quantity for line in lines))
    return method.rate_cents


def tier_rate(method: ShippingMethod, grams: int) -> int | None:
    """The rate of the first tier with min <= grams <= max, where a max of 0 is open; None without one."""
    for tier in method.weight_tiers:
        if tier["min_grams"] <= grams and (not tier["max_grams"] or grams <= tier["max_grams"]):
            return int(tier["rate_cents"])
    return None


def surcharge(line: ShippedLine) -> int:
    """What the shipping class of a line adds."""
    charged = line.shipping_class
    if charged is None:
        return 0
    if charged.type == SurchargeType.PERCENTAGE:
        cost_cents = share(line.unit_price_cents, charged.cost_basis_points, WHOLE_BASIS_POINTS)
    else:
        cost_cents = charged.cost_cents
    return cost_cents * line.quantity if charged.per_item else cost_cents


def listed_cost(method: ShippingMethod) -> int:
    """What a list of methods shows before anything is in the order."""
    return 0 if method.type == MethodType.FREE_SHIPPING else method.rate_cents
