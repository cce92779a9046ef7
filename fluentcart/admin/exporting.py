"""What a list of the admin shows as a CSV file for people: all that the search and the filters leave, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from import_export import resources

from fluentcart.spreadsheets import CHUNK_ROWS, csv_stream

WITH_TOTAL = "count=exact"  # of the header Prefer (RFC 7240), as PostgREST has it
# After the last row, for the script alone: a server ends an answer that broke off as properly as a whole one.
END = b"\0"


class ExportPages:
    """What the admin of a model needs for it; to be mixed in before ServiceAdmin."""

    change_list_template: Any = "admin/exporting_change_list.html"
    export_capability: ClassVar[str]
    export_resource: ClassVar[type[resources.ModelResource]]

    def get_urls(self) -> list[URLPattern]:
        """See ModelAdmin."""
        opts = self.opts  # type: ignore[attr-defined]
        page = self.admin_site.admin_view(self.export_view)  # type: ignore[attr-defined]
        name = f"{opts.app_label}_{opts.model_name}_export"
        return [path("export/", page, name=name), *super().get_urls()]  # type: ignore[misc]

    def may_export(self, request: HttpRequest) -> bool:
        """Whether somebody may take the rows with them: a right of its own, as in the API."""
        return self.export_capability in getattr(request.user, "capabilities", ())

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """See ModelAdmin; with the way to the export for those who may."""
        context = {**(extra_context or {}), "may_export": self.may_export(request)}
        return super().changelist_view(request, context)  # type: ignore[misc]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The rows that the search and the filters leave, as CSV; nothing is kept.

        Nothing is counted either, unless the script that shows progress (export.js) asks for it: then X-WP-Total says
        how many rows there were when the answer began, and END follows the last. Counting costs little beside reading.
        """
        if not (self.has_view_permission(request) and self.may_export(request)):  # type: ignore[attr-defined]
            raise PermissionDenied
        opts = self.opts  # type: ignore[attr-defined]
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)  # type: ignore[attr-defined]
        except IncorrectLookupParameters:
            return redirect(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        filename = f"{opts.verbose_name_plural}.csv"
        answer = csv_stream(export_rows(self.export_resource(), listed), filename)
        if WITH_TOTAL in request.headers.get("Prefer", ""):
            answer["X-WP-Total"] = str(listed.count())
            answer.streaming_content = chain(answer.streaming_content, [END])  # type: ignore[arg-type]
        return answer  # type: ignore[return-value]


def export_rows(resource: resources.ModelResource, listed: QuerySet[Any]) -> Iterator[list[Any]]:
    """The heading and a line a row, by id; read in chunks, so that memory does not grow with their number.

    django-import-export's own export builds the whole file in memory; its fields are asked row by row here.
    """
    yield resource.get_export_headers()
    last_id = 0
    while chunk := list(listed.filter(pk__gt=last_id).order_by("pk")[:CHUNK_ROWS]):
        for row in chunk:
            yield resource.export_resource(row)
        last_id = chunk[-1].pk
