"""What can be refused about orders, by name; the codes are those of semantics 6.3."""

from __future__ import annotations

from fluentcart.errors import DomainError, InvalidFields, NotFound


class OrderNotFound(NotFound):
    """No such order, or a deleted one, or none of the customer named beside it."""

    def __init__(self, order_id: object) -> None:
        super().__init__("order", order_id)


class ChargeNotFound(NotFound):
    """No such succeeded charge of the order."""

    def __init__(self, charge_id: object) -> None:
        super().__init__("transaction", charge_id)


class InvalidCustomer(DomainError):
    """The customer of a body does not exist, or is inactive (C64)."""

    code = "invalid_customer"

    def __init__(self, customer_id: object, why: str = "does not exist") -> None:
        sentence = f"Customer with ID {customer_id} {why}"
        super().__init__(sentence, fields={"customer_id": [sentence]})


class InvalidProduct(InvalidFields):
    """A line names something that cannot be ordered (C69); `fields` says which line and why."""

    code = "invalid_product"

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__(fields)
        self.message = self.summary = next(iter(fields.values()))[0]


class OutOfStock(InvalidFields):
    """A line asks for more pieces than there are."""


class SubscriptionLine(InvalidFields):
    """A manual order takes no subscriptions (semantics 6.1)."""


class InvalidTransition(DomainError):
    """A status cannot follow the present one (semantics 3.2 to 3.4)."""

    code = "invalid_transition"


class AlreadyPaid(DomainError):
    """Nothing is due (semantics 7.6)."""

    code = "already_paid"

    def __init__(self, order_id: int) -> None:
        super().__init__(f"Order with ID {order_id} is already paid")


class OrderCanceled(DomainError):
    """A canceled order is final (semantics 3.2)."""

    code = "order_canceled"

    def __init__(self, order_id: int) -> None:
        super().__init__(f"Order with ID {order_id} is canceled, which is final")


class OrderNotEditable(DomainError):
    """Closed orders and subscriptions keep their content (semantics 3.2, 6.1)."""

    code = "order_not_editable"

    def __init__(self, order_id: int, why: str) -> None:
        super().__init__(f"Order with ID {order_id} cannot be edited: it is {why}")


class OrderNotDeletable(DomainError):
    """The eligibility rule of semantics 7.5."""

    code = "order_not_deletable"

    def __init__(self, order_id: int, why: str) -> None:
        super().__init__(f"Order with ID {order_id} cannot be deleted: {why}")


class OrderNotDeleted(DomainError):
    """Only what is in the trash can be restored."""

    code = "order_not_deleted"

    def __init__(self, order_id: int) -> None:
        super().__init__(f"Order with ID {order_id} is not deleted")


class StockGone(DomainError):
    """A deleted order stays deleted when pieces that it held were sold meanwhile.

    details: {"variation_ids"}: of which there are too few.
    """

    code = "stock_gone"

    def __init__(self, order_id: int, variation_ids: list[int]) -> None:
        ids = ", ".join(str(pk) for pk in variation_ids)
        sentence = f"Order with ID {order_id} cannot be restored: too few pieces of variation {ids} are left"
        super().__init__(sentence, details={"variation_ids": variation_ids})


class CustomerHasOrders(DomainError):
    """A customer with an order that may not be deleted stays (semantics 7.4)."""

    code = "customer_has_orders"

    def __init__(self, customer_id: int) -> None:
        super().__init__(f"Customer with ID {customer_id} has orders that cannot be deleted")


class OpenOrders(DomainError):
    """The currency of an account stays while something is due on an order of it (semantics 10.6)."""

    code = "customer_has_open_orders"

    def __init__(self, customer_id: int) -> None:
        sentence = f"Customer with ID {customer_id} has open orders; the currency cannot change until they are paid"
        super().__init__(sentence, fields={"currency": [f"{sentence}."]})


class CreditLimitExceeded(DomainError):
    """An order would bring what is due on an account above its credit limit (semantics 10.6).

    details: {"credit_limit_cents", "balance_cents", "order_cents"}.
    """

    code = "credit_limit_exceeded"

    def __init__(self, customer_id: int, *, limit_cents: int, balance_cents: int, order_cents: int) -> None:
        super().__init__(
            f"The order would exceed the credit limit of the customer with ID {customer_id}",
            details={"credit_limit_cents": limit_cents, "balance_cents": balance_cents, "order_cents": order_cents},
        )


class RefundFailed(DomainError):
    """The refund asked for is not possible; nothing was booked."""

    code = "refund_failed"


class GatewayFailed(RefundFailed):
    """A gateway refused, or did not answer; `details` says how it stands.

    details: {"reason": "gateway", "outcome": "refused" | "uncertain", "refunded_cents": what was given back
    by other charges of the same refund}. A dialect may tell it from RefundFailed by `reason`.
    """

    def __init__(self, message: str, *, outcome: str, refunded_cents: int) -> None:
        super().__init__(message, details={"reason": "gateway", "outcome": outcome, "refunded_cents": refunded_cents})
