"""The admin's pages of a product import: choose a file, see what it would do, let it be done.

The answer is written while the work goes on, so a person sees how far it is without any script; the file
travels in the page between check and import, signed, so that no process has to keep it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html

from fluentcart.history.actor import acting_as, current_actor
from orders.admin.imports import BYTES_MAX, COLUMNS, ROWS_MAX, Report, Unreadable, read_products, run_import
from orders.models import Product

SALT = "orders.product_import"
CONFIRM_SECONDS = 3600
# The page carries the file back as a form field, which Django bounds (BODY_BYTES_MAX).
CARRIED_CHARS_MAX = 900_000
HERE = "<!-- progress -->"  # where in the page the work is told
PAGE = "admin/orders/product/import.html"


class FileForm(forms.Form):
    """A product list to look at."""

    file = forms.FileField(
        label="CSV file",
        help_text=f"UTF-8, at most {ROWS_MAX:,} rows. The first line names the columns: {', '.join(COLUMNS)}.",
    )

    def clean_file(self) -> tuple[str, str]:
        """The name and the text of the file."""
        file = self.cleaned_data["file"]
        if file.size > BYTES_MAX:
            raise forms.ValidationError(f"A file has at most {BYTES_MAX // 1024:,} kB. Split it.")
        try:
            return file.name, file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError("The file is not UTF-8: save it as “CSV UTF-8”.") from error


class ProductImportPages:
    """What a product's admin needs for them; to be mixed in before ServiceAdmin."""

    def get_urls(self) -> list[URLPattern]:
        """See ModelAdmin."""
        page = self.admin_site.admin_view(self.import_view)  # type: ignore[attr-defined]
        return [path("import/", page, name="orders_product_import"), *super().get_urls()]  # type: ignore[misc]

    def may_import(self, request: HttpRequest) -> bool:
        """Whether somebody may do what an import does: make products, and change them."""
        return self.has_add_permission(request) and self.has_change_permission(request)  # type: ignore[attr-defined]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """See ModelAdmin; with the way to the import for those who may."""
        context = {**(extra_context or {}), "may_import": self.may_import(request)}
        return super().changelist_view(request, context)  # type: ignore[misc]

    def import_view(self, request: HttpRequest) -> Any:
        """GET: choose a file. POST with a file: check it. POST with what the check carried: import it."""
        if not self.may_import(request):
            raise PermissionDenied
        carried = request.POST.get("carried")
        form = FileForm(request.POST or None, request.FILES or None)
        if carried is None and not form.is_valid():
            return self._page(request, form=form)
        try:
            name, text = _unpacked(request, carried) if carried else form.cleaned_data["file"]
            dataset = read_products(text)
            packed = "" if carried else _packed(request, name, text)
        except Unreadable as error:
            form = FileForm(None)
            return self._page(request, form=form, refusal=error.message)
        steps = run_import(dataset, keep=carried is not None)
        return self._stream(request, name, steps, packed)

    def _context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        site = self.admin_site  # type: ignore[attr-defined]
        return {**site.each_context(request), "title": "Import products", "opts": Product._meta, **more}

    def _page(self, request: HttpRequest, **more: Any) -> HttpResponse:
        return TemplateResponse(request, PAGE, self._context(request, **more))

    def _stream(self, request: HttpRequest, name: str, steps: Iterator[Report], packed: str) -> StreamingHttpResponse:
        page = render_to_string(PAGE, self._context(request, is_working=True), request)
        head, _, foot = page.partition(HERE)
        pieces = self._pieces(request, name, steps, packed)
        response = StreamingHttpResponse(_as_asked(_around(head, pieces, foot)))
        response["X-Accel-Buffering"] = "no"  # a proxy that collects the answer would hide the progress
        return response

    def _pieces(self, request: HttpRequest, name: str, steps: Iterator[Report], packed: str) -> Iterator[str]:
        """A line for each step, and what came of it all."""
        report = None
        try:
            for report in steps:
                yield format_html(
                    '<p role="status">{} of {} rows <progress max="{}" value="{}"></progress></p>\n',
                    report.done_count, report.rows_count, report.rows_count, report.done_count,
                )  # fmt: skip
        finally:
            if report and report.taken_count and not packed:  # also when nobody reads on
                _log(request, name, report)
        context = {"report": report, "name": name, "packed": packed, "is_check": bool(packed)}
        yield "</div>" + render_to_string("admin/orders/product/import_result.html", context, request) + "<div>"


def _around(head: str, pieces: Iterator[str], foot: str) -> Iterator[str]:
    yield head
    yield from pieces
    yield foot


def _as_asked(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces, each made by the actor and in the zone of the request, which has returned by then."""
    actor, zone = current_actor(), timezone.get_current_timezone()
    while True:
        with acting_as(actor), timezone.override(zone):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _packed(request: HttpRequest, name: str, text: str) -> str:
    """A checked file as a form field: compressed, and only for who checked it.

    Raises:
        Unreadable: too large to be carried.
    """
    packed = signing.dumps([request.user.pk, name, text], salt=SALT, compress=True)
    if len(packed) > CARRIED_CHARS_MAX:
        raise Unreadable("The file is too large to be imported at once. Split it.")
    return packed


def _unpacked(request: HttpRequest, carried: str) -> tuple[str, str]:
    """The name and text of a checked file.

    Raises:
        Unreadable: not what the check carried, an hour old, or somebody else's.
    """
    try:
        user_id, name, text = signing.loads(carried, salt=SALT, max_age=CONFIRM_SECONDS)
    except signing.BadSignature as error:
        raise Unreadable("The check is more than an hour old. Check the file again.") from error
    if user_id != request.user.pk:
        raise Unreadable("Somebody else checked this file. Check it again.")
    return name, text


def _log(request: HttpRequest, name: str, report: Report) -> None:
    LogEntry.objects.create(
        user=request.user,  # type: ignore[misc]
        content_type=ContentType.objects.get_for_model(Product),
        object_repr=f"Import of {name}"[:200],
        action_flag=CHANGE,
        change_message=f"{report.done_count} of {report.rows_count} rows: {report.new_count} new,"
        f" {report.changed_count} changed, {report.bad_count} refused.",
    )
