"""How orders are searched, filtered and sorted, in every dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q

from fluentcart.api.flat_listing import FlatListing
from fluentcart.api.listing import (
    ExactFilter,
    FromFilter,
    ListFilterSet,
    Listing,
    ToFilter,
    WholeNumberFilter,
    WordsFilter,
)
from fluentcart.compiled import Found, Selection, Total
from fluentcart.errors import InvalidFields
from orders import states
from orders.lists import order_page
from orders.models import Order, Product, ProductStatus
from orders.search import search_orders, search_products


class OrderFilter(ListFilterSet):
    """Orders document, "Filter Options", and the additions of semantics 5.2."""

    status = WordsFilter(
        words=list(states.OrderStatus), aliases={"cancelled": "canceled"}, help_text="Or several, with commas."
    )
    payment_status = WordsFilter(words=list(states.PaymentStatus), help_text="Or several, with commas.")
    shipping_status = WordsFilter(
        words=[word for word in states.ShippingStatus if word], help_text="Or several, with commas."
    )
    customer_id = WholeNumberFilter("customer_id", help_text="Orders of this customer.")
    date_from = FromFilter("created_at", help_text="Created on this day or later (YYYY-MM-DD, UTC).")
    date_to = ToFilter("created_at", help_text="Created on this day or earlier (the whole day).")
    mode = WordsFilter(words=list(states.OrderMode), help_text="live or test.")
    type = WordsFilter(words=list(states.OrderType), help_text="payment, subscription or renewal.")
    payment_method = ExactFilter("payment_method", help_text="As it was given when the order was made.")

    class Meta:
        model = Order
        fields: list[str] = []


class OrderListing(Listing):
    """The orders list (semantics 5.1 to 5.4)."""

    filterset = OrderFilter
    filter_aliases = {
        "order_statuses": "status",
        "payment_statuses": "payment_status",
        "shipping_statuses": "shipping_status",
    }
    # The plugin's tabs (semantics 5.4).
    tabs = {
        **{word.value: ("status", word.value) for word in states.OrderStatus},
        **{word: ("payment_status", word) for word in ("paid", "refunded", "partially_refunded")},
        **{word: ("type", word) for word in ("renewal", "subscription")},
        "onetime": ("type", "payment"),
    }
    sorts = {
        "id": "id",
        "status": "status",
        "payment_status": "payment_status",
        "shipping_status": "shipping_status",
        "fulfillment_type": "fulfillment_type",
        "type": "type",
        "mode": "mode",
        "customer_id": "customer_id",
        "payment_method": "payment_method",
        "currency": "currency",
        "subtotal": "subtotal_cents",
        "discount_total": "discount_total_cents",
        "shipping_total": "shipping_total_cents",
        "tax_total": "tax_total_cents",
        "total_amount": "total_amount_cents",
        "total_paid": "total_paid_cents",
        "total_refund": "total_refund_cents",
        "receipt_number": "receipt_number",
        "invoice_no": "invoice_no",
        "uuid": "uuid",
        "note": "note",
        "completed_at": "completed_at",
        "refunded_at": "refunded_at",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """See Listing; the plugin's tab too."""
        return (*super().names(), "active_view")

    @classmethod
    def apply(cls, selection: Selection, query: Mapping[str, Any]) -> Selection:
        """See Listing."""
        tab = cls.tab(query)
        return super().apply(selection.filtered(**tab) if tab else selection, query)

    @classmethod
    def checks(cls, query: Mapping[str, Any]) -> tuple[Callable[[], Any], ...]:
        """See Listing."""
        return (lambda: cls.tab(query), *super().checks(query))

    @classmethod
    def tab(cls, query: Mapping[str, Any]) -> dict[str, Any]:
        """What the plugin's tab narrows a list down to.

        Raises:
            InvalidFields: names the tabs.
        """
        tab = query.get("active_view")
        if not tab:
            return {}
        if not isinstance(tab, str) or tab not in cls.tabs:
            raise InvalidFields.of("active_view", f"Unknown tab. Allowed are: {', '.join(cls.tabs)}.")
        column, value = cls.tabs[tab]
        return {f"{column}__any": [value]}

    @classmethod
    def search(cls, selection: Selection, term: str) -> Selection:
        """See `orders.search`."""
        return search_orders(selection, term)

    @classmethod
    def page(cls, selection: Selection, limit: int, offset: int) -> tuple[int | Total, Found[Any]]:
        """See `orders.lists`."""
        return order_page(selection, limit, offset)


class ProductFilter(ListFilterSet):
    """Which products a list shows."""

    ranges = ()

    status = WordsFilter(words=ProductStatus.values, help_text="published, private, draft, or several with commas.")

    class Meta:
        model = Product
        fields: list[str] = []


class ProductListing(Listing):
    """The products list."""

    filterset = ProductFilter
    sorts = {
        "id": "id",
        "title": "title",
        "status": "status",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    @classmethod
    def search(cls, selection: Selection, term: str) -> Selection:
        """See `orders.search`."""
        return search_products(selection, term)


class SalesStatusFilter(WordsFilter):
    """Any of the B2B document's words for a sales order, which are made of two columns (semantics 10.3)."""

    def narrow(self, selection: Selection, value: Any) -> Selection:
        """Every pair of columns that `states.sales_status` calls by one of the words."""
        if not value:
            return selection
        found = Q()
        for status in states.OrderStatus:
            sent = [word.value for word in states.ShippingStatus if states.sales_status(status, word) in value]
            found |= Q(status=status, shipping_status__in=sent)
        return selection.only(found)


class SalesOrderFilter(ListFilterSet):
    """B2B document, "GET /api/customers/:id/orders"."""

    path = ""

    status = SalesStatusFilter(
        words=states.SALES_STATUSES, aliases=states.SPELLINGS, help_text=", ".join(states.SALES_STATUSES)
    )
    date_from = FromFilter("created_at", help_text="Ordered on this day or later (YYYY-MM-DD, UTC).")
    date_to = ToFilter("created_at", help_text="Ordered on this day or earlier (the whole day).")

    class Meta:
        model = Order
        fields: list[str] = []


class SalesOrderListing(FlatListing):
    """A customer's sales orders, newest first."""

    filterset = SalesOrderFilter

    @classmethod
    def page(cls, selection: Selection, limit: int, offset: int) -> tuple[int | Total, Found[Any]]:
        """See `orders.lists`."""
        return order_page(selection, limit, offset)
