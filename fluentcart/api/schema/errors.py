"""What an operation may refuse: which statuses, with which body, and a real example of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from rest_framework import exceptions
from rest_framework.serializers import BaseSerializer

from fluentcart.api.dialects import Body, Dialect
from fluentcart.api.exceptions import from_validation, translate
from fluentcart.api.listing import check_names
from fluentcart.api.parsing import BodyTooLarge, JsonParser
from fluentcart.api.rows import JsonSchema
from fluentcart.api.schema.shapes import Shape, describe
from fluentcart.errors import DomainError, InvalidFields, NotFound

TEXT = Shape({"type": "string"})
WHOLE = Shape({"type": "integer"})
FIELD_MAP = Shape(
    {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
        "description": "Field name -> sentences.",
    }
)


def error_schema(dialect: Dialect, *, by_field: bool) -> JsonSchema:
    """The schema of a dialect's error body, made by the function that makes the bodies."""
    error: Any = DomainError(TEXT, code=TEXT, summary=TEXT)  # type: ignore[arg-type]
    error.fields = FIELD_MAP if by_field else {}
    status: Any = WHOLE
    return describe(dialect.refusal(error, status))


def every_caller() -> tuple[DomainError, ...]:
    """What anybody may meet on any route."""
    raised = (
        exceptions.NotAuthenticated(),
        exceptions.PermissionDenied(),
        exceptions.Throttled(detail="Too many wrong passwords."),
    )
    return tuple(filter(None, map(translate, raised)))


def over_the_rate(limit: int, rate_class: str) -> DomainError:
    """The sentence of `ApiViewSet.check_rate`."""
    return DomainError(f"{limit} {rate_class} requests an hour are allowed.", code="rate_limited")


def missing_record(name: str) -> DomainError:
    """What a path variable that names nothing answers: `customer_id` -> `customer_not_found`."""
    noun = name.removesuffix("_id")
    return NotFound(noun, 999) if name.endswith("_id") else DomainError("Not found", code="export_not_found")


def bad_body(serializer: type[BaseSerializer[Any]]) -> tuple[DomainError, ...]:
    """What a body may get wrong: what an empty one answers, no JSON, too much, or another format."""
    empty = serializer(data={})
    refused = (
        InvalidFields.of("body", "The body must be a JSON object.")
        if empty.is_valid()
        else from_validation(empty.errors)
    )
    raised = (malformed(), BodyTooLarge(), exceptions.UnsupportedMediaType("text/plain"))
    return (refused, *filter(None, map(translate, raised)))


def malformed() -> exceptions.ParseError:
    """What half an object answers."""
    try:
        JsonParser().parse(BytesIO(b"{"))
    except exceptions.ParseError as refused:
        return refused
    raise AssertionError("the parser took half an object")


def bad_query(names: Iterable[str]) -> DomainError:
    """What a parameter that nobody reads answers."""
    try:
        check_names({"colour": "red"}, names)
    except InvalidFields as refused:
        return refused
    raise AssertionError("a list takes a parameter named colour; choose another word here")


def by_status(errors: Iterable[DomainError], dialect: Dialect) -> Mapping[int, Mapping[str, Body]]:
    """Status -> error code -> the body, in order."""
    found: dict[int, dict[str, Body]] = {}
    for error in errors:
        status = dialect.status_of(error)
        found.setdefault(status, {}).setdefault(error.code, dialect.refusal(error, status))
    return dict(sorted(found.items()))
