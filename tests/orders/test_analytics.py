"""What is reported about a customer: boundaries of periods and months, one currency, segments, credit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from customers.services.credit import CreditHistory, assess
from fluentcart.errors import DomainError
from orders import accounts
from orders.analytics import credit_history, customer_report, segment
from orders.services.accounts import check_credit
from tests.customers.business import ProfileFactory
from tests.customers.factories import CustomerFactory
from tests.orders.factories import ItemFactory, OrderFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
DAY, SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)


def paid(customer, created_at, cents=1000, **fields):
    return OrderFactory(customer=customer, paid=True, total_amount_cents=cents, created_at=created_at, **fields)


def report(customer, period="all"):
    return customer_report(customer_id=customer.pk, period=period, now=NOW)


@pytest.mark.parametrize(("period", "days"), [("30d", 30), ("90d", 90), ("1y", 365)])
def test_a_period_begins_so_many_days_ago_to_the_second(period, days):
    customer = CustomerFactory()
    paid(customer, NOW - days * DAY)
    paid(customer, NOW - days * DAY - SECOND, 5000)

    found = report(customer, period)

    assert (found.order_count, found.revenue_cents, found.lifetime_cents) == (1, 1000, 6000)
    assert report(customer).order_count == 2


def test_months_begin_at_midnight_in_utc_and_come_newest_first(settings):
    customer = CustomerFactory()
    paid(customer, dt.datetime(2024, 1, 31, 23, 59, 59, tzinfo=dt.UTC))
    paid(customer, dt.datetime(2024, 2, 1, tzinfo=dt.UTC), 3000)
    paid(customer, dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.timezone(-5 * dt.timedelta(hours=1))), 500)

    months = [(m.month, m.order_count, m.revenue_cents, m.average_cents) for m in report(customer).months]

    assert months == [("2024-03", 1, 500, 500), ("2024-02", 1, 3000, 3000), ("2024-01", 1, 1000, 1000)]


def test_only_orders_that_count_are_revenue():
    customer = CustomerFactory()
    paid(customer, NOW - DAY)
    paid(customer, NOW - DAY, mode="test")
    paid(customer, NOW - DAY, deleted_at=NOW)
    paid(customer, NOW - DAY, payment_status="refunded", total_refund_cents=1000)
    paid(customer, NOW - DAY, payment_status="partially_refunded", total_refund_cents=400)
    OrderFactory(customer=customer, created_at=NOW - DAY)
    paid(CustomerFactory(), NOW - DAY)

    found = report(customer)

    assert (found.order_count, found.revenue_cents, found.average_order_cents) == (2, 1600, 800)


def test_only_the_account_s_currency_is_summed():
    customer = ProfileFactory(currency="EUR").customer
    paid(customer, NOW - DAY, currency="EUR")
    paid(customer, NOW - DAY, 9999, currency="USD")
    OrderFactory(customer=customer, currency="EUR", total_amount_cents=70)
    OrderFactory(customer=customer, currency="USD")

    found = report(customer)

    assert (found.currency, found.revenue_cents, found.balance_cents) == ("EUR", 1000, 70)
    assert accounts.account_figures([customer.pk]) == {customer.pk: accounts.AccountFigures(70, 1000, 1)}


@pytest.mark.parametrize(
    ("fields", "cents"),
    [
        ({}, 5000),
        ({"status": "completed"}, 5000),
        ({"status": "canceled"}, 0),
        ({"status": "failed"}, 0),
        ({"mode": "test"}, 0),
        ({"deleted_at": NOW}, 0),
        ({"total_paid_cents": 2000, "payment_status": "partially_paid"}, 3000),
        ({"total_paid_cents": 6000, "payment_status": "paid"}, 0),
        ({"currency": "EUR"}, 0),
    ],
)
def test_the_balance_is_what_is_due_on_open_orders(fields, cents):
    order = OrderFactory(**fields)

    assert accounts.balance_cents(customer_id=order.customer_id, currency="USD") == cents
    figures = accounts.account_figures([order.customer_id]).get(order.customer_id, accounts.AccountFigures())
    assert figures.balance_cents == cents


@pytest.mark.parametrize(
    ("limit", "balance", "expected"),
    [(10_000, 2500, "25.0"), (0, 0, "0.0"), (0, 1, "100.0"), (3, 1, "33.3"), (100, 250, "250.0")],
)
def test_utilisation_is_in_percent_with_one_decimal(limit, balance, expected):
    customer = ProfileFactory(credit_limit_cents=limit).customer
    OrderFactory(customer=customer, total_amount_cents=balance)

    assert report(customer).credit_utilization == Decimal(expected)


def test_the_days_until_payment_are_those_of_orders_made_in_the_period():
    customer = CustomerFactory()
    paid(customer, NOW - 25 * DAY, paid_at=NOW - 5 * DAY)
    paid(customer, NOW - 10 * DAY, paid_at=NOW - 7 * DAY)
    paid(customer, NOW - 31 * DAY, paid_at=NOW - 20 * DAY)

    assert report(customer, "30d").average_payment_days == 12  # (20 + 3) / 2, half up
    assert report(CustomerFactory()).average_payment_days is None


def test_top_products_are_five_by_revenue_then_quantity_then_id():
    customer = CustomerFactory()
    order = paid(customer, NOW - DAY)
    products = [ProductFactory(title=f"P{n}") for n in range(7)]
    sold = [(100, 1), (300, 1), (100, 2), (100, 1), (50, 9), (300, 1), (10, 1)]
    for product, (cents, quantity) in zip(products, sold, strict=True):
        ItemFactory(order=order, variation=VariationFactory(product=product), quantity=quantity, line_total_cents=cents)
    ItemFactory(order=OrderFactory(customer=customer), variation=VariationFactory(product=products[6]))

    assert [product.title for product in report(customer).products] == ["P1", "P5", "P2", "P0", "P3"]


@pytest.mark.parametrize(
    ("count", "first", "last", "cents", "word"),
    [
        (0, None, None, 0, "new"),
        (2, 29, 1, 10**9, "new"),
        (3, 29, 1, 0, "regular"),
        (2, 30, 1, 0, "regular"),
        (9, 400, 89, 999_999, "regular"),
        (9, 400, 89, 1_000_000, "high_value"),
        (9, 400, 90, 1_000_000, "at_risk"),
        (9, 400, 179, 1_000_000, "at_risk"),
        (9, 400, 180, 1_000_000, "inactive"),
    ],
)
def test_a_segment_is_decided_by_the_first_rule_that_holds(count, first, last, cents, word):
    found = segment(
        order_count=count, days_since_first=first, days_since_last=last, lifetime_cents=cents, currency="USD"
    )

    assert found == word


def test_an_order_is_late_from_the_day_after_it_was_due():
    customer = ProfileFactory(payment_terms="net_15").customer
    paid(customer, NOW - 50 * DAY, paid_at=NOW - 34 * DAY - SECOND)
    paid(customer, NOW - 50 * DAY, paid_at=NOW - 34 * DAY)
    OrderFactory(customer=customer, created_at=NOW - 16 * DAY, total_amount_cents=100)
    OrderFactory(customer=customer, created_at=NOW - 16 * DAY + SECOND, total_amount_cents=70)

    history = credit_history(customer, now=NOW)

    assert (history.paid_count, history.on_time_count) == (2, 1)
    assert (history.balance_cents, history.overdue_cents) == (170, 100)


# --- The score ---------------------------------------------------------------------------------

PERFECT = {
    "currency": "USD",
    "limit_cents": 1_000_000,
    "balance_cents": 0,
    "overdue_cents": 0,
    "revenue_cents": 4_500_000,
    "order_count": 24,
    "paid_count": 24,
    "on_time_count": 24,
    "history_days": 365,
}


@pytest.mark.parametrize(
    ("changes", "score", "rating", "risk", "recommended_cents"),
    [
        ({}, 850, "excellent", "low", 1_500_000),
        ({"on_time_count": 12}, 750, "excellent", "low", 1_500_000),
        ({"on_time_count": 12, "balance_cents": 10_000}, 749, "good", "low", 1_250_000),
        ({"on_time_count": 0, "paid_count": 0, "history_days": 182}, 700, "good", "low", 1_250_000),
        ({"on_time_count": 0}, 650, "fair", "medium", 1_000_000),
        ({"on_time_count": 0, "history_days": 361}, 649, "poor", "high", 500_000),
        ({"limit_cents": 0, "balance_cents": 5}, 730, "good", "low", 460_000),
        ({"balance_cents": 1_000_000, "overdue_cents": 1_000_000}, 680, "fair", "medium", 1_000_000),
    ],
)
def test_the_score_follows_from_the_history_alone(changes, score, rating, risk, recommended_cents):
    found = assess(CreditHistory(**PERFECT | changes))

    assert (found.score, found.rating, found.risk) == (score, rating, risk)
    assert found.recommended_limit_cents == recommended_cents
    assert 300 + sum(factor["points"] for factor in found.factors.values()) == score


def test_nothing_known_and_everything_bad_stay_within_the_scale():
    worst = {"balance_cents": 9, "overdue_cents": 9, "order_count": 0, "on_time_count": 0, "history_days": 0}

    found = assess(CreditHistory(**PERFECT | worst | {"limit_cents": 0, "revenue_cents": 0}))

    assert (found.score, found.recommended_limit_cents) == (300, 0)


def test_a_recommendation_is_rounded_to_a_hundred_major_units():
    limits = {cents: assess(CreditHistory(**PERFECT | {"limit_cents": cents})) for cents in (103_300, 103_400)}

    assert [found.recommended_limit_cents for found in limits.values()] == [150_000, 160_000]
    assert assess(CreditHistory(**PERFECT | {"currency": "JPY", "limit_cents": 70})).recommended_limit_cents == 100


def test_two_checks_of_one_history_agree():
    customer = ProfileFactory().customer

    first, second = (check_credit(customer_id=customer.pk, checked_by_id=None) for _ in range(2))

    assert (first.score, first.factors) == (second.score, second.factors)
    assert customer.credit_checks.count() == 2


def test_a_report_about_nobody_is_refused():
    with pytest.raises(DomainError) as refusal:
        customer_report(customer_id=999)

    assert refusal.value.code == "customer_not_found"
