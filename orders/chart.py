"""A bar chart as numbers for an SVG: where each bar stands and how high it is. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 160  # units of the SVG's viewBox
GAP = 4
HEIGHT_MIN = 1  # a day that earned little is still seen


@dataclass(frozen=True)
class Bar:
    """One day's bar in units of the viewBox, y counted from above."""

    day: dt.date
    amount_cents: int
    x: float
    y: float
    width: float
    height: float


def bars(days: Mapping[dt.date, int]) -> list[Bar]:
    """A bar for each day; the highest fills the height, a day without revenue has none.

    A day on which more was given back than earned cannot be: refunds count on the day of their order.
    """
    if not days:
        return []
    step = WIDTH / len(days)
    most_cents = max(*days.values(), 1)
    found = []
    for place, (day, cents) in enumerate(days.items()):
        height = max(round(HEIGHT * cents / most_cents, 1), HEIGHT_MIN) if cents > 0 else 0
        bar = Bar(day, cents, round(place * step + GAP / 2, 1), HEIGHT - height, round(step - GAP, 1), height)
        found.append(bar)
    return found
