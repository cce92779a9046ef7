"""Business accounts in the admin: terms, contacts, credit checks; and how a customer's page shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from customers.forms import BusinessForm, ContactForm
from customers.models import BusinessProfile, Contact, CreditCheck, Customer
from customers.search import find_customers
from customers.services import contacts
from fluentcart.admin import MoneyAsText, ReadOnlyInline, ServiceAdmin, money, money_column
from fluentcart.admin.paging import BoundedPaginator
from fluentcart.api.rows import mask
from orders.accounts import AccountFigures, account_figures
from orders.services.accounts import update_business

RECENT_CHECKS_MAX = 10
OF_CUSTOMER = "Company, name, e-mail address or id of the customer."
FACTORS = "admin/customers/customer/factors.html"


class ContactInline(ReadOnlyInline):
    """The people to talk to; each has a page of its own, where the rules are kept."""

    model = Contact
    fields = readonly_fields = ("name", "title", "email", "phone", "is_primary")
    ordering = ("-is_primary", "pk")
    show_change_link = True


@admin.register(BusinessProfile)
class BusinessProfileAdmin(MoneyAsText, ServiceAdmin):
    """The business side of a customer; once there it stays, so that terms and limit never vanish."""

    form = BusinessForm
    list_display = ("company", "customer", "payment_terms", "credit_limit", "discount_rate", "customer_since")
    list_select_related = ("customer",)
    sortable_by = ()
    list_filter = ("payment_terms",)
    search_fields = ("customer__search_text",)
    search_help_text = OF_CUSTOMER
    ordering = ("-customer_id",)
    autocomplete_fields = ("customer",)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    credit_limit = money_column("credit_limit_cents", "credit limit", currency="currency")
    # What those who may only look see in place of a field; of the tax number its end (semantics 10.6).
    money_texts = {
        "credit_limit_cents": "credit_limit",
        "discount_rate_basis_points": "discount_rate",
        "tax_id": "tax_id_end",
    }
    fieldsets = (
        (None, {"fields": ("customer", "company_name", "tax_id", "website", "fax")}),
        ("Terms", {"fields": ("payment_terms", ("currency", "credit_limit_cents"), "discount_rate_basis_points")}),
        ("Shipping", {"fields": ("preferred_shipping",)}),
        ("Dates", {"fields": (("customer_since", "created_at", "updated_at"),)}),
    )

    @admin.display(description="company", ordering="company_name")
    def company(self, profile: BusinessProfile) -> str:
        """The account's name; a customer may have terms without a company."""
        return profile.company_name or "-"

    @admin.display(description="discount rate", ordering="discount_rate_basis_points")
    def discount_rate(self, profile: BusinessProfile) -> str:
        """250 basis points -> 2.5 %."""
        return f"{profile.discount_rate_basis_points / 100:g} %"

    @admin.display(description="tax id")
    def tax_id_end(self, profile: BusinessProfile) -> str:
        """The last characters."""
        return mask(profile.tax_id) or "-"

    def get_readonly_fields(self, request: HttpRequest, obj: BusinessProfile | None = None) -> Any:
        """Dates are not typed, and a profile never moves to another customer."""
        shown = (*super().get_readonly_fields(request, obj), "customer_since", "created_at", "updated_at")
        return (*shown, "customer") if obj else shown

    def get_fieldsets(self, request: HttpRequest, obj: BusinessProfile | None = None) -> Any:
        """What has not happened yet has no dates."""
        found = super().get_fieldsets(request, obj)
        return found if obj else [fieldset for fieldset in found if fieldset[0] != "Dates"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Customers are found as everywhere; their search text has the company's name too."""
        return of_found_customers(queryset, search_term), False

    def has_delete_permission(self, request: HttpRequest, obj: BusinessProfile | None = None) -> bool:
        """A profile goes only with its customer."""
        return False

    def save_model(self, request: HttpRequest, obj: BusinessProfile, form: Any, change: bool) -> None:
        """Make or change it through the service, which also knows about open orders."""
        update_business(customer_id=obj.customer_id, **form.values(only_changed=change))
        obj.refresh_from_db()


@admin.register(Contact)
class ContactAdmin(ServiceAdmin):
    """One contact of a business; reached from the customer."""

    form = ContactForm
    list_display = ("id", "name", "title", "customer", "email", "phone", "is_primary")
    list_display_links = ("id", "name")
    list_select_related = ("customer",)
    sortable_by = ("id",)
    search_fields = ("customer__search_text",)
    search_help_text = OF_CUSTOMER
    ordering = ("-id",)
    autocomplete_fields = ("customer",)
    actions = ["delete_selected"]
    fieldsets = ((None, {"fields": ("customer", ("name", "title"), ("email", "phone"), "is_primary")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """A contact never moves to another customer."""
        return ("customer",) if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By their customer."""
        return of_found_customers(queryset, search_term), False

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        """Create or update through the services, which keep one primary contact per customer."""
        values = form.values(only_changed=change)
        if change:
            contacts.update_contact(customer_id=obj.customer_id, contact_id=obj.pk, **values)
        else:
            obj.pk = contacts.create_contact(customer_id=obj.customer_id, **values).pk
        obj.refresh_from_db()

    def remove(self, obj: Contact) -> None:
        """See ServiceAdmin."""
        contacts.delete_contact(customer_id=obj.customer_id, contact_id=obj.pk)


@admin.register(CreditCheck)
class CreditCheckAdmin(admin.ModelAdmin):
    """What credit checks found: a record, made by the button on a customer's page and never changed."""

    recommended_limit = money_column("recommended_limit_cents", "recommended limit", currency="currency")
    limit_at_check = money_column("limit_at_check_cents", "limit at the check", currency="currency")
    list_display = ("id", "customer", "score", "rating", "risk", "recommended_limit", "limit_at_check", "checked_at")
    list_select_related = ("customer",)
    sortable_by = ("id",)
    list_filter = ("rating", "checked_at")
    ordering = ("-id",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    fields = ("customer", ("score", "rating", "risk"), ("recommended_limit", "limit_at_check"), "why", "by")
    readonly_fields = ("recommended_limit", "limit_at_check", "why", "by")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Also by customer: a customer's page leads here."""
        return lookup == "customer__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="factors")
    def why(self, check: CreditCheck) -> str:
        """The points of each factor, with the figures behind them."""
        return render_to_string(FACTORS, {"factors": list(factor_rows(check))})

    @admin.display(description="checked")
    def by(self, check: CreditCheck) -> str:
        """When, and by whom."""
        checked_at = timezone.localtime(check.checked_at)
        return f"{checked_at:%Y-%m-%d %H:%M %Z} by {check.checked_by or 'nobody who is still here'}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A check is made by the service."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: CreditCheck | None = None) -> bool:
        """What was found was found."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CreditCheck | None = None) -> bool:
        """A check goes only with its customer."""
        return False


def of_found_customers(queryset: QuerySet[Any], search_term: str) -> QuerySet[Any]:
    """The rows of customers whom a search finds; all without a term."""
    term = " ".join(search_term.split())
    return queryset.filter(customer__in=find_customers(Customer.objects.all(), term)) if term else queryset


def factor_rows(check: CreditCheck) -> Iterator[tuple[str, str, str]]:
    """(factor, points, figures) of a check for people: ("overdue", "50 of 50", "overdue 0.00 USD").

    The weightiest comes first, and figures by name: PostgreSQL does not keep the order in which keys were stored.
    """
    for name, factor in sorted(check.factors.items(), key=lambda item: (-item[1]["of"], item[0])):
        figures = []
        for key, value in sorted(factor.items()):
            if key not in ("points", "of"):
                shown = money(value, check.currency) if key.endswith("_cents") else value
                figures.append(f"{key.removesuffix('_cents').replace('_', ' ')} {shown}")
        points = f"{factor['points']} of {factor['of']}" if factor["of"] else "-"
        yield name, points, ", ".join(figures)


def show_business(customer: Customer) -> str:
    """A customer's terms, and what is due now; the way to the profile's page."""
    profile = BusinessProfile.objects.filter(pk=customer.pk).first()
    if profile is None:
        return "No business profile: the defaults hold."
    figures = account_figures([customer.pk]).get(customer.pk, AccountFigures())
    return format_html(
        '<a href="{}">{}</a>: {}, credit limit {}, due now {}, discount {} %',
        reverse("admin:customers_businessprofile_change", args=[customer.pk]),
        profile.company_name or "Business profile",
        profile.get_payment_terms_display(),
        money(profile.credit_limit_cents, profile.currency),
        money(figures.balance_cents, profile.currency),
        f"{profile.discount_rate_basis_points / 100:g}",
    )


def show_credit_checks(customer: Customer) -> str:
    """The newest checks with what their scores are made of, and the way to the others."""
    newest = customer.credit_checks.order_by("-checked_at", "-pk")[:RECENT_CHECKS_MAX]
    rows = [
        {
            "check": check,
            "recommended": money(check.recommended_limit_cents, check.currency),
            "limit": money(check.limit_at_check_cents, check.currency),
            "factors": list(factor_rows(check)),
        }
        for check in newest
    ]
    url = f"{reverse('admin:customers_creditcheck_changelist')}?customer__id__exact={customer.pk}"
    return render_to_string("admin/customers/customer/recent_checks.html", {"rows": rows, "all_url": url})
