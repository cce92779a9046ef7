"""What each customer route does; how it is spelled is said by the dialects' modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import holds, required
from customers.api.filters import CustomerListing
from customers.api.found import one_customer, orders_page
from customers.api.refusals import REFUSALS
from customers.models import AddressType, Customer, CustomerAddress
from customers.policies import CustomerPolicy
from customers.services import addresses, bulk, customers, users
from customers.services.notes import note_customer
from fluentcart.api.bulk import BulkAction
from fluentcart.api.exports import csv_response, read_link
from fluentcart.api.listing import PAGE_PARAMETERS, Parameter, read_search
from fluentcart.api.query import as_object
from fluentcart.api.views import ApiViewSet
from fluentcart.compiled import Selection
from fluentcart.errors import InvalidFields
from fluentcart.history.api import notes_of
from fluentcart.history.models import Subject
from orders.api.filters import OrderListing
from orders.lists import order_page
from orders.services.address import copy_address_to_order
from orders.services.bulk import bulk_delete_customers
from orders.services.customers import delete_customer
from orders.services.locks import lock_all, lock_customer_and_orders, lock_order
from orders.services.statistics import recalculate_customer

BULK_ACTIONS: dict[str, BulkAction] = {
    "update_status": BulkAction(lambda ids, data: bulk.bulk_set_status(customer_ids=ids, status=data["status"])),
    "delete": BulkAction(
        lambda ids, data: bulk_delete_customers(customer_ids=ids),
        "customers/delete",
        rate_class="delete",
        lock=lambda ids: lock_all(customer_ids=ids),
    ),
    "export": BulkAction(lambda ids, data: bulk.bulk_find(customer_ids=ids), "customers/export"),
}


WITH = Parameter("with[]", {"type": "array", "items": {"type": "string"}}, "Related data to include.")


class CustomerViewSet(ApiViewSet):
    """The operations of doc v2 and doc v1, recalculate-ltv, DELETE of a customer, and the export link."""

    resource = "customers"
    permission_classes = [CustomerPolicy]
    refusals = REFUSALS
    # Under which path a dialect answers which list of a customer's orders.
    order_lists: ClassVar[Mapping[str, str]] = {"order": "all_orders", "orders": "orders"}
    listings = {"list": CustomerListing, "orders": OrderListing}
    parameters = {
        "retrieve": (
            WITH,
            Parameter("params[customer_only]", {"type": "string", "enum": ["yes", "no"]}, "yes leaves out the labels."),
            Parameter("params_customer_only", {"type": "string", "enum": ["yes", "no"]}, "The same in one word."),
        ),
        "addresses": (Parameter("type", {"type": "string", "enum": AddressType.values}, "Only this type."),),
        "all_orders": PAGE_PARAMETERS,
        "notes": PAGE_PARAMETERS,
        "attachable_users": (*PAGE_PARAMETERS, Parameter("search", {"type": "string"}, "Name, login or e-mail.")),
    }
    has_state = True
    reports = frozenset({"list", "orders", "all_orders", "export"})
    tagged_reads = ("retrieve", "stats")
    rate_classes = {
        "list": "list",
        "orders": "list",
        "all_orders": "list",
        "addresses": "list",
        "attachable_users": "list",
        "notes": "list",
        "export": "list",
        "create": "create",
        "create_address": "create",
        "update": "update",
        "additional_info": "update",
        "update_address": "update",
        "make_primary": "update",
        "attach_user": "update",
        "detach_user": "update",
        "recalculate": "update",
        "create_note": "update",
        "bulk": "update",
        "destroy": "delete",
        "delete_address": "delete",
    }

    def list(self, request: Request) -> Response:
        """List customers."""
        return self.reply(self.filtered(Selection(Customer.objects.all)))

    def create(self, request: Request) -> Response:
        """Create a customer."""
        return self.reply(customers.create_customer(**self.body(), may_link_staff=self.may_link_staff))

    def lock_resource(self, **ids: int) -> None:
        """See ApiViewSet; a customer goes with their orders, and pieces of these come back."""
        if self.action == "destroy":
            lock_all(customer_ids=[ids["customer_id"]])
        else:
            lock_customer_and_orders(ids["customer_id"])

    def retrieve(self, request: Request, customer_id: int) -> Response:
        """Get a customer."""
        shape = {"include": self.asked_relations(), "exclude": self.left_out()}
        return self.reply(one_customer(customer_id), **shape)

    def update(self, request: Request, customer_id: int) -> Response:
        """Update a customer; what is not sent stays."""
        changes = self.body(customer_id=customer_id)
        changed = customers.update_customer(customer_id=customer_id, **changes, may_link_staff=self.may_link_staff)
        return self.reply(changed)

    def destroy(self, request: Request, customer_id: int) -> Response:
        """Delete a customer whose orders, if any, may all be deleted."""
        delete_customer(customer_id=customer_id)
        return self.reply()

    def additional_info(self, request: Request, customer_id: int) -> Response:
        """Merge keys into the additional information; null removes one, `labels` sets the labels."""
        return self.reply(customers.update_additional_info(customer_id=customer_id, **self.body()))

    def stats(self, request: Request, customer_id: int) -> Response:
        """Get a customer's statistics."""
        return self.reply(one_customer(customer_id))

    def recalculate(self, request: Request, customer_id: int) -> Response:
        """Recount a customer's statistics from the orders."""
        return self.reply(recalculate_customer(customer_id=customer_id))

    def all_orders(self, request: Request, customer_id: int) -> Response:
        """List a customer's orders, newest first, without paging."""
        return self.reply(orders_page(customer_id, lambda orders: self.unpaged(orders, order_page)))

    def orders(self, request: Request, customer_id: int) -> Response:
        """List a customer's orders in pages."""
        return self.reply(orders_page(customer_id, self.filtered))

    def addresses(self, request: Request, customer_id: int) -> Response:
        """List a customer's addresses, primary ones first."""
        self.the_customer(customer_id)
        return self.reply(addresses.list_addresses(customer_id=customer_id, type=self.query.get("type")))

    def create_address(self, request: Request, customer_id: int) -> Response:
        """Add an address."""
        return self.reply(self.with_order_copy(addresses.create_address, customer_id))

    def update_address(self, request: Request, customer_id: int) -> Response:
        """Update an address; what is not sent stays."""
        return self.reply(self.with_order_copy(addresses.update_address, customer_id))

    def delete_address(self, request: Request, customer_id: int) -> Response:
        """Delete an address that is neither primary nor the last."""
        addresses.delete_address(customer_id=customer_id, **self.body())
        return self.reply()

    def make_primary(self, request: Request, customer_id: int) -> Response:
        """Make an address the primary one of its type."""
        return self.reply(addresses.make_primary(customer_id=customer_id, **self.body()))

    def attachable_users(self, request: Request) -> Response:
        """List WordPress users that are no customer yet."""
        found = users.attachable_users(search=read_search(self.query), may_link_staff=self.may_link_staff)
        return self.reply(self.unpaged(found))

    def attach_user(self, request: Request, customer_id: int) -> Response:
        """Attach a WordPress user to a customer who has none."""
        return self.reply(users.attach_user(customer_id=customer_id, **self.body(), may_link_staff=self.may_link_staff))

    def detach_user(self, request: Request, customer_id: int) -> Response:
        """Detach the WordPress user, if there is one."""
        return self.reply(users.detach_user(customer_id=customer_id))

    def notes(self, request: Request, customer_id: int) -> Response:
        """List the notes on a customer's timeline, newest first."""
        self.the_customer(customer_id)
        return self.reply(self.unpaged(notes_of(Subject.CUSTOMER, customer_id)))

    def create_note(self, request: Request, customer_id: int) -> Response:
        """Add a note to a customer's timeline."""
        return self.reply(note_customer(customer_id=customer_id, **self.body()))

    def bulk(self, request: Request) -> Response:
        """Do one thing to up to 100 customers, each on its own."""
        return self.reply(self.run_bulk(BULK_ACTIONS, "customer_id"))

    def export(self, request: Request, token: str) -> Any:
        """Stream the customers behind an export link as CSV."""
        ids = read_link(request, self.resource, token)
        row = self.outputs["export"].row
        return csv_response(row, lambda: Selection(Customer.objects.all).filtered(pk__any=ids), "customers.csv")

    # --- What several routes share ---------------------------------------------------------------

    @property
    def may_link_staff(self) -> bool:
        """Only the administrator links users who hold a role (decisions, "Linking users")."""
        return holds(self.request.user, "is_super_admin")

    def the_customer(self, customer_id: int) -> Customer:
        """The customer of the path.

        Raises:
            CustomerNotFound: there is none.
        """
        found: Customer = one_customer(customer_id).instance()
        return found

    def left_out(self) -> tuple[str, ...]:
        """The labels, when `params[customer_only]` is yes; both spellings of the parameter count (C36).

        Raises:
            InvalidFields: names what may be said.
        """
        params = as_object("params", self.query.get("params", {}))
        only = params.get("customer_only") or self.query.get("params_customer_only")
        if only not in (None, "", "yes", "no") or params.keys() - {"customer_only"}:
            raise InvalidFields.of("params", "Allowed is params[customer_only], with yes or no.")
        return ("labels", "selected_labels") if only == "yes" else ()

    def with_order_copy(self, write: Any, customer_id: int) -> CustomerAddress:
        """Write an address and, when the body names an order of the customer, copy it there too (7.3)."""
        fields = self.body()
        order_id = fields.pop("order_id", None)
        if order_id is not None:
            required(self.request.user, "orders/manage")
        with transaction.atomic():
            if order_id is not None:  # before the customer, whom `write` locks: the order that holds everywhere
                lock_order(order_id)
            address: CustomerAddress = write(customer_id=customer_id, **fields)
            if order_id is not None:
                copy_address_to_order(order_id=order_id, customer_id=customer_id, address_id=address.pk)
        return address
