"""Pages of a list: bounded, with exact totals, in an order that does not change between pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from fluentcart.api.dialects import Dialect
from fluentcart.api.listing import told_at_once
from fluentcart.compiled import Found, Selection, Total
from fluentcart.errors import InvalidFields

PAGE_MAX = 2**31 - 1
# A selection, how many rows, after how many others -> how many rows there are in all, and those rows.
Pager = Callable[[Selection, int, int], tuple[int | Total, Found[Any]]]


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Args:
        rows: the rows of this page, in order.
        number: which page, from 1.
        size: how many rows a page has at most.
        count: how many rows the list has.
        when_empty: called when it has none; raises where there is no such list.
    """

    rows: Found[Any] | QuerySet[Any]
    number: int
    size: int
    count: int | Total
    when_empty: Callable[[], object] | None = None

    @cached_property
    def total(self) -> int:
        """How many rows the list has; asked for after the rows, it has come with them.

        Raises:
            DomainError: what `when_empty` raises.
        """
        total = int(self.count)
        if not total and self.when_empty is not None:
            self.when_empty()
        return total

    @property
    def pages(self) -> int:
        """How many pages there are; 0 when there is nothing."""
        return -(-self.total // self.size)

    def told_by(self, dialect: Dialect) -> dict[str, Any]:
        """Where the page stands in its list, in a dialect's words."""
        return dialect.pagination(number=self.number, size=self.size, total=self.total)


def whole_number(query: Mapping[str, Any], name: str, default: int, maximum: int = PAGE_MAX) -> int:
    """A number above zero from the query, clamped to `maximum` where that is a page size.

    Raises:
        InvalidFields: names the parameter.
    """
    text = query.get(name, default)
    if isinstance(text, int):
        return text
    is_number = isinstance(text, str) and text.isascii() and text.isdecimal()
    digits = text.lstrip("0")[:20] if is_number else ""  # Python refuses to read thousands of them
    if not digits or int(digits) > PAGE_MAX:
        cut = f"; more than {maximum} is cut to {maximum}" if maximum < PAGE_MAX else ""
        raise InvalidFields.of(name, f"{name} must be a whole number from 1 to {PAGE_MAX}{cut}.")
    return min(int(digits), maximum)


def paginate(
    source: Selection | QuerySet[Any], query: Mapping[str, Any], dialect: Dialect, pager: Pager = Selection.counted
) -> Page:
    """The page that the query asks for.

    Raises:
        InvalidFields: as `which_page`.
    """
    return page_of(source, *which_page(query, dialect), pager)


def which_page(query: Mapping[str, Any], dialect: Dialect) -> tuple[int, int]:
    """page from 1, and per_page (or what the dialect calls it) clamped to 100 (C42).

    Raises:
        InvalidFields: names each that is no such number.
    """
    try:
        return whole_number(query, "page", 1), page_size(query, dialect)
    except InvalidFields as error:
        raise told_at_once(error, [lambda: page_size(query, dialect)]) from error


def page_size(query: Mapping[str, Any], dialect: Dialect) -> int:
    """How many rows a page shall have.

    Raises:
        InvalidFields: names the parameter, as the dialect calls it.
    """
    return whole_number(query, dialect.size_name, dialect.size_default, settings.PAGE_SIZE_MAX)


def page_of(source: Selection | QuerySet[Any], number: int, size: int, pager: Pager) -> Page:
    """A page by its number, from 1.

    A queryset is read as it is, for lists that are short or seldom asked for.
    """
    offset = (number - 1) * size
    if isinstance(source, QuerySet):
        return Page(source[offset : offset + size], number, size, source.order_by().count())
    total, rows = pager(source, size, offset)
    return Page(rows, number, size, total)
