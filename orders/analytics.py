"""What the B2B dialect reports about a customer: computed by the database, in one currency, months in UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from customers.errors import CustomerNotFound
from customers.models import BusinessProfile, Customer
from customers.services.business import profile_of
from customers.services.credit import CreditHistory, assess
from fluentcart.compiled import Compiled, Found, compiled, tuples_of_all
from fluentcart.compiled.plans import Tuples
from fluentcart.errors import InvalidFields
from fluentcart.money import share, to_cents
from orders.accounts import COUNTED, DUE_CENTS, NET_PAID_CENTS, OPEN, live_orders
from orders.models import Order, OrderItem

# Rolling days back from now (semantics 10.4).
PERIODS: dict[str, int | None] = {"30d": 30, "90d": 90, "1y": 365, "all": None}
TOP_PRODUCTS = 5
SEGMENTS = ("new", "at_risk", "inactive", "regular", "high_value")
NEW_DAYS, NEW_ORDERS = 30, 3
AT_RISK_DAYS, INACTIVE_DAYS = 90, 180
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Month:
    """The orders of one month; money in minor units of the report's currency."""

    month: str
    order_count: int
    revenue_cents: int
    currency: str

    @property
    def average_cents(self) -> int:
        """Revenue by order, half up."""
        return share(self.revenue_cents, 1, self.order_count)


@dataclass(frozen=True)
class ProductSales:
    """How much of a product was ordered; money in minor units, net of discounts."""

    product_id: int
    title: str
    quantity: int
    revenue_cents: int
    currency: str


@dataclass(frozen=True)
class Report:
    """Everything about one customer; money in minor units of `currency`. `order_count`, `revenue_cents`,
    `average_payment_days`, `months` and `products` are of the period, all else is of all time or of now."""

    customer: Customer
    profile: BusinessProfile
    currency: str
    lifetime_cents: int
    order_count: int
    revenue_cents: int
    last_order_at: dt.datetime | None
    days_since_last_order: int | None
    balance_cents: int
    average_payment_days: int | None
    months: list[Month]
    products: list[ProductSales]
    segment: str
    risk: str

    @property
    def average_order_cents(self) -> int:
        """Revenue by order in the period, half up; 0 without any."""
        return share(self.revenue_cents, 1, self.order_count)

    @property
    def credit_utilization(self) -> Decimal:
        """The balance in percent of the limit, one decimal; without a limit 0, or 100 when something is due."""
        limit_cents = self.profile.credit_limit_cents
        if not limit_cents:
            return Decimal("100.0") if self.balance_cents else Decimal("0.0")
        return (Decimal(self.balance_cents) * 100 / limit_cents).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def customer_report(*, customer_id: int, period: str = "all", now: dt.datetime | None = None) -> Report:
    """Report about a customer's orders in the currency of the account.

    Args:
        customer_id: primary key of a customer.
        period: 30d, 90d, 1y (rolling days back from now) or all.
        now: the end of the period.

    Raises:
        CustomerNotFound: no such customer.
        InvalidFields: no such period.

    Four queries in two round trips, whatever the number of orders; test orders and deleted ones are left out. An order
    belongs to the moment at which it was made, whenever it was paid.
    Source: B2B document, "GET /api/customers/:id/analytics"; semantics 10.4; decisions, "Money and stock".
    """
    if period not in PERIODS:
        raise InvalidFields.of("period", f"period must be one of: {', '.join(PERIODS)}.")
    customer = account_by_id(pk=customer_id).first()
    if customer is None:
        raise CustomerNotFound(customer_id)
    now, profile = now or timezone.now(), profile_of(customer)
    start, currency = _start(period, now), profile.currency
    of_period = {"customer_id": customer_id, "currency": currency, "start": start}
    sums_rows, month_rows, product_rows = tuples_of_all(
        [
            (_sums_of(profile, start, now), tuple(Sums.__annotations__)),
            (months_of(**of_period), ("month", "order_count", "revenue_cents")),
            (products_of(**of_period).window(TOP_PRODUCTS), ("product_id", "product__title", "pieces", "cents")),
        ]
    )
    sums = Sums.of(sums_rows)
    days = _whole_days(sums.last_at, now)
    return Report(
        customer=customer,
        profile=profile,
        currency=currency,
        lifetime_cents=sums.lifetime_cents,
        order_count=sums.order_count,
        revenue_cents=sums.revenue_cents,
        last_order_at=sums.last_at,
        days_since_last_order=days,
        balance_cents=sums.balance_cents,
        average_payment_days=_rounded_days(sums.payment_time),
        months=[Month(f"{month:%Y-%m}", count, int(cents), currency) for month, count, cents in month_rows],
        products=[
            ProductSales(pk, title, int(pieces), int(cents), currency) for pk, title, pieces, cents in product_rows
        ],
        segment=segment(
            order_count=sums.lifetime_count,
            days_since_first=_whole_days(sums.first_at, now),
            days_since_last=days,
            lifetime_cents=sums.lifetime_cents,
            currency=currency,
        ),
        risk=assess(_history(profile, sums, now)).risk.value,
    )


def credit_history(customer: Customer, *, now: dt.datetime | None = None) -> CreditHistory:
    """How an account pays, from its live orders in its currency; two queries."""
    now, profile = now or timezone.now(), profile_of(customer)
    rows = _sums_of(profile, ALWAYS, now).tuples(*Sums.__annotations__)
    return _history(profile, Sums.of(rows), now)


def segment(
    *,
    order_count: int,
    days_since_first: int | None,
    days_since_last: int | None,
    lifetime_cents: int,
    currency: str,
) -> str:
    """What kind of customer it is; the first rule that holds decides (semantics 10.4).

    New without an order, or with fewer than three and the first less than 30 days ago; inactive from 180 days
    without an order on, at_risk from 90 on; high_value from HIGH_VALUE_AMOUNT major units on; else regular.
    """
    if days_since_first is None or days_since_last is None:
        return "new"
    if days_since_first < NEW_DAYS and order_count < NEW_ORDERS:
        return "new"
    if days_since_last >= INACTIVE_DAYS:
        return "inactive"
    if days_since_last >= AT_RISK_DAYS:
        return "at_risk"
    return "high_value" if lifetime_cents >= to_cents(settings.HIGH_VALUE_AMOUNT, currency) else "regular"


# --- Queries -------------------------------------------------------------------------------------

# Before the first order of any shop.
ALWAYS = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _start(period: str, now: dt.datetime) -> dt.datetime:
    days = PERIODS[period]
    return ALWAYS if days is None else now - days * DAY


@compiled
def account_by_id(pk: Any) -> QuerySet[Customer]:
    """The customer with a primary key, and the profile if there is one."""
    return Customer.objects.select_related("profile").filter(pk=pk)


@dataclass(frozen=True)
class Sums:
    """Every sum about the orders of an account, in minor units of its currency."""

    lifetime_cents: int = 0
    lifetime_count: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    revenue_cents: int = 0
    order_count: int = 0
    balance_cents: int = 0
    overdue_cents: int = 0
    paid_count: int = 0
    on_time_count: int = 0
    payment_time: dt.timedelta | None = None

    @classmethod
    def of(cls, rows: Tuples) -> Sums:
        """Those of the only row; without orders there is none."""
        # PostgreSQL's sums of whole numbers are decimals.
        values: list[Any] = [int(value) if isinstance(value, Decimal) else value for row in rows for value in row]
        return cls(*values)


def _sums_of(profile: BusinessProfile, start: dt.datetime, now: dt.datetime) -> Found[Order]:
    """The sums of an account; of a period where they are of one. An order is late from the day after it was due."""
    grace = (profile.terms_days + 1) * DAY
    of_account = {"customer_id": profile.pk, "currency": profile.currency}
    return sums_with_terms(profile.terms_days)(**of_account, start=start, due_until=now - grace)


@lru_cache
def sums_with_terms(terms_days: int) -> Compiled[Order]:
    """One row that sums up the orders of an account that pays within so many days; none without orders."""
    grace = (terms_days + 1) * DAY
    payment_time = ExpressionWrapper(F("paid_at") - F("created_at"), output_field=DurationField())
    was_paid = Q(paid_at__isnull=False)

    def build(customer_id: Any, currency: Any, start: Any, due_until: Any) -> QuerySet[Any]:
        of_period = Q(created_at__gte=start)
        return (
            live_orders(customer_id=customer_id)
            .filter(currency=currency)
            .order_by()
            .values("customer_id")
            .annotate(
                lifetime_cents=Sum(NET_PAID_CENTS, filter=COUNTED, default=0),
                lifetime_count=Count("pk", filter=COUNTED),
                first_at=Min("created_at", filter=COUNTED),
                last_at=Max("created_at", filter=COUNTED),
                revenue_cents=Sum(NET_PAID_CENTS, filter=COUNTED & of_period, default=0),
                order_count=Count("pk", filter=COUNTED & of_period),
                balance_cents=Sum(DUE_CENTS, filter=OPEN, default=0),
                overdue_cents=Sum(DUE_CENTS, filter=OPEN & Q(created_at__lte=due_until), default=0),
                paid_count=Count("pk", filter=was_paid),
                on_time_count=Count("pk", filter=was_paid & Q(paid_at__lt=F("created_at") + grace)),
                payment_time=Avg(payment_time, filter=was_paid & of_period),
            )
        )

    return Compiled(build)


def _counted_since(customer_id: Any, currency: Any, start: Any) -> QuerySet[Order]:
    """Every figure of a period is about the orders made in it (decisions: analytics go by `created_at`)."""
    return live_orders(customer_id=customer_id).filter(COUNTED, currency=currency, created_at__gte=start)


@compiled
def months_of(customer_id: Any, currency: Any, start: Any) -> QuerySet[Any]:
    """The months that have orders, newest first; a month begins at midnight in UTC."""
    return (
        _counted_since(customer_id, currency, start)
        .annotate(month=TruncMonth("created_at", tzinfo=dt.UTC))
        .values("month")
        .annotate(order_count=Count("pk"), revenue_cents=Sum(NET_PAID_CENTS))
        .order_by("-month")
    )


@compiled
def products_of(customer_id: Any, currency: Any, start: Any) -> QuerySet[Any]:
    """Products, what brought the most first: by revenue, then quantity, then id (semantics 10.4)."""
    return (
        OrderItem.objects.filter(order__in=_counted_since(customer_id, currency, start))
        .values("product_id", "product__title")
        .annotate(pieces=Sum("quantity"), cents=Sum("line_total_cents"))
        .order_by("-cents", "-pieces", "product_id")
    )


def _history(profile: BusinessProfile, sums: Sums, now: dt.datetime) -> CreditHistory:
    return CreditHistory(
        currency=profile.currency,
        limit_cents=profile.credit_limit_cents,
        balance_cents=sums.balance_cents,
        overdue_cents=sums.overdue_cents,
        revenue_cents=sums.lifetime_cents,
        order_count=sums.lifetime_count,
        paid_count=sums.paid_count,
        on_time_count=sums.on_time_count,
        history_days=_whole_days(sums.first_at, now) or 0,
    )


def _whole_days(moment: dt.datetime | None, now: dt.datetime) -> int | None:
    return None if moment is None else max((now - moment) // DAY, 0)


def _rounded_days(duration: dt.timedelta | None) -> int | None:
    """A mean duration in whole days, half up."""
    return None if duration is None else (duration + DAY / 2) // DAY
