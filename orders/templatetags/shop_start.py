"""The admin's start page for whoever is signed in: each part only for those who may see what it sums up."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from fluentcart.admin import money
from orders import start_page
from orders.chart import HEIGHT, WIDTH, bars

register = template.Library()
SENTENCES = {
    "unpaid": "Not paid yet",
    "to_ship": "Paid, to be shipped",
    "uncertain_refund": "Refunds that the gateway has not confirmed",
}


@register.inclusion_tag("admin/start_page.html", takes_context=True)
def start_page_of_shop(context: Any) -> dict[str, Any]:
    """What the shop looks like today; empty for those who may see neither orders nor products."""
    user = context["request"].user
    found: dict[str, Any] = {"waiting": []}
    if user.has_perm("orders.view_order"):
        found |= {"today": _today(), "revenues": [_revenue(one) for one in start_page.recent_revenue()]}
        found["may_add_order"] = user.has_perm("orders.add_order")
        url = reverse("admin:orders_order_changelist")
        for name, count in start_page.waiting_orders().items():
            found["waiting"].append(_waiting(SENTENCES[name], count, f"{url}?waits={name}"))
    if user.has_perm("orders.view_productvariation"):
        url = reverse("admin:orders_productvariation_changelist")
        found["waiting"].append(_waiting("Low on stock", start_page.waiting_variations(), f"{url}?stock=low"))
    return found


def _today() -> dict[str, Any]:
    today = start_page.todays_orders()
    return {
        "count": today.count,
        "sums": [money(cents, currency) for currency, cents in today.sums_cents.items()],
        "url": f"{reverse('admin:orders_order_changelist')}?{urlencode({'created_at__gte': start_page.midnight()})}",
    }


def _waiting(sentence: str, count: int, url: str) -> dict[str, Any]:
    most = start_page.WAITING_ROWS_MAX
    return {"sentence": sentence, "count": f"{most}+" if count > most else str(count), "is_any": count > 0, "url": url}


def _revenue(revenue: start_page.Revenue) -> dict[str, Any]:
    drawn = bars(revenue.days)
    best = max(drawn, key=lambda bar: bar.amount_cents)
    return {
        "currency": revenue.currency,
        "total": money(revenue.total_cents, revenue.currency),
        "best": money(best.amount_cents, revenue.currency),
        "best_day": best.day,
        "bars": [(bar, money(bar.amount_cents, revenue.currency)) for bar in drawn],
        "first_day": drawn[0].day,
        "last_day": drawn[-1].day,
        "width": WIDTH,
        "height": HEIGHT,
    }
