"""Lists whose filters are parameters of their own, not keys of a `filters` object, newest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import django_filters
from django import forms
from django.conf import settings

from fluentcart.api.listing import Listing, Parameter, read_search
from fluentcart.compiled import Selection

FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class FlatListing(Listing):
    """page, limit, perhaps search, and every filter by its own name; no choice of order."""

    sorts: ClassVar[Mapping[str, str]] = {"id": "id"}
    has_search: ClassVar[bool] = False
    size_name: ClassVar[str] = "limit"
    size_default: ClassVar[int] = 20

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """See Listing."""
        size: dict[str, Any] = {"type": "integer", "minimum": 1, "default": cls.size_default}
        search = Parameter("search", {"type": "string", "maxLength": settings.SEARCH_CHARS_MAX}, "Name or e-mail.")
        return (
            Parameter("page", {"type": "integer", "minimum": 1, "default": 1}, "Page number."),
            Parameter(cls.size_name, size, f"Items per page; more than {settings.PAGE_SIZE_MAX} are cut to that."),
            *((search,) if cls.has_search else ()),
            *(
                Parameter(name, {"type": "string"}, str(field.extra.get("help_text", "")))
                for name, field in cls.filterset.base_filters.items()
            ),
        )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """See Listing."""
        return tuple(parameter.name for parameter in cls.parameters())

    @classmethod
    def filters(cls, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """See Listing."""
        return {name: query[name] for name in cls.filterset.base_filters if name in query}

    @classmethod
    def checks(cls, query: Mapping[str, Any]) -> tuple[Callable[[], Any], ...]:
        """See Listing; there is no order to ask for."""
        filters, search, _ = super().checks(query)
        return (filters, search) if cls.has_search else (filters,)

    @classmethod
    def apply(cls, selection: Selection, query: Mapping[str, Any]) -> Selection:
        """See Listing."""
        if filters := cls.filters(query):
            selection = cls.filterset.apply(selection, filters)
        if cls.has_search and (term := read_search(query)):
            selection = cls.search(selection, term)
        return selection


class Flag(forms.Field):
    """true or false, also as 1 or 0, yes or no."""

    def to_python(self, value: Any) -> bool | None:
        """The flag; None when nothing was sent."""
        if value in self.empty_values:
            return None
        if not isinstance(value, str) or value.lower() not in FLAGS:
            raise forms.ValidationError("Must be true or false.", code="invalid")
        return FLAGS[value.lower()]


class FlagFilter(django_filters.Filter):
    """The column has one value for true and another for false."""

    field_class = Flag

    def __init__(self, field_name: str, *, true: Any, false: Any, **options: Any) -> None:
        super().__init__(field_name, **options)
        self.values = {True: true, False: false}

    def narrow(self, selection: Selection, value: Any) -> Selection:
        """See ListFilterSet."""
        if value is None:
            return selection
        return selection.filtered(**{f"{self.field_name}__any": [self.values[value]]})
