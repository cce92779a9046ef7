"""Customers as the v2 document spells them. Money is in minor units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django_countries import countries
from rest_framework import serializers

from accounts.models import User
from customers.api import views
from customers.errors import EMAIL_TAKEN
from customers.models import AddressType, CustomerAddress, CustomerLabel, CustomerStatus
from customers.services.checks import is_email_taken
from fluentcart.api.bulk import IdList, bulk_row
from fluentcart.api.dialects import V2, Out, bare, double_data, message_inside
from fluentcart.api.inputs import CountryCode, Email, Id, In, Json, Text, Word
from fluentcart.api.rows import (
    Derived,
    Field,
    Joined,
    Nested,
    Row,
    anything,
    boolean,
    cents,
    integer,
    moment,
    text,
    unpaged_limit,
    word,
)
from orders.api.v2 import OrderV2Row
from orders.models import Order

# --- Out ---------------------------------------------------------------------------------------


def full_name(first_name: str, last_name: str) -> str:
    """First and last name, trimmed (semantics 7.1)."""
    return f"{first_name} {last_name}".strip()


class AddressV2Row(Row):
    """An address of the address book."""

    id = integer(example=1)
    customer_id = integer()
    type = word(AddressType.values, example="billing")
    name = text(example="John Doe")
    first_name = text("name", make=lambda name: name.partition(" ")[0], example="John")
    last_name = text("name", make=lambda name: name.partition(" ")[2], example="Doe")
    email = text(example="customer@example.com")
    phone = text(example="+1234567890")
    company_name = text()
    address_1 = text(example="123 Main St")
    address_2 = text()
    city = text(example="New York")
    state = text(example="NY")
    postcode = text(example="10001")
    country = text(example="US")
    is_primary = boolean(example=True)
    label = text(example="Home")
    created_at = moment()
    updated_at = moment()


class CustomerLabelV2Row(Row):
    """A label that a customer carries; `id` is the link's, `label_id` the label's."""

    id = integer(example=1)
    label_id = integer(example=1)
    name = text("label__value", example="VIP")


class UserV2Row(Row):
    """A WordPress user; nothing of it that is secret."""

    id = integer(example=1)
    display_name = text(example="John Doe")
    user_email = text("email", example="john@example.com")
    user_login = text("login", example="johndoe")


class CustomerV2Row(Row):
    """A customer in a list: every scalar that a document shows."""

    id = integer(example=1)
    uuid = text()
    user_id = integer(nullable=True, help="The linked WordPress user.")
    email = text(example="customer@example.com")
    first_name = text(example="John")
    last_name = text(example="Doe")
    full_name = text("first_name", "last_name", make=full_name, example="John Doe")
    phone = text(example="+1234567890")
    status = word(CustomerStatus.values, example="active")
    notes = text()
    country = text(example="US")
    country_name = text("country", make=lambda code: countries.name(code) if code else "", example="United States")
    state = text(example="NY")
    city = text(example="New York")
    postcode = text(example="10001")
    total_spent = cents("total_spent_cents", example=5000)
    order_count = integer(example=3)
    average_order_value = cents("average_order_value_cents", example=1667)
    first_order_date = moment("first_order_at", nullable=True)
    last_order_date = moment("last_order_at", nullable=True)
    created_at = moment(example="2024-01-01T10:00:00Z")
    updated_at = moment(example="2024-01-15T14:30:00Z")


def _addresses(**only: Any) -> Any:
    return lambda: CustomerAddress.objects.filter(**only).order_by("-is_primary", "id")


def _address_list(help: str, **only: Any) -> Nested:
    return Nested(AddressV2Row, _addresses(**only), "customer_id", optional=True, help=help)


def _primary_address(type: str) -> Nested:
    source = _addresses(type=type, is_primary=True)
    return Nested(AddressV2Row, source, "customer_id", one=True, optional=True)


class CustomerV2Detail(CustomerV2Row):
    """A customer alone: with labels, and with what `with[]` asks for."""

    additional_info = anything(help="Whatever the shop's integrations keep with the customer.")
    labels = Nested(
        CustomerLabelV2Row, lambda: CustomerLabel.objects.select_related("label").order_by("label_id"), "customer_id"
    )
    selected_labels = Derived(
        {"type": "array", "items": {"type": "integer"}}, "labels", lambda labels: [row["label_id"] for row in labels]
    )
    orders = Nested(
        OrderV2Row, lambda: Order.objects.order_by("-id"), "customer_id", most=unpaged_limit(), optional=True
    )
    addresses = _address_list("All addresses, primary ones first.")
    billing_address = _address_list("The billing addresses.", type="billing")
    shipping_address = _address_list("The shipping addresses.", type="shipping")
    primary_billing_address = _primary_address("billing")
    primary_shipping_address = _primary_address("shipping")
    wpUser = Nested(UserV2Row, lambda: User.objects.all(), "customer__id", one=True, optional=True)


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


class FiguresV2Row(Row):
    """The statistics of a customer as doc v1 names them."""

    total_spent = cents("total_spent_cents", example=5000)
    order_count = integer(example=3)
    average_order_value = cents("average_order_value_cents", example=1667)
    first_order_date = moment("first_order_at", nullable=True)
    last_order_date = moment("last_order_at", nullable=True)


class StatsV2Row(Row):
    """Doc v2's widgets, and beside them doc v1's figures as an object (semantics 9.5)."""

    widgets = Field(
        {"type": "array", "items": {"$row": WidgetV2Row}},
        "total_spent_cents",
        "order_count",
        "average_order_value_cents",
        make=widgets,
    )
    stats = Joined(FiguresV2Row)


class ExportV2Row(CustomerV2Row):
    """A line of the CSV."""


# --- In ----------------------------------------------------------------------------------------


class CustomerUpdateV2In(In):
    """PUT /customers/{customerId}: what is not sent stays (decisions, "The wire").

    Doc v1's first_name, last_name and phone are understood where full_name is not sent.
    """

    example = {
        "email": "customer@example.com",
        "full_name": "John Doe Updated",
        "status": "active",
        "notes": "Updated notes",
        "city": "New York",
    }

    email = Email(required=False, allow_blank=False)
    full_name = Text(required=False, allow_blank=False)
    first_name = Text(required=False)
    last_name = Text(required=False)
    phone = Text(required=False, max_length=50)
    city = Text(required=False, max_length=192)
    status = Word(CustomerStatus.values, required=False)
    notes = Text(required=False, max_length=10_000)
    country = CountryCode(required=False)
    state = Text(required=False, max_length=192)
    postcode = Text(required=False, max_length=45)
    user_id = Id(required=False, allow_null=True)
    additional_info = Json(required=False)

    def validate_email(self, value: str) -> str:
        """Look first, so that this error comes together with the others; the index decides."""
        if is_email_taken(value, except_id=self.context.get("customer_id")):
            raise serializers.ValidationError(EMAIL_TAKEN, code="email_already_exists")
        return value


class CustomerV2In(CustomerUpdateV2In):
    """POST /customers."""

    example = {
        "email": "newcustomer@example.com",
        "full_name": "Jane Smith",
        "city": "New York",
        "status": "active",
        "notes": "VIP customer",
        "country": "US",
        "state": "NY",
        "postcode": "10001",
        "wp_user": "yes",
    }

    email = Email()
    full_name = Text(required=False, allow_blank=False)
    wp_user = Word(("yes", "no", ""), required=False, help_text='"yes" makes a WordPress user when none matches.')

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """A name is required in one of its two spellings."""
        self.fields["full_name"].required = not data.get("first_name")
        values: dict[str, Any] = super().to_internal_value(data)
        values["creates_user"] = values.pop("wp_user", "") == "yes"
        return values


class AdditionalInfoV2In(In):
    """PUT /customers/{customerId}/additional-info: any keys; `labels` is a list of label ids (semantics 9.4)."""

    example = {
        "company": "Updated Corp",
        "notes": "Updated VIP customer",
        "custom_field_1": "Custom value",
    }

    labels = serializers.ListField(child=Id(), required=False, max_length=1000)

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`{"info": every other key, "labels": ids or None}`."""
        values = super().to_internal_value(data)
        try:
            info = Json().run_validation({key: value for key, value in data.items() if key != "labels"})
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"additional_info": error.detail}) from error
        return {"info": info, "labels": values.get("labels")}


class AddressFieldsV2In(In):
    """The fields of an address. Doc v1's first_name and last_name make a name where none is sent."""

    name = Text(required=False, allow_blank=False)
    email = Email(required=False)
    address_1 = Text(required=False, allow_blank=False)
    address_2 = Text(required=False)
    city = Text(required=False, allow_blank=False)
    state = Text(required=False, max_length=192)
    postcode = Text(required=False, max_length=32)
    country = CountryCode(required=False, allow_blank=False)
    phone = Text(required=False, max_length=50)
    company_name = Text(required=False)
    type = Word(AddressType.values, required=False)
    label = Text(required=False, max_length=15)  # type: ignore[assignment]
    is_primary = serializers.BooleanField(required=False)
    order_id = Id(required=False, allow_null=True)

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The two spellings of a name become one."""
        if "name" not in data and (data.get("first_name") or data.get("last_name")):
            data = {**data, "name": full_name(str(data.get("first_name", "")), str(data.get("last_name", "")))}
        values: dict[str, Any] = super().to_internal_value(data)
        return values


class AddressV2In(AddressFieldsV2In):
    """POST /customers/{customerId}/address."""

    example = {
        "type": "shipping",
        "name": "John Doe",
        "email": "customer@example.com",
        "address_1": "789 New St",
        "address_2": "",
        "city": "Queens",
        "state": "NY",
        "postcode": "11301",
        "country": "US",
        "phone": "+1234567890",
        "label": "Work",
        "is_primary": 0,
    }

    name = Text()
    email = Email()
    address_1 = Text()
    city = Text()
    country = CountryCode()


class AddressRefV2In(In):
    """Which address is meant: `{"id": 2}`, doc v2's `{"address": {"id": 2}}` and `{"addressId": 2}`, doc v1's
    `{"address_id": 2}`; in the query too, where a client cannot send a body with DELETE."""

    example = {"address": {"id": 2}}
    spellings = {"id": ("addressId", "address_id", "address.id")}

    id = Id()

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`{"address_id": ...}`."""
        values: dict[str, Any] = super().to_internal_value({**data, "id": self.find_id(data)})
        values["address_id"] = values.pop("id")
        return values

    def find_id(self, data: Mapping[str, Any]) -> Any:
        """The first spelling that was sent."""
        inner = data.get("address")
        query = self.context["view"].query if "view" in self.context else {}
        spelled = (
            inner.get("id") if isinstance(inner, Mapping) else None,
            *(source.get(name) for source in (data, query) for name in ("id", "addressId", "address_id")),
        )
        return next((value for value in spelled if value is not None), None)


class AddressUpdateV2In(AddressRefV2In, AddressFieldsV2In):
    """PUT /customers/{customerId}/address: what is not sent stays."""

    example = {
        "id": 1,
        "name": "John Doe",
        "email": "customer@example.com",
        "address_1": "123 Updated St",
        "address_2": "Apt 4B",
        "city": "New York",
        "state": "NY",
        "postcode": "10001",
        "country": "US",
        "phone": "+1234567890",
        "type": "billing",
        "label": "Home",
        "is_primary": 1,
    }


class MakePrimaryV2In(AddressRefV2In):
    """POST /customers/{customerId}/address/make-primary."""

    example = {"addressId": 2, "type": "billing"}

    type = Word(AddressType.values, required=False)


class AttachUserV2In(In):
    """POST /customers/{customerId}/attachable-user."""

    example = {"user_id": 1}

    user_id = Id()


class BulkV2In(In):
    """POST /customers/do-bulk-action. The plugin's own action names are aliases (semantics 7.10)."""

    example = {"action": "update_status", "customer_ids": [1, 2, 3], "data": {"status": "inactive"}}

    action = Word(views.BULK_ACTIONS, aliases={"change_customer_status": "update_status", "delete_customers": "delete"})
    customer_ids = IdList(source="ids")
    data = Json(required=False)  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`data.status` must be one of the customer's when the action sets it."""
        data = {"status": self.initial_data.get("new_status"), **attrs.get("data", {})}
        if attrs["action"] == "update_status" and data["status"] not in CustomerStatus.values:
            raise serializers.ValidationError({"data.status": f"Must be one of: {', '.join(CustomerStatus.values)}."})
        return {**attrs, "data": data}


# --- The viewset -------------------------------------------------------------------------------


class CustomerViewSet(views.CustomerViewSet):
    """The customer routes in the v2 document's words."""

    dialect = V2()
    inputs = {
        "create": CustomerV2In,
        "update": CustomerUpdateV2In,
        "additional_info": AdditionalInfoV2In,
        "create_address": AddressV2In,
        "update_address": AddressUpdateV2In,
        "delete_address": AddressRefV2In,
        "make_primary": MakePrimaryV2In,
        "attach_user": AttachUserV2In,
        "bulk": BulkV2In,
    }
    outputs = {
        "list": Out("customers", CustomerV2Row, many=True),
        "create": Out("customer", CustomerV2Detail, message="Customer created successfully!", status=201),
        "retrieve": Out("customer", CustomerV2Detail),
        "update": Out("customer", CustomerV2Detail, message="Customer updated successfully!"),
        "destroy": Out(message="Customer deleted successfully", envelope=message_inside),
        "additional_info": Out("customer", CustomerV2Detail),
        "stats": Out(None, StatsV2Row),
        "recalculate": Out("customer", CustomerV2Detail, message="Statistics recalculated successfully!"),
        "all_orders": Out("data", OrderV2Row, many=True, envelope=double_data),
        "orders": Out("orders", OrderV2Row, many=True, envelope=bare),
        "addresses": Out("addresses", AddressV2Row, many=True, envelope=bare),
        "create_address": Out("address", AddressV2Row, message="Address created successfully!", status=201),
        "update_address": Out("address", AddressV2Row, message="Address updated successfully!"),
        "delete_address": Out(message="Address deleted successfully", envelope=message_inside),
        "make_primary": Out("address", AddressV2Row, message="Primary address updated successfully!"),
        "attachable_users": Out("users", UserV2Row, many=True),
        "attach_user": Out("customer", CustomerV2Row, message="User attached successfully", envelope=message_inside),
        "detach_user": Out("customer", CustomerV2Row, message="User detached successfully", envelope=message_inside),
        "bulk": Out(None, bulk_row("customer_id", "CustomerBulkV2")),
        "export": Out(None, ExportV2Row),
    }
