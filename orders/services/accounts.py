"""What the orders of a business account have a say in: its currency, its credit; customers cannot know orders."""

from __future__ import annotations

from typing import Unpack

from django.conf import settings
from django.db import transaction

from customers.errors import CustomerNotFound
from customers.models import BusinessProfile, CreditCheck, Customer
from customers.services import business
from customers.services.business import BusinessChanges
from customers.services.credit import record_check
from orders import states
from orders.accounts import OPEN, balance_cents, live_orders
from orders.analytics import credit_history
from orders.errors import CreditLimitExceeded, OpenOrders
from orders.services.locks import lock_customers


@transaction.atomic
def update_business(*, customer_id: int, **changes: Unpack[BusinessChanges]) -> Customer:
    """Change a business account as `customers.services.business.update_business` does.

    Raises:
        OpenOrders: the currency would change while something is due on an order.
        CustomerNotFound, InvalidFields: see there.

    Locks the customer. Source: B2B document, "PUT /api/customers/:id"; semantics 10.6.
    """
    if "currency" in changes:
        _lock(customer_id)
        changes_currency = changes["currency"] != business.currency_of(customer_id=customer_id)
        if changes_currency and live_orders(customer_id=customer_id).filter(OPEN).exists():
            raise OpenOrders(customer_id)
    return business.update_business(customer_id=customer_id, **changes)


@transaction.atomic
def check_credit(*, customer_id: int, checked_by_id: int | None) -> CreditCheck:
    """Assess how an account pays and store the result; the limit stays as it is.

    Args:
        customer_id: primary key of a customer, with or without a profile.
        checked_by_id: the user who asks.

    Raises:
        CustomerNotFound: no such customer.

    Locks the customer. Source: B2B document, "POST /api/customers/:id/credit-check"; semantics 10.5.
    """
    history = credit_history(_lock(customer_id))
    return record_check(customer_id=customer_id, history=history, checked_by_id=checked_by_id)


def check_credit_limit(*, customer_id: int, order_cents: int, mode: str | None) -> None:
    """Refuse an unpaid order that would bring what is due above the account's limit.

    Only where CREDIT_LIMIT_ENFORCED is on, for live orders of a customer with a profile in the currency of the
    shop, in which all new orders are: amounts of another currency cannot be compared.

    Raises:
        CreditLimitExceeded.

    The caller holds the customer's lock, so that two orders cannot both take the last of the credit.
    Source: semantics 10.6; decisions, "Money and stock".
    """
    if not settings.CREDIT_LIMIT_ENFORCED or not order_cents:
        return
    if (mode or settings.ORDER_MODE) != states.OrderMode.LIVE:
        return
    currency = settings.SHOP_CURRENCY
    profile = BusinessProfile.objects.filter(pk=customer_id, currency=currency).first()
    if profile is None:
        return
    balance = balance_cents(customer_id=customer_id, currency=currency)
    if balance + order_cents > profile.credit_limit_cents:
        raise CreditLimitExceeded(
            customer_id, limit_cents=profile.credit_limit_cents, balance_cents=balance, order_cents=order_cents
        )


def _lock(customer_id: int) -> Customer:
    customer = lock_customers(customer_id).get(customer_id)
    if customer is None:
        raise CustomerNotFound(customer_id)
    return customer
