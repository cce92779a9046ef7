"""What comes into customers where doc v2 has words of its own; doc v1's are understood beside them (semantics 9.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customers.api.inputs import AddressFieldsIn, AddressRefIn, CustomerFieldsIn
from customers.models import AddressType
from fluentcart.api.inputs import CountryCode, Email, Id, Text, Word


class CustomerUpdateV2In(CustomerFieldsIn):
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

    full_name = Text(required=False, allow_blank=False)


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


class AddressFieldsV2In(AddressFieldsIn):
    """The fields of an address. Doc v1's first_name and last_name make a name where none is sent."""

    name = Text(required=False, allow_blank=False)


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

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """A name is required in one of its two spellings."""
        self.fields["name"].required = not (data.get("first_name") or data.get("last_name"))
        values: dict[str, Any] = super().to_internal_value(data)
        return values


class AddressRefV2In(AddressRefIn):
    """Which address is meant: `{"id": 2}`, doc v2's `{"address": {"id": 2}}` and `{"addressId": 2}`, doc v1's
    `{"address_id": 2}`; in the query too, where a client cannot send a body with DELETE."""

    example = {"address": {"id": 2}}
    spellings = {"id": ("addressId", "address_id", "address.id")}

    id = Id()


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
