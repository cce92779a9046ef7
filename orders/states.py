"""The three status axes of an order and the moves that are allowed, as data. Pure: no database, no HTTP."""

from __future__ import annotations

from enum import StrEnum


class OrderStatus(StrEnum):
    """Semantics 3.1; pending is the initial one (C48)."""

    PENDING = "pending"
    ON_HOLD = "on-hold"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELED = "canceled"
    FAILED = "failed"


class PaymentStatus(StrEnum):
    """Semantics 3.1."""

    PENDING = "pending"
    PAID = "paid"
    PARTIALLY_PAID = "partially_paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"
    AUTHORIZED = "authorized"


class ShippingStatus(StrEnum):
    """Semantics 3.1; NONE is an order without physical lines."""

    NONE = ""
    UNSHIPPED = "unshipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    UNSHIPPABLE = "unshippable"


class TransactionStatus(StrEnum):
    """Semantics 3.1."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    AUTHORIZED = "authorized"
    FAILED = "failed"
    REFUNDED = "refunded"
    DISPUTE_LOST = "dispute_lost"


class TransactionType(StrEnum):
    """A refund is a transaction too (semantics 2.2)."""

    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"


class OrderMode(StrEnum):
    """Test orders are left out of statistics (decisions, "Money and stock")."""

    LIVE = "live"
    TEST = "test"


class OrderType(StrEnum):
    """Semantics 3.1."""

    PAYMENT = "payment"
    SUBSCRIPTION = "subscription"
    RENEWAL = "renewal"


EDITABLE_ORDER_STATUSES = frozenset(
    {OrderStatus.ON_HOLD, OrderStatus.PROCESSING, OrderStatus.COMPLETED, OrderStatus.CANCELED}
)
EDITABLE_SHIPPING_STATUSES = frozenset(ShippingStatus) - {ShippingStatus.NONE}
# Orders that the plugin no longer edits (3.2); pending counts wherever the plugin names on-hold (C48).
CLOSED_ORDER_STATUSES = frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELED})
# Counted in the customer's statistics, and a reason not to delete (3.1 "Payment success", 7.5).
COUNTED_PAYMENT_STATUSES = frozenset(
    {PaymentStatus.PAID, PaymentStatus.PARTIALLY_PAID, PaymentStatus.PARTIALLY_REFUNDED}
)
DELETABLE_ORDER_STATUSES = frozenset({OrderStatus.CANCELED, OrderStatus.ON_HOLD, OrderStatus.PENDING})

# What PUT /statuses may write into payment_status besides paid, which is a payment, and only while nothing was
# paid. The other words are the outcome of payments and refunds (3.3).
UNPAID_STATUSES = frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.AUTHORIZED})
# Statuses that a payment lifts to processing (7.6); from completed nothing moves back.
AWAITING_PAYMENT_STATUSES = frozenset({OrderStatus.PENDING, OrderStatus.ON_HOLD, OrderStatus.FAILED})
# Pieces have left the shop (3.4).
SENT_STATUSES = frozenset({ShippingStatus.SHIPPED, ShippingStatus.DELIVERED})
SPELLINGS = {"cancelled": OrderStatus.CANCELED.value}


def spelled(word: str) -> str:
    """A status word as we spell it: "cancelled" is read as "canceled" (3.1)."""
    return SPELLINGS.get(word, word)


def is_deletable(*, status: str, payment_status: str, mode: str, total_amount_cents: int) -> bool:
    """The whole rule of who may be deleted (7.5): test orders always, live ones unless they earned money."""
    if mode == OrderMode.TEST:
        return True
    earned = payment_status in COUNTED_PAYMENT_STATUSES and total_amount_cents > 0
    return status in DELETABLE_ORDER_STATUSES and not earned


# What the B2B document calls the status of a sales order (semantics 10.3).
SALES_STATUSES = (
    *(status.value for status in OrderStatus if status not in (OrderStatus.CANCELED, OrderStatus.FAILED)),
    ShippingStatus.SHIPPED.value,
    ShippingStatus.DELIVERED.value,
    OrderStatus.CANCELED.value,
    OrderStatus.FAILED.value,
)


def sales_status(status: str, shipping_status: str) -> str:
    """One word for an order: canceled and failed as such, else how far it was sent, else its own status (10.3)."""
    if status in (OrderStatus.CANCELED, OrderStatus.FAILED) or shipping_status not in SENT_STATUSES:
        return status
    return shipping_status
