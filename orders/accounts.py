"""What is due on the orders of business accounts: derived from the orders, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from fluentcart.compiled import compiled
from orders import states
from orders.models import Order

# In the customer's statistics (semantics 3.6).
COUNTED = Q(payment_status__in=states.COUNTED_PAYMENT_STATUSES)
# Something is due: it counts in the balance (semantics 10.3).
OPEN = ~Q(status__in=(states.OrderStatus.CANCELED, states.OrderStatus.FAILED)) & Q(
    total_amount_cents__gt=F("total_paid_cents")
)
DUE_CENTS = F("total_amount_cents") - F("total_paid_cents")
NET_PAID_CENTS = F("total_paid_cents") - F("total_refund_cents")


@dataclass(frozen=True)
class AccountFigures:
    """Of all orders in the account's currency, in minor units of it: what is due, what was earned, how many."""

    balance_cents: int = 0
    lifetime_cents: int = 0
    order_count: int = 0


def live_orders(*, customer_id: int) -> QuerySet[Order]:
    """A customer's orders that are neither tests nor deleted."""
    return Order.objects.filter(customer_id=customer_id, mode=states.OrderMode.LIVE)


def balance_cents(*, customer_id: int, currency: str) -> int:
    """What is due on a customer's open orders in a currency."""
    orders = live_orders(customer_id=customer_id).filter(OPEN, currency=currency)
    return int(orders.aggregate(cents=Sum(DUE_CENTS, default=0))["cents"])


@compiled
def account_sums(customer_ids: Any, shop_currency: Any) -> QuerySet[Any]:
    """A row for each customer who has orders in the account's own currency."""
    currency = Coalesce("customer__profile__currency", shop_currency, output_field=CharField())
    return (
        Order.objects.alias(account_currency=currency)  # named first: a bare expression would join inwardly
        .filter(customer_id__any=customer_ids, mode=states.OrderMode.LIVE, currency=F("account_currency"))
        .order_by()
        .values("customer_id")
        .annotate(
            balance=Sum(DUE_CENTS, filter=OPEN, default=0),
            lifetime=Sum(NET_PAID_CENTS, filter=COUNTED, default=0),
            count=Count("pk", filter=COUNTED),
        )
    )


def account_figures(customer_ids: Iterable[int]) -> dict[int, AccountFigures]:
    """The figures of several accounts by customer id, in one query; a customer without orders is missing.

    Only orders in the account's own currency count (that of the shop without a profile): sums of several
    currencies would mean nothing. Source: semantics 10.3, 10.4.
    """
    found = account_sums(customer_ids=list(customer_ids), shop_currency=settings.SHOP_CURRENCY)
    sums = found.tuples("customer_id", "balance", "lifetime", "count")
    return {customer_id: AccountFigures(*map(int, figures)) for customer_id, *figures in sums}
