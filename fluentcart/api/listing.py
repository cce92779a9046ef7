"""Searching, filtering and sorting of a list: what a query may say, and the errors when it says more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import django_filters
from django import forms
from django.conf import settings
from django.utils.dateparse import parse_date, parse_datetime

from fluentcart.api.query import as_list, as_object
from fluentcart.compiled import Found, Selection, Total
from fluentcart.compiled.selection import Order
from fluentcart.errors import InvalidFields
from fluentcart.storable import ID_MAX


@dataclass(frozen=True)
class Parameter:
    """A query parameter, for the checks and for the OpenAPI schema."""

    name: str
    schema: Mapping[str, Any]
    help: str = ""


# Names that WordPress clients send to any collection; the sort ones are aliases, the others are ignored
# (decisions, "Query strings").
SORT_FIELD_NAMES = ("order_by", "sort_by", "orderby")
SORT_DIRECTION_NAMES = ("order_type", "sort_type", "order")
IGNORED_NAMES = frozenset({"rest_route", "context", "offset", "include", "exclude"})
PAGE_PARAMETERS = (
    Parameter("page", {"type": "integer", "minimum": 1, "default": 1}, "Page number."),
    Parameter(
        "per_page",
        {"type": "integer", "minimum": 1, "default": settings.PAGE_SIZE_DEFAULT},
        f"Items per page; more than {settings.PAGE_SIZE_MAX} are cut to {settings.PAGE_SIZE_MAX}.",
    ),
)


def check_names(query: Mapping[str, Any], allowed: Iterable[str]) -> None:
    """Refuse a parameter that nobody would read.

    Raises:
        InvalidFields: names the parameter and what is allowed.
    """
    allowed = tuple(dict.fromkeys(allowed))
    unknown = [name for name in query if name not in allowed and not name.startswith("_") and name not in IGNORED_NAMES]
    if unknown:
        known = f"Allowed are: {', '.join(allowed)}." if allowed else "This route takes no parameters."
        raise InvalidFields({name: [f"Unknown parameter. {known}"] for name in unknown})


def told_at_once(first: InvalidFields, checks: Iterable[Callable[[], Any]]) -> InvalidFields:
    """What several checks refuse, in one refusal; asked only once a first one has refused something."""
    found = dict(first.fields)
    for check in checks:
        try:
            check()
        except InvalidFields as error:
            found |= error.fields
    return InvalidFields(found)


class DayOrMoment(forms.Field):
    """`2024-01-31` or `2024-01-31T10:00:00Z`; a day is kept a day, so that the end of a range can include it."""

    default_error_messages = {"invalid": "Enter a date as YYYY-MM-DD, or a time as YYYY-MM-DDTHH:MM:SSZ."}

    def to_python(self, value: Any) -> dt.date | dt.datetime | None:
        """The date, or the time in UTC; None when nothing was sent."""
        if value in self.empty_values:
            return None
        try:
            found = parse_date(str(value)) or parse_datetime(str(value).replace(" ", "+"))
            if isinstance(found, dt.datetime):
                found = found.replace(tzinfo=found.tzinfo or dt.UTC).astimezone(dt.UTC)
        except (ValueError, OverflowError):  # no such day; in UTC before the year 1, or after 9999
            found = None
        if found is None:
            raise forms.ValidationError(self.default_error_messages["invalid"], code="invalid")
        return found


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day in UTC."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)


class FromFilter(django_filters.Filter):
    """At or after a day or time."""

    field_class = DayOrMoment

    def narrow(self, selection: Selection, value: Any) -> Selection:
        """See ListFilterSet."""
        if value is None:
            return selection
        start = value if isinstance(value, dt.datetime) else midnight(value)
        return selection.filtered(**{f"{self.field_name}__gte": start})


class ToFilter(django_filters.Filter):
    """Up to and with a whole day, or a whole second, for that is how times are shown (semantics 5.2)."""

    field_class = DayOrMoment

    def narrow(self, selection: Selection, value: Any) -> Selection:
        """See ListFilterSet."""
        if value is None:
            return selection
        is_day = not isinstance(value, dt.datetime)
        last = midnight(value) if is_day else value.replace(microsecond=0)
        try:
            end = last + (dt.timedelta(days=1) if is_day else dt.timedelta(seconds=1))
        except OverflowError:  # the end of time: nothing is later
            return selection
        return selection.filtered(**{f"{self.field_name}__lt": end})


class Words(forms.Field):
    """One or more of a few words, separated by commas or as a list."""

    def __init__(self, *, words: Iterable[str] = (), aliases: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.words = tuple(words)
        self.aliases = dict(aliases or {})

    def to_python(self, value: Any) -> list[str]:
        """The words."""
        found = [self.aliases.get(word, word) for word in as_list(value)] if value not in self.empty_values else []
        wrong = [word for word in found if word not in self.words]
        if wrong:
            raise forms.ValidationError(f"{wrong[0]!r} is not one of: {', '.join(self.words)}.", code="invalid")
        return found


class WordsFilter(django_filters.Filter):
    """Any of the given words."""

    field_class = Words

    def narrow(self, selection: Selection, value: Any) -> Selection:
        """See ListFilterSet."""
        return selection.filtered(**{f"{self.field_name}__any": list(dict.fromkeys(value))}) if value else selection


class ExactFilter(django_filters.CharFilter):
    """Exactly this text."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, max_length=255, **options)

    def narrow(self, selection: Selection, value: Any) -> Selection:
        """See ListFilterSet."""
        return selection.filtered(**{str(self.field_name): value}) if value else selection


class WholeNumberFilter(django_filters.Filter):
    """A whole number, compared by the filter's `lookup_expr`."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("min_value", 0)
        super().__init__(*args, max_value=ID_MAX, **options)

    def narrow(self, selection: Selection, value: Any) -> Selection:
        """See ListFilterSet."""
        lookup = self.field_name if self.lookup_expr == "exact" else f"{self.field_name}__{self.lookup_expr}"
        return selection if value is None else selection.filtered(**{str(lookup): value})


class ListFilterSet(django_filters.FilterSet):
    """The `filters` object of a document. Unknown keys and inverted ranges are refused.

    Each filter says what it accepts by its form field, and narrows a selection down by a value that was accepted. No
    form is made for a request, which would take longer than to read its rows.
    """

    ranges: ClassVar[tuple[tuple[str, str], ...]] = (("date_from", "date_to"),)
    # What stands before a filter's name in errors.
    path: ClassVar[str] = "filters."

    @classmethod
    def apply(cls, selection: Selection, filters: Mapping[str, Any]) -> Selection:
        """The selection narrowed down.

        Raises:
            InvalidFields: names each key with its path and says what is allowed.
        """
        for key, value in cls.checked(filters).items():
            selection = cls.base_filters[key].narrow(selection, value)
        return selection

    @classmethod
    def checked(cls, filters: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the filters take, ranges the right way round.

        Raises:
            InvalidFields: as `apply`.
        """
        cleaned = cls.clean(filters)
        cls._check_ranges(cleaned)
        return cleaned

    @classmethod
    def clean(cls, filters: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the filters take.

        Raises:
            InvalidFields: as `apply`.
        """
        allowed = ", ".join(cls.base_filters)
        errors: dict[str, list[str]] = {}
        cleaned: dict[str, Any] = {}
        for key, value in filters.items():
            if key not in cls.base_filters:
                errors[f"{cls.path}{key}"] = [f"Unknown filter. Allowed are: {allowed}."]
            elif not _is_simple(value):
                errors[f"{cls.path}{key}"] = ["Must be a text, a number or a list of them."]
            else:
                try:
                    cleaned[key] = cls.base_filters[key].field.clean(value)
                except forms.ValidationError as error:
                    errors[f"{cls.path}{key}"] = list(error.messages)
        if errors:
            raise InvalidFields(errors)
        return {key: cleaned[key] for key in cls.base_filters if key in cleaned}

    @classmethod
    def _check_ranges(cls, cleaned: Mapping[str, Any]) -> None:
        for low, high in cls.ranges:
            start, end = cleaned.get(low), cleaned.get(high)
            if start is not None and end is not None and _comparable(start) > _comparable(end, is_end=True):
                raise InvalidFields.of(f"{cls.path}{high}", f"{high} must not be before {low}.")


def _is_simple(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str | int | float) for item in value)
    return value is None or isinstance(value, str | int | float)


def _comparable(value: Any, *, is_end: bool = False) -> Any:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time.max if is_end else dt.time.min, dt.UTC)
    return value


class Listing:
    """How one resource is searched, filtered and sorted; the same in every dialect."""

    filterset: ClassVar[type[ListFilterSet]]
    # The documents' and the plugin's names for sort fields -> columns.
    sorts: ClassVar[Mapping[str, str]]
    # Parameters of the plugin that mean a key of `filters` (semantics 5.1).
    filter_aliases: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """Every documented parameter of the list, for the schema and the check."""
        sort = {"type": "string", "enum": list(cls.sorts), "default": "id"}
        direction = {"type": "string", "enum": ["ASC", "DESC", "asc", "desc"], "default": "DESC"}
        filters = {
            f"filters[{name}]": Parameter(f"filters[{name}]", {"type": "string"}, str(field.extra.get("help_text", "")))
            for name, field in cls.filterset.base_filters.items()
        }
        return (
            *PAGE_PARAMETERS,
            Parameter("search", {"type": "string", "maxLength": settings.SEARCH_CHARS_MAX}, "Search text."),
            *filters.values(),
            Parameter("order_by", sort, "Sort field; also `sort_by`."),
            Parameter("order_type", direction, "Sort direction; also `sort_type`."),
        )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Every top-level name that a query may have."""
        paging = ("page", "per_page", "search", "filters")
        return (*paging, *SORT_FIELD_NAMES, *SORT_DIRECTION_NAMES, *cls.filter_aliases)

    @classmethod
    def search(cls, selection: Selection, term: str) -> Selection:
        """Only what matches a search text, which is not blank."""
        raise NotImplementedError

    @classmethod
    def page(cls, selection: Selection, limit: int, offset: int) -> tuple[int | Total, Found[Any]]:
        """How many rows a selection has, and a window of them."""
        return selection.counted(limit, offset)

    @classmethod
    def apply(cls, selection: Selection, query: Mapping[str, Any]) -> Selection:
        """The selection as the query asks for it: narrowed down, found, and in order.

        Raises:
            InvalidFields: a parameter, filter or sort field that is not understood.
        """
        if filters := cls.filters(query):
            selection = cls.filterset.apply(selection, filters)
        if term := read_search(query):
            selection = cls.search(selection, term)
        return selection.ordered(*cls.order(query))

    @classmethod
    def filters(cls, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """The filters of a query, as it has them.

        Raises:
            InvalidFields: `filters` is no object.
        """
        filters = as_object("filters", query.get("filters", {}))
        for alias, name in cls.filter_aliases.items():
            if query.get(alias):
                filters = {**filters, name: query[alias]}
        return filters

    @classmethod
    def checks(cls, query: Mapping[str, Any]) -> tuple[Callable[[], Any], ...]:
        """What `apply` may refuse, each by itself."""
        return (
            lambda: cls.filterset.checked(cls.filters(query)),
            lambda: read_search(query),
            lambda: cls.order(query),
        )

    @classmethod
    def order(cls, query: Mapping[str, Any]) -> Order:
        """The columns to sort by, with the key last so that pages are stable.

        Raises:
            InvalidFields: no such column, or no such direction.
        """
        name = _first(query, SORT_FIELD_NAMES, "id")
        direction = str(_first(query, SORT_DIRECTION_NAMES, "DESC")).upper()
        refused: dict[str, list[str]] = {}
        if not isinstance(name, str) or name not in cls.sorts:
            refused["order_by"] = [f"Unknown sort field. Allowed are: {', '.join(cls.sorts)}."]
        if direction not in ("ASC", "DESC"):
            refused["order_type"] = ["order_type must be ASC or DESC."]
        if refused:
            raise InvalidFields(refused)
        is_down = direction == "DESC"
        column = cls.sorts[name]
        return (("pk", is_down),) if column == "id" else ((column, is_down), ("pk", is_down))


def _first(query: Mapping[str, Any], names: Iterable[str], default: Any) -> Any:
    """The first of several spellings that was sent and is not blank."""
    return next((query[name] for name in names if query.get(name)), default)


def read_search(query: Mapping[str, Any]) -> str:
    """The search text, case-folded as the stored columns are; "" when there is none.

    Raises:
        InvalidFields: not a text, or too long.
    """
    term = query.get("search", "")
    if not isinstance(term, str):
        raise InvalidFields.of("search", "search must be a text.")
    if len(term) > settings.SEARCH_CHARS_MAX:
        raise InvalidFields.of("search", f"search may have at most {settings.SEARCH_CHARS_MAX} characters.")
    return " ".join(term.casefold().split())
