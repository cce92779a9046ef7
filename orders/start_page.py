"""The figures of the admin's start page: today's orders, what thirty days earned, and what waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from orders import states, waiting
from orders.models import Order, ProductVariation

DAYS = 30
# Nobody works through more in a day; beyond it the page says "100+" and no row is looked at.
WAITING_ROWS_MAX = 100


@dataclass(frozen=True)
class Today:
    """Orders made since midnight in the viewer's zone; `sums_cents` are their totals by currency."""

    count: int
    sums_cents: Mapping[str, int]


@dataclass(frozen=True)
class Revenue:
    """What was paid and not given back for the orders of each day, in minor units of one currency.

    `days` has every day of the period, the oldest first, also those without an order.
    """

    currency: str
    days: Mapping[dt.date, int]

    @property
    def total_cents(self) -> int:
        """Of the whole period."""
        return sum(self.days.values())


def midnight(days_ago: int = 0) -> dt.datetime:
    """When a day began in the zone that is active; also on days that are an hour shorter or longer."""
    day = timezone.localdate() - dt.timedelta(days=days_ago)
    return dt.datetime.combine(day, dt.time.min, tzinfo=timezone.get_current_timezone())


def live_orders() -> QuerySet[Order]:
    """Orders that count: neither deleted nor made to try something out."""
    return Order.objects.filter(mode=states.OrderMode.LIVE.value).order_by()


def todays_orders() -> Today:
    """One query over today's rows of the index `order_created_at`."""
    found = live_orders().filter(created_at__gte=midnight())
    by_currency = found.values_list("currency").annotate(count=Count("pk"), sum_cents=Sum("total_amount_cents"))
    rows = list(by_currency.order_by("currency"))
    return Today(sum(count for _, count, _ in rows), {currency: int(cents) for currency, _, cents in rows})


def recent_revenue() -> list[Revenue]:
    """The last thirty days by currency, the shop's own first; that one is there also when nothing was earned.

    One query over these days' rows of the index `order_created_at`. The days are those of the zone that is active.
    """
    found = live_orders().filter(created_at__gte=midnight(DAYS - 1), payment_status__in=states.COUNTED_PAYMENT_STATUSES)
    zone = timezone.get_current_timezone()
    by_day = found.values_list("currency", TruncDate("created_at", tzinfo=zone)).annotate(
        net_cents=Sum(F("total_paid_cents") - F("total_refund_cents"))
    )
    earned: dict[str, dict[dt.date, int]] = {settings.SHOP_CURRENCY: {}}
    for currency, day, net_cents in by_day.order_by("currency"):
        earned.setdefault(currency, {})[day] = int(net_cents)
    today = timezone.localdate()
    days = [today - dt.timedelta(days=ago) for ago in reversed(range(DAYS))]
    return [Revenue(currency, {day: sums.get(day, 0) for day in days}) for currency, sums in earned.items()]


WAITING_ORDERS: Mapping[str, Callable[[Any], QuerySet[Any]]] = {
    "unpaid": waiting.unpaid,
    "to_ship": waiting.to_ship,
    "uncertain_refund": waiting.with_uncertain_refund,
}


def waiting_orders() -> dict[str, int]:
    """How many orders wait for what; never more than one above WAITING_ROWS_MAX. A query each."""
    return {name: bounded_count(find(live_orders())) for name, find in WAITING_ORDERS.items()}


def waiting_variations() -> int:
    """How many variations are low on stock; never more than one above WAITING_ROWS_MAX."""
    return bounded_count(waiting.low_on_stock(ProductVariation.objects.order_by()))


def bounded_count(rows: QuerySet[Any]) -> int:
    """The number of rows, counted no further than one above WAITING_ROWS_MAX."""
    return int(rows[: WAITING_ROWS_MAX + 1].count())
