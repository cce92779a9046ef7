"""The address book of a customer: every write keeps one primary address per type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers import locales
from customers.errors import EMAIL_MALFORMED, AddressNotFound, FieldSentences, LastAddress, PrimaryAddress, refuse
from customers.models import AddressType, Customer, CustomerAddress
from customers.services.checks import is_email, required, text_errors
from customers.services.fields import split_name
from customers.services.locking import lock_customer
from fluentcart.errors import InvalidFields
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from fluentcart.history.tracking import Changes, remember

_REQUIRED = ("name", "address_1", "city", "country")


class AddressChanges(TypedDict, total=False):
    """What `update_address` changes; what is left out stays."""

    type: str
    name: str
    first_name: str
    last_name: str
    is_primary: bool
    label: str
    email: str
    phone: str
    company_name: str
    address_1: str
    address_2: str
    city: str
    state: str
    postcode: str
    country: str


def list_addresses(*, customer_id: int, type: str | None = None) -> QuerySet[CustomerAddress]:
    """A customer's addresses, primary ones first, then by id.

    Args:
        customer_id: primary key of a customer.
        type: billing or shipping; None for both (semantics 7.3).

    Raises:
        InvalidFields: no such type.
    """
    found = CustomerAddress.objects.filter(customer=customer_id).order_by("-is_primary", "pk")
    if type is None:
        return found
    if type not in AddressType.values:
        raise InvalidFields.of("type", f"type must be one of: {', '.join(AddressType.values)}.")
    return found.filter(type=type)


@transaction.atomic
def create_address(
    *,
    customer_id: int,
    address_1: str,
    city: str,
    country: str,
    name: str = "",
    first_name: str = "",
    last_name: str = "",
    type: str = "billing",
    is_primary: bool = False,
    label: str = "",
    email: str | None = None,
    phone: str = "",
    company_name: str = "",
    address_2: str = "",
    state: str = "",
    postcode: str = "",
) -> CustomerAddress:
    """Add an address to a customer's address book.

    Args:
        customer_id: primary key of a customer.
        country: an ISO code; it decides whether `state` and `postcode` are required (semantics 6.2).
        name: the whole name; without it `first_name` and `last_name` make one.
        type: billing or shipping.
        is_primary: the first address of a type is primary even without it.
        label: at most 15 characters.
        email: None takes the customer's own.

    Raises:
        CustomerNotFound: no such customer.
        InvalidFields: everything that is wrong with the fields, at once.

    Locks the customer. Source: customers document v2, "Create Customer Address"; semantics 6.1 and 7.3.
    """
    customer = lock_customer(customer_id)
    address = CustomerAddress(customer=customer)
    values = {
        "name": name or f"{first_name} {last_name}".strip(), "address_1": address_1, "city": city,
        "country": country, "type": type, "label": label,
        "email": customer.email if email is None else email, "phone": phone, "company_name": company_name,
        "address_2": address_2, "state": state, "postcode": postcode,
    }  # fmt: skip
    refuse(_apply(address, values))
    address.is_primary = is_primary or not _has_primary(customer, address)
    former_id = _demote_others(customer, address) if address.is_primary else None
    address.save(force_insert=True)
    record(Verb.ADDRESS_CREATED, address, about=_primary_change(address, former_id))
    return address


@transaction.atomic
def update_address(*, customer_id: int, address_id: int, **changes: Unpack[AddressChanges]) -> CustomerAddress:
    """Change what is given of a customer's address and keep the rest.

    Args:
        customer_id: primary key of a customer.
        address_id: primary key of one of this customer's addresses.
        changes: as for `create_address`; of a name in two, the part that is not given stays. An address that
            moves to the other type becomes its primary when asked to or when there is none, and is not primary
            there otherwise.

    Raises:
        CustomerNotFound: no such customer.
        AddressNotFound: the customer has no such address.
        InvalidFields: judged on the row after the change; also when `is_primary` is false on the primary
            address, or when a primary address would leave others of its type without one.

    Locks the customer. Source: customers document v2, "Update Customer Address"; decisions, "The wire".
    """
    customer = lock_customer(customer_id)
    address = _address_of(customer, address_id)
    was_type = address.type
    written = _with_whole_name(address.name, changes)
    refuse(_primary_errors(customer, address, changes) | _apply(address, written))
    address.is_primary = _becomes_primary(customer, address, changes.get("is_primary"), moves=address.type != was_type)
    former_id = _demote_others(customer, address) if address.is_primary else None
    address.updated_at = timezone.now()
    address.save(update_fields={*written, "country", "state", "postcode", "is_primary", "updated_at"})
    record(Verb.ADDRESS_UPDATED, address, about=_primary_change(address, former_id))
    return address


@transaction.atomic
def delete_address(*, customer_id: int, address_id: int) -> None:
    """Remove an address from a customer's address book.

    Raises:
        CustomerNotFound: no such customer.
        AddressNotFound: the customer has no such address.
        LastAddress: it is the only one, of either type.
        PrimaryAddress: it is the primary one of its type.

    Locks the customer. Source: customers document v2, "Delete Customer Address"; semantics 7.3.
    """
    customer = lock_customer(customer_id)
    address = _address_of(customer, address_id)
    if not CustomerAddress.objects.filter(customer=customer).exclude(pk=address.pk).exists():
        raise LastAddress
    if address.is_primary:
        raise PrimaryAddress
    record(Verb.ADDRESS_DELETED, address, is_removed=True)
    address.delete()


@transaction.atomic
def make_primary(*, customer_id: int, address_id: int, type: str | None = None) -> CustomerAddress:
    """Make an address the customer's primary one of its type; the one before it loses the place.

    Args:
        customer_id: primary key of a customer.
        address_id: primary key of one of this customer's addresses.
        type: the address's own type, or None.

    Raises:
        CustomerNotFound: no such customer.
        AddressNotFound: the customer has no such address.
        InvalidFields: `type` is not the address's type; the primary stays as it was.

    Locks the customer. Source: customers document v2, "Set Primary Address"; decisions, "The wire".
    """
    customer = lock_customer(customer_id)
    address = _address_of(customer, address_id)
    if type is not None and type != address.type:
        raise InvalidFields.of("type", f"Address with ID {address_id} is a {address.type} address.")
    former_id = _demote_others(customer, address)
    address.is_primary = True
    address.updated_at = timezone.now()
    address.save(update_fields=["is_primary", "updated_at"])
    record(Verb.ADDRESS_UPDATED, address, about=_primary_change(address, former_id))
    return address


def address_errors(address: CustomerAddress, values: Mapping[str, Any]) -> FieldSentences:
    """What would be wrong with an address that is to be stored with those values (semantics 6.1, 6.2)."""
    return _apply(address, values)


def _address_of(customer: Customer, address_id: int) -> CustomerAddress:
    address = CustomerAddress.objects.filter(customer=customer, pk=address_id).first()
    if address is None:
        raise AddressNotFound(address_id)
    return remember(address)


def _apply(address: CustomerAddress, changes: Mapping[str, Any]) -> FieldSentences:
    """Set changes on an address without saving. Returns what is wrong with the row that results."""
    texts = {field: value for field, value in changes.items() if field != "is_primary"}
    errors = text_errors(CustomerAddress, texts)
    for field in texts.keys() - errors.keys():
        setattr(address, field, texts[field].strip())
    country = locales.tidy(str(address.country))
    address.country, address.postcode = country, locales.tidy(address.postcode)
    address.state = locales.tidy_state(country, address.state)
    place = locales.check_address(country, address.state, address.postcode)
    blank = {field: [required(field)] for field in _REQUIRED if not getattr(address, field)}
    if address.email and not is_email(address.email):
        blank["email"] = [EMAIL_MALFORMED]
    return blank | place | errors


def _with_whole_name(present: str, changes: AddressChanges) -> dict[str, Any]:
    """The changes with a name in two as one; `present` gives the part that is not given (split as in semantics 7.1)."""
    columns = {field: value for field, value in changes.items() if field not in ("first_name", "last_name")}
    if "name" in columns or len(columns) == len(changes):
        return columns
    first, last = split_name(present)
    first, last = changes.get("first_name", first), changes.get("last_name", last)
    return columns | {"name": f"{first} {last}".strip()}


def _primary_errors(customer: Customer, address: CustomerAddress, changes: Mapping[str, Any]) -> FieldSentences:
    """Why a primary address must stay one of its type; empty for any other."""
    if not address.is_primary:
        return {}
    if changes.get("type", address.type) == address.type:
        given = changes.get("is_primary", True)
        return {} if given else {"is_primary": ["Make another address primary instead."]}
    others = CustomerAddress.objects.filter(customer=customer, type=address.type).exclude(pk=address.pk)
    if others.exists():
        return {"type": [f"Make another {address.type} address primary before this one changes its type."]}
    return {}


def _becomes_primary(customer: Customer, address: CustomerAddress, wanted: bool | None, *, moves: bool) -> bool:
    stays = address.is_primary and not moves
    return bool(wanted) or stays or not _has_primary(customer, address)


def _others_primary(customer: Customer, address: CustomerAddress) -> QuerySet[CustomerAddress]:
    return CustomerAddress.objects.filter(customer=customer, type=address.type, is_primary=True).exclude(pk=address.pk)


def _has_primary(customer: Customer, address: CustomerAddress) -> bool:
    return _others_primary(customer, address).exists()


def _demote_others(customer: Customer, address: CustomerAddress) -> int | None:
    """Take the place from the primary address of this type, before this one gets it: the index allows one.

    Returns:
        The id of the address that had it; None when none did.
    """
    former_id = _others_primary(customer, address).values_list("pk", flat=True).first()
    if former_id is not None:
        CustomerAddress.objects.filter(pk=former_id).update(is_primary=False, updated_at=timezone.now())
    return former_id


def _primary_change(address: CustomerAddress, former_id: int | None) -> Changes:
    """What the history says of an address that took another's place."""
    return {} if former_id is None else {f"primary_{address.type}_address_id": [former_id, address.pk]}
