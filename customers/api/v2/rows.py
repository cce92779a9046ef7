"""What goes out of customers where doc v2 has words of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts.models import User
from customers.api.rows import AddressRow, CustomerRow, FiguresRow, UserRow, address_book
from customers.models import CustomerLabel
from fluentcart.api.rows import Derived, Field, Joined, Nested, Row, anything, integer, text, unpaged_limit
from fluentcart.history.api import timeline
from fluentcart.history.models import Subject
from orders.api.document.rows import OrderRow
from orders.models import Order


class CustomerLabelV2Row(Row):
    """A label that a customer carries; `id` is the link's, `label_id` the label's."""

    id = integer(example=1)
    label_id = integer(example=1)
    name = text("label__value", example="VIP")


def _address_list(help: str, **only: Any) -> Nested:
    return Nested(AddressRow, address_book(**only), "customer_id", optional=True, help=help)


def _primary_address(type: str) -> Nested:
    return Nested(AddressRow, address_book(type=type, is_primary=True), "customer_id", one=True, optional=True)


class CustomerV2Detail(CustomerRow):
    """A customer alone: with labels, and with what `with[]` asks for."""

    additional_info = anything(help="Whatever the shop's integrations keep with the customer.")
    labels = Nested(
        CustomerLabelV2Row,
        lambda: CustomerLabel.objects.select_related("label").order_by("label_id"),
        "customer_id",
        omissible=True,
    )
    selected_labels = Derived(
        {"type": "array", "items": {"type": "integer"}},
        "labels",
        lambda labels: [row["label_id"] for row in labels],
        omissible=True,
    )
    orders = Nested(OrderRow, lambda: Order.objects.order_by("-id"), "customer_id", most=unpaged_limit(), optional=True)
    addresses = _address_list("All addresses, primary ones first.")
    billing_address = _address_list("The billing addresses.", type="billing")
    shipping_address = _address_list("The shipping addresses.", type="shipping")
    primary_billing_address = _primary_address("billing")
    primary_shipping_address = _primary_address("shipping")
    activities = timeline(Subject.CUSTOMER)
    wpUser = Nested(UserRow, lambda: User.objects.all(), "customer__id", one=True, optional=True)


def widgets(total_spent_cents: int, order_count: int, average_order_value_cents: int) -> list[dict[str, Any]]:
    """Doc v2's three widgets, in its order; money is in minor units of the shop's currency (7.11)."""
    currency = settings.SHOP_CURRENCY
    return [
        {"title": "Total Spent", "value": total_spent_cents, "currency": currency},
        {"title": "Order Count", "value": order_count},
        {"title": "Average Order Value", "value": average_order_value_cents, "currency": currency},
    ]


class WidgetV2Row(Row):
    """One figure about a customer."""

    title = text(example="Total Spent")
    value = integer(example=5000)
    currency = text(example="USD", help="Only where the value is money.", optional=True)


class StatsV2Row(Row):
    """Doc v2's widgets, and beside them doc v1's figures as an object (semantics 9.5)."""

    widgets = Field(
        {"type": "array", "items": {"$row": WidgetV2Row}},
        "total_spent_cents",
        "order_count",
        "average_order_value_cents",
        make=widgets,
    )
    stats = Joined(FiguresRow)
