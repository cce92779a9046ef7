"""Shipping zones, methods and classes in the admin: configuration, so plain forms with typed lists."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from customers.locales import is_country
from fluentcart.admin import MoneyAsText, MoneyField, ReadOnlyInline, money_column
from fluentcart.money import to_text
from orders.models import RateBasis, ShippingClass, ShippingMethod, ShippingZone, ZoneRegion

WEIGHT_GRAMS_MAX = 2**31 - 1
_TIER = re.compile(r"(\d{1,10})\s*-\s*(\d{0,10})\s*[:\s]\s*(\S+)")


class CodesField(forms.CharField):
    """Codes typed with commas or spaces between ("US, CA"); its value is a list, upper-case, each once."""

    def prepare_value(self, value: Any) -> Any:
        """A list as text; what was typed stays."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The codes in the order typed."""
        if isinstance(value, list):
            return value
        return list(dict.fromkeys((super().to_python(value) or "").upper().replace(",", " ").split()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other codes were typed than were shown."""
        return self.to_python(initial or []) != self.to_python(data)


class CountriesField(CodesField):
    """ISO 3166-1 codes."""

    def validate(self, value: Any) -> None:
        """Every code must be a country's."""
        super().validate(value)
        if unknown := [code for code in value if not is_country(code)]:
            raise ValidationError(f"Not a country code: {', '.join(unknown)}. Use ISO codes such as US, CA.")


class TiersField(forms.CharField):
    """Weight tiers, one a line: "0-5000: 5.00" is up to 5,000 grams, "5001-: 9.50" has no end."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        self.money = MoneyField()
        options.setdefault(
            "help_text", f"One a line: 0-5000: {to_text(500, self.money.currency)}. Grams, then the rate."
        )
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """The tiers as lines; what was typed stays."""
        if not isinstance(value, list):
            return value
        return "\n".join(
            f"{tier['min_grams']}-{tier['max_grams'] or ''}: {to_text(tier['rate_cents'], self.money.currency)}"
            for tier in value
        )

    def to_python(self, value: Any) -> list[dict[str, int]]:  # type: ignore[override]
        """The tiers as the model keeps them.

        Raises:
            ValidationError: a line that is no tier, an end before its start, or no amount.
        """
        if isinstance(value, list):
            return value
        return [self._tier(line) for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def _tier(self, line: str) -> dict[str, int]:
        parts = _TIER.fullmatch(line.strip())
        if not parts:
            raise ValidationError(f"“{line}” is no tier.")
        low, high = int(parts[1]), int(parts[2] or 0)
        if max(low, high) > WEIGHT_GRAMS_MAX or (high and high < low):
            raise ValidationError(f"“{line}” ends before it starts, or is too heavy.")
        return {"min_grams": low, "max_grams": high, "rate_cents": self.money.clean(parts[3])}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other tiers were typed than were shown."""
        try:
            return self.to_python(initial or []) != self.to_python(data)
        except ValidationError:
            return True


class ZoneForm(forms.ModelForm):
    """A zone; a selection of countries needs countries."""

    countries = CountriesField(required=False, help_text="ISO codes with commas: US, CA.")

    class Meta:
        model = ShippingZone
        fields = ("name", "region", "countries", "position")

    def clean(self) -> dict[str, Any] | None:
        """The whole world needs no list; anything else does."""
        values = super().clean() or self.cleaned_data
        listed, region = values.get("countries"), values.get("region")
        if listed == [] and region and region != ZoneRegion.ALL and "countries" not in self.errors:
            self.add_error("countries", "Name at least one country.")
        return values


class MethodForm(forms.ModelForm):
    """A method; rates in major units."""

    states = CodesField(required=False, help_text="Only these states, with commas: NY, CA. Empty means all.")
    rate_cents = MoneyField(label="Rate", initial=0)
    weight_tiers = TiersField(required=False)

    class Meta:
        model = ShippingMethod
        fields = (
            "zone", "slug", "title", "description", "estimated_days", "type", "is_enabled", "states", "rate_basis",
            "rate_cents", "rate_basis_points", "weight_tiers", "class_aggregation", "position",
        )  # fmt: skip

    def clean(self) -> dict[str, Any] | None:
        """A rate by weight needs tiers."""
        values = super().clean() or self.cleaned_data
        if values.get("rate_basis") == RateBasis.PER_WEIGHT and values.get("weight_tiers") == []:
            self.add_error("weight_tiers", "A rate by weight needs at least one tier.")
        return values


class ClassForm(forms.ModelForm):
    """A shipping class; its surcharge in major units."""

    cost_cents = MoneyField(label="Cost", initial=0)

    class Meta:
        model = ShippingClass
        fields = ("name", "description", "type", "cost_cents", "cost_basis_points", "per_item")


class MethodInline(ReadOnlyInline):
    """A zone's methods; each has a page of its own."""

    model = ShippingMethod
    rate = money_column("rate_cents", "rate")
    fields = readonly_fields = ("title", "slug", "type", "is_enabled", "rate_basis", "rate", "position")
    ordering = ("position", "pk")
    show_change_link = True
    verbose_name_plural = "methods"


@admin.register(ShippingZone)
class ShippingZoneAdmin(admin.ModelAdmin):
    """Where the shop sends to."""

    form = ZoneForm
    inlines = [MethodInline]
    list_display = ("name", "region", "country_codes", "position")
    list_filter = ("region",)
    search_fields = ("name",)
    ordering = ("position", "id")
    show_full_result_count = False

    @admin.display(description="countries")
    def country_codes(self, zone: ShippingZone) -> str:
        """The codes."""
        return ", ".join(zone.countries) or "-"

    def get_inlines(self, request: Any, obj: ShippingZone | None = None) -> list[Any]:
        """A zone has no methods before it exists."""
        return list(self.inlines) if obj else []


@admin.register(ShippingMethod)
class ShippingMethodAdmin(MoneyAsText, admin.ModelAdmin):
    """How the shop sends."""

    form = MethodForm
    rate = money_column("rate_cents", "rate")
    money_texts = {"rate_cents": "rate"}
    list_display = ("title", "slug", "zone", "type", "rate_basis", "rate", "is_enabled", "position")
    list_filter = ("is_enabled", "type", "zone")
    list_select_related = ("zone",)
    search_fields = ("title", "slug")
    ordering = ("zone__position", "position", "id")
    prepopulated_fields = {"slug": ("title",)}
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("zone", ("title", "slug"), "description", "estimated_days", ("is_enabled", "position"))}),
        ("Where", {"fields": ("states",)}),
        (
            "Cost",
            {
                "fields": (
                    "type",
                    "rate_basis",
                    ("rate_cents", "rate_basis_points"),
                    "weight_tiers",
                    "class_aggregation",
                )
            },
        ),
    )


@admin.register(ShippingClass)
class ShippingClassAdmin(MoneyAsText, admin.ModelAdmin):
    """Surcharges for what is hard to send."""

    form = ClassForm
    cost = money_column("cost_cents", "cost")
    money_texts = {"cost_cents": "cost"}
    list_display = ("name", "type", "cost", "cost_basis_points", "per_item")
    list_filter = ("type",)
    search_fields = ("name",)
    ordering = ("name",)
    show_full_result_count = False
    fields = ("name", "description", "type", "cost_cents", "cost_basis_points", "per_item")
