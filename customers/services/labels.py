"""Which labels a customer carries."""

from __future__ import annotations

from collections.abc import Sequence

from customers.errors import FieldSentences
from customers.models import Customer, CustomerLabel, Label
from fluentcart.history.tracking import Changes
from fluentcart.storable import storable_ids


def sync_labels(customer: Customer, label_ids: Sequence[int], about: Changes) -> FieldSentences:
    """Let a locked customer carry exactly these labels; links that stay keep their ids.

    Args:
        about: gets the labels' ids before and after, for the history, when they are not the same.

    Returns:
        What is wrong: every id that no label has. Nothing is written then.
    """
    wanted = dict.fromkeys(label_ids)
    # Locked, so that none is deleted before the links to it are there.
    labels = Label.objects.select_for_update(no_key=True).filter(pk__in=storable_ids(wanted)).order_by("pk")
    known = set(labels.values_list("pk", flat=True))
    if unknown := [label_id for label_id in wanted if label_id not in known]:
        return {"labels": [f"Label with ID {label_id} not found." for label_id in unknown]}
    carried = set(CustomerLabel.objects.filter(customer=customer).values_list("label_id", flat=True))
    CustomerLabel.objects.filter(customer=customer, label_id__in=carried - known).delete()
    missing = [label_id for label_id in wanted if label_id not in carried]
    CustomerLabel.objects.bulk_create(CustomerLabel(customer=customer, label_id=label_id) for label_id in missing)
    if carried != known:
        about["labels"] = [sorted(carried), sorted(known)]
    return {}
