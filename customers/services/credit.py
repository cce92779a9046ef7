"""The credit score of a business account: a pure function of its history, and the record of each check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from customers.models import CreditCheck, CreditRating, CreditRisk
from customers.services.locking import lock_customer
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from fluentcart.money import exponent, share

SCORE_MIN, SCORE_MAX = 300, 850
# What each factor can add to the least score; together they make the greatest.
PUNCTUALITY, UTILISATION, HISTORY, ORDERS, OVERDUE = 200, 120, 100, 80, 50
# From so many days, or so many orders, on there is nothing more to prove.
HISTORY_DAYS, ORDERS_ENOUGH = 365, 24
# Least score -> what it is called, the risk, and the recommended limit in percent (semantics 10.5).
BANDS = (
    (750, CreditRating.EXCELLENT, CreditRisk.LOW, 150),
    (700, CreditRating.GOOD, CreditRisk.LOW, 125),
    (650, CreditRating.FAIR, CreditRisk.MEDIUM, 100),
    (SCORE_MIN, CreditRating.POOR, CreditRisk.HIGH, 50),
)
# Recommendations are rounded to whole hundreds of major units.
ROUNDING_UNITS = 100
MONTH_DAYS = 30


@dataclass(frozen=True)
class CreditHistory:
    """What is known about how an account pays; money in minor units of its one currency.

    `paid_count` orders were paid in full, `on_time_count` of them by their due date. `history_days` run from the
    first order that counts. `overdue_cents` is the part of the balance that is past its due date.
    """

    currency: str
    limit_cents: int
    balance_cents: int
    overdue_cents: int
    revenue_cents: int
    order_count: int
    paid_count: int
    on_time_count: int
    history_days: int


@dataclass(frozen=True)
class CreditAssessment:
    """What a history comes to; `factors` says why: factor -> {"points", "of", and the figures behind them}."""

    score: int
    rating: CreditRating
    risk: CreditRisk
    recommended_limit_cents: int
    factors: dict[str, Any]


def assess(history: CreditHistory) -> CreditAssessment:
    """The score of a history, from 300 to 850; the same history always gives the same score.

    It starts at 300, and each factor adds points, rounded half up:

    - punctuality, up to 200: the share of paid orders that were paid by their due date; half without any.
    - utilisation, up to 120: the share of the limit that is free; half where there is neither limit nor balance,
      nothing where there is a balance without a limit.
    - history, up to 100: days since the first order, full from a year on.
    - orders, up to 80: how many orders count, full from 24 on.
    - overdue, up to 50: the share of the balance that is not past its due date; full without a balance.

    From 750 on it is excellent (low risk, 1.5 times the limit), from 700 good (low, 1.25), from 650 fair
    (medium, 1.0), else poor (high, 0.5). Without a limit the recommendation starts from the mean revenue of
    30 days. It is rounded to 100 major units.

    Source: semantics 10.5; B2B document, "POST /api/customers/:id/credit-check" (750, 1.5 times 10000.00).
    """
    factors = _factors(history)
    score = SCORE_MIN + sum(factor["points"] for factor in factors.values())
    _, rating, risk, percent = next(band for band in BANDS if score >= band[0])
    basis_cents = history.limit_cents or monthly_revenue_cents(history)
    recommended_cents = _rounded(share(basis_cents, percent, 100), history.currency)
    factors["recommendation"] = {"points": 0, "of": 0, "basis_cents": basis_cents, "percent": percent}
    return CreditAssessment(score, rating, risk, recommended_cents, factors)


@transaction.atomic
def record_check(*, customer_id: int, history: CreditHistory, checked_by_id: int | None) -> CreditCheck:
    """Store the assessment of a history; the account's limit stays as it is (semantics 10.5).

    Raises:
        CustomerNotFound: no such customer.

    Locks the customer. Call `orders.services.business.check_credit`, which knows the history.
    """
    customer = lock_customer(customer_id)
    found = assess(history)
    check = CreditCheck.objects.create(
        customer=customer,
        score=found.score,
        rating=found.rating,
        risk=found.risk,
        currency=history.currency,
        recommended_limit_cents=found.recommended_limit_cents,
        limit_at_check_cents=history.limit_cents,
        factors=found.factors,
        checked_by_id=checked_by_id,
    )
    record(Verb.CREDIT_CHECKED, check)
    return check


def monthly_revenue_cents(history: CreditHistory) -> int:
    """The mean revenue of 30 days; of a shorter history all of it."""
    return share(history.revenue_cents, MONTH_DAYS, max(history.history_days, MONTH_DAYS))


def _factors(history: CreditHistory) -> dict[str, Any]:
    paid, balance, limit = history.paid_count, history.balance_cents, history.limit_cents
    days, orders = min(history.history_days, HISTORY_DAYS), min(history.order_count, ORDERS_ENOUGH)
    free = max(limit - balance, 0)
    no_credit = UTILISATION // 2 if balance == 0 else 0
    return {
        "punctuality": {
            "points": share(PUNCTUALITY, history.on_time_count, paid) if paid else PUNCTUALITY // 2,
            "of": PUNCTUALITY,
            "paid_orders": paid,
            "on_time_orders": history.on_time_count,
        },
        "utilisation": {
            "points": share(UTILISATION, free, limit) if limit else no_credit,
            "of": UTILISATION,
            "balance_cents": balance,
            "limit_cents": limit,
        },
        "history": {"points": share(HISTORY, days, HISTORY_DAYS), "of": HISTORY, "days": history.history_days},
        "orders": {"points": share(ORDERS, orders, ORDERS_ENOUGH), "of": ORDERS, "orders": history.order_count},
        "overdue": {
            "points": share(OVERDUE, balance - history.overdue_cents, balance) if balance else OVERDUE,
            "of": OVERDUE,
            "overdue_cents": history.overdue_cents,
        },
    }


def _rounded(amount_cents: int, currency: str) -> int:
    """To the nearest 100 major units, half up."""
    step: int = ROUNDING_UNITS * 10 ** exponent(currency)
    return (amount_cents + step // 2) // step * step
