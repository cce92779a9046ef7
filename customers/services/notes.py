"""Notes on a customer's timeline; the one text `notes` that the documents show is a field of the customer."""

from __future__ import annotations

from django.db import transaction

from customers.services.locking import lock_customer
from fluentcart.history.models import Activity, Subject
from fluentcart.history.record import add_note


@transaction.atomic
def note_customer(*, customer_id: int, note: str) -> Activity:
    """Add a note that stays as it is written; erasure empties it.

    Raises:
        CustomerNotFound: no such customer.

    Locks the customer.
    """
    lock_customer(customer_id)
    return add_note(subject=Subject.CUSTOMER, subject_id=customer_id, text=note)
