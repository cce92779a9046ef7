"""Export links and the rows behind them.

A link is signed, bound to the user who asked for it, and expires; it opens nothing without that user's own
credentials and capability (decisions, "Who may do what").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request

from fluentcart.api import replica
from fluentcart.api.rows import Row
from fluentcart.compiled import Selection
from fluentcart.errors import DomainError
from fluentcart.spreadsheets import CHUNK_ROWS, csv_stream


class ExportNotFound(DomainError):
    """The link is not one of ours, has expired, or belongs to somebody else; which of these is not told."""

    code = "export_not_found"

    def __init__(self) -> None:
        super().__init__("This export link is not valid, or has expired.")


def make_link(request: Request, resource: str, ids: Sequence[int]) -> dict[str, Any]:
    """The link under which the caller, and nobody else, can fetch the rows with these ids for an hour."""
    token = signing.dumps({"user": request.user.pk, "ids": list(ids)}, salt=_salt(resource), compress=True)
    base = request.path.rstrip("/").rsplit("/", 1)[0]
    return {
        "url": request.build_absolute_uri(f"{base}/export/{token}"),
        "format": "csv",
        "filename": f"{resource}.csv",
        "expires_at": timezone.now() + dt.timedelta(seconds=settings.EXPORT_LINK_SECONDS),
    }


def read_link(request: Request, resource: str, token: str) -> list[int]:
    """The ids behind a link.

    Raises:
        ExportNotFound: forged, expired, or made for another user.
    """
    try:
        link = signing.loads(token, salt=_salt(resource), max_age=settings.EXPORT_LINK_SECONDS)
    except signing.BadSignature as error:
        raise ExportNotFound from error
    if link["user"] != request.user.pk:
        raise ExportNotFound
    return list(link["ids"])


def _salt(resource: str) -> str:
    return f"fluentcart.export.{resource}"


def csv_response(row: type[Row], chosen: Callable[[], Selection], filename: str) -> StreamingHttpResponse:
    """The rows of a selection by key as CSV, read and sent in chunks: memory does not grow with their number.

    The first chunk, and with it all that a link can ask for, is read before the answer begins: a file that broke off
    half way would look whole, since a server ends the answer properly.

    Args:
        chosen: gives the selection, made anew for each chunk: where it is read from may change on the way.
    """
    chunks = _chunks(row, chosen, replica.kept())
    first = next(chunks, [])
    return csv_stream(_rows(row, chain([first], chunks)), filename)


def _rows(row: type[Row], chunks: Iterable[list[dict[str, Any]]]) -> Iterator[list[Any]]:
    names = [name for name, field in row.fields.items() if not field.optional]
    yield names
    for chunk in chunks:
        for found in chunk:
            yield [found[name] for name in names]


def _chunks(
    row: type[Row], chosen: Callable[[], Selection], read: Callable[..., Any]
) -> Iterator[list[dict[str, Any]]]:
    def chunk(after: int) -> tuple[list[int], list[dict[str, Any]]]:
        return row.read(chosen().filtered(pk__gt=after).ordered(("pk", False)).window(CHUNK_ROWS))

    last = 0
    while True:
        keys, rows = read(partial(chunk, last))
        if rows:
            yield rows
        if len(rows) < CHUNK_ROWS:
            return
        last = keys[-1]
