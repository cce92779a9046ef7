"""What each route of business accounts does; how it is spelled is said by the dialect's module."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import holds
from customers.api.filters import BusinessListing
from customers.api.found import one_customer, orders_page
from customers.models import Customer
from customers.policies import CustomerPolicy
from customers.services import contacts
from customers.services.business import create_business
from fluentcart.api.listing import Parameter
from fluentcart.api.views import ApiViewSet
from fluentcart.compiled import Selection
from orders.analytics import PERIODS, customer_report
from orders.api.filters import SalesOrderListing
from orders.errors import OpenOrders
from orders.services.accounts import check_credit, update_business
from orders.services.locks import lock_customer_and_orders


class BusinessViewSet(ApiViewSet):
    """The 10 operations of the B2B document."""

    resource = "customers"
    permission_classes = [CustomerPolicy]
    listings = {"list": BusinessListing, "orders": SalesOrderListing}
    parameters = {
        "analytics": (Parameter("period", {"type": "string", "enum": [*PERIODS], "default": "all"}, "Time period."),)
    }
    has_state = True
    reports = frozenset({"list", "orders", "analytics"})
    rate_classes = {
        "list": "list",
        "orders": "list",
        "create": "create",
        "create_contact": "create",
        "update": "update",
        "update_contact": "update",
        "credit_check": "update",
        "delete_contact": "delete",
    }
    refusals = {"update": (OpenOrders(999),)}

    def list(self, request: Request) -> Response:
        """List customers."""
        return self.reply(self.filtered(Selection(Customer.objects.all)))

    def create(self, request: Request) -> Response:
        """Create a customer with profile, addresses and contacts."""
        return self.reply(create_business(**self.body(), may_link_staff=holds(request.user, "is_super_admin")))

    def lock_resource(self, **ids: int) -> None:
        """See ApiViewSet."""
        lock_customer_and_orders(ids["customer_id"])

    def retrieve(self, request: Request, customer_id: int) -> Response:
        """Get a customer; the tax number is told in full to those who manage customers."""
        return self.reply(one_customer(customer_id), masked=self.masked)

    def update(self, request: Request, customer_id: int) -> Response:
        """Update a customer; what is not sent stays."""
        return self.reply(update_business(customer_id=customer_id, **self.body(customer_id=customer_id)))

    def orders(self, request: Request, customer_id: int) -> Response:
        """List a customer's sales orders."""
        return self.reply(orders_page(customer_id, self.filtered))

    def analytics(self, request: Request, customer_id: int) -> Response:
        """Get figures about a customer's orders."""
        return self.reply(customer_report(customer_id=customer_id, period=str(self.query.get("period") or "all")))

    def create_contact(self, request: Request, customer_id: int) -> Response:
        """Add a contact; the first one is the primary contact."""
        return self.reply(contacts.create_contact(customer_id=customer_id, **self.body()))

    def update_contact(self, request: Request, customer_id: int, contact_id: int) -> Response:
        """Update a contact; what is not sent stays."""
        return self.reply(contacts.update_contact(customer_id=customer_id, contact_id=contact_id, **self.body()))

    def delete_contact(self, request: Request, customer_id: int, contact_id: int) -> Response:
        """Remove a contact; the oldest that remains follows a primary one."""
        contacts.delete_contact(customer_id=customer_id, contact_id=contact_id)
        return self.reply()

    def credit_check(self, request: Request, customer_id: int) -> Response:
        """Perform a credit check; the limit stays as it is."""
        return self.reply(check_credit(customer_id=customer_id, checked_by_id=request.user.pk))

    # --- What several routes share ---------------------------------------------------------------

    @property
    def masked(self) -> tuple[str, ...]:
        """Which texts this caller sees only the end of (semantics 10.6)."""
        return () if holds(self.request.user, "customers/manage") else ("tax_id",)
