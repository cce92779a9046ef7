"""What a row of customers must satisfy to be stored, whoever sends it: the API, the admin or a command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django_countries.fields import CountryField

from customers.errors import EMAIL_MALFORMED, EMAIL_TAKEN, FieldSentences
from customers.models import Customer
from fluentcart.compiled import compiled
from fluentcart.storable import ID_MAX, is_storable

# What is taken apart before it is stored, such as a full name (both documents: 255).
UNSTORED_CHARS_MAX = 255
_LABELS = {"full_name": "Full Name", "address_1": "Address 1", "address_2": "Address 2"}
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def label(field: str) -> str:
    """A field as sentences name it: full_name -> "Full Name"."""
    return _LABELS.get(field) or field.replace("_", " ").capitalize()


def required(field: str) -> str:
    """The sentence for a field that must not be empty (doc v2's validation example)."""
    return f"{label(field)} field is required."


def text_errors(model: type[models.Model], values: Mapping[str, Any]) -> FieldSentences:
    """What is wrong with the texts that are to be stored: no text, too long, not storable, not among the choices.

    Args:
        model: whose columns say the limits; names that are no column are judged without a limit.
        values: column -> text.
    """
    columns = {column.name: column for column in model._meta.concrete_fields}
    found = {field: _text_error(columns.get(field), field, value) for field, value in values.items()}
    return {field: [sentence] for field, sentence in found.items() if sentence}


def _text_error(column: models.Field[Any, Any] | None, field: str, value: object) -> str | None:
    if not isinstance(value, str):
        return f"{label(field)} must be a text."
    if not is_storable(value):
        return f"{label(field)} has characters that cannot be stored."
    limit, choices = _limits(column)
    if limit and len(value) > limit:
        return f"{label(field)} must not be longer than {limit} characters."
    if choices and value not in choices:
        return f"{label(field)} must be one of: {', '.join(choices)}."
    return None


def _limits(column: models.Field[Any, Any] | None) -> tuple[int | None, list[str]]:
    """How long a column's text may be, and the values it may have; countries are judged by `locales`."""
    if column is None:
        return UNSTORED_CHARS_MAX, []
    if isinstance(column, CountryField):
        return None, []
    return column.max_length, [str(key) for key, _ in column.flatchoices]


def email_errors(email: str, *, except_id: int | None = None) -> FieldSentences:
    """What is wrong with a customer's e-mail address; looks whether another customer has it.

    The unique index decides. Looking here only lets the sentence stand beside those of other fields.
    """
    if not email:
        return {"email": [required("email")]}
    if not is_email(email):
        return {"email": [EMAIL_MALFORMED]}
    if is_email_taken(email, except_id=except_id):
        return {"email": [EMAIL_TAKEN]}
    return {}


def is_email(email: str) -> bool:
    """Whether it is written like an e-mail address and fits its columns, also when folded."""
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= 255 and len(email.casefold()) <= 400


def is_email_taken(email: str, *, except_id: int | None = None) -> bool:
    """Whether another customer than `except_id` has this address, in any case."""
    found = id_by_email_key(email_key=email.casefold()).tuples("pk")
    return any(pk != except_id for (pk,) in found)


@compiled
def id_by_email_key(email_key: Any) -> models.QuerySet[Customer]:
    """The customer who has an address, in any case; the unique index knows of no other."""
    return Customer.objects.filter(email_key=email_key)


def plain_json(value: object) -> Any:
    """The value as it will be read back from a JSON column.

    Raises:
        ValueError: it cannot be stored or answered: a NUL, half a surrogate pair, a number beyond 64 bits,
            a depth beyond 254 or a type that JSON lacks.
    """
    text = orjson.dumps(value)
    if _ESCAPED_NUL.search(text):
        raise ValueError("NUL")
    return _refuse_large(orjson.loads(text))


def _refuse_large(value: Any) -> Any:
    """The value itself. PostgreSQL's jsonb gives 1e300 back as an integer of 301 digits, which orjson cannot write."""
    level = [value]
    while level:
        if any(isinstance(item, float) and abs(item) > ID_MAX for item in level):
            raise ValueError("a number beyond 64 bits")
        level = [inner for item in level for inner in _inside(item)]
    return value


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
