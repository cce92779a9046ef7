"""An activity: one change to a customer or an order, kept as it was."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone


class Subject(models.TextChoices):
    """Whose history it is."""

    CUSTOMER = "customer", "Customer"
    ORDER = "order", "Order"


class Via(models.TextChoices):
    """What the actor showed to be let in."""

    APPLICATION_PASSWORD = "application_password", "Application password"
    SESSION = "session", "Browser session"
    COMMAND = "command", "Command"
    SYSTEM = "system", "System"


class Verb(models.TextChoices):
    """What happened; the label is how a timeline says it."""

    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    DELETED = "deleted", "Deleted"
    RESTORED = "restored", "Restored from the trash"
    REMOVED = "removed", "Removed for good"
    NOTED = "noted", "Note added"
    EXPORTED = "exported", "Personal data exported"
    ERASED = "erased", "Personal data erased"
    STATUS_CHANGED = "status_changed", "Status changed"
    PAID = "paid", "Marked as paid"
    REFUND_RESERVED = "refund_reserved", "Refund reserved"
    REFUNDED = "refunded", "Refunded"
    REFUND_RELEASED = "refund_released", "Refund given up"
    CUSTOMER_CHANGED = "customer_changed", "Customer changed"
    ORDER_GAINED = "order_gained", "Order received from another customer"
    ORDER_LOST = "order_lost", "Order given to another customer"
    ADDRESS_CREATED = "address_created", "Address added"
    ADDRESS_UPDATED = "address_updated", "Address updated"
    ADDRESS_DELETED = "address_deleted", "Address deleted"
    CONTACT_CREATED = "contact_created", "Contact added"
    CONTACT_UPDATED = "contact_updated", "Contact updated"
    CONTACT_DELETED = "contact_deleted", "Contact deleted"
    BUSINESS_CREATED = "business_created", "Business profile added"
    BUSINESS_UPDATED = "business_updated", "Business profile updated"
    CREDIT_CHECKED = "credit_checked", "Credit checked"
    USER_ATTACHED = "user_attached", "User attached"
    USER_DETACHED = "user_detached", "User detached"
    RECALCULATED = "recalculated", "Statistics recalculated"


class Activity(models.Model):
    """One change. Written once by `history.record`; the database refuses any later change but one.

    `changes` and `personal` are {field: [from, to]}. What can say something about a person (names, addresses,
    notes, reasons) is in `personal` alone, so that erasure can empty it and leave the rest: that is the one
    UPDATE which the triggers of the first migration let through.
    There are no foreign keys: a row outlives the user, the credential and the subject that it names.
    """

    subject = models.CharField(max_length=10, choices=Subject)
    subject_id = models.BigIntegerField()
    verb = models.CharField(max_length=30, help_text="One of Verb; a new one needs no migration.")
    changes = models.JSONField(default=dict)
    personal = models.JSONField(default=dict)
    actor_id = models.BigIntegerField(null=True, help_text="The user's id.")
    actor = models.CharField(max_length=60, blank=True, help_text="The user's login as it was.")
    via = models.CharField(max_length=20, choices=Via, default=Via.SYSTEM)
    credential = models.CharField(max_length=192, blank=True, help_text="The name of the password or command.")
    credential_uuid = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "activities"
        constraints = [
            models.CheckConstraint(condition=models.Q(subject__in=Subject.values), name="activity_subject_known"),
            models.CheckConstraint(condition=models.Q(via__in=Via.values), name="activity_via_known"),
        ]
        # The only question that is asked: the newest of one subject.
        indexes = [models.Index(fields=["subject", "subject_id", "id"], name="activity_of_subject")]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id} {self.verb}"

    @property
    def note(self) -> str:
        """The text of a note; "" for everything else."""
        return note_of(self.personal)


def note_of(personal: dict[str, Any]) -> str:
    """The text of a note, in what is personal of its row; "" when it was erased, or is none."""
    texts: list[str] = personal.get("note_added", [None, ""])
    return texts[1]
