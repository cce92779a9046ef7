"""Notes on an order's timeline, and the one note that is a field of the order."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from fluentcart.compiled import update
from fluentcart.history.models import Activity, Subject, Verb
from fluentcart.history.record import add_note, record
from orders.models import Order
from orders.services.locks import lock_order


@transaction.atomic
def note_order(*, order_id: int, note: str) -> Activity:
    """Add a note that stays as it is written, to an order of any status; erasure empties it.

    Raises:
        OrderNotFound.

    Locks the order.
    """
    lock_order(order_id)
    return add_note(subject=Subject.ORDER, subject_id=order_id, text=note)


@transaction.atomic
def attach_note(*, order_id: int, note: str) -> Order:
    """Replace the note of an order of any status, as the plugin's route does.

    Raises:
        OrderNotFound.

    Locks the order. Source: semantics 1.3, POST /notes/attach.
    """
    order = lock_order(order_id)
    order.note, order.updated_at = note, timezone.now()
    update(order, ["note", "updated_at"])
    record(Verb.UPDATED, order)
    return order
