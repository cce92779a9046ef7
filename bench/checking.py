"""Whether the floor is honest: its answers to some requests equal the service's, apart from the order of keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from bench.endpoints import UNIQUE, Endpoint, Request
from bench.servers import Server

Reset = Callable[[], None]

# What two writes of the same thing may differ in; in answers to GET everything is compared.
OWN = frozenset(
    {"id", "uuid", "email", "created_at", "updated_at", "completed_at", "receipt_number", "invoice_no", "refund_id",
     "order_id", "charge_id", "parent_id"}
)  # fmt: skip


def content(body: bytes, *, is_write: bool) -> Any:
    """What is compared: the JSON without what every write makes anew, or the text."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace").splitlines()
    return without_own(data) if is_write else data


def without_own(data: Any) -> Any:
    """The data, with stars for what differs between two writes."""
    if isinstance(data, dict):
        return {key: "*" if key in OWN and value else without_own(value) for key, value in data.items()}
    return [without_own(item) for item in data] if isinstance(data, list) else data


def difference(one: Any, other: Any, path: str = "$") -> str | None:
    """Where two contents first differ; None when they do not."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return f"{path}: keys {sorted(one.keys() ^ other.keys())} only on one side"
        found = (difference(value, other[key], f"{path}.{key}") for key, value in one.items())
        return next((text for text in found if text), None)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        found = (difference(a, b, f"{path}[{index}]") for index, (a, b) in enumerate(zip(one, other, strict=True)))
        return next((text for text in found if text), None)
    return (
        None if one == other and type(one) is type(other) else f"{path}: {str(one)[:80]!r} is not {str(other)[:80]!r}"
    )


def twins(request: Request, number: int) -> tuple[Request, Request]:
    """The request for each side; where it must be unique, each side gets a number of its own."""
    first, second = (
        Request(request.path, request.method, request.body.replace(UNIQUE, f"{side}{number:011d}")) for side in (1, 2)
    )
    return first, second


def compare(service: Server, floor: Server, endpoint: Endpoint, requests: Sequence[Request], reset: Reset) -> str:
    """What is wrong with the floor's answers to some of the requests; "" when nothing is.

    Args:
        reset: brings the rows that the endpoint changes back, so that both sides find the same.
    """
    for number, request in enumerate(requests):
        asked = twins(request, number)
        answers = []
        for server, mine in zip((service, floor), asked, strict=True):
            reset()
            answers.append(server.ask(mine.method, mine.path, mine.body))
        (status, body), (floor_status, floor_body) = answers
        if not status == floor_status == endpoint.answers:
            return f"{request.method} {request.path}: service {status}, floor {floor_status}: {body[:200]!r}"
        found = (content(text, is_write=endpoint.writes) for text in (body, floor_body))
        if wrong := difference(*found):
            return f"{request.method} {request.path}: {wrong}"
    return ""
