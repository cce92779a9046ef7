"""Request bodies: JSON, and PHP-style forms; bounded in size and depth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from rest_framework import parsers
from rest_framework.exceptions import APIException, ParseError

from fluentcart.api.query import TOO_MANY_VARIABLES, nest
from fluentcart.bodies import CHUNKED
from fluentcart.errors import InvalidFields

JSON_DEPTH_MAX = 64


class BodyTooLarge(APIException):
    """The body is larger than BODY_BYTES_MAX."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = f"The body may have at most {settings.BODY_BYTES_MAX} bytes."


class LengthRequired(APIException):
    """A form in chunks: nothing would show that it was cut off."""

    status_code = 411
    default_code = "length_required"
    default_detail = "A form must be sent with its Content-Length; JSON may be sent in chunks."


def refuse_chunked_form(meta: Mapping[str, Any]) -> None:
    """Go on unless the body is a form in chunks.

    Raises:
        LengthRequired: it is.
    """
    if CHUNKED in meta and "CONTENT_LENGTH" not in meta:
        raise LengthRequired


def read_body(stream: IO[bytes], parser_context: Mapping[str, Any] | None) -> bytes:
    """The whole body; one that is announced to be too large is not waited for.

    Raises:
        BodyTooLarge: it has more than BODY_BYTES_MAX bytes.
        UnreadablePostError: it was cut off.
    """
    meta = parser_context["request"].META if parser_context else {}
    announced_bytes = 0 if CHUNKED in meta else int(meta.get("CONTENT_LENGTH") or 0)
    body = b"" if announced_bytes > settings.BODY_BYTES_MAX else stream.read(settings.BODY_BYTES_MAX + 1)
    if max(len(body), announced_bytes) > settings.BODY_BYTES_MAX:
        raise BodyTooLarge
    return body


class JsonParser(parsers.BaseParser):
    """JSON by orjson; what orjson refuses and JSON allows (lone surrogates) is left for the fields to name."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """See BaseParser. An empty body is an empty object, but not in chunks: then all of it may be missing.

        Raises:
            ParseError: the text is not JSON, or nested deeper than 64.
        """
        body = read_body(stream, parser_context)
        if not body.strip() and CHUNKED not in (parser_context or {})["request"].META:
            return {}
        value = _load(body)
        if _depth(value) > JSON_DEPTH_MAX:
            raise ParseError(f"The JSON body is nested deeper than {JSON_DEPTH_MAX}.")
        return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = str(error)
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body is not valid JSON: {reason}.") from error


def _depth(value: Any) -> int:
    """How deep lists and objects are nested; stops counting one past the limit."""
    level, depth = [value], 0
    while level and depth <= JSON_DEPTH_MAX:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        nested = any(isinstance(item, dict | list) for item in level)
        level, depth = inner, depth + nested
    return depth


@contextmanager
def named_variables() -> Iterator[None]:
    """Say of too many variables, which Django counts, that they stand in the body.

    Raises:
        InvalidFields: there are more than 1,000.
    """
    try:
        yield
    except TooManyFieldsSent as error:
        raise InvalidFields.of("body", TOO_MANY_VARIABLES) from error


class FormParser(parsers.BaseParser):
    """application/x-www-form-urlencoded with PHP's nesting."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """See BaseParser."""
        with named_variables():
            form = QueryDict(read_body(stream, parser_context), encoding="utf-8")
        return nest((name, value) for name, values in form.lists() for value in values)


class MultiPartParser(parsers.MultiPartParser):
    """multipart/form-data with PHP's nesting; files are not used by any route and are dropped."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """See BaseParser."""
        whole = BytesIO(read_body(stream, parser_context))
        with named_variables():
            form = super().parse(whole, media_type, parser_context).data
        return nest((name, value) for name, values in form.lists() for value in values)
