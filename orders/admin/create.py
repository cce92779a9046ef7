"""The admin's forms for a new order: who, what, how it is paid and sent; prices are the catalogue's."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from customers.models import AddressType, Customer
from fluentcart.deadlocks import tried_again
from fluentcart.errors import DomainError
from orders.models import Fulfillment, Order, OrderItem, ProductVariation, ShippingMethod
from orders.services.create import create_order
from orders.totals import QUANTITY_MAX

NO_ADDRESS = (
    "The customer has no primary shipping address, so the order has goods to send and nowhere to send them. "
    "Delete it, add the address to the customer, and make it anew."
)
BLANK_LINES = 8
LINES_MAX = 100


def lacks_address(order: Order) -> bool:
    """Whether a stored order has goods to send and no shipping address. One query at most."""
    is_physical = order.fulfillment_type == Fulfillment.PHYSICAL
    return is_physical and not order.addresses.filter(type=AddressType.SHIPPING).exists()


class NewOrderForm(forms.Form):
    """Everything about a new order but its lines. Its addresses are copied from the customer's primary ones."""

    customer = forms.ModelChoiceField(
        Customer.objects.all(),
        widget=AutocompleteSelect(Order._meta.get_field("customer"), admin.site),
        help_text="Goods to be sent need the customer's primary shipping address: add it first. It is copied.",
    )
    payment_method = forms.CharField(max_length=100, required=False, help_text="A word; no gateway is called.")
    shipping_method = forms.ModelChoiceField(
        ShippingMethod.objects.filter(is_enabled=True).order_by("zone__position", "position", "title"),
        to_field_name="slug",
        required=False,
        empty_label="None: charge no shipping",
    )
    note = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}))


class LineForm(forms.Form):
    """One line of a new order."""

    variation = forms.ModelChoiceField(
        ProductVariation.objects.select_related("product"),
        widget=AutocompleteSelect(OrderItem._meta.get_field("variation"), admin.site, attrs={"data-width": "30em"}),
    )
    quantity = forms.IntegerField(min_value=1, max_value=QUANTITY_MAX, initial=1)

    def has_changed(self) -> bool:
        """Whether anything was chosen; a line without a product is left out, whatever its quantity."""
        return "variation" in self.changed_data


LineFormSet = forms.formset_factory(
    LineForm, extra=BLANK_LINES, max_num=LINES_MAX, absolute_max=LINES_MAX, validate_max=True
)


class NewOrder:
    """The form and the lines of one request, together."""

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        self.form = NewOrderForm(data, initial=initial)
        self.lines = LineFormSet(data, prefix="lines")

    @property
    def media(self) -> forms.Media:
        """The scripts of both."""
        return self.form.media + self.lines.empty_form.media

    def is_valid(self) -> bool:
        """Whether both are; both are judged, so that all errors show at once."""
        return all([self.form.is_valid(), self.lines.is_valid()])

    def store(self) -> Order | None:
        """The order, made by the service; None when it refused, with the reason in the forms."""
        values = self.form.cleaned_data
        method = values["shipping_method"]
        try:
            return tried_again(create_order)(
                customer_id=values["customer"].pk,
                items=[self._item(line) for line in self._filled()],  # type: ignore[misc]
                payment_method=values["payment_method"],
                shipping_method=method.slug if method else None,
                note=values["note"],
            )
        except DomainError as error:
            self._show(error)
            return None

    def _filled(self) -> list[LineForm]:
        return [line for line in self.lines if line.cleaned_data.get("variation")]

    @staticmethod
    def _item(line: LineForm) -> dict[str, int]:
        variation = line.cleaned_data["variation"]
        return {
            "product_id": variation.product_id,
            "variation_id": variation.pk,
            "quantity": line.cleaned_data["quantity"],
        }

    def _show(self, error: DomainError) -> None:
        """A refusal of `items[1].quantity` stands beside the second line that was filled in."""
        filled = self._filled()
        for field, sentences in (error.fields or {"": [error.message]}).items():
            place = re.fullmatch(r"items\[(\d+)\]\.(\w+)", field)
            if place:
                filled[int(place[1])].add_error("quantity" if place[2] == "quantity" else "variation", sentences)
            else:
                name = field.removesuffix("_id")
                self.form.add_error(name if name in self.form.fields else None, sentences)
