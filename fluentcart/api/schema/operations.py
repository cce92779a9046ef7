"""The OpenAPI operation of each action of an ApiViewSet, read from the viewset's tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import uritemplate
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework.serializers import BooleanField

from fluentcart.api.dialects import Out
from fluentcart.api.idempotency import WRITES, KeyInUse, KeyReused, malformed_key
from fluentcart.api.inputs import In
from fluentcart.api.preconditions import PreconditionFailed
from fluentcart.api.rows import JsonSchema, Row
from fluentcart.api.schema import errors, extensions, shapes, words
from fluentcart.api.schema.links import links
from fluentcart.errors import DomainError
from fluentcart.storable import ID_MAX

JSON = "application/json"
# Where two methods do the same, the first of these gives the operation its name.
METHODS = ("get", "put", "post", "delete")
# Streams its rows as CSV (fluentcart/api/exports.py) instead of answering in an envelope.
CSV_ACTION = "export"
ID_SCHEMA: JsonSchema = {"type": "integer", "format": "int64", "minimum": 1, "maximum": ID_MAX}


class TableSchema(AutoSchema):
    """The schema of an action of an ApiViewSet; other views are pages, or speak WordPress's own dialect."""

    view: Any

    # --- What it is called -----------------------------------------------------------------------

    def is_excluded(self) -> bool:
        """Only what has tables is described."""
        return not hasattr(self.view, "outputs")

    def get_operation_id(self) -> str:
        """See `words.operation_id`."""
        action, method = self.view.action, self.method.lower()
        first = next(name for name in METHODS if self.view.action_map.get(name) == action)
        return words.operation_id(self.view.resource, action, method, is_second=method != first)

    def get_summary(self) -> str:
        """The action's docstring."""
        return words.summary(self.view)

    def get_description(self) -> str:  # type: ignore[override]
        """What the action does, the capability and the rate."""
        return " ".join([f"{words.summary(self.view)}.", *words.access(self.view)])

    def get_tags(self) -> list[str]:
        """One group a resource."""
        return [self.view.resource.title()]

    # --- What comes in ---------------------------------------------------------------------------

    @property
    def out(self) -> Out:
        """What the action answers."""
        found: Out = self.view.outputs[self.view.action]
        return found

    @property
    def serializer(self) -> type[In] | None:
        """The In of the action."""
        found: type[In] | None = self.view.inputs.get(self.view.action)
        return found

    @property
    def is_paged(self) -> bool:
        """Whether the action answers pages: it has a listing, or takes a page number."""
        return self.view.action in self.view.listings or "page" in self.view.query_names

    def _get_parameters(self) -> list[JsonSchema]:
        """Ids of the path, then the query in the order of the tables."""
        path = [_path_parameter(name, self.view.id_prefixes.get(name)) for name in uritemplate.variables(self.path)]
        return path + list(self._query_parameters()) + list(self._header_parameters())

    def _header_parameters(self) -> Iterator[JsonSchema]:
        if self.is_write:
            yield extensions.IDEMPOTENCY_KEY
        if self.view.checks_state:
            yield extensions.IF_MATCH
        if self.is_tagged_read:
            yield extensions.IF_NONE_MATCH

    @property
    def is_tagged_read(self) -> bool:
        """Whether it may answer that the client has it already."""
        return bool(self.method == "GET" and self.view.is_tagged(self.view.action))

    @property
    def is_write(self) -> bool:
        """Whether an Idempotency-Key is understood."""
        return self.method in WRITES and self.view.keeps_answers

    def _query_parameters(self) -> Iterator[JsonSchema]:
        listing = self.view.listings.get(self.view.action)
        declared = (*(listing.parameters() if listing else ()), *self.view.parameters.get(self.view.action, ()))
        for parameter in declared:
            schema = dict(parameter.schema)
            if parameter.name == "with[]" and (names := self.out.row.optional):
                schema["items"] = {"type": "string", "enum": list(names)}
            yield {"name": parameter.name, "in": "query", "schema": schema, "description": parameter.help}
        if self.method == "DELETE" and self.serializer:
            for name in extensions.spellings(self.serializer):
                help = "Instead of a body, which some clients cannot send with DELETE."
                yield {"name": name, "in": "query", "schema": ID_SCHEMA, "description": help}

    def _get_request_body(self, direction: Any = "request") -> JsonSchema | None:
        """The In and its example, for DELETE too, which drf-spectacular would leave without a body."""
        if self.serializer is None:
            return None
        component = self.resolve_serializer(self.serializer, direction)
        media: JsonSchema = {"schema": component.ref}
        if self.serializer.example:
            media["example"] = self.serializer.example
        body: JsonSchema = {"content": {JSON: media}}
        needs_body = bool((component.schema or {}).get("required")) and self.method != "DELETE"
        return body | {"required": True} if needs_body else body

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> JsonSchema:
        """As drf-spectacular has it, with the other spellings of a field."""
        schema: JsonSchema = super()._map_serializer(serializer, direction, bypass_extensions)
        schema["description"] = words.public(type(serializer).__doc__) + words.aliases(serializer)
        return extensions.with_spellings(schema, serializer)

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """As drf-spectacular has it, without the mark by which it would merge enumerations; 1 and 0 are booleans."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if isinstance(field, BooleanField):
            schema |= {"type": ["boolean", "integer"], "minimum": 0, "maximum": 1}
        if isinstance(schema, dict):
            schema.pop("x-spec-enum-id", None)
        return schema

    # --- What goes out ---------------------------------------------------------------------------

    def _get_response_bodies(self, direction: Any = "response") -> JsonSchema:
        """The answer, and every refusal."""
        same = {"304": self._not_modified()} if self.is_tagged_read else {}
        return {str(self.out.status): self._answer(), **same, **self._refusals()}

    def _not_modified(self) -> JsonSchema:
        return {"description": "The client has it already.", "headers": {"ETag": self._header("ETag")}}

    def _answer(self) -> JsonSchema:
        response: JsonSchema = {"description": self.out.message or f"{words.summary(self.view)}."}
        if found := links(self.view, list(uritemplate.variables(self.path))):
            response["links"] = found
        headers = self._rate_headers() | (self._page_headers() if self.is_paged else {})
        if self.view.is_tagged(self.view.action):
            headers |= {"ETag": self._header("ETag")}
        if self.is_write:
            headers |= {"Idempotent-Replayed": self._header("Idempotent-Replayed")}
        if headers:
            response["headers"] = headers
        if self.view.action == CSV_ACTION:
            return response | {"content": {"text/csv": {"schema": {"type": "string"}}}}
        paged_by = self.view.dialect if self.is_paged else None
        schema = shapes.answer_schema(self.out, paged_by, self._row)
        sample = shapes.plain(shapes.answer_sample(self.out, paged_by))
        return response | {"content": {JSON: {"schema": schema, "example": sample}}}

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """See AutoSchema."""
        return self._named(type(serializer).__name__)

    def _named(self, name: str) -> str:
        """A component's name with the dialect in it (`OrderV1`), for what several dialects share too."""
        dialect = self.view.dialect.name.upper()
        return name if dialect in name else f"{name}{dialect}"

    def _row(self, row: type[Row]) -> JsonSchema:
        """A reference to the component of a field table, made on first use."""
        component = ResolvedComponent(self._named(shapes.row_name(row)), ResolvedComponent.SCHEMA, object=row)
        if component not in self.registry:
            self.registry.register(component)
            component.schema = shapes.describe(shapes.row_shapes(row, self._row))
            if description := words.public(row.__doc__):
                component.schema["description"] = description
        return component.ref

    def _refusals(self) -> JsonSchema:
        found = errors.by_status(self._possible_errors(), self.view.dialect)
        return {str(status): self._refusal(status, bodies) for status, bodies in found.items()}

    def _possible_errors(self) -> Iterator[DomainError]:
        if self.serializer:
            yield from errors.bad_body(self.serializer)
        elif self.method == "GET":
            yield errors.bad_query(self.view.query_names)
        elif self.is_write:
            yield malformed_key()
        for name in uritemplate.variables(self.path):
            yield errors.missing_record(name)
        yield from self.view.refusals.get(self.view.action, ())
        if self.is_write:
            yield from (KeyInUse(), KeyReused())
        if self.view.checks_state:
            yield PreconditionFailed()
        if counted := words.rate(self.view):
            yield errors.over_the_rate(counted[1], counted[0])
        yield from errors.every_caller()

    def _refusal(self, status: int, bodies: Any) -> JsonSchema:
        by_field = [self.view.dialect.tells_fields(body) for body in bodies.values()]
        schemas = [self._error(by_field=kind) for kind in (False, True) if kind in by_field]
        headers = self._rate_headers() if status != 401 else {}
        if status == 429:
            headers = headers | {"Retry-After": self._header("Retry-After")}
        response: JsonSchema = {
            "description": " or ".join(f"`{code}`" for code in bodies),
            "content": {
                JSON: {
                    "schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas},
                    "examples": {code: {"value": shapes.plain(body)} for code, body in bodies.items()},
                }
            },
        }
        return response | {"headers": headers} if headers else response

    def _error(self, *, by_field: bool) -> JsonSchema:
        """A reference to the dialect's error body."""
        name = self._named("FieldErrors" if by_field else "Error")
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, object=type(self.view.dialect))
        if component not in self.registry:
            component.schema = errors.error_schema(self.view.dialect, by_field=by_field)
            self.registry.register(component)
        return component.ref

    def _rate_headers(self) -> JsonSchema:
        counted = words.rate(self.view) is not None
        return {name: self._header(name) for name in extensions.RATE_HEADERS} if counted else {}

    def _page_headers(self) -> JsonSchema:
        return {name: self._header(name) for name in extensions.PAGE_HEADERS}

    def _header(self, name: str) -> JsonSchema:
        component = ResolvedComponent(name, ResolvedComponent.HEADER, extensions.HEADERS[name], object=extensions)
        if component not in self.registry:
            self.registry.register(component)
        return component.ref


def _path_parameter(name: str, prefix: str | None) -> JsonSchema:
    schema = ID_SCHEMA if name.endswith("_id") else {"type": "string"}
    if prefix is not None:
        schema = {"type": "string", "pattern": f"^{prefix}[0-9]+$", "examples": [f"{prefix}456"]}
    noun = name.removesuffix("_id").capitalize()
    description = f"{noun} ID." if name.endswith("_id") else "From the link that a bulk export answered."
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": description}
