"""`ETag` on every single resource, `If-None-Match` on reads (304) and `If-Match` on writes (412).

A tag is `"<state>.<representation>"`. The state is a hash of what the resource is in this dialect: all fields of its
row but those that `with[]` adds. The representation is a hash of the bytes of one answer. A write compares states,
after the row was locked and in the writing transaction, so no update is lost between check and write; a read compares
the whole tag. A weak tag never matches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson
from django.db import transaction
from django.http import HttpResponse, HttpResponseNotModified
from rest_framework.request import Request
from rest_framework.response import Response

from fluentcart.api.rendering import to_json
from fluentcart.errors import DomainError, NotFound

IF_MATCH = "HTTP_IF_MATCH"
IF_NONE_MATCH = "HTTP_IF_NONE_MATCH"
READ = "retrieve"
WRITE = "update"
CHECKED = (WRITE, "destroy")
# About a body that a 304 has not.
NOT_ON_304 = ("content-type", "content-length")

Handler = Callable[..., Response]


class PreconditionFailed(DomainError):
    """The resource is not what the client thinks it is."""

    code = "precondition_failed"

    def __init__(self) -> None:
        super().__init__("It was changed since this ETag was answered, or is not there; get it again.")


def digest(data: bytes) -> str:
    """128 bits of a hash, as hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def state_of(row: Mapping[str, Any], optional: Collection[str]) -> tuple[str, orjson.Fragment | None]:
    """The state of a spelled row; and its JSON, unless `with[]` asked for more than the state is made of."""
    plain = {name: value for name, value in row.items() if name not in optional}
    text = to_json(plain)
    return digest(text), orjson.Fragment(text) if len(plain) == len(row) else None


def tags(header: str) -> list[str]:
    """The strong tags of If-Match or If-None-Match, without their quotes; `*` as it is."""
    found = (tag.strip() for tag in header.split(","))
    return [tag.strip('"') for tag in found if tag == "*" or (tag[:1] == tag[-1:] == '"' and len(tag) > 1)]


def tagged(request: Request, response: Any, state: str) -> Any:
    """An answer that tells its tag, or that the client has it already, as soon as it has its bytes."""

    def finish(rendered: Any) -> HttpResponse | None:
        tag = f"{state}.{digest(rendered.content)}"
        rendered["ETag"] = f'"{tag}"'
        asked = tags(request.META.get(IF_NONE_MATCH, ""))
        if request.method not in ("GET", "HEAD") or not {tag, "*"} & set(asked) or "_envelope" in request.GET:
            return None
        return not_modified(rendered)

    if isinstance(response, Response):
        response.add_post_render_callback(finish)
        return response
    return finish(response) or response


def not_modified(response: HttpResponse) -> HttpResponse:
    """The same without a body."""
    headers = {name: value for name, value in response.items() if name.lower() not in NOT_ON_304}
    return HttpResponseNotModified(headers=headers)


def guarded(view: Any, request: Request, handler: Handler) -> Handler:
    """The handler of a write that carries If-Match: one transaction locks, compares and writes."""
    wanted = {tag.partition(".")[0] for tag in tags(request.META[IF_MATCH])}

    def checked(request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            try:
                view.lock_resource(**kwargs)
                state = state_now(view, request, kwargs)
            except NotFound as error:
                raise PreconditionFailed from error
            if not {state, "*"} & wanted:
                raise PreconditionFailed
            return handler(request, *args, **kwargs)

    return checked


def state_now(view: Any, request: Request, ids: Mapping[str, Any]) -> str:
    """The state that a read of the same address, in the same dialect and by the same caller, would tell."""
    reader = type(view)()
    reader.request, reader.action, reader.kwargs = request, READ, dict(ids)
    vars(reader)["query"] = {}
    reader.retrieve(request, **ids)
    state: str = reader.state
    return state
