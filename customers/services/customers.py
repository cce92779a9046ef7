"""Creating and changing a customer's own fields; addresses and users have modules of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.errors import InvalidUser, email_taken, refuse
from customers.models import Customer
from customers.services import checks, users
from customers.services.fields import CustomerChanges, apply_changes, merge_info
from customers.services.labels import sync_labels
from customers.services.locking import lock_customer
from fluentcart.compiled import insert, update
from fluentcart.errors import InvalidFields
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from fluentcart.history.tracking import Changes


def create_customer(
    *,
    email: str,
    full_name: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    phone: str = "",
    status: str = "active",
    notes: str = "",
    country: str = "",
    state: str = "",
    city: str = "",
    postcode: str = "",
    user_id: int | None = None,
    creates_user: bool = False,
    additional_info: Mapping[str, Any] | None = None,
    may_link_staff: bool = False,
) -> Customer:
    """Store a new customer and link it to a user where there is one.

    Args:
        email: unique among customers, in any case.
        full_name: split at the first space; or give `first_name` and perhaps `last_name`.
        status: active or inactive.
        country: an ISO code or "".
        state: a code where the country has a list of states, else free text.
        user_id: the user to link; without it a free user with the same e-mail address is linked.
        creates_user: make a user when none has the address (`wp_user=yes`).
        additional_info: any JSON object.
        may_link_staff: whether a user who holds a role may be linked.

    Raises:
        InvalidFields: everything that is wrong with the fields, at once.
        InvalidUser: `user_id` is unknown or may not be linked.
        UserCreationFailed: the user could not be made; nothing is stored.

    Locks the user. Source: customers document v2, "Create Customer"; semantics 6.1, 7.1 and 7.2.
    """
    changes: dict[str, Any] = {
        "email": email, "phone": phone, "status": status, "notes": notes, "country": country,
        "state": state, "city": city, "postcode": postcode, "additional_info": additional_info or {},
    }  # fmt: skip
    if full_name is None and first_name is None:
        full_name = ""
    names = {"full_name": full_name, "first_name": first_name, "last_name": last_name}
    changes |= {field: name for field, name in names.items() if name is not None}
    customer = Customer()
    try:
        with transaction.atomic():
            apply_changes(customer, changes)
            if user_id is not None:
                customer.user = users.checked_user(user_id, may_link_staff=may_link_staff)
            else:
                customer.user = users.user_for(customer, creates_user=creates_user, may_link_staff=may_link_staff)
            insert(customer)
            record(Verb.CREATED, customer)
    except IntegrityError as error:
        _refuse_lost_race(customer, error)
        raise
    return customer


def update_customer(*, customer_id: int, may_link_staff: bool = False, **changes: Unpack[CustomerChanges]) -> Customer:
    """Change what is given and keep the rest; the linked user is never changed.

    Args:
        customer_id: primary key of a customer.
        may_link_staff: whether `user_id` may name a user who holds a role.
        changes: as for `create_customer`. `user_id` links a user to a customer without one; None changes
            nothing (`detach_user` unlinks). `additional_info` is merged as `update_additional_info` does.

    Raises:
        CustomerNotFound: no such customer.
        InvalidFields: everything that is wrong with the fields, at once, judged on the row after the change.
        InvalidUser: the user is unknown, may not be linked, or the customer has another.

    Locks the customer, then the user. Source: customers document v2, "Update Customer"; decisions, "The wire".
    """
    customer = Customer(pk=customer_id)
    try:
        with transaction.atomic():
            customer = lock_customer(customer_id)
            written = apply_changes(customer, changes)
            if _is_new_user(customer, changes.get("user_id")):
                customer.user = users.checked_user(changes["user_id"] or 0, may_link_staff=may_link_staff)
                written.append("user")
            customer.updated_at = timezone.now()
            update(customer, [*written, "updated_at"])
            record(Verb.UPDATED, customer)
    except IntegrityError as error:
        _refuse_lost_race(customer, error)
        raise
    return customer


def _is_new_user(customer: Customer, user_id: int | None) -> bool:
    if user_id is None or user_id == customer.user_id:
        return False
    if customer.user_id is not None:
        raise InvalidUser("Can not attach user", field_sentence="The customer already has a user.")
    return True


def _refuse_lost_race(customer: Customer, error: IntegrityError) -> None:
    """Say what a unique index has decided: the address or the user went to somebody else meanwhile."""
    if checks.is_email_taken(customer.email, except_id=customer.pk):
        raise email_taken() from error
    if customer.user_id and Customer.objects.filter(user_id=customer.user_id).exclude(pk=customer.pk).exists():
        raise InvalidUser(users.ALREADY_ATTACHED) from error


@transaction.atomic
def update_additional_info(
    *, customer_id: int, info: Mapping[str, Any], labels: Sequence[int] | None = None
) -> Customer:
    """Merge into a customer's additional information, and set the customer's labels.

    Args:
        customer_id: primary key of a customer.
        info: top-level keys to set; a key with None is removed, the other keys stay.
        labels: ids of all labels that the customer shall carry; None leaves them as they are.

    Raises:
        CustomerNotFound: no such customer.
        InvalidFields: nothing is given, a label is unknown, or a value cannot be stored.

    Locks the customer. Source: customers document v2, "Update Customer Additional Info"; semantics 6.1.
    """
    customer = lock_customer(customer_id)
    if not info and labels is None:
        raise InvalidFields.of("additional_info", "Nothing to update.")
    errors = merge_info(customer, info)
    about: Changes = {}
    if labels is not None:
        errors |= sync_labels(customer, labels, about)
    refuse(errors)
    customer.updated_at = timezone.now()
    update(customer, ["additional_info", "updated_at"])
    record(Verb.UPDATED, customer, about=about)
    return customer
