"""Money as text or JSON numbers on one side and whole minor units on the other; nothing else converts."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

from iso4217 import Currency


@cache
def exponent(currency: str) -> int:
    """How many decimals a currency has: USD 2, JPY 0, KWD 3.

    Raises:
        ValueError: not an ISO 4217 code.
    """
    return Currency(currency).exponent or 0


def is_currency(code: str) -> bool:
    """Whether `code` is an upper-case ISO 4217 code."""
    try:
        Currency(code)
    except ValueError:
        return False
    return True


def to_decimal(amount_cents: int, currency: str) -> Decimal:
    """Minor units -> major units with exactly the currency's decimals: (1999, "USD") -> Decimal("19.99")."""
    return Decimal(amount_cents).scaleb(-exponent(currency))


def to_text(amount_cents: int, currency: str) -> str:
    """Minor units -> a plain decimal text: (1000000, "USD") -> "10000.00", (500, "JPY") -> "500"."""
    return f"{to_decimal(amount_cents, currency):f}"


def to_cents(amount: str | int | Decimal, currency: str) -> int:
    """Major units -> minor units: ("19.99", "USD") -> 1999.

    Raises:
        ValueError: not a number, not finite, or with more decimals than the currency has.
    """
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
    except InvalidOperation as error:
        raise ValueError(f"{amount!r} is not an amount") from error
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{currency} has {exponent(currency)} decimals")
    return int(scaled)


def share(amount_cents: int, part: int, whole: int) -> int:
    """`amount_cents * part / whole` in whole minor units, half away from zero; 0 when the whole is 0."""
    if whole == 0:
        return 0
    return int((Decimal(amount_cents) * part / whole).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def spread(amount_cents: int, weights: list[int]) -> list[int]:
    """Split an amount over lines in proportion to their weights; the shares add up to it exactly.

    Earlier lines are rounded down, and the last line with a weight takes what is left, as the plugin does
    for refunds (semantics 7.7). Weights are whole numbers of zero or more; all zero gives all zeros.
    """
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    shares = [amount_cents * weight // total for weight in weights]
    last = max(index for index, weight in enumerate(weights) if weight)
    shares[last] += amount_cents - sum(shares)
    return shares
