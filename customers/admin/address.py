"""The address book in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

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
