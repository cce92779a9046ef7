"""What of a row the driver takes as it stands in the instance, and what a field has to be asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connections, models

from fluentcart.compiled.running import adapted

# One value of each type that a field might leave as it is.
SAMPLES = (None, True, 1, "x", dt.datetime(2024, 1, 31, 12, 30, 15, 123456, tzinfo=dt.UTC))
# Whose fields may be believed; an instance has a country by its code.
KNOWN = ("django.db.models.fields", "django_countries.fields")
_COLUMNS: dict[Any, tuple[Column, ...]] = {}


class Column(NamedTuple):
    """A field whose values are written.

    Args:
        name: what the instance keeps them under.
        plain: the types of values that a statement takes as they are.
    """

    field: Any
    name: str
    plain: frozenset[type]


def columns_of(model: type[models.Model], names: Sequence[str] | None, using: str) -> tuple[Column, ...]:
    """The columns of some fields, or of all but the key; looked for once."""
    found = _COLUMNS.get((model, names, using))
    if found is None:
        fields: Sequence[Any] = (
            [field for field in model._meta.concrete_fields if not field.primary_key]
            if names is None
            else [model._meta.get_field(name) for name in names]
        )
        connection = connections[using]
        found = tuple(Column(field, field.attname, plain_types(field, connection)) for field in fields)
        _COLUMNS[model, names, using] = found
    return found


def stored(instances: Sequence[models.Model], columns: Sequence[Column], using: str, *, is_new: bool) -> list[Any]:
    """The values of rows, one row after the other, as a statement takes them.

    Django asks each field for each value, through half a dozen calls; for a row that takes longer than its statement.
    """
    found = []
    for instance in instances:
        values = vars(instance)
        for field, name, plain in columns:
            value = values.get(name, ...)
            if type(value) not in plain:
                value = field.get_db_prep_save(field.pre_save(instance, is_new), connections[using])
            found.append(value)
    return found


def plain_types(field: Any, connection: Any) -> frozenset[type]:
    """The types of values that a known field leaves as they are; of any other field none."""
    source = field.target_field if field.is_relation else field
    if not all(type(each).__module__.startswith(KNOWN) for each in (field, source)):
        return frozenset()
    if (
        getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or isinstance(field, models.FileField)
    ):
        return frozenset()
    return frozenset(type(sample) for sample in SAMPLES if is_left(field, sample, connection))


def is_left(field: Any, sample: Any, connection: Any) -> bool:
    """Whether a value reaches the database as it is, or as `execute` spells it.

    A number may come back in the dress of a type of PostgreSQL's; a statement's places have their types anyway.
    """
    try:
        found = field.get_db_prep_save(sample, connection)
    except (TypeError, ValueError, ValidationError):
        return False
    if type(sample) is int and type(found) is not bool and found == sample:
        return True
    return found is sample or (connection.vendor == "sqlite" and type(found) is str and found == adapted(sample))
