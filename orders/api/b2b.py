"""Sales orders as the B2B document spells them. Money is in major units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet

from fluentcart.api.rows import Field, Figure, Nested, Row, moment, money, text, word
from fluentcart.compiled import compiled
from orders import states
from orders.models import OrderAddress, OrderItem


def order_id(pk: int) -> str:
    """so_123."""
    return f"so_{pk}"


def or_null(value: str | None) -> str | None:
    """A text that was never given is null in this dialect (decisions, "The wire")."""
    return value or None


def given(*sources: str, **options: Any) -> Field:
    """A text, or null."""
    return text(*sources, make=or_null, nullable=True, **options)


@compiled
def lines_of(order_ids: Any) -> QuerySet[Any]:
    """A row for each order that has lines."""
    return OrderItem.objects.filter(order_id__any=order_ids).order_by().values("order_id").annotate(lines=Count("pk"))


def line_counts(order_ids: Iterable[int]) -> dict[int, int]:
    """How many lines each order has."""
    return dict(lines_of(order_ids=list(order_ids)).tuples("order_id", "lines"))


def shipping_addresses() -> QuerySet[OrderAddress]:
    """Where orders are sent to."""
    return OrderAddress.objects.filter(type="shipping").order_by("pk")


class SalesPlaceB2BRow(Row):
    """Where an order is sent to."""

    line1 = given("address_1", example="456 Customer Blvd")
    line2 = given("address_2")
    city = given(example="Customer City")
    state = given(example="NY")
    postal_code = given("postcode", example="10001")
    country = given(example="US")


class SalesOrderB2BRow(Row):
    """A sales order of a customer."""

    id = text(make=order_id, example="so_123")
    order_number = given(example="SO-2024-001")
    status = word(states.SALES_STATUSES, "status", "shipping_status", make=states.sales_status, example="delivered")
    order_date = moment("created_at", example="2024-01-15T00:00:00Z")
    ship_date = moment("shipped_at", nullable=True, example="2024-01-16T00:00:00Z")
    delivery_date = moment("delivered_at", nullable=True, example="2024-01-18T00:00:00Z")
    total_amount = money("total_amount_cents", "currency", example=299.95, help="In the order's currency.")
    currency = text(example="USD")
    items_count = Figure(
        {"type": "integer"}, line_counts, make=lambda lines: lines or 0, example=3, help="How many lines."
    )
    shipping_address = Nested(SalesPlaceB2BRow, shipping_addresses, "order_id", one=True)
