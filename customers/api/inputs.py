"""What comes into customers, where the v1 and v2 documents do not differ, and the bases of what does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from customers.api import views
from customers.errors import EMAIL_TAKEN
from customers.models import AddressType, CustomerStatus
from customers.services.checks import is_email_taken
from fluentcart.api.bulk import IdList
from fluentcart.api.inputs import CountryCode, Email, Id, In, Json, Text, Word


class CustomerFieldsIn(In):
    """The fields of a customer, none of them required; a name in two."""

    email = Email(required=False, allow_blank=False)
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


class AdditionalInfoIn(In):
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


class AddressFieldsIn(In):
    """The fields of an address, none of them required; a name in two."""

    first_name = Text(required=False)
    last_name = Text(required=False)
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


class AddressRefIn(In):
    """Which address is meant; in the query too, where a client cannot send a body with DELETE.

    A subclass declares the one field, and its other names in `spellings`.
    """

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`{"address_id": ...}`."""
        ((field, others),) = self.spellings.items()
        values: dict[str, Any] = super().to_internal_value({**data, field: self.find_id(data, (field, *others))})
        values["address_id"] = values.pop(field)
        return values

    def find_id(self, data: Mapping[str, Any], names: tuple[str, ...]) -> Any:
        """The first spelling that was sent: within an object of the body, in the body, in the query."""
        query = self.context["view"].query if "view" in self.context else {}
        inner_first = sorted(names, key=lambda name: "." not in name)
        spelled = (*(sent_as(data, name) for name in inner_first), *(sent_as(query, name) for name in names))
        return next((value for value in spelled if value is not None), None)


def sent_as(data: Mapping[str, Any], name: str) -> Any:
    """The value under a name, of which a dot is an object within the body; None when nothing is there."""
    outer, dot, inner = name.partition(".")
    value = data.get(outer)
    if not dot:
        return value
    return value.get(inner) if isinstance(value, Mapping) else None


class AttachUserIn(In):
    """POST /customers/{customerId}/attachable-user."""

    example = {"user_id": 1}

    user_id = Id()


class BulkIn(In):
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
