"""Pages of what a search finds in the admin's list of orders, by the rule that the API's list has."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest

from fluentcart.admin.paging import BoundedPaginator
from fluentcart.compiled import Found, Selection, Total
from orders.lists import is_mere_search, search_page
from orders.models import Order
from orders.search import search_orders


class FoundPaginator(BoundedPaginator):
    """Pages of a search and nothing else, on PostgreSQL: the orders of the customers it finds are not joined.

    Args:
        rows: all orders of the list, with what it shows of them loaded.
        selection: what is searched; `is_mere_search`.
    """

    def __init__(self, rows: QuerySet[Order], per_page: int, selection: Selection) -> None:
        super().__init__(rows, per_page)
        self.rows, self.selection = rows, selection

    @cached_property
    def _first(self) -> tuple[int | Total, Found[Any]]:
        """The exact total, and the first page: one round trip has both."""
        return search_page(self.selection, self.per_page, 0)

    @cached_property
    def _found(self) -> int:
        """See BoundedPaginator."""
        return int(self._first[0])

    def page(self, number: Any) -> Page:
        """See Paginator."""
        number = self.validate_number(number)
        offset = (number - 1) * self.per_page
        _, found = search_page(self.selection, self.per_page, offset) if offset else self._first
        return Page(self.rows.filter(pk__in=found.values["ids"]).order_by("-pk"), number, self)


class OrderList(ChangeList):
    """The list of orders; where all that is found fits on one page, Django would ask its own query for that."""

    def get_results(self, request: HttpRequest) -> None:
        """See ChangeList."""
        super().get_results(request)
        if isinstance(self.paginator, FoundPaginator) and not self.multi_page:
            self.result_list = self.paginator.page(1).object_list


def mere_search(request: HttpRequest) -> Selection | None:
    """What a list was asked to search, if for nothing else and in no other order; None where the list's own query does.

    That is for filters, for terms of less than three letters, and on SQLite.
    """
    term = " ".join(request.GET.get("q", "").split())
    if not term or request.GET.keys() - {"q", "p"}:
        return None
    selection = search_orders(Selection(Order.objects.all), term)
    return selection if is_mere_search(selection) else None
