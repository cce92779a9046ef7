"""How values become a customer's columns: judged together, tidied, and the derived columns with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

import orjson

from customers import locales
from customers.errors import FieldSentences, refuse
from customers.models import BusinessProfile, Customer, searchable
from customers.services.checks import email_errors, plain_json, required, text_errors

INFO_BYTES_MAX = 65_536
_NAMES = ("full_name", "first_name", "last_name")
_NOT_TEXT = ("user_id", "additional_info")


class CustomerChanges(TypedDict, total=False):
    """What `update_customer` changes; what is left out stays."""

    email: str
    full_name: str
    first_name: str
    last_name: str
    phone: str
    status: str
    notes: str
    country: str
    state: str
    city: str
    postcode: str
    user_id: int | None
    additional_info: Mapping[str, Any]


def apply_changes(customer: Customer, changes: Mapping[str, Any]) -> list[str]:
    """Set changes on a customer without saving; `user_id` is left to the caller.

    Returns:
        The columns to write, the derived ones among them.

    Raises:
        InvalidFields: everything that is wrong, at once.
    """
    texts = {field: value for field, value in changes.items() if field not in _NOT_TEXT}
    errors = text_errors(Customer, texts)
    sound = {field: value.strip() for field, value in texts.items() if field not in errors}
    errors |= _set_email(customer, sound) | _set_names(customer, sound) | _set_place(customer, sound)
    for field in {"phone", "status", "notes", "city"} & set(sound):
        setattr(customer, field, sound[field])
    if "additional_info" in changes:
        errors |= merge_info(customer, changes["additional_info"])
    refuse(errors)
    return _columns(customer, changes)


def _columns(customer: Customer, changes: Mapping[str, Any]) -> list[str]:
    """Derive what follows from name and address, and say which columns the changes touch."""
    columns = {field for field in changes if field not in ("user_id", *_NAMES)} | {"email_key", "search_text"}
    if any(field in changes for field in _NAMES):
        columns |= {"first_name", "last_name"}
    if columns & {"country", "state"}:  # how a state is spelled depends on the country
        columns |= {"country", "state"}
    names = {"first_name": customer.first_name, "last_name": customer.last_name, "company_name": _company(customer)}
    customer.search_text = searchable(email=customer.email, **names)
    return sorted(columns)


def _company(customer: Customer) -> str:
    """The name of the customer's company, "" without one; a customer who is not stored yet has none."""
    found = BusinessProfile.objects.filter(pk=customer.pk).values_list("company_name", flat=True) if customer.pk else ()
    return next(iter(found), "")


def _set_email(customer: Customer, changes: Mapping[str, str]) -> FieldSentences:
    email = changes.get("email")
    if email is None or (email == customer.email and customer.pk):
        return {}
    errors = email_errors(email, except_id=customer.pk)
    customer.email, customer.email_key = email, email.casefold()
    return errors


def split_name(full_name: str) -> tuple[str, str]:
    """First word and rest: "John Doe Updated" -> ("John", "Doe Updated"); spaces collapse (semantics 7.1)."""
    first, _, rest = " ".join(full_name.split()).partition(" ")
    return first, rest


def _set_names(customer: Customer, changes: Mapping[str, str]) -> FieldSentences:
    if "full_name" in changes:
        customer.first_name, customer.last_name = split_name(changes["full_name"])
        return {} if customer.first_name else {"full_name": [required("full_name")]}
    for field in {"first_name", "last_name"} & set(changes):
        setattr(customer, field, " ".join(changes[field].split()))
    if "first_name" in changes and not customer.first_name:
        return {"first_name": [required("first_name")]}
    return {}


def _set_place(customer: Customer, changes: Mapping[str, str]) -> FieldSentences:
    country = locales.tidy(changes.get("country", str(customer.country)))
    state = locales.tidy_state(country, changes.get("state", customer.state))
    customer.country, customer.state = country, state
    if "postcode" in changes:
        customer.postcode = locales.tidy(changes["postcode"])
    return locales.check_region(country=country, state=state) if {"country", "state"} & set(changes) else {}


def merge_info(customer: Customer, info: Any) -> FieldSentences:
    """Set the top-level keys of a customer's additional information; a key with None is removed."""
    if not isinstance(info, Mapping):
        return {"additional_info": ["Additional info must be an object."]}
    errors: FieldSentences = {}
    merged = dict(customer.additional_info)
    for key, value in info.items():
        try:
            merged |= plain_json({key: value})
        except (TypeError, ValueError):
            errors[str(key)] = ["This value cannot be stored."]
    customer.additional_info = {key: value for key, value in merged.items() if value is not None}
    if not errors and len(orjson.dumps(customer.additional_info)) > INFO_BYTES_MAX:
        return {"additional_info": [f"Additional info must not be larger than {INFO_BYTES_MAX} bytes."]}
    return errors
