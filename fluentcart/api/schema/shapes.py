"""From field tables and envelopes to JSON Schema and to sample answers.

An envelope (`fluentcart/api/dialects.py`) is a plain function of named contents. Called with schemas in their
place it gives the schema of its body, and called with samples it gives a sample: no envelope is spelled twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fluentcart.api.dialects import Dialect, Out
from fluentcart.api.rows import Derived, Field, Joined, JsonSchema, Nested, Row

SAMPLE_MOMENT = "2024-01-01T10:00:00Z"
Resolve = Callable[[type[Row]], JsonSchema]


@dataclass(frozen=True, eq=False)  # hashable: a dialect may look a code up in a table
class Shape:
    """A schema that stands where a value will stand."""

    schema: JsonSchema
    optional: bool = False


def sample_pagination(dialect: Dialect) -> dict[str, Any]:
    """The first page of a hundred rows, in a dialect's words."""
    return dialect.pagination(number=1, size=dialect.size_default, total=100)


def pagination_shapes(dialect: Dialect) -> dict[str, Shape]:
    """What stands beside a page of rows."""
    return {
        name: Shape({"type": "boolean" if isinstance(value, bool) else "integer", "examples": [value]})
        for name, value in sample_pagination(dialect).items()
    }


def describe(value: Any) -> JsonSchema:
    """The JSON Schema of a body that is made of shapes and constants."""
    if isinstance(value, Shape):
        return value.schema
    if isinstance(value, Mapping):
        required = [name for name, item in value.items() if not (isinstance(item, Shape) and item.optional)]
        schema: JsonSchema = {
            "type": "object",
            "properties": {name: describe(item) for name, item in value.items()},
        }
        return schema | {"required": required} if required else schema
    if isinstance(value, list):
        return {"type": "array", "items": describe(value[0])}
    if isinstance(value, bool):
        return {"type": "boolean", "const": value}
    return {"type": "integer" if isinstance(value, int) else "string", "examples": [value]}


# --- Rows --------------------------------------------------------------------------------------


def row_name(row: type[Row]) -> str:
    """The name of a row's component: the class's, to which the operation adds the dialect."""
    return row.__name__.removesuffix("Row")


def with_references(schema: Any, resolve: Resolve) -> Any:
    """A field's schema with `{"$row": SomeRow}` turned into references to that row's component."""
    if isinstance(schema, Mapping):
        inner = {key: with_references(item, resolve) for key, item in schema.items() if key != "$row"}
        return resolve(schema["$row"]) | inner if "$row" in schema else inner
    if isinstance(schema, list):
        return [with_references(item, resolve) for item in schema]
    return schema


def row_shapes(row: type[Row], resolve: Resolve) -> dict[str, Shape]:
    """Field name -> its shape."""
    return {
        name: Shape(with_references(field.schema, resolve), optional=field.optional or field.omissible)
        for name, field in row.fields.items()
    }


# --- Samples -----------------------------------------------------------------------------------


def sample_row(row: type[Row], *, with_optional: bool = False) -> dict[str, Any]:
    """A row made of its fields' examples, as the documents show them; without what only `with[]` brings."""
    found = {
        name: sample_field(field)
        for name, field in row.fields.items()
        if (with_optional or not field.optional) and not isinstance(field, Derived)
    }
    for name, field in row.derived.items():
        if field.other in found:
            found[name] = field.derive(found[field.other])
    return {name: found[name] for name in row.fields if name in found}


def sample_field(field: Field) -> Any:
    """The example of a field, or what its schema suggests."""
    if "examples" in field.schema:
        return field.schema["examples"][0]
    if isinstance(field, Nested):
        return sample_row(field.row) if field.one else [sample_row(field.row)]
    if isinstance(field, Joined):
        return sample_row(field.row)
    return sample_of(field.schema)


def sample_of(schema: JsonSchema) -> Any:
    """A value that a schema allows."""
    if "$row" in schema:
        return sample_row(schema["$row"])
    if "oneOf" in schema:
        return sample_of(schema["oneOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        return None
    if schema.get("format") == "date-time":
        return SAMPLE_MOMENT
    if kind == "array":
        return [sample_of(schema["items"])]
    return {"string": "", "integer": 1, "number": 1, "boolean": True, "object": {}}[kind]


# --- Whole bodies ------------------------------------------------------------------------------


def answer_schema(out: Out, paged_by: Dialect | None, resolve: Resolve) -> JsonSchema:
    """The schema of an action's answer; `paged_by` is the dialect that tells its pages."""
    contents: dict[str | None, Any] = {}
    for name, row in out.parts.items():
        if name is None:
            contents[None] = row_shapes(row, resolve)
        else:
            one = resolve(row)
            contents[name] = Shape({"type": "array", "items": one} if _is_list(out, name) else one)
    return describe(out.envelope(contents, pagination_shapes(paged_by) if paged_by else None, out.message))


def answer_sample(out: Out, paged_by: Dialect | None) -> dict[str, Any]:
    """A sample of an action's answer."""
    contents: dict[str | None, Any] = {}
    for name, row in out.parts.items():
        one = sample_row(row)
        contents[name] = [one] if _is_list(out, name) else one
    return out.envelope(contents, sample_pagination(paged_by) if paged_by else None, out.message)


def _is_list(out: Out, name: str | None) -> bool:
    """`many` is about the main object, not about those that stand beside it."""
    return out.many and name == out.key


def plain(value: Any) -> Any:
    """A value as JSON has it; samples are built by the same functions as answers, which keep times as times."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, dt.datetime) else value
