"""How the checks read: SQL that both databases understand, only rows that differ, and never all of them in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from django.db import connection, models

from orders.audit.finding import Difference, Ids

ROWS_AT_ONCE = 2000
Row = TypeVar("Row", bound="tuple[Any, ...]")
M = TypeVar("M", bound=models.Model)


def select(sql: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, a few thousand at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def compare(source: str, *, key: str, figures: Mapping[str, tuple[str, str]]) -> Iterator[Difference]:
    """Where figures differ.

    Args:
        source: what stands after FROM.
        key: the expression of the row's id.
        figures: field -> expression of what is stored, expression of what it should be; neither may be NULL.
    """
    columns = ", ".join(f"{found}, {expected}" for found, expected in figures.values())
    differs = " OR ".join(f"{found} <> {expected}" for found, expected in figures.values())
    for row_id, *values in select(f"SELECT {key}, {columns} FROM {source} WHERE {differs}"):  # noqa: S608 - our own text
        for field, found, expected in zip(figures, values[::2], values[1::2], strict=True):
            if found != expected:
                yield Difference(row_id, field, found, expected)


def exceeding(source: str, *, key: str, field: str, found: str, limit: str) -> Iterator[Difference]:
    """Where a figure is above its limit; arguments as in `compare`."""
    for row_id, value, most in select(f"SELECT {key}, {found}, {limit} FROM {source} WHERE {found} > {limit}"):  # noqa: S608
        yield Difference(row_id, field, value, f"at most {most}")


def beside(rows: Iterable[Row], others: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Row, tuple[Any, ...] | None]]:
    """Each row with the other of the same first column, or None; both come ordered by it, and once each."""
    following = iter(others)
    other = next(following, None)
    for row in rows:
        while other is not None and other[0] < row[0]:
            other = next(following, None)
        yield row, other if other is not None and other[0] == row[0] else None


def among(queryset: models.QuerySet[M], ids: Ids, column: str = "pk") -> models.QuerySet[M]:
    """The rows with those ids; all without any."""
    return queryset if ids is None else queryset.filter(**{f"{column}__in": ids})
