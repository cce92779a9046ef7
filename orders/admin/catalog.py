"""Products with their variations in the admin; written by `orders/services/products.py`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from fluentcart.admin import MoneyAsText, MoneyField, ServiceAdmin, ServiceForm, money_column
from fluentcart.admin.paging import BoundedCount, BoundedPaginator
from orders.admin.import_pages import ProductImportPages
from orders.models import Product, ProductVariation, ShippingClass
from orders.search import find_products, find_variations
from orders.services import products
from orders.waiting import LOW_STOCK_COUNT, low_on_stock

VARIATION_FIELDS = (
    "title", "sku", "price_cents", "compare_price_cents", "cost_cents", "fulfillment_type", "payment_type",
    "is_active", "manage_stock", "backorders", "available_count", "weight_grams", "shipping_class",
)  # fmt: skip
VARIATIONS_COUNTED_MAX = 1000
OWN = ("title", "slug", "description", "status")


class ProductForm(ServiceForm):
    """A product's own fields."""

    class Meta:
        model = Product
        fields = OWN


class VariationForm(forms.ModelForm):
    """A variation; prices in major units, and the stock with the count that was shown."""

    price_cents = MoneyField(label="Price")
    compare_price_cents = MoneyField(label="Compare price", initial=0)
    cost_cents = MoneyField(label="Cost", initial=0)
    available_count = forms.IntegerField(
        label="Available", initial=0, min_value=-(2**31), max_value=2**31 - 1, show_hidden_initial=True,
        help_text="Pieces that can be ordered; counts while stock is managed.",
    )  # fmt: skip

    class Meta:
        model = ProductVariation
        fields = VARIATION_FIELDS

    @property
    def shown_available_count(self) -> int | None:
        """The count that the person saw; None when it cannot be told."""
        text = self.data.get(self.add_initial_prefix("available_count"), "")
        return int(text) if text.removeprefix("-").isdecimal() and len(text) < 12 else None

    def clean(self) -> dict[str, Any] | None:
        """Stock below zero is for what may be ordered below zero."""
        values = super().clean() or self.cleaned_data
        if values.get("available_count", 0) < 0 and not values.get("backorders"):
            self.add_error("available_count", "Only what may be ordered below zero can have less than none.")
        return values

    def store(self, product_id: int) -> ProductVariation:
        """Make or change the variation through the service: only what was changed in the form.

        Raises:
            DomainError: as `save_variation`.
        """
        if self.instance.pk is None:
            return products.save_variation(product_id=product_id, **self._values(list(self.cleaned_data)))
        return products.save_variation(
            product_id=product_id,
            variation_id=self.instance.pk,
            shown_available_count=self.shown_available_count,
            **self._values(self.changed_data),
        )

    def _values(self, names: list[str]) -> Any:
        return {name: self.cleaned_data[name] for name in names if name in VARIATION_FIELDS}


PRICES = {"price_cents": "price", "compare_price_cents": "compare_price", "cost_cents": "cost"}


class VariationInline(MoneyAsText, admin.StackedInline):
    """A product's variations; what orders hold of them is shown and not typed."""

    model = ProductVariation
    form = VariationForm
    ordering = ("pk",)
    verbose_name_plural = "variations"
    price = money_column("price_cents", "price")
    compare_price = money_column("compare_price_cents", "compare price")
    cost = money_column("cost_cents", "cost")
    money_texts = PRICES
    readonly_fields = ("held_count", "committed_count")
    fields = (
        ("title", "sku", "is_active"),
        ("price_cents", "compare_price_cents", "cost_cents"),
        ("fulfillment_type", "payment_type"),
        ("manage_stock", "backorders", "available_count", "held_count", "committed_count"),
        ("weight_grams", "shipping_class"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Variations with their product, of which their name is made."""
        return super().get_queryset(request).select_related("product")

    def get_extra(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> int:
        """A new product starts with one variation to fill in."""
        return 0 if obj else 1

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The shipping classes are read once for all variations of the page."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "shipping_class" and field:
            classes = ShippingClass.objects.order_by("name")
            field.choices = [("", "---------"), *((row.pk, str(row)) for row in classes)]
        return field


@admin.register(Product)
class ProductAdmin(ProductImportPages, ServiceAdmin):
    """The catalogue."""

    form = ProductForm
    inlines = [VariationInline]
    prepopulated_fields = {"slug": ("title",)}
    from_price = money_column("from_cents", "from")
    list_display = ("id", "title", "status", "from_price", "variation_count", "created_at")
    list_display_links = ("id", "title")
    # What is sorted by has an index; any other column would sort the whole table for each page.
    sortable_by = ("id",)
    list_filter = ("status", "created_at")
    search_fields = ("search_text",)
    search_help_text = "Title, SKU or id."
    ordering = ("-id",)
    actions = ["delete_selected"]
    fields = OWN

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Products with the number of their variations and the lowest price, of those that a page shows."""
        variations = ProductVariation.objects.filter(product=OuterRef("pk"))
        cheapest = variations.order_by("price_cents").values("price_cents")[:1]
        return (
            super()
            .get_queryset(request)
            .annotate(
                count=BoundedCount(variations.values("pk"), VARIATIONS_COUNTED_MAX),
                from_cents=Coalesce(Subquery(cheapest), 0, output_field=BigIntegerField()),
            )
        )

    @admin.display(description="variations")
    def variation_count(self, product: Any) -> int:
        """How many, as far as they are counted."""
        return min(int(product.count), VARIATIONS_COUNTED_MAX)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Case-folded, as everywhere."""
        term = " ".join(search_term.split())
        return (find_products(queryset, term) if term else queryset), False

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Store the product through its service."""
        names = form.changed_data if change else list(form.cleaned_data)
        values = {name: form.cleaned_data[name] for name in names}
        if change:  # the variations of the page are stored after it
            products.lock_product_and_variations(obj.pk)
        obj.pk = products.save_product(product_id=obj.pk if change else None, **values).pk

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Store and remove variations through their service."""
        formset.save(commit=False)  # sorts the rows into new, changed and deleted
        product_id = form.instance.pk
        for row in formset.deleted_objects:
            products.delete_variation(product_id=product_id, variation_id=row.pk)
        for row_form in formset.forms:
            if row_form.has_changed() and row_form not in formset.deleted_forms:
                row_form.store(product_id)

    def remove(self, obj: Product) -> None:
        """See ServiceAdmin."""
        products.delete_product(product_id=obj.pk)


class StockFilter(admin.SimpleListFilter):
    """What is nearly gone, by the same definition as the number of the start page."""

    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """See SimpleListFilter."""
        return [("low", f"Low: {LOW_STOCK_COUNT} or fewer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """See SimpleListFilter."""
        return low_on_stock(queryset) if self.value() == "low" else None


@admin.register(ProductVariation)
class ProductVariationAdmin(MoneyAsText, admin.ModelAdmin):
    """What there is of everything: to look at, and to choose from in a new order. Edited with its product."""

    price = money_column("price_cents", "price")
    money_texts = {"price_cents": "price"}
    list_display = ("sku", "product", "title", "price", "manage_stock", "available_count", "held_count",
                    "committed_count", "is_active")  # fmt: skip
    list_display_links = ("sku", "product")
    list_select_related = ("product",)
    sortable_by = ()
    list_filter = (StockFilter, "is_active")
    paginator = BoundedPaginator
    search_fields = ("sku",)
    search_help_text = "Product, variation or SKU."
    ordering = ("product_id", "id")
    show_full_result_count = False
    fields = ("product", "title", "sku", "price_cents", "is_active", "manage_stock", "backorders", "available_count",
              "held_count", "committed_count")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Variations with their product, of which their name is made."""
        return super().get_queryset(request).select_related("product")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Case-folded, as everywhere."""
        term = " ".join(search_term.split())
        return (find_variations(queryset, term) if term else queryset), False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See the product's page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See the product's page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See the product's page."""
        return False
