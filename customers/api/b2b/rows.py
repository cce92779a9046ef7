"""What goes out: customers, contacts and figures as the B2B document spells them; money in major units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from customers.models import Contact, CreditRating, CreditRisk, CustomerAddress, CustomerStatus, PaymentTerms
from fluentcart.api.rows import Field, Figure, Joined, Nested, Row, boolean, integer, moment, money, text, word
from fluentcart.money import to_decimal
from orders.accounts import AccountFigures, account_figures
from orders.analytics import SEGMENTS
from orders.api.b2b import given


def customer_id(pk: int) -> str:
    """cust_456."""
    return f"cust_{pk}"


def contact_id(pk: int) -> str:
    """cont_101."""
    return f"cont_{pk}"


def account_name(company_name: str | None, first_name: str, last_name: str) -> str:
    """The company's name, or the person's where there is no company (semantics 10.6)."""
    return company_name or f"{first_name} {last_name}".strip()


def percent(basis_points: int | None) -> Decimal:
    """500 -> 5.0, 225 -> 2.25: as many decimals as it needs, and at least one."""
    places = 2 if (basis_points or 0) % 10 else 1
    return (Decimal(basis_points or 0) / 100).quantize(Decimal(10) ** -places)


def account_currency(currency: str | None) -> str:
    """The account's currency, that of the shop where there is no profile."""
    return currency or str(settings.SHOP_CURRENCY)


def account_money(cents: int | None, currency: str | None) -> Decimal:
    """Minor units -> a JSON number in major units with the currency's decimals."""
    return to_decimal(cents or 0, account_currency(currency))


def figure(pick: Callable[[AccountFigures], int], **options: Any) -> Figure:
    """An amount that follows from the account's orders."""

    def make(found: AccountFigures | None, currency: str | None) -> Decimal:
        return account_money(pick(found or AccountFigures()), currency)

    return Figure({"type": "number"}, account_figures, "profile__currency", make=make, unit="major", **options)


def primary(type: str) -> Callable[[], Any]:
    """The primary addresses of a type."""
    return lambda: CustomerAddress.objects.filter(type=type, is_primary=True)


class PlaceB2BRow(Row):
    """An address without the name on it."""

    line1 = given("address_1", example="456 Customer Blvd")
    line2 = given("address_2", example="Floor 3")
    city = given(example="Customer City")
    state = given(example="NY")
    postal_code = given("postcode", example="10001")
    country = given(example="US")


class ContactB2BRow(Row):
    """A person to talk to."""

    id = text(make=contact_id, example="cont_101")
    name = text(example="Alice Johnson")
    title = given(example="Procurement Manager")
    email = given(example="alice.johnson@customerxyz.com")
    phone = given(example="+1-555-0458")
    is_primary = boolean(example=True)


class ContactB2BDetail(ContactB2BRow):
    """A contact alone."""

    customer_id = text(make=customer_id, example="cust_456")
    created_at = moment()
    updated_at = moment()


class AccountB2BRow(Row):
    """A customer in a list."""

    id = text(make=customer_id, example="cust_456")
    name = text("profile__company_name", "first_name", "last_name", make=account_name, example="Customer XYZ")
    email = text(example="orders@customerxyz.com")
    phone = given(example="+1-555-0456")
    website = given("profile__website", example="https://customerxyz.com")
    billing_address = Nested(PlaceB2BRow, primary("billing"), "customer_id", one=True)
    shipping_address = Nested(PlaceB2BRow, primary("shipping"), "customer_id", one=True)
    payment_terms = word(
        PaymentTerms.values,
        "profile__payment_terms",
        make=lambda terms: terms or PaymentTerms.NET_30.value,
        example="net_15",
    )
    credit_limit = Field(
        {"type": "number"},
        "profile__credit_limit_cents",
        "profile__currency",
        make=account_money,
        example=10000.0,
        unit="major",
    )
    current_balance = figure(lambda found: found.balance_cents, example=2500.0, help="Due on open orders.")
    customer_since = moment("profile__customer_since", "created_at", make=lambda since, created: since or created)
    is_active = boolean("status", make=lambda status: status == CustomerStatus.ACTIVE, example=True)
    created_at = moment()
    updated_at = moment()


class AccountB2BDetail(AccountB2BRow):
    """A customer alone."""

    fax = given("profile__fax", example="+1-555-0457")
    tax_id = given("profile__tax_id", example="98-7654321", help="Only its end without customers/manage.")
    contacts = Nested(ContactB2BRow, lambda: Contact.objects.order_by("-is_primary", "pk"), "customer_id")
    currency = text("profile__currency", make=account_currency, example="USD")
    discount_rate = Field(
        {"type": "number"}, "profile__discount_rate_basis_points", make=percent, example=5.0, help="In percent."
    )
    preferred_shipping = given("profile__preferred_shipping", example="UPS_GROUND")
    lifetime_value = figure(lambda found: found.lifetime_cents, example=45000.0)
    total_orders = Figure(
        {"type": "integer"}, account_figures, make=lambda found: found.order_count if found else 0, example=75
    )
    notes = given(example="High-value customer with consistent orders")


class NameB2BRow(Row):
    """Which customer a report is about."""

    id = text("customer__pk", make=customer_id, example="cust_456")
    name = text(
        "profile__company_name",
        "customer__first_name",
        "customer__last_name",
        make=account_name,
        example="Customer XYZ",
    )


class OverviewB2BRow(Row):
    """The period's orders; the lifetime value and the last order are of all time."""

    lifetime_value = money("lifetime_cents", "currency", example=45000.0)
    total_orders = integer("order_count", example=75)
    avg_order_value = money("average_order_cents", "currency", example=600.0)
    last_order_date = moment("last_order_at", nullable=True)
    customer_since = moment("profile__customer_since")
    days_since_last_order = integer(nullable=True, example=5)


class FinancesB2BRow(Row):
    """The period's revenue, and how the account stands now."""

    total_revenue = money("revenue_cents", "currency", example=45000.0)
    current_balance = money("balance_cents", "currency", example=2500.0)
    credit_limit = money("profile__credit_limit_cents", "currency", example=10000.0)
    credit_utilization = Field({"type": "number"}, example=25.0, help="The balance in percent of the limit.")
    avg_payment_days = integer("average_payment_days", nullable=True, example=12)


class MonthB2BRow(Row):
    """The orders of one month in UTC."""

    month = text(example="2024-01")
    orders = integer("order_count", example=8)
    revenue = money("revenue_cents", "currency", example=4800.0)
    avg_order_value = money("average_cents", "currency", example=600.0)


class ProductSalesB2BRow(Row):
    """What a product brought."""

    product_id = text(make=lambda pk: f"prod_{pk}", example="prod_123")
    product_name = text("title", example="Smart Widget")
    quantity_ordered = integer("quantity", example=150)
    revenue = money("revenue_cents", "currency", example=7500.0)


def each(row: type[Row], source: str) -> Field:
    """A list of objects that are in the report already."""
    return Field({"type": "array", "items": {"$row": row}}, source, make=lambda found: [row.of(one) for one in found])


class AnalyticsB2BRow(Row):
    """Figures about a customer's orders, in the currency of the account."""

    customer = Joined(NameB2BRow)
    currency = text(example="USD")
    overview = Joined(OverviewB2BRow)
    financial_summary = Joined(FinancesB2BRow)
    order_history = each(MonthB2BRow, "months")
    top_products = each(ProductSalesB2BRow, "products")
    customer_segment = word(SEGMENTS, "segment", example="high_value")
    risk_score = word(CreditRisk.values, "risk", example="low")


def told(factors: Mapping[str, Mapping[str, Any]], currency: str) -> dict[str, Any]:
    """Why the score is what it is, with money in major units."""
    return {
        name: {
            key.removesuffix("_cents"): to_decimal(value, currency) if key.endswith("_cents") else value
            for key, value in factor.items()
        }
        for name, factor in factors.items()
    }


class CreditCheckB2BRow(Row):
    """What a credit check found."""

    customer_id = text(make=customer_id, example="cust_456")
    credit_score = integer("score", example=750)
    credit_rating = word(CreditRating.values, "rating", example="excellent")
    recommended_credit_limit = money("recommended_limit_cents", "currency", example=15000.0)
    current_credit_limit = money("limit_at_check_cents", "currency", example=10000.0)
    currency = text(example="USD")
    risk_assessment = word(CreditRisk.values, "risk", example="low")
    factors = Field({"type": "object", "additionalProperties": True}, "factors", "currency", make=told)
    last_checked = moment("checked_at")
