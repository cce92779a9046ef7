"""How customers are searched, filtered and sorted, in every dialect."""

from __future__ import annotations

from typing import Any

from customers.lists import customer_page
from customers.models import Customer, CustomerStatus
from customers.search import search_customers
from fluentcart.api.flat_listing import FlagFilter, FlatListing
from fluentcart.api.listing import FromFilter, ListFilterSet, Listing, ToFilter, WholeNumberFilter, WordsFilter
from fluentcart.compiled import Found, Selection, Total


class CustomerFilter(ListFilterSet):
    """Doc v2, "Filter Options". Money is in minor units; both ends of a range are included."""

    ranges = (("date_from", "date_to"), ("total_spent_min", "total_spent_max"))

    status = WordsFilter(words=CustomerStatus.values, help_text="active, inactive, or both with a comma.")
    date_from = FromFilter("created_at", help_text="Created on this day or later (YYYY-MM-DD, UTC).")
    date_to = ToFilter("created_at", help_text="Created on this day or earlier (the whole day).")
    total_spent_min = WholeNumberFilter("total_spent_cents", "gte", help_text="In minor units.")
    total_spent_max = WholeNumberFilter("total_spent_cents", "lte", help_text="In minor units.")

    class Meta:
        model = Customer
        fields: list[str] = []


class CustomerListing(Listing):
    """The customers list (semantics 5.1 to 5.3)."""

    filterset = CustomerFilter
    sorts = {
        "id": "id",
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "full_name": "first_name",
        "status": "status",
        "total_spent": "total_spent_cents",
        "ltv": "total_spent_cents",
        "purchase_value": "total_spent_cents",
        "order_count": "order_count",
        "purchase_count": "order_count",
        "average_order_value": "average_order_value_cents",
        "aov": "average_order_value_cents",
        "first_order_date": "first_order_at",
        "first_purchase_date": "first_order_at",
        "last_order_date": "last_order_at",
        "last_purchase_date": "last_order_at",
        "user_id": "user_id",
        "contact_id": "id",
        "notes": "notes",
        "uuid": "uuid",
        "country": "country",
        "city": "city",
        "state": "state",
        "postcode": "postcode",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    @classmethod
    def search(cls, selection: Selection, term: str) -> Selection:
        """See `customers.search`."""
        return search_customers(selection, term)

    @classmethod
    def page(cls, selection: Selection, limit: int, offset: int) -> tuple[int | Total, Found[Any]]:
        """See `customers.lists`."""
        return customer_page(selection, limit, offset)


class BusinessFilter(ListFilterSet):
    """B2B document, "GET /api/customers"."""

    path = ""
    ranges = ()

    is_active = FlagFilter(
        "status", true=CustomerStatus.ACTIVE, false=CustomerStatus.INACTIVE, help_text="true or false."
    )

    class Meta:
        model = Customer
        fields: list[str] = []


class BusinessListing(FlatListing):
    """Customers as business accounts, newest first."""

    filterset = BusinessFilter
    has_search = True

    @classmethod
    def search(cls, selection: Selection, term: str) -> Selection:
        """As every dialect searches; companies are found by their names too."""
        return CustomerListing.search(selection, term)

    @classmethod
    def page(cls, selection: Selection, limit: int, offset: int) -> tuple[int | Total, Found[Any]]:
        """See Listing."""
        return CustomerListing.page(selection, limit, offset)
