"""Answers as JSON by orjson."""

from __future__ import annotations

import json
from collections.abc import ItemsView, Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse
from django.http.response import ResponseHeaders
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC | orjson.OPT_OMIT_MICROSECONDS


def plain(value: Any) -> Any:
    """What orjson does not know: lazy texts; decimals as JSON numbers with all their places."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def to_json(data: Any, *, indented: bool = False) -> bytes:
    """The bytes of an answer. Times are UTC in whole seconds with a Z."""
    options = OPTIONS | (orjson.OPT_INDENT_2 if indented else 0)
    try:
        return orjson.dumps(data, default=plain, option=options)
    except TypeError:
        # Integers beyond 64 bits and lone surrogates, in a customer's own additional_info.
        return json.dumps(data, default=str, indent=2 if indented else None).encode()


class AnswerHeaders(ResponseHeaders):
    """Django's headers; a plain text is stored without asking in which charset it can be written.

    An answer has sixteen of them, each looked for, stored and read out again: a twelfth of a small request's time.
    """

    _store: dict[str, tuple[str, str]]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._store

    def __setitem__(self, name: str, value: Any) -> None:
        """As Django's. What can be printed has no line in it that would end the header."""
        if type(value) is str and value.isascii() and value.isprintable() and name.isascii() and name.isprintable():
            self._store[name.lower()] = (name, value)
        else:
            super().__setitem__(name, value)

    def items(self) -> ItemsView[str, str]:
        """Names and values."""
        return dict(self._store.values()).items()


class JsonAnswer(HttpResponse):
    """An answer whose JSON is there at once; `data` is what it was made of, as of DRF's own."""

    def __init__(self, data: Any, status: int) -> None:
        content = to_json(data)
        super().__init__(content, content_type=OrjsonRenderer.media_type, status=status)
        self.headers = AnswerHeaders({"Content-Type": OrjsonRenderer.media_type, "Content-Length": str(len(content))})
        self.data = data


class OrjsonRenderer(BaseRenderer):
    """application/json."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """See BaseRenderer; indented for the browsable page."""
        if data is None:
            return b""
        return to_json(data, indented="indent" in (accepted_media_type or ""))
