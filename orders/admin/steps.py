"""What staff can do to an order on a page of its own: a form for each, which calls one service."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django_countries import countries

from accounts.models import User
from customers.models import AddressType, Customer
from fluentcart.admin import MoneyField, money
from fluentcart.admin.steps import Step
from fluentcart.errors import DomainError
from fluentcart.history.admin import note_field
from orders import states
from orders.models import Order, OrderAddress, OrderItem
from orders.policies import OrderPolicy
from orders.services.address import COLUMNS
from orders.services.delete import restore_order
from orders.services.notes import note_order
from orders.services.payment import check_payable, mark_as_paid
from orders.services.reassign import change_customer, create_and_change_customer
from orders.services.refund import MANUAL, ORIGINAL, refund_order
from orders.services.status import update_statuses
from orders.services.update import check_editable, update_order

UNCHANGED = ("", "Leave unchanged")


class StepForm(Step):
    """A form about one order; a subclass says what it does and who may do it."""

    action: ClassVar[str]  # whose capabilities in OrderPolicy it needs

    def __init__(self, *args: Any, order: Order, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        self.user = user

    @classmethod
    def is_allowed(cls, user: User) -> bool:
        """Whether somebody holds a capability for it, the same as for the API's action."""
        return not user.capabilities.isdisjoint(OrderPolicy.any_of[cls.action])

    @classmethod
    def fits(cls, order: Order) -> bool:
        """Whether the step is worth offering for an order as it stands; the service decides when it is taken."""
        return True

    @classmethod
    def is_offered(cls, order: Order, user: User) -> bool:
        """Whether somebody sees it on the page of an order; a deleted one can only be restored."""
        return cls.is_allowed(user) and cls.is_about(order) and cls.fits(order)

    @classmethod
    def is_about(cls, order: Order) -> bool:
        """Whether it is for orders that are there, or for deleted ones, as this one is."""
        return order.deleted_at is None


class MarkAsPaidForm(StepForm):
    """Money came in outside of every gateway."""

    slug, title, action = "mark-as-paid", "Mark as paid", "mark_as_paid"

    payment_method = forms.CharField(max_length=100, required=False, help_text="Empty keeps the order's.")
    transaction_id = forms.CharField(max_length=192, required=False, label="Transaction ID")
    note = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}), help_text="Empty keeps the order's.")

    @classmethod
    def fits(cls, order: Order) -> bool:
        """See StepForm."""
        try:
            check_payable(order)
        except DomainError:
            return False
        return True

    @property
    def introduction(self) -> str:
        """See StepForm."""
        return f"Due: {money(self.order.due_cents, self.order.currency)}. All of it is booked as received."

    def carry_out(self) -> str:
        """See StepForm."""
        values = self.cleaned_data
        order = mark_as_paid(
            order_id=self.order.pk,
            payment_method=values["payment_method"],
            transaction_id=values["transaction_id"],
            note=values["note"] or None,
        )
        return f"{order} is paid: {money(order.total_paid_cents, order.currency)}."


class RefundForm(StepForm):
    """Money goes back: an amount, or what some lines cost."""

    slug, title, action = "refund", "Refund", "refund"
    is_one_transaction = False  # the service tries each of its transactions again by itself

    reason = forms.CharField(required=False, widget=forms.Textarea({"rows": 2}))
    refund_method = forms.ChoiceField(
        choices=[(ORIGINAL, "Through the gateway that captured it"), (MANUAL, "By hand: only book it")]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = self.order
        left = money(order.net_paid_cents, order.currency)
        help_text = f"Of {left} that can be given back. Empty takes what the pieces below cost."
        amount = MoneyField(currency=order.currency, required=False, help_text=help_text)
        self.fields = {"amount": amount, **self.fields}
        self.items: list[OrderItem] = list(order.items.order_by("pk"))
        for item in self.items:
            self._add_line(item)

    def _add_line(self, item: OrderItem) -> None:
        price = money(item.unit_price_cents, self.order.currency)
        self.fields[f"quantity_{item.pk}"] = forms.IntegerField(
            min_value=0, max_value=item.quantity, required=False, label=f"Pieces of {item}", help_text=f"{price} each."
        )
        self.fields[f"restock_{item.pk}"] = forms.BooleanField(required=False, label="Put them back into stock")

    def lines(self) -> list[dict[str, Any]]:
        """The lines of which pieces come back, as the service takes them."""
        values = self.cleaned_data
        return [
            {
                "id": item.pk,
                "quantity": values[f"quantity_{item.pk}"],
                "restock": values[f"restock_{item.pk}"],
            }
            for item in self.items
            if values[f"quantity_{item.pk}"]
        ]

    def carry_out(self) -> str:
        """See StepForm."""
        before_cents = self.order.total_refund_cents
        refund_order(
            order_id=self.order.pk,
            amount_cents=self.cleaned_data["amount"],
            items=self.lines() or None,  # type: ignore[arg-type]
            reason=self.cleaned_data["reason"],
            refund_method=self.cleaned_data["refund_method"],
        )
        self.order.refresh_from_db()
        refunded = money(self.order.total_refund_cents - before_cents, self.order.currency)
        return f"{refunded} of {self.order} was refunded."

    def show(self, error: DomainError) -> None:
        """A refusal of `items[1].quantity` stands beside the second line that was given; a limit is in major units."""
        if limit_cents := error.details.get("limit_cents"):
            self.add_error("amount", f"At most {money(limit_cents, self.order.currency)} can still be refunded.")
            return
        given = self.lines()
        for field, sentences in error.fields.items():
            place = re.match(r"items\[(\d+)\]", field)
            line = f"quantity_{given[int(place[1])]['id']}" if place and int(place[1]) < len(given) else field
            self.add_error(line if line in self.fields else None, sentences)
        if not error.fields:
            self.add_error(None, error.message)


def _choices(words: Any) -> list[tuple[str, str]]:
    return [UNCHANGED, *((word.value, word.value.replace("_", " ").replace("-", " ").capitalize()) for word in words)]


class ChangeStatusForm(StepForm):
    """The three status axes; a payment status is for those who may manage orders."""

    slug, title, action = "change-status", "Change status", "statuses"

    order_status = forms.ChoiceField(
        required=False,
        choices=_choices(word for word in states.OrderStatus if word in states.EDITABLE_ORDER_STATUSES),
    )
    payment_status = forms.ChoiceField(
        required=False,
        choices=_choices([states.PaymentStatus.PAID, *sorted(states.UNPAID_STATUSES)]),
        help_text="Paid is the same as “Mark as paid”.",
    )
    shipping_status = forms.ChoiceField(
        required=False,
        choices=_choices(word for word in states.ShippingStatus if word in states.EDITABLE_SHIPPING_STATUSES),
    )
    manage_stock = forms.BooleanField(required=False, initial=True, label="Move the stock accordingly")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not MarkAsPaidForm.is_allowed(self.user):
            del self.fields["payment_status"]

    def carry_out(self) -> str:
        """See StepForm."""
        values = dict(self.cleaned_data)
        manage_stock = values.pop("manage_stock")
        given = {field: word for field, word in values.items() if word}
        order = update_statuses(order_id=self.order.pk, manage_stock=manage_stock, **given)
        words = [order.status, order.payment_status, order.shipping_status]
        return f"{order} is now: {', '.join(word.replace('_', ' ') for word in words if word)}."


class ChangeCustomerForm(StepForm):
    """The order belongs to somebody else."""

    slug, title, action = "change-customer", "Change customer", "change_customer"

    customer = forms.ModelChoiceField(
        Customer.objects.all(), widget=AutocompleteSelect(Order._meta.get_field("customer"), admin.site)
    )

    def carry_out(self) -> str:
        """See StepForm."""
        customer = self.cleaned_data["customer"]
        order = change_customer(order_id=self.order.pk, customer_id=customer.pk)
        return f"{order} belongs to {customer} now."


class NewCustomerForm(StepForm):
    """The order belongs to somebody who is no customer yet."""

    slug, title, action = "new-customer", "Change to a new customer", "create_and_change_customer"

    email = forms.EmailField(max_length=255)
    first_name = forms.CharField(max_length=255)
    last_name = forms.CharField(max_length=255, required=False)
    phone = forms.CharField(max_length=50, required=False)

    def carry_out(self) -> str:
        """See StepForm."""
        order = create_and_change_customer(order_id=self.order.pk, **self.cleaned_data)
        return f"{order} belongs to {order.customer} now, who is a new customer."


class AddressesForm(StepForm):
    """Where the order is billed and sent to. The customer's address book stays as it is."""

    slug, title, action = "addresses", "Change addresses", "update"
    kinds = tuple((kind, f"{kind.value}_address") for kind in AddressType)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = {row.type: row for row in self.order.addresses.all()}
        for kind, name in self.kinds:
            for column in COLUMNS:
                field = _address_field(column)
                field.initial = str(getattr(present.get(kind.value), column, "") or "")
                self.fields[f"{name}.{column}"] = field

    @classmethod
    def fits(cls, order: Order) -> bool:
        """See StepForm."""
        try:
            check_editable(order)
        except DomainError:
            return False
        return True

    @property
    def introduction(self) -> str:
        """See StepForm."""
        return "Only this order's copies change; the customer's address book stays as it is."

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """See StepForm."""
        return [
            (f"{kind.label} address", [self[f"{name}.{column}"] for column in COLUMNS]) for kind, name in self.kinds
        ]

    def carry_out(self) -> str:
        """See StepForm; only what was typed anew is written."""
        given: dict[str, dict[str, str]] = {}
        for field in self.changed_data:
            name, _, column = field.partition(".")
            given.setdefault(name, {})[column] = self.cleaned_data[field]
        if not given:
            return f"The addresses of {self.order} stay as they are."
        order = update_order(order_id=self.order.pk, **given)  # type: ignore[arg-type]
        return f"The addresses of {order} were changed."


def _address_field(column: str) -> forms.Field:
    """A form field for one column of an address; its limits are the column's."""
    label = column.replace("_", " ").capitalize()
    if column == "country":
        return forms.ChoiceField(label=label, required=False, choices=[("", "---------"), *countries])
    limit = OrderAddress._meta.get_field(column).max_length  # type: ignore[union-attr]
    field = forms.EmailField if column == "email" else forms.CharField
    return field(label=label, required=False, max_length=limit)


class NoteForm(StepForm):
    """Something to remember about the order, on its timeline."""

    slug, title, action = "add-note", "Add note", "create_note"

    note = note_field()

    def carry_out(self) -> str:
        """See StepForm."""
        note_order(order_id=self.order.pk, note=self.cleaned_data["note"])
        return f"A note was added to {self.order}."


class RestoreForm(StepForm):
    """A deleted order comes back as it was. The only step that a deleted order has."""

    slug, title, action = "restore", "Restore", "restore"

    @classmethod
    def is_about(cls, order: Order) -> bool:
        """See StepForm."""
        return order.deleted_at is not None

    @property
    def introduction(self) -> str:
        """See StepForm."""
        return "The order comes back with its status and its numbers, and holds again the pieces that it held."

    def carry_out(self) -> str:
        """See StepForm."""
        return f"{restore_order(order_id=self.order.pk)} was restored."


STEPS: tuple[type[StepForm], ...] = (
    MarkAsPaidForm,
    RefundForm,
    ChangeStatusForm,
    AddressesForm,
    ChangeCustomerForm,
    NewCustomerForm,
    NoteForm,
    RestoreForm,
)
