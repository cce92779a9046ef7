"""Customers, their addresses and labels in the admin: a second edge, which calls the services that the API calls."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from customers.forms import AddressForm, CustomerForm
from customers.models import Customer, CustomerAddress, CustomerStatus, Label
from customers.search import find_customers
from customers.services import addresses, customers, users
from customers.services.bulk import bulk_set_status
from fluentcart.admin import ReadOnlyInline, ServiceAdmin, ids_of, money, money_column
from fluentcart.bulk import run_each
from orders.services.customers import delete_customer
from orders.services.statistics import recount_customer

RECENT_ORDERS_MAX = 20


class AttachableUsersView(AutocompleteJsonView):
    """Users whom whoever manages customers may link; Django's own view wants the right to see all users."""

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        """See AutocompleteJsonView."""
        return request.user.has_perm("customers.change_customer")

    def get_queryset(self) -> QuerySet[Any]:
        """Active users without a customer; users who hold a role only for the administrator."""
        return users.attachable_users(search=self.term, may_link_staff=may_link_staff(self.request))

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """See AutocompleteJsonView."""
        return {"id": str(obj.pk), "text": f"{obj.login} <{obj.email}>"}


class LabelFilter(admin.RelatedFieldListFilter):
    """Filters by a label, also when the shop has only one; Django's own filter then shows everybody."""

    def has_output(self) -> bool:
        """See ListFilter."""
        return bool(self.lookup_choices)


class AttachableUserSelect(AutocompleteSelect):
    """Asks AttachableUsersView."""

    def get_url(self) -> str:
        """See AutocompleteSelect."""
        return reverse("admin:customers_customer_attachable_users")


def may_link_staff(request: HttpRequest) -> bool:
    """Whether this person may link users who hold a role (decisions, "Linking users")."""
    return bool(getattr(request.user, "is_superuser", False))


class AddressInline(ReadOnlyInline):
    """The address book; each address has a page of its own, where its rules are kept."""

    model = CustomerAddress
    fields = readonly_fields = ("type", "is_primary", "label", "name", "address_1", "postcode", "city", "country")
    ordering = ("type", "-is_primary", "pk")
    show_change_link = True
    verbose_name_plural = "addresses"


@admin.register(Customer)
class CustomerAdmin(ServiceAdmin):
    """The shop's customers. Statistics follow from the orders and are never typed."""

    form = CustomerForm
    inlines = [AddressInline]
    list_display = ("id", "name", "email", "status", "total_spent", "orders", "created_at")
    list_display_links = ("id", "name")
    list_filter = ("status", "created_at")
    search_fields = ("search_text",)
    search_help_text = "Name, e-mail address or id."
    ordering = ("-id",)
    statistics = ("total_spent", "average_order_value", "orders", "first_order_at", "last_order_at")
    readonly_fields = (*statistics, "recent_orders", "created_at", "updated_at")
    actions = ["delete_selected", "mark_active", "mark_inactive", "recalculate_statistics"]
    total_spent = money_column("total_spent_cents", "total spent")
    average_order_value = money_column("average_order_value_cents", "average order value")
    own_fieldsets = (
        (None, {"fields": (("first_name", "last_name"), ("email", "phone"), "status", "user", "labels")}),
        ("Place", {"fields": ("country", ("state", "city", "postcode"))}),
        ("Notes", {"fields": ("notes", "additional_info")}),
    )
    derived_fieldsets = (
        ("Statistics", {"fields": (statistics,)}),
        ("Orders", {"fields": ("recent_orders",)}),
        ("Dates", {"fields": (("created_at", "updated_at"),)}),
    )

    @admin.display(description="name", ordering="first_name")
    def name(self, customer: Customer) -> str:
        """First and last name."""
        return customer.full_name or "-"

    @admin.display(description="orders", ordering="order_count")
    def orders(self, customer: Customer) -> str:
        """How many orders count, leading to all of them."""
        return format_html('<a href="{}">{}</a>', orders_url(customer), customer.order_count)

    @admin.display(description="labels")
    def labels(self, customer: Customer) -> str:
        """The labels, for those who may not change them."""
        return ", ".join(customer.customer_labels.order_by("label__value").values_list("label__value", flat=True))

    @admin.display(description="recent orders")
    def recent_orders(self, customer: Customer) -> str:
        """The newest orders, and the way to the others."""
        newest = customer.orders.filter(deleted_at=None).order_by("-pk")[:RECENT_ORDERS_MAX]
        rows = [(order, money(order.total_amount_cents, order.currency)) for order in newest]
        context = {"rows": rows, "all_url": orders_url(customer)}
        return render_to_string("admin/customers/customer/recent_orders.html", context)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Labels are for those who may see them."""
        may_see = request.user.has_perm("customers.view_label")
        return (*self.list_filter, ("customer_labels__label", LabelFilter)) if may_see else self.list_filter

    def get_inlines(self, request: HttpRequest, obj: Customer | None = None) -> list[Any]:
        """Nobody has addresses before they exist."""
        return list(self.inlines) if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        """What is typed, and for a customer who exists what follows from the orders."""
        derived: tuple[Any, ...] = self.derived_fieldsets if obj else ()
        if not request.user.has_perm("orders.view_order"):
            derived = tuple(fieldset for fieldset in derived if fieldset[0] != "Orders")
        return (*self.own_fieldsets, *derived)

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        """Labels are a right of their own."""
        may_label = request.user.has_perm("customers.change_customerlabel")
        return self.readonly_fields if may_label else (*self.readonly_fields, "labels")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The user is looked for among those who may be linked."""
        if db_field.name == "user":
            kwargs["widget"] = AttachableUserSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """The admin's own pages, and the one that finds users."""
        view = AttachableUsersView.as_view(admin_site=self.admin_site)
        found = path("attachable-users/", self.admin_site.admin_view(view), name="customers_customer_attachable_users")
        return [found, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The same rule as in the API."""
        term = " ".join(search_term.split())
        return (find_customers(queryset, term) if term else queryset), False

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        """Create or update through the services; then the labels."""
        may_link = may_link_staff(request)
        if change:
            if form.detaches_user:
                users.detach_user(customer_id=obj.pk)
            customers.update_customer(customer_id=obj.pk, may_link_staff=may_link, **form.changes())
        else:
            obj.pk = customers.create_customer(may_link_staff=may_link, **form.new_values()).pk
        if form.label_ids is not None:
            customers.update_additional_info(customer_id=obj.pk, info={}, labels=form.label_ids)
        obj.refresh_from_db()

    def remove(self, obj: Customer) -> None:
        """See ServiceAdmin."""
        delete_customer(customer_id=obj.pk)

    @admin.action(permissions=["change"], description="Mark selected customers as active")
    def mark_active(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """They may order."""
        self._set_status(request, queryset, CustomerStatus.ACTIVE)

    @admin.action(permissions=["change"], description="Mark selected customers as inactive")
    def mark_inactive(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """They may no longer order."""
        self._set_status(request, queryset, CustomerStatus.INACTIVE)

    def _set_status(self, request: HttpRequest, queryset: QuerySet[Customer], status: CustomerStatus) -> None:
        results = bulk_set_status(customer_ids=ids_of(queryset), status=status.value)
        self.tell(request, results, f"marked as {status.value}")

    @admin.action(permissions=["change"], description="Recalculate statistics of selected customers")
    def recalculate_statistics(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """Write what the orders say."""
        results = run_each(ids_of(queryset), lambda customer_id: recount_customer(customer_id=customer_id))
        self.tell(request, results, "recalculated")


def orders_url(customer: Customer) -> str:
    """The list of a customer's orders."""
    return f"{reverse('admin:orders_order_changelist')}?customer__id__exact={customer.pk}"


@admin.register(CustomerAddress)
class CustomerAddressAdmin(ServiceAdmin):
    """One address of a customer's address book; reached from the customer."""

    form = AddressForm
    list_display = ("id", "customer", "type", "is_primary", "name", "address_1", "city", "country")
    list_select_related = ("customer",)
    list_filter = ("type", "is_primary")
    ordering = ("-id",)
    autocomplete_fields = ("customer",)
    actions = ["delete_selected"]
    fieldsets = (
        (None, {"fields": ("customer", ("type", "is_primary"), "label")}),
        ("Who", {"fields": ("name", "company_name", ("email", "phone"))}),
        ("Where", {"fields": ("country", "address_1", "address_2", ("city", "state", "postcode"))}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: CustomerAddress | None = None) -> Any:
        """An address never moves to another customer."""
        return ("customer",) if obj else ()

    def save_model(self, request: HttpRequest, obj: CustomerAddress, form: Any, change: bool) -> None:
        """Create or update through the services, which keep one primary address per type."""
        if change:
            values = form.values(only_changed=True)
            addresses.update_address(customer_id=obj.customer_id, address_id=obj.pk, **values)
        else:
            values = form.values(only_changed=False)
            obj.pk = addresses.create_address(customer_id=obj.customer_id, **values).pk
        obj.refresh_from_db()

    def remove(self, obj: CustomerAddress) -> None:
        """See ServiceAdmin."""
        addresses.delete_address(customer_id=obj.customer_id, address_id=obj.pk)


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin):
    """Words that staff put on customers."""

    list_display = ("value", "carried", "created_at")
    search_fields = ("value",)
    ordering = ("value",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Labels with how many customers carry them."""
        return super().get_queryset(request).annotate(carried_count=Count("customer_labels"))

    @admin.display(description="customers", ordering="carried_count")
    def carried(self, label: Any) -> str:
        """How many, leading to them."""
        url = f"{reverse('admin:customers_customer_changelist')}?customer_labels__label__id__exact={label.pk}"
        return format_html('<a href="{}">{}</a>', url, label.carried_count)
