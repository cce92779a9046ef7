"""The address book in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from customers.admin.business import OF_CUSTOMER, of_found_customers
from customers.forms import AddressForm
from customers.models import CustomerAddress
from customers.services import addresses
from fluentcart.admin import ServiceAdmin


@admin.register(CustomerAddress)
class CustomerAddressAdmin(ServiceAdmin):
    """One address of a customer's address book; reached from the customer."""

    form = AddressForm
    list_display = ("id", "customer", "type", "is_primary", "name", "address_1", "city", "country")
    list_select_related = ("customer",)
    sortable_by = ("id",)
    search_fields = ("customer__search_text",)
    search_help_text = OF_CUSTOMER
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By their customer."""
        return of_found_customers(queryset, search_term), False

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
