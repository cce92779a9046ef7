"""Sums of lines and orders, and how an amount falls on lines, in minor units. Pure: no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluentcart.money import share, spread

# The largest whole number that every reader of JSON keeps exactly; far below what a BIGINT holds.
AMOUNT_MAX_CENTS = 2**53 - 1
QUANTITY_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """The sums that an order stores, in minor units."""

    subtotal_cents: int
    discount_total_cents: int
    shipping_total_cents: int
    tax_total_cents: int

    @property
    def total_amount_cents(self) -> int:
        """What the customer owes."""
        return self.subtotal_cents - self.discount_total_cents + self.shipping_total_cents + self.tax_total_cents


def line_subtotal(*, unit_price_cents: int, quantity: int) -> int:
    """Price times quantity."""
    return unit_price_cents * quantity


def order_totals(
    *, subtotals_cents: Sequence[int], shipping_cents: int = 0, discount_cents: int = 0, tax_cents: int = 0
) -> OrderTotals:
    """The sums of an order from the subtotals of its lines."""
    return OrderTotals(sum(subtotals_cents), discount_cents, shipping_cents, tax_cents)


def spread_shipping(shipping_cents: int, *, line_totals_cents: Sequence[int], quantities: Sequence[int]) -> list[int]:
    """What each physical line carries of the shipping: by its total, or by pieces when all are free.

    The shares add up to the shipping exactly, so that a full refund can be booked on the lines.
    Source: semantics 7.11 (the method's part is spread over lines by line total).
    """
    weights = list(line_totals_cents) if any(line_totals_cents) else list(quantities)
    return spread(shipping_cents, weights)


def spread_refund(amount_cents: int, *, left_cents: Sequence[int]) -> list[int]:
    """What each line gives back of an amount, in proportion to what is left on it and never more.

    Args:
        amount_cents: zero or more; what exceeds all lines together falls on none.
        left_cents: per line, what it cost less what was given back; zero or more.

    Returns:
        One amount per line; together `min(amount_cents, sum(left_cents))`.

    Source: semantics 7.7 (proportionally to what is left, the last takes the rest).
    """
    shares = spread(min(amount_cents, sum(left_cents)), list(left_cents))
    surplus = 0
    for index in reversed(range(len(shares))):
        wanted = shares[index] + surplus
        shares[index] = min(wanted, left_cents[index])
        surplus = wanted - shares[index]
    return shares


def part_of_line(total_cents: int, *, quantity: int, done_count: int, count: int) -> int:
    """What `count` more pieces of a line of `quantity` cost, when `done_count` were given back before.

    The parts of all pieces add up to the line's total exactly, however they are grouped.
    """
    return share(total_cents, done_count + count, quantity) - share(total_cents, done_count, quantity)
