"""Pages of a list: bounded, with exact totals, in an order that does not change between pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from fluentcart.api.dialects import Dialect
from fluentcart.errors import InvalidFields

PAGE_MAX = 2**31 - 1


@dataclass(frozen=True)
class Page:
    """One page of a queryset that is filtered and sorted, and not sliced yet."""

    queryset: QuerySet[Any]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; 0 when there is nothing."""
        return -(-self.total // self.size)

    @property
    def rows(self) -> QuerySet[Any]:
        """The rows of this page, in order.

        Past the first page the ids are found first and the rows read by them: a deep OFFSET then walks an
        index and not the table (PERFORMANCE, "Lists at 1M and 10M orders").
        """
        offset = (self.number - 1) * self.size
        if offset >= self.total:
            return self.queryset.none()
        window = slice(offset, offset + self.size)
        if offset == 0:
            return self.queryset[window]
        ids = list(self.queryset.values_list("pk", flat=True)[window])
        return self.queryset.model._default_manager.filter(pk__in=ids).order_by(*self.queryset.query.order_by)

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
    if not isinstance(text, str) or not text.isascii() or not text.isdecimal() or not 0 < int(text[:20]) <= PAGE_MAX:
        raise InvalidFields.of(name, f"{name} must be a whole number from 1 to {PAGE_MAX}.")
    return min(int(text), maximum)


def paginate(queryset: QuerySet[Any], query: Mapping[str, Any], dialect: Dialect) -> Page:
    """The page that the query asks for: page from 1, per_page (or what the dialect calls it) clamped to 100 (C42)."""
    return Page(
        queryset=queryset,
        number=whole_number(query, "page", 1),
        size=whole_number(query, dialect.size_name, dialect.size_default, settings.PAGE_SIZE_MAX),
        total=queryset.order_by().count(),
    )
