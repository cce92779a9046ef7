"""What drf-spectacular cannot know by itself: headers, how one signs in, our own fields, and other spellings."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension

from fluentcart.api.idempotency import KEY_CHARS_MAX
from fluentcart.api.inputs import In
from fluentcart.api.rows import JsonSchema

RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
PAGE_HEADERS = ("X-WP-Total", "X-WP-TotalPages", "Link")
HEADERS: dict[str, JsonSchema] = {
    "X-RateLimit-Limit": {"description": "Requests an hour.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "What is left of them.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"description": "When all are back, in epoch seconds.", "schema": {"type": "integer"}},
    "ETag": {
        "description": "What it is now, for If-Match and If-None-Match.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "`true` when this is the stored answer to an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "X-WP-Total": {"description": "How many there are on all pages.", "schema": {"type": "integer"}},
    "X-WP-TotalPages": {"description": "How many pages there are.", "schema": {"type": "integer"}},
    "Link": {"description": 'The pages before and after, as rel="prev" and rel="next".', "schema": {"type": "string"}},
}


IF_MATCH: JsonSchema = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "Write only when it still is what this ETag was answered for.",
}
IF_NONE_MATCH: JsonSchema = {
    "name": "If-None-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "Answer 304 without a body when it still is what this ETag was answered for.",
}
IDEMPOTENCY_KEY: JsonSchema = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARS_MAX, "pattern": "^[!-~]+$"},
    "description": "A text of your own for this write. The same request with the same key is carried out once, and "
    "answered alike for 24 hours.",
}


class ApplicationPasswordScheme(OpenApiAuthenticationExtension):
    """HTTP Basic with an application password."""

    target_class = "accounts.authentication.ApplicationPasswordAuthentication"
    name = "applicationPassword"

    def get_security_definition(self, auto_schema: Any) -> JsonSchema:
        """See OpenApiAuthenticationExtension."""
        words = "A login or e-mail address, and an application password (not the login password)."
        return {"type": "http", "scheme": "basic", "description": words}


class NonceScheme(OpenApiAuthenticationExtension):
    """The cookie and a nonce, as WordPress's own pages use them."""

    target_class = "accounts.authentication.NonceAuthentication"
    name = "sessionNonce"

    def get_security_definition(self, auto_schema: Any) -> JsonSchema:
        """See OpenApiAuthenticationExtension."""
        words = (
            "Together with the cookie of a session, for pages of the shop: a nonce from "
            "`/wp-admin/admin-ajax.php?action=rest-nonce`. Every answer carries a fresh one in the same header."
        )
        return {"type": "apiKey", "in": "header", "name": "X-WP-Nonce", "description": words}


class BrowserSessionScheme(OpenApiAuthenticationExtension):
    """The cookie of the browsable pages."""

    target_class = "accounts.authentication.BrowserSessionAuthentication"
    name = "browserSession"

    def get_security_definition(self, auto_schema: Any) -> JsonSchema:
        """See OpenApiAuthenticationExtension."""
        words = (
            "The browsable pages only: same origin, `Accept: text/html`, and `X-CSRFToken` on writes. "
            "A request for JSON with nothing but this cookie is anonymous."
        )
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": words}


class JsonField(OpenApiSerializerFieldExtension):
    """An object of the client's own."""

    target_class = "fluentcart.api.inputs.Json"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> JsonSchema:
        """See OpenApiSerializerFieldExtension."""
        return {"type": "object", "additionalProperties": True}


class NumberField(OpenApiSerializerFieldExtension):
    """An exact number, as a JSON number or a text."""

    target_class = "fluentcart.api.inputs.Number"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> JsonSchema:
        """See OpenApiSerializerFieldExtension."""
        return {"type": ["number", "string"], "minimum": 0, "maximum": self.target.most}


class RefusedField(OpenApiSerializerFieldExtension):
    """A field that cannot be sent here."""

    target_class = "fluentcart.api.inputs.Refused"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> JsonSchema:
        """See OpenApiSerializerFieldExtension; nothing satisfies `not: {}`."""
        return {"not": {}, "description": self.target.sentence}


# --- Other spellings, which an In says as data (see In) ------------------------------------------


def spellings(serializer: type[In]) -> tuple[str, ...]:
    """The names that fit in a query: fields with their other spellings."""
    names = [name for field, others in serializer.spellings.items() for name in (field, *others)]
    return tuple(name for name in names if "." not in name)


def with_spellings(schema: JsonSchema, serializer: In) -> JsonSchema:
    """The schema with every spelling as a property; of a required field any one spelling suffices."""
    for field, others in serializer.spellings.items():
        one = schema["properties"][field]
        for name in others:
            outer, dot, inner = name.partition(".")
            nested = {"type": "object", "properties": {inner: one}, "required": [inner]}
            schema["properties"][outer] = nested if dot else one
        if field in schema.get("required", ()):
            schema["required"] = [name for name in schema["required"] if name != field]
            schema["anyOf"] = [{"required": [name.partition(".")[0]]} for name in (field, *others)]
    return {key: value for key, value in schema.items() if value != []}
