"""What comes in: the B2B document's bodies, turned into the words of the services."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from customers.errors import EMAIL_TAKEN
from customers.models import CustomerStatus, PaymentTerms
from customers.services.business import currency_of
from customers.services.checks import is_email_taken
from fluentcart.api.inputs import Clearable, ClearableEmail, CountryCode, Email, In, Number, Refused, Text, Word
from fluentcart.money import is_currency, to_cents

CONTACTS_MAX = 100


class PlaceUpdateB2BIn(In):
    """An address that merges into the primary one."""

    line1: Text = Clearable(source="address_1")
    line2 = Clearable(source="address_2")
    city: Text = Clearable()
    state = Clearable(max_length=192)
    postal_code = Clearable(source="postcode", max_length=32)
    country = CountryCode(required=False)


class PlaceB2BIn(PlaceUpdateB2BIn):
    """An address of a new customer."""

    line1 = Text(source="address_1")
    city = Text()
    country = CountryCode()


class ContactUpdateB2BIn(In):
    """PUT /api/customers/:id/contacts/:contact_id: what is not sent stays."""

    example = {"title": "Senior Finance Manager", "phone": "+1-555-1101", "is_primary": True}

    name = Text(required=False, allow_blank=False)
    title = Clearable()
    email = ClearableEmail()
    phone = Clearable(max_length=50)
    is_primary = serializers.BooleanField(required=False)


class ContactB2BIn(ContactUpdateB2BIn):
    """POST /api/customers/:id/contacts."""

    example = {
        "name": "Sarah Davis",
        "title": "Finance Manager",
        "email": "sarah.davis@customer.com",
        "phone": "+1-555-1100",
        "is_primary": False,
    }

    name = Text()


class AccountUpdateB2BIn(In):
    """PUT /api/customers/:id: what is not sent stays (decisions, "The wire")."""

    example: ClassVar[Mapping[str, Any]] = {
        "name": "Updated Customer Name",
        "email": "new.orders@customer.com",
        "credit_limit": 15000.0,
        "discount_rate": 7.5,
        "is_active": True,
    }

    name = Text(source="company_name", required=False, allow_blank=False)
    email = Email(required=False, allow_blank=False)
    phone = Clearable(max_length=50)
    fax = Clearable(max_length=50)
    website = Clearable()
    tax_id = Clearable(max_length=50)
    billing_address: In = PlaceUpdateB2BIn(required=False, allow_null=True)
    shipping_address: In = PlaceUpdateB2BIn(required=False, allow_null=True)
    contacts: Any = Refused("Contacts are changed under /api/customers/{id}/contacts.")
    payment_terms = Word(PaymentTerms.values, required=False)
    currency = Text(max_length=3, required=False, allow_blank=False)
    credit_limit = Number(most=10**12, required=False)
    discount_rate = Number(most=100, places=2, required=False)
    preferred_shipping = Clearable(max_length=100)
    is_active = serializers.BooleanField(required=False)
    notes = Clearable(max_length=10_000)

    def validate_email(self, value: str) -> str:
        """Look first, so that this error comes together with the others; the index decides."""
        if is_email_taken(value, except_id=self.context.get("customer_id")):
            raise serializers.ValidationError(EMAIL_TAKEN, code="email_already_exists")
        return value

    def validate_currency(self, value: str) -> str:
        """The code in upper case."""
        if not is_currency(value.upper()):
            raise serializers.ValidationError("Currency must be an ISO 4217 code, such as USD.")
        return value.upper()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The service's words: whole minor units, basis points, a status; an address of null is none."""
        values = {name: value for name, value in attrs.items() if value is not None}
        if "is_active" in values:
            is_active = values.pop("is_active")
            values["status"] = (CustomerStatus.ACTIVE if is_active else CustomerStatus.INACTIVE).value
        if "discount_rate" in values:
            values["discount_rate_basis_points"] = int(values.pop("discount_rate") * 100)
        return values | self.limit(values.pop("credit_limit", None), values.get("currency"))

    def limit(self, amount: Decimal | None, currency: str | None) -> dict[str, Any]:
        """A credit limit with the currency that it is meant in: the one sent, or the account's own."""
        if amount is None:
            return {}
        currency = currency or currency_of(customer_id=self.context.get("customer_id", 0))
        try:
            return {"credit_limit_cents": to_cents(amount, currency), "currency": currency}
        except ValueError as error:
            raise serializers.ValidationError({"credit_limit": f"{error}."}) from error


class AccountB2BIn(AccountUpdateB2BIn):
    """POST /api/customers."""

    example = {
        "name": "New Customer Corp",
        "email": "orders@newcustomer.com",
        "phone": "+1-555-0999",
        "website": "https://newcustomer.com",
        "tax_id": "12-9876543",
        "billing_address": {
            "line1": "123 New Customer St",
            "city": "Business City",
            "state": "CA",
            "postal_code": "90210",
            "country": "US",
        },
        "contacts": [{"name": "Bob Wilson", "title": "Operations Manager", "is_primary": True}],
        "payment_terms": "net_30",
        "currency": "USD",
        "credit_limit": 5000.0,
        "discount_rate": 2.5,
        "preferred_shipping": "FEDEX_GROUND",
    }

    name = Text(source="company_name")
    email = Email()
    billing_address = PlaceB2BIn(required=False, allow_null=True)
    shipping_address = PlaceB2BIn(required=False, allow_null=True)
    contacts = serializers.ListField(
        child=ContactB2BIn(), source="contact_rows", required=False, max_length=CONTACTS_MAX
    )
