"""What the admin's pages of every app share: money as text, refusals beside their fields, writes through services."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected as confirm_deletion
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from fluentcart.admin.paging import BoundedPaginator
from fluentcart.bulk import BulkResult, run_each
from fluentcart.deadlocks import tried_again
from fluentcart.errors import DomainError
from fluentcart.money import exponent, to_cents, to_decimal, to_text

AMOUNT_MAX_CENTS = 2**53 - 1
REFUSALS_SHOWN_MAX = 10
# One action takes so many rows at most: each is a transaction of its own, and a browser waits for them all.
ACTION_ROWS_MAX = 1000
_AMOUNT = re.compile(r"[0-9]{1,16}(\.[0-9]{1,4})?")


def money(amount_cents: int, currency: str) -> str:
    """Minor units as people read them: (2500000, "USD") -> "25,000.00 USD", (500, "JPY") -> "500 JPY"."""
    return f"{to_decimal(amount_cents, currency):,f} {currency}"


def money_column(field: str, label: str, *, currency: str | None = None) -> Callable[[Any, Any], str]:
    """A column or read-only field that shows the minor units in `field` with their currency.

    Args:
        field: the attribute that ends in `_cents`.
        label: the heading.
        currency: where the row keeps its currency ("currency", "order.currency"); None is the shop's.
    """

    @admin.display(description=label, ordering=field)
    def column(self: Any, row: Any) -> str:
        code = attrgetter(currency)(row) if currency else settings.SHOP_CURRENCY
        return money(getattr(row, field), code)

    return column


class MoneyField(forms.CharField):
    """An amount typed and shown in major units ("19.99"); its value is whole minor units.

    Args:
        currency: an ISO 4217 code; None is the shop's.
    """

    def __init__(self, *, currency: str | None = None, **options: Any) -> None:
        self.currency = currency or settings.SHOP_CURRENCY
        options.setdefault("help_text", f"In {self.currency}, with up to {exponent(self.currency)} decimals.")
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """Minor units as major units; what was typed stays as it was typed."""
        return to_text(value, self.currency) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        """Minor units; None when nothing was typed.

        Raises:
            ValidationError: no amount, more decimals than the currency has, or too large.
        """
        if isinstance(value, int):
            return value
        text = super().to_python(value)
        if not text:
            return None
        if not _AMOUNT.fullmatch(text):
            raise ValidationError(f"Enter an amount such as {to_text(1999, self.currency)}.")
        try:
            amount_cents = to_cents(text, self.currency)
        except ValueError as error:
            raise ValidationError(f"{error}.") from error
        if amount_cents > AMOUNT_MAX_CENTS:
            raise ValidationError(f"An amount cannot exceed {money(AMOUNT_MAX_CENTS, self.currency)}.")
        return amount_cents

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another amount was typed than was shown: "5" and "5.00" are the same."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


def add_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Show a refusal in a form: beside the fields that it is about, or above them all."""
    for field, sentences in error.fields.items():
        shown = next((name for name in (field, field.removesuffix("_id")) if name in form.fields), None)
        form.add_error(shown, sentences)
    if not error.fields:
        form.add_error(None, error.message)


class ServiceForm(forms.ModelForm):
    """A form of an object that a service writes; `ServiceAdmin` shows in it what the service refused."""

    refusal: ClassVar[DomainError | None] = None

    def full_clean(self) -> None:
        """Validate, and add what the service refused when the same values were stored a moment ago."""
        super().full_clean()
        if self.is_bound and self.refusal:
            add_refusal(self, self.refusal)


class MoneyAsText:
    """Shows money with its currency to those who may look and not change.

    `money_texts` names, for each form field in minor units, the `money_column` that takes its place.
    """

    money_texts: Mapping[str, str] = {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The columns are never typed into."""
        return (*super().get_readonly_fields(request, obj), *self.money_texts.values())  # type: ignore[misc]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The form's fields, or what they show."""
        found = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if self.has_change_permission(request, obj) or obj is None:  # type: ignore[attr-defined]
            return found
        return [(title, {**options, "fields": self._texts(options["fields"])}) for title, options in found]

    def _texts(self, fields: Iterable[Any]) -> list[Any]:
        return [
            self.money_texts.get(field, field) if isinstance(field, str) else tuple(self._texts(field))
            for field in fields
        ]


class ReadOnlyInline(admin.TabularInline):
    """Rows that are looked at on the page of another object, and never edited there."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are made by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are changed by services."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are removed by services."""
        return False


class ServiceAdmin(admin.ModelAdmin):
    """Pages whose every write is a service's; a refusal is shown in the form or as a message, never as an error page.

    A subclass defines `save_model` and `remove`; both may raise a DomainError, and then nothing was written.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count the whole table
    list_per_page = 50
    list_max_show_all = 200

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *rest: Any, **options: Any) -> Any:
        """Run the action that was chosen, unless "select all" would take more rows than a browser can wait for."""
        takes_all = request.POST.get("select_across") == "1"
        if takes_all and len(queryset.order_by()[: ACTION_ROWS_MAX + 1].values_list("pk")) > ACTION_ROWS_MAX:
            sentence = f"An action takes at most {ACTION_ROWS_MAX:,} rows. Filter the list, or take page after page."
            self.message_user(request, sentence, messages.ERROR)
            return redirect(request.get_full_path())
        return super().response_action(request, queryset, *rest, **options)

    def remove(self, obj: Any) -> None:
        """Delete one object through its service."""
        raise NotImplementedError

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The form's page. When the service refuses, all is rolled back and the form comes back with the reason."""
        answer = tried_again(super().changeform_view)
        try:
            return answer(request, object_id, form_url, extra_context)
        except DomainError as error:
            request._refusal = error  # type: ignore[attr-defined]
            return answer(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form's class; with the refusal in it when the service has refused this request."""
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "_refusal", None)
        return type(form.__name__, (form,), {"refusal": refusal}) if refusal else form

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Ask and delete; a refusal leads back to the object."""
        try:
            return tried_again(super().delete_view)(request, object_id, extra_context)
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """See ModelAdmin."""
        self.remove(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is asked about before a deletion: the objects themselves. What goes with them the service knows."""
        rows = list(objs)
        return [str(row) for row in rows], {self.opts.verbose_name_plural: len(rows)}, set(), []

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Ask first; then delete each, and say of which it was refused and why."""
        if not request.POST.get("post"):
            return confirm_deletion(self, request, queryset)
        rows = {row.pk: row for row in queryset}
        names = {pk: str(row) for pk, row in rows.items()}
        results = run_each(rows, lambda pk: self.remove(rows[pk]))
        done = [result.id for result in results if result.is_success]
        for pk in done:
            rows[pk].pk = pk  # Model.delete() takes it away, and the log needs it
        self.log_deletions(request, [rows[pk] for pk in done])  # type: ignore[arg-type]
        self.tell(request, results, "deleted", names)
        return None

    def tell(
        self, request: HttpRequest, results: Sequence[BulkResult], done: str, names: Mapping[int, str] | None = None
    ) -> None:
        """One message for all that succeeded, and one for each of the first refusals."""
        succeeded = sum(result.is_success for result in results)
        refusals = [result for result in results if result.error]
        if succeeded:
            noun = self.opts.verbose_name if succeeded == 1 else self.opts.verbose_name_plural
            self.message_user(request, f"{succeeded} {noun} {done}.", messages.SUCCESS)
        for result in refusals[:REFUSALS_SHOWN_MAX]:
            name = f"{names[result.id]}: " if names else ""
            why = result.error.message.removesuffix(".") if result.error else ""
            self.message_user(request, f"{name}{why}.", messages.ERROR)
        if len(refusals) > REFUSALS_SHOWN_MAX:
            self.message_user(request, f"{len(refusals) - REFUSALS_SHOWN_MAX} more were refused.", messages.ERROR)


def ids_of(queryset: QuerySet[Any]) -> list[int]:
    """The primary keys of the rows that were ticked, ascending."""
    return list(queryset.order_by("pk").values_list("pk", flat=True))
