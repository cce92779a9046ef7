"""The addresses of an order: snapshots from a body or from the customer's address book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_countries import countries

from customers.models import AddressType, CustomerAddress
from fluentcart.compiled import compiled, new
from fluentcart.errors import InvalidFields, NotFound
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from fluentcart.history.tracking import remember
from orders.errors import OrderNotFound
from orders.models import OrderAddress
from orders.services.locks import lock_order

Fields = Mapping[str, Any]
COLUMNS = (
    "name", "email", "phone", "company_name", "address_1", "address_2", "city", "state", "postcode", "country",
)  # fmt: skip


@transaction.atomic
def copy_address_to_order(*, order_id: int, customer_id: int, address_id: int) -> OrderAddress:
    """Put an address of the customer's book onto an order, in place of the one of its type.

    Raises:
        OrderNotFound: no such order of this customer.
        NotFound: no such address of this customer.

    Locks the order. An address may be corrected on an order of any status.
    Source: semantics 7.3 (order_id in an address body; the order must belong to the customer).
    """
    order = lock_order(order_id)
    if order.customer_id != customer_id:
        raise OrderNotFound(order_id)
    source = CustomerAddress.objects.filter(pk=address_id, customer_id=customer_id).first()
    if source is None:
        raise NotFound("address", address_id)
    address = _address_of(order_id, source.type)
    for column in COLUMNS:
        setattr(address, column, getattr(source, column))
    address.save()
    order.updated_at = timezone.now()
    order.save(update_fields=["updated_at"])
    record(Verb.UPDATED, order, parts={f"{source.type}_address": address})
    return address


def snapshots(*, customer_id: int, given: Mapping[str, Fields | None]) -> list[OrderAddress]:
    """Unsaved addresses of a new order: what was sent, and the customer's primaries for the types that were not.

    Args:
        customer_id: whose address book fills in.
        given: address type -> fields as in `merged`, or None when the body has no such address.

    Raises:
        InvalidFields: see `merged`.

    Source: decisions, "Money and stock" (omitted addresses are copied from the primaries, else empty).
    """
    sent = [merged(OrderAddress(type=kind), fields) for kind, fields in given.items() if fields is not None]
    omitted = [kind for kind, fields in given.items() if fields is None]
    if not omitted:
        return sent
    primaries = primary_addresses(customer_id=customer_id, types=omitted).tuples("type", *COLUMNS)
    return sent + [new(OrderAddress, **dict(zip(("type", *COLUMNS), row, strict=True))) for row in primaries]


@compiled
def primary_addresses(customer_id: Any, types: Any) -> QuerySet[CustomerAddress]:
    """A customer's primary addresses of some types."""
    return CustomerAddress.objects.filter(customer_id=customer_id, is_primary=True, type__any=types)


def merged(address: OrderAddress, fields: Fields) -> OrderAddress:
    """The address with the given fields in place of its own; nothing is saved.

    Args:
        address: a row, or a new one, of type billing or shipping.
        fields: any of `name` or `first_name` and `last_name`, email, phone, company_name, address_1, address_2,
            city, state, postcode, country (an ISO code in any case). None means empty. Other keys are ignored.

    Raises:
        InvalidFields: under "billing_address.country" and the like: an unknown country, or too long a text.

    Source: orders document, "Create Order", "Update Order"; semantics C53, C54 (no field is required).
    """
    texts = {column: fields[column] or "" for column in COLUMNS if column in fields}
    if "name" not in texts and ("first_name" in fields or "last_name" in fields):
        texts["name"] = _joined_name(address.name, fields)
    if "country" in texts:
        texts["country"] = str(texts["country"]).upper()
    _check(address.type, texts)
    for column, text in texts.items():
        setattr(address, column, text)
    return address


def save_merged(*, order_id: int, kind: AddressType, fields: Fields) -> OrderAddress:
    """Merge fields into an order's address of a type, which is made when missing; the caller locked the order."""
    address = merged(_address_of(order_id, kind), fields)
    address.save()
    return address


def _address_of(order_id: int, kind: str) -> OrderAddress:
    """An order's address of a type, or a new one; the caller locked the order."""
    found = OrderAddress.objects.filter(order_id=order_id, type=kind).first()
    return remember(found) if found else OrderAddress(order_id=order_id, type=kind)


def _joined_name(present: str, fields: Fields) -> str:
    """First and last name as one, a missing half taken from the present name (split as in semantics 7.1)."""
    first, _, last = present.partition(" ")
    first = fields["first_name"] or "" if "first_name" in fields else first
    last = fields["last_name"] or "" if "last_name" in fields else last
    return f"{first} {last}".strip()


def _check(kind: str, texts: Mapping[str, str]) -> None:
    errors = {}
    for column, text in texts.items():
        limit = getattr(OrderAddress._meta.get_field(column), "max_length", None)
        if column == "country":
            if text and text not in countries:
                errors[f"{kind}_address.country"] = ["Country must be a known two-letter code."]
        elif limit is not None and len(text) > limit:
            errors[f"{kind}_address.{column}"] = [f"Ensure this field has no more than {limit} characters."]
    if errors:
        raise InvalidFields(errors)
