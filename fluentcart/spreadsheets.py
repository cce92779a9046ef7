"""Rows as a CSV file that is sent while it is read, with nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.http import StreamingHttpResponse

CHUNK_ROWS = 1000
# A spreadsheet runs a cell that begins with one of these as a formula; in some locales the wide ones too (OWASP).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Echo:
    """A file that hands back what is written to it, so that csv can write into a stream."""

    def write(self, line: str) -> str:
        return line


def csv_stream(rows: Iterable[Sequence[Any]], filename: str) -> StreamingHttpResponse:
    """Rows of values as CSV, each sent when it is there; what a spreadsheet would run is made harmless."""
    writer = csv.writer(_Echo())
    lines = (writer.writerow([cell(value) for value in row]) for row in rows)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response


def cell(value: Any) -> Any:
    """A value as a spreadsheet should see it: times as in JSON, objects as JSON, formulas made harmless."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict | list):
        value = orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS).decode()
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
