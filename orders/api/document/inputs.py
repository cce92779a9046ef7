"""What comes in: the orders document's bodies, and the plugin's spellings where they are unambiguous."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers

from fluentcart.api.bulk import IdList
from fluentcart.api.inputs import Cents, CountryCode, Email, Id, In, Json, Text, WholeNumber, Word
from orders import states
from orders.api import views
from orders.services.refund import REFUND_METHODS
from orders.totals import AMOUNT_MAX_CENTS, QUANTITY_MAX

ITEMS_MAX = 500
NOTE_CHARS_MAX = 5000


class AliasedIn(In):
    """An In that understands other names for its fields; the field's own name wins."""

    aliases: ClassVar[Mapping[str, str]] = {}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """See Serializer; what is refused is called as it was sent."""
        sent = data if isinstance(data, Mapping) else {}
        others = {name: alias for alias, name in self.aliases.items() if alias in sent and name not in sent}
        if others:
            data = {**{name: sent[alias] for name, alias in others.items()}, **sent}
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            found: Any = error.detail
            raise serializers.ValidationError({others.get(name, name): told for name, told in found.items()}) from error
        return values


class ItemList(serializers.ListSerializer[Any]):
    """1 to 500 lines of an order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_empty=False, max_length=ITEMS_MAX, **options)


class ItemIn(AliasedIn):
    """A line: what and how many; the price is the catalogue's."""

    aliases = {"post_id": "product_id", "object_id": "variation_id"}

    product_id = Id()
    variation_id = Id()
    quantity = WholeNumber(min_value=1, max_value=QUANTITY_MAX)


class OrderAddressIn(In):
    """An address of an order: any of its fields, or first_name and last_name where name is not sent (C53, C54)."""

    name = Text(required=False, allow_null=True)
    first_name = Text(required=False, allow_null=True)
    last_name = Text(required=False, allow_null=True)
    email = Email(required=False, allow_null=True)
    phone = Text(required=False, allow_null=True, max_length=50)
    company_name = Text(required=False, allow_null=True)
    address_1 = Text(required=False, allow_null=True)
    address_2 = Text(required=False, allow_null=True)
    city = Text(required=False, allow_null=True)
    state = Text(required=False, allow_null=True, max_length=192)
    postcode = Text(required=False, allow_null=True, max_length=32)
    country = CountryCode(required=False, allow_null=True)


class OrderIn(AliasedIn):
    """POST /orders."""

    example = {
        "customer_id": 123,
        "items": [{"product_id": 456, "variation_id": 789, "quantity": 2}],
        "billing_address": {
            "first_name": "John",
            "last_name": "Doe",
            "email": "customer@example.com",
            "address_1": "123 Main St",
            "city": "New York",
            "state": "NY",
            "postcode": "10001",
            "country": "US",
        },
        "shipping_address": {
            "first_name": "John",
            "last_name": "Doe",
            "address_1": "123 Main St",
            "city": "New York",
            "state": "NY",
            "postcode": "10001",
            "country": "US",
        },
        "payment_method": "stripe",
        "note": "Special delivery instructions",
    }

    aliases = {"order_items": "items", "shipping_id": "shipping_method"}

    customer_id = Id()
    items = ItemList(child=ItemIn())
    billing_address = OrderAddressIn(required=False, allow_null=True)
    shipping_address = OrderAddressIn(required=False, allow_null=True)
    payment_method = Text(required=False, max_length=50)
    shipping_method = Text(
        required=False, allow_null=True, max_length=100, help_text="A shipping method's id; its cost is added."
    )
    note = Text(required=False, max_length=NOTE_CHARS_MAX)


class OrderUpdateIn(AliasedIn):
    """PUT and POST /orders/{id}: what is not sent stays, and so does an address that is null."""

    example = {
        "status": "processing",
        "note": "Updated order note",
        "billing_address": {"first_name": "John", "last_name": "Doe", "email": "customer@example.com"},
    }

    aliases = {"order_status": "status"}

    status = Word(states.OrderStatus, aliases=states.SPELLINGS, required=False)
    note = Text(required=False, max_length=NOTE_CHARS_MAX)
    billing_address = OrderAddressIn(required=False, allow_null=True)
    shipping_address = OrderAddressIn(required=False, allow_null=True)


class MarkAsPaidIn(AliasedIn):
    """POST /orders/{id}/mark-as-paid; nothing is required (semantics 7.6, C55)."""

    example = {"payment_method": "manual", "transaction_id": "manual_123", "note": "Manual payment confirmation"}

    aliases = {"vendor_charge_id": "transaction_id", "mark_paid_note": "note"}

    payment_method = Text(required=False, max_length=50)
    transaction_id = Text(required=False, max_length=192, help_text="The payer's or the bank's reference.")
    note = Text(required=False, max_length=NOTE_CHARS_MAX, help_text="Replaces the order's note.")


class RefundItemIn(AliasedIn):
    """A line that comes back, wholly or in part."""

    aliases = {"restore_quantity": "quantity"}

    id = Id(help_text="The id of the order item.")
    quantity = WholeNumber(min_value=1, max_value=QUANTITY_MAX)
    restock = serializers.BooleanField(required=False, help_text="Whether its pieces can be sold again.")


class RefundIn(AliasedIn):
    """POST /orders/{id}/refund: an amount, or lines that say what it is; also in the plugin's `refund_info` (C56)."""

    example = {"amount": 2500, "reason": "Customer requested refund", "refund_method": "original_payment_method"}

    aliases = {"refunded_items": "items"}

    amount = Cents(
        required=False, min_value=1, max_value=AMOUNT_MAX_CENTS, source="amount_cents", help_text="In minor units."
    )
    reason = Text(required=False, max_length=NOTE_CHARS_MAX)
    refund_method = Word(REFUND_METHODS, required=False)
    items = ItemList(child=RefundItemIn(), required=False)
    transaction_id = Id(required=False, allow_null=True, help_text="Give back this charge only.")
    manageStock = serializers.BooleanField(required=False, help_text="`restock` for items that do not say.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The plugin's form as the document's."""
        if isinstance(data, Mapping):
            inner = data.get("refund_info")
            data = {**data, **inner} if isinstance(inner, Mapping) else data
            self.fields["amount"].required = not data.keys() & {"items", "refunded_items"}
        values = super().to_internal_value(data)
        restocks = values.pop("manageStock", False)
        return values | {"items": [{"restock": restocks, **item} for item in values.get("items", [])]}


class StatusesIn(AliasedIn):
    """PUT /orders/{id}/statuses: any of the three, or the plugin's `{action, statuses}` (C57)."""

    example = {"payment_status": "paid", "shipping_status": "shipped", "order_status": "processing"}

    aliases = {"status": "order_status", "manageStock": "manage_stock"}
    actions: ClassVar[Mapping[str, str]] = {
        f"change_{axis}": axis for axis in ("order_status", "shipping_status", "payment_status")
    }

    payment_status = Word(states.PaymentStatus, required=False)
    shipping_status = Word([word for word in states.ShippingStatus if word], required=False)
    order_status = Word(states.OrderStatus, aliases=states.SPELLINGS, required=False)
    manage_stock = serializers.BooleanField(required=False, help_text="false leaves the stock as it is.")
    action = Word(actions, required=False, help_text="The plugin's form: which of `statuses` is meant.")
    statuses = Json(required=False, help_text="The plugin's form: the status that `action` names.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The plugin's form as the document's: of `statuses`, only what the action names."""
        inner = data.get("statuses") if isinstance(data, Mapping) else None
        if isinstance(inner, Mapping):
            axis = self.actions.get(str(data.get("action")))
            data = {**{name: word for name, word in inner.items() if axis in (None, name)}, **data}
        values = super().to_internal_value(data)
        return {name: value for name, value in values.items() if name not in ("action", "statuses")}


class ChangeCustomerIn(In):
    """POST /orders/{id}/change-customer."""

    example = {"customer_id": 456}

    customer_id = Id()


class CreateAndChangeCustomerIn(In):
    """POST /orders/{id}/create-and-change-customer: a name in either spelling (C62)."""

    example = {"email": "newcustomer@example.com", "first_name": "Jane", "last_name": "Smith"}

    email = Email()
    full_name = Text(required=False, allow_blank=False)
    first_name = Text(required=False)
    last_name = Text(required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """A name is required in one of its two spellings."""
        self.fields["full_name"].required = isinstance(data, Mapping) and not data.get("first_name")
        values: dict[str, Any] = super().to_internal_value(data)
        return values


class AttachNoteIn(In):
    """POST /notes/attach: the plugin's way to replace an order's note (semantics 1.3)."""

    example = {"order_id": 1, "note": "Leave it with the neighbours."}

    order_id = Id()
    note = Text(max_length=NOTE_CHARS_MAX, allow_blank=True)


class OrderBulkIn(In):
    """POST /orders/do-bulk-action. The plugin's own action names are aliases (semantics 7.10)."""

    example = {"action": "update_status", "order_ids": [1, 2, 3], "data": {"status": "completed"}}

    action = Word(views.BULK_ACTIONS, aliases={"change_order_status": "update_status", "delete_orders": "delete"})
    order_ids = IdList(source="ids")
    data = Json(required=False)  # type: ignore[assignment]  # the name of a property of Serializer

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`data.status` must be a status that people set when the action sets it."""
        sent = {"status": self.initial_data.get("new_status"), **attrs.get("data", {})}
        if attrs["action"] == "update_status":
            sent["status"] = self.read_status(sent["status"])
        return {**attrs, "data": sent}

    def read_status(self, sent: Any) -> str:
        """The status in our spelling.

        Raises:
            ValidationError: under `data.status`.
        """
        words = sorted(states.EDITABLE_ORDER_STATUSES)
        if not isinstance(sent, str) or states.spelled(sent) not in words:
            raise serializers.ValidationError({"data.status": f"Must be one of: {', '.join(words)}."})
        return states.spelled(sent)


class PlaceIn(AliasedIn):
    """The query of GET /orders/shipping_methods (C61)."""

    aliases = {"country_code": "country"}

    country = CountryCode(required=False)
    state = Text(required=False, max_length=192)


class ShippingAddressIn(PlaceIn):
    """Where a quote sends to."""

    country = CountryCode()
    postcode = Text(required=False, max_length=32)


class QuoteIn(AliasedIn):
    """POST /orders/calculate-shipping; the plugin sends the country beside the items."""

    example = {
        "items": [{"product_id": 456, "variation_id": 789, "quantity": 2}],
        "shipping_address": {"country": "US", "state": "NY", "postcode": "10001"},
    }

    aliases = {"order_items": "items", "shipping_id": "shipping_method"}

    items = ItemList(child=ItemIn())
    shipping_address = ShippingAddressIn()
    shipping_method = Text(required=False, allow_null=True, max_length=100, help_text="Its cost is answered too.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The place as the service's own arguments."""
        if isinstance(data, Mapping) and "shipping_address" not in data and {"country", "country_code"} & data.keys():
            data = {**data, "shipping_address": data}
        values = super().to_internal_value(data)
        return values | values.pop("shipping_address")
