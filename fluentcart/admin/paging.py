"""Pages of lists that may be very long: nothing is ever counted to its end."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import IntegerField, QuerySet, Subquery

COUNTED_ROWS_MAX = 10_000


class BoundedCount(Subquery):
    """How many rows a query about the outer row finds, counted no further than one above a bound.

    Args:
        rows: with an OuterRef in it, of the primary key alone.
        bound: how many are told exactly.
    """

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"

    def __init__(self, rows: QuerySet[Any], bound: int) -> None:
        super().__init__(rows.order_by()[: bound + 1], output_field=IntegerField())


class BoundedPaginator(Paginator):
    """Counts up to 10,000 rows, and shows as many; whoever looks for more searches or filters.

    Counting a million rows for each look at a list would cost more than the list, and so would the page at
    their end. `is_bounded` says that there are more rows than are counted.
    """

    @cached_property
    def _found(self) -> int:
        """How many rows there are, up to one more than are shown. One query, which stops there."""
        rows: Any = self.object_list
        if not hasattr(rows, "order_by"):
            return len(rows)
        return int(rows.order_by().values("pk")[: COUNTED_ROWS_MAX + 1].count())

    @cached_property
    def count(self) -> int:
        """See Paginator."""
        return min(self._found, COUNTED_ROWS_MAX)

    @property
    def is_bounded(self) -> bool:
        """Whether there are rows beyond the last page."""
        return self._found > COUNTED_ROWS_MAX
