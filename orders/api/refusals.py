"""What order routes may refuse beyond bad input and a missing order, by example; for the OpenAPI document."""

from __future__ import annotations

from customers.errors import UserCreationFailed, email_taken
from fluentcart.errors import DomainError
from orders.errors import (
    AlreadyPaid,
    ChargeNotFound,
    GatewayFailed,
    InvalidCustomer,
    InvalidProduct,
    InvalidTransition,
    OrderCanceled,
    OrderNotDeletable,
    OrderNotDeleted,
    OrderNotEditable,
    OrderNotFound,
    RefundFailed,
    StockGone,
)

_PRODUCT = InvalidProduct({"items[0].variation_id": ["Variation with ID 999 does not exist"]})
_MOVE = InvalidTransition("An order cannot go from completed to pending")

REFUSALS: dict[str, tuple[DomainError, ...]] = {
    "create": (InvalidCustomer(999), _PRODUCT),
    "update": (OrderNotEditable(1, "completed"), _MOVE),
    "destroy": (OrderNotDeletable(1, "it is paid; refund it first"),),
    "restore": (OrderNotDeleted(1), StockGone(1, [789])),
    "mark_as_paid": (OrderCanceled(1), AlreadyPaid(1)),
    "refund": (
        RefundFailed("Order with ID 1 has not been paid", details={"reason": "unpaid"}),
        GatewayFailed("The gateway stripe refused the refund", outcome="refused", refunded_cents=0),
        ChargeNotFound(999),
    ),
    "statuses": (_MOVE, OrderCanceled(1), AlreadyPaid(1)),
    "change_customer": (InvalidCustomer(999),),
    "create_and_change_customer": (email_taken(), UserCreationFailed()),
    "calculate_shipping": (_PRODUCT,),
    "attach_note": (OrderNotFound(999),),
}
