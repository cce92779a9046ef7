"""New rows, made of a model's defaults without `Model.__init__`, which looks at each field anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import models
from django.db.models.base import ModelState

from fluentcart.compiled.plans import is_plain

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Blank:
    """A row of which nothing is known.

    Args:
        values: what its columns are by default, as an instance keeps them.
        made: columns whose default is made anew for each row.
        plain: columns that an instance keeps as they are given.
        others: fields that are set through a descriptor of their own.
    """

    values: dict[str, Any]
    made: tuple[tuple[str, Callable[[], Any]], ...]
    plain: frozenset[str]
    others: frozenset[str]


@cache
def blank(model: type[models.Model]) -> Blank:
    """What new rows of a model have in common."""
    fields: list[Any] = list(model._meta.concrete_fields)
    made = {field.attname: field._get_default for field in fields if callable(field.default)}
    values = {name: value for name, value in vars(model()).items() if name != "_state" and name not in made}
    plain = frozenset(field.attname for field in fields if is_plain(model, field))
    names = {name for field in fields for name in (field.name, field.attname)}
    return Blank(values, tuple(made.items()), plain, frozenset(names - plain))


def new(model: type[M], **values: Any) -> M:
    """A row that is not stored yet, as `model(**values)` makes it; no signals, which nothing here sends.

    Raises:
        TypeError: the model has no such field.
    """
    common = blank(model)
    instance = model.__new__(model)
    instance._state = ModelState()
    own = vars(instance)
    own.update(common.values)
    for name, make in common.made:
        if name not in values:
            own[name] = make()
    for name, value in values.items():
        if name in common.plain:
            own[name] = value
        elif name in common.others:
            setattr(instance, name, value)
        else:
            raise TypeError(f"{model.__name__} has no field {name!r}.")
    return instance
