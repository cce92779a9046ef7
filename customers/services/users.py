"""Linking customers to WordPress users, and making a user for a customer."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import User
from accounts.search import find_users
from customers.errors import InvalidUser, UserCreationFailed
from customers.models import Customer
from customers.services.locking import lock_customer
from fluentcart.compiled import compiled, update
from fluentcart.history.models import Verb
from fluentcart.history.record import record

LOGIN_CHARS_MAX = 60
NAME_CHARS_MAX = 192
ALREADY_ATTACHED = "User is already attached to another customer"
_NOT_IN_LOGINS = re.compile(r"[^\w.\-]+", re.ASCII)


def attachable_users(*, search: str = "", may_link_staff: bool = False) -> QuerySet[User]:
    """Active users without a customer, by id.

    Args:
        search: part of a login, an e-mail address or a display name; "" finds all.
        may_link_staff: whether users who hold a role are among them (decisions, "Linking users").
    """
    users = User.objects.filter(customer__isnull=True, is_active=True).order_by("pk")
    if not may_link_staff:
        users = users.filter(role=Role.NONE)
    return find_users(users, search) if search else users


def attach_user(*, customer_id: int, user_id: int, may_link_staff: bool) -> Customer:
    """Link a user to a customer who has none.

    Args:
        customer_id: primary key of a customer.
        user_id: primary key of an active user whom no customer has.
        may_link_staff: whether a user who holds a role may be linked (only a super admin may).

    Raises:
        CustomerNotFound: no such customer.
        InvalidUser: the customer has a user, the user is unknown, linked elsewhere, or not to be linked.

    Locks the customer, then the user; the unique index decides when two customers want one user.
    Source: customers document v2, "Attach User to Customer"; semantics 7.2.
    """
    try:
        with transaction.atomic():
            customer = lock_customer(customer_id)
            if customer.user_id is not None:
                raise InvalidUser("Can not attach user", field_sentence="The customer already has a user.")
            customer.user = checked_user(user_id, may_link_staff=may_link_staff)
            return _save_user(customer, Verb.USER_ATTACHED)
    except IntegrityError as error:
        raise InvalidUser(ALREADY_ATTACHED) from error


@transaction.atomic
def detach_user(*, customer_id: int) -> Customer:
    """Unlink the user of a customer; nothing happens when there is none (semantics 7.2).

    Raises:
        CustomerNotFound: no such customer.
    """
    customer = lock_customer(customer_id)
    if customer.user_id is None:
        return customer
    customer.user = None
    return _save_user(customer, Verb.USER_DETACHED)


def _save_user(customer: Customer, verb: Verb) -> Customer:
    customer.updated_at = timezone.now()
    update(customer, ["user", "updated_at"])
    record(verb, customer)
    return customer


def checked_user(user_id: int, *, may_link_staff: bool) -> User:
    """The user, locked, when a customer may be linked to it.

    Raises:
        InvalidUser: unknown, not active, linked to a customer, or holding a role without `may_link_staff`.

    To be called in a transaction, after the customer is locked.
    """
    # NO KEY: what refers to the user (application passwords, sessions) need not wait for it.
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise InvalidUser(f"User with ID {user_id} not found")
    if not _is_linkable(user, may_link_staff=may_link_staff):
        raise InvalidUser("User can not be attached to a customer")
    if Customer.objects.filter(user=user).exists():
        raise InvalidUser(ALREADY_ATTACHED)
    return user


def _is_linkable(user: User, *, may_link_staff: bool) -> bool:
    return user.is_active and (may_link_staff or user.role == Role.NONE)


def user_for(customer: Customer, *, creates_user: bool, may_link_staff: bool) -> User | None:
    """The user whom a customer that is being created gets.

    Args:
        customer: not stored yet; e-mail and names are set.
        creates_user: whether to make a user when no user has the customer's e-mail address (`wp_user=yes`).
        may_link_staff: whether a match who holds a role is linked.

    Returns:
        The user with the same address when it may be linked; None when it may not, or belongs to another
        customer already; without a match a new user if asked for, else None.

    Raises:
        UserCreationFailed: the user could not be made.

    Source: semantics 7.2; decisions, "Linking users".
    """
    match = user_locked_by_email(email_key=customer.email_key).first()
    if match is None:
        return _create_user(customer) if creates_user else None
    is_free = _is_linkable(match, may_link_staff=may_link_staff) and not Customer.objects.filter(user=match).exists()
    return match if is_free else None


@compiled
def user_locked_by_email(email_key: Any) -> QuerySet[User]:
    """The user who has an address, in any case; NO KEY: see `checked_user`."""
    return User.objects.select_for_update(no_key=True).filter(email_key=email_key)


def _create_user(customer: Customer) -> User:
    """A user with the customer's names and no password.

    Raises:
        UserCreationFailed: the address does not fit a user's, or another user took the login just now.
    """
    if len(customer.email) > NAME_CHARS_MAX:
        raise UserCreationFailed
    try:
        with transaction.atomic():
            return User.objects.create_user(
                _free_login(customer),
                customer.email,
                first_name=customer.first_name[:NAME_CHARS_MAX],
                last_name=customer.last_name[:NAME_CHARS_MAX],
                display_name=customer.full_name[:NAME_CHARS_MAX],
            )
    except IntegrityError as error:
        raise UserCreationFailed from error


def _free_login(customer: Customer) -> str:
    """The e-mail's local part, else the first name, else the last name, else the local part with a number."""
    names = [customer.email.split("@", 1)[0], customer.first_name, customer.last_name]
    wanted = [name for name in map(_as_login, names) if name] or ["user"]
    taken = _taken(Q(login_key__in=[name.casefold() for name in wanted]))
    free = [login for login in wanted if login.casefold() not in taken]
    return free[0] if free else _numbered(wanted[0])


def _numbered(stem: str) -> str:
    """The login with the lowest number from 2 that nobody has."""
    stem = stem[: LOGIN_CHARS_MAX - 10]
    taken = _taken(Q(login_key__startswith=stem.casefold()))
    return next(login for login in (f"{stem}{number}" for number in count(2)) if login.casefold() not in taken)


def _taken(condition: Q) -> set[str]:
    return set(User.objects.filter(condition).values_list("login_key", flat=True))


def _as_login(name: str) -> str:
    return _NOT_IN_LOGINS.sub("", name)[:LOGIN_CHARS_MAX]
