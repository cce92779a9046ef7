"""Customers and labels in the admin."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from customers.admin.business import ContactInline, show_business, show_credit_checks
from customers.admin.export import CustomerResource
from customers.admin.notes import NoteForm
from customers.forms import CustomerForm
from customers.models import BusinessProfile, Customer, CustomerLabel, CustomerStatus, Label
from customers.search import find_customers
from customers.services import customers, users
from customers.services.bulk import bulk_set_status
from fluentcart.admin import ServiceAdmin, ids_of, money, money_column
from fluentcart.admin.exporting import ExportPages
from fluentcart.admin.paging import BoundedCount, BoundedPaginator
from fluentcart.admin.steps import StepPages
from fluentcart.bulk import run_each
from fluentcart.errors import DomainError
from fluentcart.history.admin import timeline
from fluentcart.history.models import Subject
from fluentcart.kept.searching import is_id
from orders.services.accounts import check_credit
from orders.services.customers import delete_customer
from orders.services.personal_data import erase_customer, export_customer
from orders.services.statistics import recalculate_customer

RECENT_ORDERS_MAX = 20
ADDRESSES_MAX = 50
CARRIERS_COUNTED_MAX = 1000


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


@admin.register(Customer)
class CustomerAdmin(ExportPages, StepPages, ServiceAdmin):
    """The shop's customers. Statistics follow from the orders and are never typed."""

    form = CustomerForm
    export_capability = "customers/export"
    export_resource = CustomerResource
    inlines = [ContactInline]
    list_display = ("id", "name", "email", "status", "total_spent", "orders", "created_at")
    list_display_links = ("id", "name")
    # What is sorted by has an index; any other column would sort the whole table for each page.
    sortable_by = ("id", "created_at")
    list_filter = ("status", "created_at")
    search_fields = ("search_text",)
    search_help_text = "Name, e-mail address or id."
    ordering = ("-id",)
    statistics = ("total_spent", "average_order_value", "orders", "first_order_at", "last_order_at")
    readonly_fields = (
        *statistics, "business", "checks", "recent_orders", "address_book", "timeline", "created_at", "updated_at",
    )  # fmt: skip
    actions = [
        "delete_selected",
        "mark_active",
        "mark_inactive",
        "recalculate_statistics",
        "run_credit_checks",
        "export_personal_data",
        "erase_personal_data",
    ]
    total_spent = money_column("total_spent_cents", "total spent")
    average_order_value = money_column("average_order_value_cents", "average order value")
    own_fieldsets = (
        (None, {"fields": (("first_name", "last_name"), ("email", "phone"), "status", "user", "labels")}),
        ("Place", {"fields": ("country", ("state", "city", "postcode"))}),
        ("Notes", {"fields": ("notes", "additional_info")}),
    )
    # Who opens a customer's page mostly wants to know something: what there is to read stands first.
    glance_fieldsets = (
        ("At a glance", {"fields": (statistics,)}),
        ("Orders", {"fields": ("recent_orders",)}),
        ("Addresses", {"fields": ("address_book",)}),
    )
    derived_fieldsets = (
        ("Business", {"fields": ("business", "checks")}),
        ("Dates", {"fields": (("created_at", "updated_at"),)}),
        ("History", {"fields": ("timeline",)}),
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

    @admin.display(description="address book")
    def address_book(self, customer: Customer) -> str:
        """Every address; each has a page of its own, where its rules are kept."""
        rows = customer.addresses.order_by("type", "-is_primary", "pk")[:ADDRESSES_MAX]
        return render_to_string("admin/customers/customer/addresses.html", {"addresses": rows, "customer": customer})

    @admin.display(description="terms")
    def business(self, customer: Customer) -> str:
        """The business profile in a line."""
        return show_business(customer)

    @admin.display(description="credit checks")
    def checks(self, customer: Customer) -> str:
        """The newest credit checks."""
        return show_credit_checks(customer)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Labels are for those who may see them."""
        may_see = request.user.has_perm("customers.view_label")
        return (*self.list_filter, ("customer_labels__label", LabelFilter)) if may_see else self.list_filter

    def get_inlines(self, request: HttpRequest, obj: Customer | None = None) -> list[Any]:
        """Nobody has addresses before they exist."""
        return list(self.inlines) if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        """What is typed, and for a customer who exists what follows from the orders, which comes first."""
        if obj is None:
            return self.own_fieldsets
        may_see_orders = request.user.has_perm("orders.view_order")
        glance = tuple(fieldset for fieldset in self.glance_fieldsets if may_see_orders or fieldset[0] != "Orders")
        personal, *more = self.own_fieldsets
        return (*glance, ("Person", personal[1]), *more, *self.derived_fieldsets)

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
        check = path(
            "<int:customer_id>/credit-check/",
            self.admin_site.admin_view(self.credit_check_view),
            name="customers_customer_credit_check",
        )
        note = path(
            f"<int:customer_id>/{NoteForm.slug}/",
            self.admin_site.admin_view(self.note_view),
            name="customers_customer_add_note",
        )
        return [found, check, note, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The customer, with the button for a profile where there is none."""
        has_profile = is_id(object_id) and BusinessProfile.objects.filter(pk=int(object_id)).exists()
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "has_profile": has_profile})

    def credit_check_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        """Run a credit check and say what it found; the limit stays as it is."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            found = check_credit(customer_id=customer_id, checked_by_id=request.user.pk)
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect("admin:customers_customer_changelist")
        recommended = money(found.recommended_limit_cents, found.currency)
        sentence = f"Credit score {found.score} ({found.rating}); recommended limit {recommended}."
        self.log_change(request, found.customer, sentence)
        self.message_user(request, sentence, messages.SUCCESS)
        return redirect("admin:customers_customer_change", customer_id)

    def note_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        """Ask for a note and add it to the timeline."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        customer = self.get_object(request, str(customer_id))
        if customer is None:
            raise Http404(f"Customer with ID {customer_id} not found")
        return self.step_page(request, customer, NoteForm(request.POST or None, customer=customer))

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
        results = run_each(ids_of(queryset), lambda customer_id: recalculate_customer(customer_id=customer_id))
        self.tell(request, results, "recalculated")

    @admin.action(permissions=["change"], description="Run credit check of selected customers")
    def run_credit_checks(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """Assess each; the limits stay as they are."""
        asker = request.user.pk
        results = run_each(ids_of(queryset), lambda pk: check_credit(customer_id=pk, checked_by_id=asker))
        self.tell(request, results, "checked")

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        """Personal data is told and erased by the administrator only."""
        return bool(getattr(request.user, "is_superuser", False))

    @admin.action(permissions=["superuser"], description="Export personal data of selected customers")
    def export_personal_data(self, request: HttpRequest, queryset: QuerySet[Customer]) -> HttpResponse:
        """Everything that is stored about each, as a JSON file."""
        told = [export_customer(customer_id=customer_id) for customer_id in ids_of(queryset)]
        text = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        disposition = {"Content-Disposition": 'attachment; filename="personal-data.json"'}
        return HttpResponse(text, content_type="application/json", headers=disposition)

    @admin.action(permissions=["superuser"], description="Erase personal data of selected customers")
    def erase_personal_data(self, request: HttpRequest, queryset: QuerySet[Customer]) -> HttpResponse | None:
        """Ask first; then make each nobody, for good."""
        if not request.POST.get("erase"):
            context = {
                **self.admin_site.each_context(request),
                "title": "Erase personal data",
                "opts": self.opts,
                "customers": queryset.order_by("pk"),
            }
            return TemplateResponse(request, "admin/customers/customer/erase.html", context)
        results = run_each(ids_of(queryset), lambda customer_id: erase_customer(customer_id=customer_id))
        self.tell(request, results, "erased")
        return None

    @admin.display(description="timeline")
    def timeline(self, customer: Customer) -> str:
        """What happened to the customer, the newest first."""
        return timeline(Subject.CUSTOMER, customer.pk)


def orders_url(customer: Customer) -> str:
    """The list of a customer's orders."""
    return f"{reverse('admin:orders_order_changelist')}?customer__id__exact={customer.pk}"


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin):
    """Words that staff put on customers."""

    list_display = ("value", "carried", "created_at")
    search_fields = ("value",)
    ordering = ("value",)
    show_full_result_count = False
    paginator = BoundedPaginator

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Labels with how many customers carry them, counted no further than is told."""
        carriers = CustomerLabel.objects.filter(label=OuterRef("pk")).values("pk")
        return super().get_queryset(request).annotate(carried_count=BoundedCount(carriers, CARRIERS_COUNTED_MAX))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is asked about before a deletion: the labels; not each customer who carries one."""
        labels = list(objs)
        return [str(label) for label in labels], {self.opts.verbose_name_plural: len(labels)}, set(), []

    @admin.display(description="customers")
    def carried(self, label: Any) -> str:
        """How many, leading to them."""
        url = f"{reverse('admin:customers_customer_changelist')}?customer_labels__label__id__exact={label.pk}"
        most = CARRIERS_COUNTED_MAX
        told = f"more than {most:,}" if label.carried_count > most else f"{label.carried_count:,}"
        return format_html('<a href="{}">{}</a>', url, told)
