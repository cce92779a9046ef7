"""The form of a note on a customer's timeline."""

from __future__ import annotations

from typing import Any

from customers.models import Customer
from customers.services.notes import note_customer
from fluentcart.admin.steps import Step
from fluentcart.history.admin import note_field


class NoteForm(Step):
    """Something to remember about the customer, on their timeline."""

    slug, title = "add-note", "Add note"

    note = note_field()

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer

    @property
    def introduction(self) -> str:
        """See Step."""
        return "A note stays as it is written, with your name and the time. Erasing the customer's data empties it."

    def carry_out(self) -> str:
        """See Step."""
        note_customer(customer_id=self.customer.pk, note=self.cleaned_data["note"])
        return f"A note was added to {self.customer}."
