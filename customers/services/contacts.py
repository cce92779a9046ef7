"""The people to talk to at a business: every write keeps at most one primary contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, Required, TypedDict, Unpack

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers.errors import EMAIL_MALFORMED, ContactNotFound, FieldSentences, refuse
from customers.models import Contact, Customer
from customers.services.checks import is_email, required, text_errors
from customers.services.locking import lock_customer
from fluentcart.history.models import Verb
from fluentcart.history.record import made, record, write
from fluentcart.history.tracking import Changes, remember


class ContactFields(TypedDict):
    """What a contact is made of."""

    name: Required[str]
    title: NotRequired[str]
    email: NotRequired[str]
    phone: NotRequired[str]
    is_primary: NotRequired[bool]


class ContactChanges(TypedDict, total=False):
    """What `update_contact` changes; what is left out stays."""

    name: str
    title: str
    email: str
    phone: str
    is_primary: bool


@transaction.atomic
def create_contact(*, customer_id: int, **fields: Unpack[ContactFields]) -> Contact:
    """Add a contact to a customer.

    Args:
        customer_id: primary key of a customer.
        fields: a name, and perhaps title, email and phone. `is_primary` takes the place from the primary
            contact; the first contact is primary even without it.

    Raises:
        CustomerNotFound: no such customer.
        InvalidFields: everything that is wrong with the fields, at once.

    Locks the customer. Source: B2B document, "POST /api/customers/:id/contacts"; semantics 10.6.
    """
    customer = lock_customer(customer_id)
    contact = Contact(customer=customer)
    refuse(apply_contact(contact, fields))
    contact.is_primary = contact.is_primary or not Contact.objects.filter(customer=customer).exists()
    former_id = _demote_others(contact) if contact.is_primary else None
    contact.save(force_insert=True)
    record(Verb.CONTACT_CREATED, contact, about=_primary_change(former_id, contact.pk))
    return contact


@transaction.atomic
def update_contact(*, customer_id: int, contact_id: int, **changes: Unpack[ContactChanges]) -> Contact:
    """Change what is given of a customer's contact and keep the rest.

    Args:
        customer_id: primary key of a customer.
        contact_id: primary key of one of this customer's contacts.
        changes: as for `create_contact`. `is_primary` false on the primary contact leaves the customer
            without one, which is allowed.

    Raises:
        CustomerNotFound: no such customer.
        ContactNotFound: the customer has no such contact.
        InvalidFields: everything that is wrong with the fields, at once.

    Locks the customer. Source: B2B document, "PUT /api/customers/:id/contacts/:contact_id"; semantics 10.6.
    """
    customer = lock_customer(customer_id)
    contact = _contact_of(customer, contact_id)
    refuse(apply_contact(contact, changes))
    former_id = _demote_others(contact) if contact.is_primary else None
    contact.updated_at = timezone.now()
    contact.save(update_fields=[*changes, "updated_at"])
    record(Verb.CONTACT_UPDATED, contact, about=_primary_change(former_id, contact.pk))
    return contact


@transaction.atomic
def delete_contact(*, customer_id: int, contact_id: int) -> None:
    """Remove a contact; when it was the primary one, the oldest that remains takes the place.

    Raises:
        CustomerNotFound: no such customer.
        ContactNotFound: the customer has no such contact.

    Locks the customer. Source: B2B document, "DELETE /api/customers/:id/contacts/:contact_id"; semantics 10.6.
    """
    customer = lock_customer(customer_id)
    contact = _contact_of(customer, contact_id)
    others = Contact.objects.filter(customer=customer).exclude(pk=contact.pk)
    heir = others.order_by("pk").first() if contact.is_primary else None
    about = _primary_change(contact.pk, heir.pk) if heir else {}
    record(Verb.CONTACT_DELETED, contact, about=about, is_removed=True)
    contact.delete()
    if heir is not None:
        Contact.objects.filter(pk=heir.pk).update(is_primary=True, updated_at=timezone.now())


def add_first_contacts(customer: Customer, rows: Sequence[ContactFields]) -> None:
    """Store the contacts of a customer who is being created; `first_contacts_errors` has found nothing wrong.

    Without a primary one among them the first becomes it.
    """
    contacts = [Contact(customer=customer) for _ in rows]
    for contact, row in zip(contacts, rows, strict=True):
        apply_contact(contact, row)
    if contacts and not any(contact.is_primary for contact in contacts):
        contacts[0].is_primary = True
    Contact.objects.bulk_create(contacts)
    write([made(Verb.CONTACT_CREATED, contact) for contact in contacts])


def first_contacts_errors(rows: Sequence[ContactFields]) -> FieldSentences:
    """What is wrong with the contacts of a customer who is being created, as `contacts[0].name`."""
    errors: FieldSentences = {}
    for index, row in enumerate(rows):
        found = apply_contact(Contact(), row)
        errors |= {f"contacts[{index}].{field}": sentences for field, sentences in found.items()}
    if sum(bool(row.get("is_primary")) for row in rows) > 1:
        errors["contacts"] = ["At most one contact can be the primary one."]
    return errors


def primary_of(rows: Sequence[ContactFields]) -> ContactFields | None:
    """The contact that will be the primary one of those."""
    return next((row for row in rows if row.get("is_primary")), rows[0] if rows else None)


def apply_contact(contact: Contact, changes: Mapping[str, Any]) -> FieldSentences:
    """Set changes on a contact without saving. Returns what is wrong with the row that results."""
    texts = {field: value for field, value in changes.items() if field != "is_primary"}
    errors = text_errors(Contact, texts)
    for field in texts.keys() - errors.keys():
        setattr(contact, field, texts[field].strip())
    contact.is_primary = bool(changes.get("is_primary", contact.is_primary))
    if not contact.name:
        errors.setdefault("name", [required("name")])
    if contact.email and not is_email(contact.email):
        errors.setdefault("email", [EMAIL_MALFORMED])
    return errors


def _contact_of(customer: Customer, contact_id: int) -> Contact:
    contact = Contact.objects.filter(customer=customer, pk=contact_id).first()
    if contact is None:
        raise ContactNotFound(contact_id)
    return remember(contact)


def _demote_others(contact: Contact) -> int | None:
    """Take the place from the primary contact, before this one gets it: the index allows one.

    Returns:
        The id of the contact that had it; None when none did.
    """
    others: QuerySet[Contact] = Contact.objects.filter(customer=contact.customer_id, is_primary=True)
    former_id = others.exclude(pk=contact.pk).values_list("pk", flat=True).first()
    if former_id is not None:
        Contact.objects.filter(pk=former_id).update(is_primary=False, updated_at=timezone.now())
    return former_id


def _primary_change(former_id: int | None, contact_id: int) -> Changes:
    """What the history says of a contact that took another's place."""
    return {} if former_id is None else {"primary_contact_id": [former_id, contact_id]}
