"""What the process beside the service does: rows that a round needs, and what the books say after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any
from uuid import uuid4

from django.core.management import call_command

from accounts.services import create_user, issue_application_password
from customers.models import Customer, CustomerAddress
from orders.audit.run import audit
from orders.models import Order, OrderTransaction, ProductVariation
from orders.services.payment import mark_as_paid
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, UserFactory
from tests.orders.factories import VariationFactory
from tests.orders.shop import line as shop_line
from tests.orders.shop import place


def password(*, login: str) -> str:
    """A super admin who can be signed in as."""
    user = create_user(login=login, email=f"{login}@example.com", role="super_admin")
    return issue_application_password(user_id=user.pk, name="soak")[1]


def customers(*, count: int = 1) -> list[int]:
    """Customers who never ordered."""
    return [CustomerFactory.create(email=f"{uuid4().hex}@example.com").pk for _ in range(count)]


def line(*, stock: int | None = None, quantity: int = 1) -> dict[str, Any]:
    """A line of an order, of a product of its own with so many pieces; None does not track them."""
    return dict(shop_line(tracked(stock), quantity))


def tracked(stock: int | None) -> ProductVariation:
    """A variation of a product of its own with so many pieces; None does not track them."""
    name = uuid4().hex
    return VariationFactory.create(
        stock=stock, sku=name, product__slug=name, product__title=name, product__search_text=name
    )


def order(*, is_paid: bool = False, stock: int = 10, charge: str = "") -> dict[str, Any]:
    """An order of 50.00, two pieces of a product whose stock is tracked; its customer, and another such line.

    Args:
        charge: Stripe's name of the charge that paid it; "" is paid by hand.
    """
    variation = tracked(stock)
    made = place(variation, customer=CustomerFactory.create(email=f"{uuid4().hex}@example.com"))
    if is_paid:
        mark_as_paid(order_id=made.pk, transaction_id=charge)
    if charge:
        made.transactions.update(gateway="stripe")
    return {"id": made.pk, "customer_id": made.customer_id, "line": dict(shop_line(variation))}


def orders(*, count: int) -> list[int]:
    """Unpaid orders of one customer, of two products whose stock is tracked."""
    customer = CustomerFactory.create(email=f"{uuid4().hex}@example.com")
    variations = [tracked(10 * count) for _ in range(2)]
    return [place(*variations, customer=customer).pk for _ in range(count)]


def address_book() -> dict[str, Any]:
    """A customer with a primary billing address and two others."""
    customer = CustomerFactory.create(email=f"{uuid4().hex}@example.com")
    CustomerAddressFactory.create(customer=customer, is_primary=True)
    others = [CustomerAddressFactory.create(customer=customer).pk for _ in range(2)]
    return {"customer_id": customer.pk, "others": others}


def primaries(*, customer_id: int) -> list[int]:
    """The primary billing addresses of a customer."""
    return list(
        CustomerAddress.objects.filter(customer_id=customer_id, type="billing", is_primary=True).values_list(
            "pk", flat=True
        )
    )


def named(*, email: str) -> int:
    """How many customers have an address."""
    return Customer.objects.filter(email=email).count()


def shopper() -> int:
    """A user without a role, whom no customer has."""
    return int(UserFactory.create(login=uuid4().hex).pk)


def find(*, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """How far orders have come, by id; deleted ones too."""
    columns = ("note", "payment_status", "total_paid_cents", "total_refund_cents", "order_number", "receipt_number")
    rows = Order.with_deleted.filter(pk__in=ids).values("pk", *columns)
    return {row["pk"]: {column: row[column] for column in columns} for row in rows}


def notes(*, prefix: str) -> dict[str, list[list[int]]]:
    """Note of an order -> id, what was paid and what was given back, of the orders whose note begins so."""
    found: dict[str, list[list[int]]] = {}
    rows = Order.objects.filter(note__startswith=prefix)
    for note, *values in rows.values_list("note", "pk", "total_paid_cents", "total_refund_cents"):
        found.setdefault(note, []).append(values)
    return found


def refunds(*, order_id: int) -> list[list[Any]]:
    """Status and amount of an order's refunds, in minor units."""
    rows = OrderTransaction.objects.filter(order_id=order_id, type="refund").order_by("pk")
    return [list(row) for row in rows.values_list("status", "amount_cents")]


def settle() -> str:
    """What `settle_refunds` says about every pending refund, however young."""
    said = StringIO()
    call_command("settle_refunds", older_than=0, stdout=said)
    return said.getvalue()


def differences() -> list[dict[str, Any]]:
    """What `audit_books` finds."""
    return [{key: str(value) for key, value in asdict(finding).items()} for finding in audit()]
