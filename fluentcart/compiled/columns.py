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
SHAPES_MAX = 200
_COLUMNS: dict[Any, Columns] = {}


class Column(NamedTuple):
    """A field whose values are written.

    Args:
        name: what the instance keeps them under.
        plain: the types of values that a statement takes as they are.
    """

    field: Any
    name: str
    plain: frozenset[type]


class Columns:
    """The columns that a statement writes.

    Django asks each field for each value, through half a dozen calls; for a row that takes longer than its statement.
    Rows have values of the same few types, so what is asked depends on them and is looked for once.
    """

    def __init__(self, columns: Sequence[Column], using: str) -> None:
        self.columns = columns
        self.using = using
        self.names = tuple(column.name for column in columns)
        self.asked: dict[tuple[type, ...], tuple[int, ...]] = {}

    def stored(self, instances: Sequence[models.Model], *, is_new: bool) -> list[Any]:
        """The values of rows, one row after the other, as a statement takes them."""
        found: list[Any] = []
        for instance in instances:
            values = vars(instance)
            row = [values.get(name, ...) for name in self.names]
            types = tuple(map(type, row))
            asked = self.asked.get(types)
            if asked is None:
                asked = self.ask_for(types)
            for place in asked:
                field = self.columns[place].field
                row[place] = field.get_db_prep_save(field.pre_save(instance, is_new), connections[self.using])
            found += row
        return found

    def ask_for(self, types: tuple[type, ...]) -> tuple[int, ...]:
        """The places of the fields that are asked for a row of such values."""
        asked = tuple(place for place, kind in enumerate(types) if kind not in self.columns[place].plain)
        if len(self.asked) < SHAPES_MAX:
            self.asked[types] = asked
        return asked


def columns_of(model: type[models.Model], names: Sequence[str] | None, using: str) -> Columns:
    """The columns of some fields, or of all but the key; looked for once."""
    found = _COLUMNS.get((model, names, using))
    if found is None:
        fields: Sequence[Any] = (
            [field for field in model._meta.concrete_fields if not field.primary_key]
            if names is None
            else [model._meta.get_field(name) for name in names]
        )
        connection = connections[using]
        columns = [Column(field, field.attname, plain_types(field, connection)) for field in fields]
        found = _COLUMNS[model, names, using] = Columns(columns, using)
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
