"""What waits for somebody in the shop: the one definition behind the start page's numbers and the lists' filters."""

from __future__ import annotations

from django.db.models import QuerySet

from orders import states
from orders.models import Order, OrderTransaction, ProductVariation

# So many pieces, or fewer, are worth a look before they are gone.
LOW_STOCK_COUNT = 5
OPEN_STATUSES = (states.OrderStatus.PENDING, states.OrderStatus.ON_HOLD, states.OrderStatus.PROCESSING)
OWING_STATUSES = (
    states.PaymentStatus.PENDING,
    states.PaymentStatus.AUTHORIZED,
    states.PaymentStatus.FAILED,
    states.PaymentStatus.PARTIALLY_PAID,
)
# Paid for, perhaps with a part given back: what is left has to go out. The index `order_to_ship` says the same.
SHIPPABLE_STATUSES = (states.PaymentStatus.PAID, states.PaymentStatus.PARTIALLY_REFUNDED)


def unpaid(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Open orders for which money is still to come."""
    return orders.filter(status__in=OPEN_STATUSES, payment_status__in=OWING_STATUSES)


def to_ship(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Open orders that are paid for and have goods which have not left the shop."""
    return orders.filter(
        deleted_at=None,
        shipping_status=states.ShippingStatus.UNSHIPPED.value,
        payment_status__in=[status.value for status in SHIPPABLE_STATUSES],
        status__in=OPEN_STATUSES,
    )


def with_uncertain_refund(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Orders with a refund of which the gateway has not said whether the money went back."""
    reserves = OrderTransaction.objects.filter(
        type=states.TransactionType.REFUND.value, status=states.TransactionStatus.PENDING.value
    )
    return orders.filter(pk__in=reserves.values("order_id"))


def low_on_stock(variations: QuerySet[ProductVariation]) -> QuerySet[ProductVariation]:
    """Variations that are sold, counted, and nearly gone."""
    return variations.filter(is_active=True, manage_stock=True, available_count__lte=LOW_STOCK_COUNT)
