"""What each order route does; how it is spelled is said by the dialects' modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import holds, required
from fluentcart.api.bulk import BulkAction
from fluentcart.api.exports import csv_response, read_link
from fluentcart.api.inputs import In
from fluentcart.api.listing import PAGE_PARAMETERS, Parameter
from fluentcart.api.rows import Derived, Joined, Nested
from fluentcart.api.views import ApiViewSet, One
from fluentcart.compiled import Selection, compiled
from fluentcart.errors import InvalidFields
from fluentcart.history.api import notes_of
from fluentcart.history.models import Subject
from orders.api.filters import OrderListing
from orders.api.refusals import REFUSALS
from orders.errors import OrderNotFound
from orders.models import Order
from orders.policies import OrderPolicy
from orders.services import bulk, create, delete, notes, payment, reassign, refund, shipping, status, update
from orders.services.locks import lock_all, lock_order
from orders.shipping import Offer

BULK_ACTIONS: dict[str, BulkAction] = {
    "update_status": BulkAction(
        lambda ids, data: bulk.bulk_update_status(order_ids=ids, status=data["status"]),
        lock=lambda ids: lock_all(order_ids=ids),
    ),
    "delete": BulkAction(
        lambda ids, data: bulk.bulk_delete(order_ids=ids),
        "orders/delete",
        rate_class="delete",
        lock=lambda ids: lock_all(order_ids=ids),
    ),
    "export": BulkAction(lambda ids, data: bulk.bulk_find(order_ids=ids), "orders/export"),
}


@compiled
def order_by_id(pk: Any) -> QuerySet[Order]:
    """The order with a primary key, if it is not deleted."""
    return Order.objects.filter(pk=pk)


WITH = Parameter("with[]", {"type": "array", "items": {"type": "string"}}, "Related data to include.")
TRASHED = Parameter("trashed", {"type": "string", "enum": ["only"]}, "Deleted orders instead (needs orders/delete).")


@dataclass(frozen=True)
class Offers:
    """Shipping methods with their costs, and the one that the client asked about, if any."""

    offers: Sequence[Offer]
    chosen: str | None = None
    pk = None  # a Row reads it; offers are no rows of a table

    @property
    def charge_cents(self) -> int | None:
        """What the chosen method costs; None when none was chosen, or it does not apply (C60)."""
        return next((offer.cost_cents for offer in self.offers if offer.method.slug == self.chosen), None)


class OrderViewSet(ApiViewSet):
    """The 13 operations of the orders document, POST as another update, and the export link."""

    resource = "orders"
    permission_classes = [OrderPolicy]
    # What the query of `shipping_methods` may say.
    place_in: ClassVar[type[In]]
    refusals = REFUSALS
    listings = {"list": OrderListing}
    parameters = {
        "list": (WITH, TRASHED),
        "retrieve": (WITH,),
        "notes": PAGE_PARAMETERS,
        "shipping_methods": (
            Parameter("country", {"type": "string"}, "Only methods that send there (ISO code); also `country_code`."),
            Parameter("country_code", {"type": "string"}, "The same as `country`."),
            Parameter("state", {"type": "string"}, "The state of that country."),
        ),
    }
    has_state = True
    reports = frozenset({"list", "export"})
    resumed_actions = frozenset({"refund"})
    rate_classes = {
        "list": "list",
        "shipping_methods": "list",
        "export": "list",
        "notes": "list",
        "create": "create",
        "update": "update",
        "mark_as_paid": "update",
        "refund": "update",
        "statuses": "update",
        "change_customer": "update",
        "create_and_change_customer": "update",
        "calculate_shipping": "update",
        "restore": "update",
        "create_note": "update",
        "attach_note": "update",
        "bulk": "update",
        "destroy": "delete",
    }

    def list(self, request: Request) -> Response:
        """List orders."""
        return self.reply(self.filtered(self.listed()), include=self.asked_relations())

    def create(self, request: Request) -> Response:
        """Create an order; prices come from the catalogue."""
        return self.reply(create.create_order(**self.body()))

    def lock_resource(self, **ids: int) -> None:
        """See ApiViewSet."""
        lock_order(ids["order_id"])

    def retrieve(self, request: Request, order_id: int) -> Response:
        """Get an order."""
        found = One.of(order_by_id, order_id, OrderNotFound)
        return self.reply(found, include=self.asked_relations())

    def update(self, request: Request, order_id: int) -> Response:
        """Update an order; what is not sent stays."""
        return self.reply(update.update_order(order_id=order_id, **self.body()))

    def destroy(self, request: Request, order_id: int) -> Response:
        """Delete an order that earned no money; its row is kept in the trash."""
        delete.delete_order(order_id=order_id)
        return self.reply()

    def restore(self, request: Request, order_id: int) -> Response:
        """Take an order out of the trash, with its status and the pieces that it held."""
        return self.reply(delete.restore_order(order_id=order_id))

    def notes(self, request: Request, order_id: int) -> Response:
        """List the notes on an order's timeline, newest first."""
        One.of(order_by_id, order_id, OrderNotFound).instance()
        return self.reply(self.unpaged(notes_of(Subject.ORDER, order_id)))

    def create_note(self, request: Request, order_id: int) -> Response:
        """Add a note to an order's timeline."""
        return self.reply(notes.note_order(order_id=order_id, **self.body()))

    def attach_note(self, request: Request) -> Response:
        """Replace an order's note; the plugin's route."""
        return self.reply(notes.attach_note(**self.body()))

    def mark_as_paid(self, request: Request, order_id: int) -> Response:
        """Record that what is due was paid."""
        return self.reply(payment.mark_as_paid(order_id=order_id, **self.body()))

    def refund(self, request: Request, order_id: int) -> Response:
        """Give money back: an amount, or the price of some lines."""
        key = self.idempotency_key
        return self.reply(refund.refund_order(order_id=order_id, **self.body(), request_key=key))

    def statuses(self, request: Request, order_id: int) -> Response:
        """Change one or more of the three statuses, all or none."""
        return self.reply(status.update_statuses(order_id=order_id, **self.allowed(self.body())))

    def change_customer(self, request: Request, order_id: int) -> Response:
        """Give an order to another customer."""
        return self.reply(reassign.change_customer(order_id=order_id, **self.body()))

    def create_and_change_customer(self, request: Request, order_id: int) -> Response:
        """Create a customer and give the order to them."""
        may_link_staff = holds(request.user, "is_super_admin")
        order = reassign.create_and_change_customer(order_id=order_id, **self.body(), may_link_staff=may_link_staff)
        return self.reply(order, order.customer)

    def bulk(self, request: Request) -> Response:
        """Do one thing to up to 100 orders, each on its own."""
        return self.reply(self.run_bulk(BULK_ACTIONS, "order_id"))

    def calculate_shipping(self, request: Request) -> Response:
        """What each shipping method would cost for these items at that place."""
        asked = self.body()
        chosen = asked.pop("shipping_method", None)
        return self.reply(Offers(shipping.quote(**asked), chosen))

    def shipping_methods(self, request: Request) -> Response:
        """List the shipping methods, or those that send to a place."""
        return self.reply(Offers(shipping.list_methods(**self.place_in.read(self.query))))

    def export(self, request: Request, token: str) -> Any:
        """Stream the orders behind an export link as CSV."""
        ids = read_link(request, self.resource, token)
        row = self.outputs["export"].row
        return csv_response(row, lambda: Selection(Order.objects.all).filtered(pk__any=ids), "orders.csv")

    # --- What several routes share ---------------------------------------------------------------

    @staticmethod
    def spell(row: Any, content: Any, **shape: Any) -> Any:
        """See ApiViewSet; offers of shipping are spelled by a table too."""
        return row.of(content) if isinstance(content, Offers) else ApiViewSet.spell(row, content, **shape)

    def listed(self) -> Selection:
        """The orders that are there, or with `trashed=only` the deleted ones.

        Raises:
            InvalidFields: names what may be said.
            PermissionDenied: the trash is for those who may delete.
        """
        trashed = self.query.get("trashed", "")
        if trashed == "":
            return Selection(Order.objects.all)
        if trashed != "only":
            raise InvalidFields.of("trashed", "Allowed is: only.")
        required(self.request.user, "orders/delete")
        return Selection(Order.with_deleted.all).only(Q(deleted_at__isnull=False))

    def relations(self) -> Sequence[str]:
        """See ApiViewSet; what is shown anyway may be asked for too."""
        fields = self.outputs[self.action].row.fields
        return [name for name, field in fields.items() if isinstance(field, Joined | Nested | Derived)]

    def allowed(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """The statuses that a body asks for, if the caller may set them: a payment needs orders/manage.

        Raises:
            PermissionDenied: a capability follows the effect (decisions, "Who may do what").
        """
        if fields.get("payment_status") is not None:
            required(self.request.user, "orders/manage")
        return fields
