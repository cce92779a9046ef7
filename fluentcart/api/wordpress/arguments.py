"""What a route takes, as WordPress's indexes tell it: `args` by name, read from the viewsets' tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from fluentcart.api.inputs import Json, Number
from fluentcart.api.listing import Parameter

Args = dict[str, dict[str, Any]]

_INSIDE = re.compile(r"(\w+)\[(\w+)\]")
# The first that fits names the type; everything else is a text.
_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], str], ...] = (
    (serializers.BooleanField, "boolean"),
    (serializers.IntegerField, "integer"),
    (Number, "number"),
    (serializers.ListField, "array"),
    (serializers.ListSerializer, "array"),
    (serializers.BaseSerializer, "object"),
    (serializers.DictField, "object"),
    (Json, "object"),
)


def query_arguments(parameters: Iterable[Parameter]) -> Args:
    """The parameters of a query; `filters[status]` is a property of the object `filters`."""
    args: Args = {}
    for parameter in parameters:
        told = {"description": parameter.help, **parameter.schema, "required": False}
        if inside := _INSIDE.fullmatch(parameter.name):
            outer = args.setdefault(inside[1], {"type": "object", "properties": {}, "required": False})
            outer["properties"][inside[2]] = {key: value for key, value in told.items() if key != "required"}
        else:
            args[parameter.name.removesuffix("[]")] = told
    return args


def body_arguments(serializer: type[serializers.BaseSerializer[Any]]) -> Args:
    """The fields of a body."""
    fields: Mapping[str, serializers.Field[Any, Any, Any, Any]] = getattr(serializer(), "fields", {})
    return {name: {**_described(field), "required": field.required} for name, field in fields.items()}


def path_arguments(names: Iterable[tuple[str, str]]) -> Args:
    """The variables of a path: (name, pattern) of each."""
    return {
        name: {"type": "integer" if pattern.startswith("[0-9]") and "|" not in pattern else "string", "required": True}
        for name, pattern in names
    }


def _described(field: serializers.Field[Any, Any, Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"type": next((name for kind, name in _TYPES if isinstance(field, kind)), "string")}
    if field.help_text:
        told["description"] = field.help_text
    if isinstance(field, serializers.ChoiceField):
        told["enum"] = list(field.choices)
    if isinstance(field, serializers.ListSerializer | serializers.ListField) and field.child is not None:
        told["items"] = _described(field.child)
    elif isinstance(field, serializers.Serializer):
        told["properties"] = {name: _described(inner) for name, inner in field.fields.items()}
    for name, key in (("min_value", "minimum"), ("max_value", "maximum"), ("max_length", "maxLength")):
        if (limit := getattr(field, name, None)) is not None:
            told[key] = limit
    return told
