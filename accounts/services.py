"""Users and application passwords: making and changing users; issuing, verifying, touching and revoking passwords."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import secrets
import string
import unicodedata
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.capabilities import Role
from accounts.errors import ApplicationPasswordNameTaken
from accounts.limits import Limits, checked, is_open
from accounts.models import ApplicationPassword, User
from fluentcart.compiled import compiled
from fluentcart.errors import InvalidFields, NotFound

logger = logging.getLogger(__name__)

PASSWORD_CHARS = 24
GROUP_CHARS = 4
TOUCH_EVERY = timedelta(days=1)
LOGIN_PATTERN = re.compile(r"[A-Za-z0-9_.@-](?:[A-Za-z0-9 _.@-]{0,58}[A-Za-z0-9_.@-])?")
UNKNOWN_ROLE = f"Role must be one of {', '.join(value for value in Role.values if value)}, or empty."

_ALPHABET = string.ascii_letters + string.digits
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
_HASH_KEY = b"wp_fast_hash_6.8+"


def hash_password(password: str) -> str:
    """WordPress's `$generic$` hash of an application password's 24 characters.

    Unsalted, so that it can be looked up by a unique index; 142 random bits need no salt and no slow hash.
    Source: wordpress-conventions, "Password hashes of real sites".
    """
    digest = hashlib.blake2b(password.encode(), key=_HASH_KEY, digest_size=30).digest()
    return "$generic$" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def group_password(password: str) -> str:
    """A password as it is shown: groups of four, with spaces between them."""
    return " ".join(password[start : start + GROUP_CHARS] for start in range(0, len(password), GROUP_CHARS))


@transaction.atomic
def issue_application_password(
    *, user_id: int, name: str, app_id: str = "", limits: Limits | None = None
) -> tuple[ApplicationPassword, str]:
    """Give a user a new credential for one application.

    Args:
        user_id: primary key of the user.
        name: which application it is for, up to 192 characters; unique for the user.
        app_id: an identifier that the application chose, usually a UUID, or "".
        limits: what it is held to; None for all that the user may, from everywhere, without an end.

    Returns:
        The stored row, and the plaintext as six groups of four. The plaintext is not kept anywhere.

    Raises:
        NotFound: no such user.
        InvalidFields: the name is empty, too long or not text; the app_id is too long; a limit cannot be.
        ApplicationPasswordNameTaken: the user has one of that name; the unique index decides.

    Source: wordpress-conventions, "Basic format" and "application passwords".
    """
    name = _readable("name", name, max_chars=192, required=True)
    app_id = _readable("app_id", app_id, max_chars=64)
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("user", user_id)
    held_to = checked(limits or {}, user=user)
    plaintext = "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_CHARS))
    try:
        with transaction.atomic():
            password = ApplicationPassword.objects.create(
                user_id=user_id,
                uuid=uuid.uuid4(),
                name=name,
                app_id=app_id,
                password_hash=hash_password(plaintext),
                **held_to,
            )
    except IntegrityError as error:
        raise ApplicationPasswordNameTaken(name) from error
    return password, group_password(plaintext)


# Columns that hardly any request looks at.
SELDOM_READ = (
    *("password_hash", "app_id", "created_at", "last_ip"),
    *("user__password", "user__last_login", "user__search_text"),
)


@compiled
def password_by_hash(hashed: Any) -> QuerySet[ApplicationPassword]:
    """The application password with a hash, and its user; every request with a Basic header asks."""
    found = ApplicationPassword.objects.select_related("user").filter(password_hash=hashed)
    return found.defer(*SELDOM_READ)


def verify(name: str, password: str, *, address: str = "") -> ApplicationPassword | None:
    """The application password that a caller proved to hold, with its user loaded; None when refused.

    Its user's capabilities are then those that the password leaves them.

    Args:
        name: the user's login or e-mail address, in any case.
        password: as typed or pasted; everything that is not a letter or a digit of ASCII is dropped.
        address: where the caller is, as `client_address` says it; "" when that is not known.

    One query in every case: an unknown user, a wrong password, another user's password, an inactive user's, one
    that has expired and one from an address that it is not meant for cannot be told apart.
    The login password is never looked at.
    Source: wordpress-conventions, "Basic format" and "bad credentials".
    """
    hashed = hash_password(_NOT_ALPHANUMERIC.sub("", password))
    found = password_by_hash(hashed=hashed).first()
    if found is None or not found.user.is_active:
        return None
    if name.casefold() not in (found.user.login_key, found.user.email_key) or not is_open(found, address=address):
        return None
    if found.capabilities is not None:
        found.user.held_to = frozenset(found.capabilities)
    return found


def touch(password: ApplicationPassword, *, address: str = "") -> None:
    """Note that a password was used, at most once a day; the loaded row says whether a write is due.

    Never fails the request that uses it: a database that cannot be written to right now is logged.
    """
    now = timezone.now()
    due = now - TOUCH_EVERY
    if password.last_used_at is not None and password.last_used_at > due:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=due)
    try:
        with transaction.atomic():
            ApplicationPassword.objects.filter(stale, pk=password.pk).update(last_used_at=now, last_ip=address or None)
    except DatabaseError as error:
        logger.warning("Cannot note the use of application password %s: %s", password.pk, type(error).__name__)
        return
    password.last_used_at, password.last_ip = now, address or None


def find_application_password(*, user_id: int, password_uuid: uuid.UUID) -> ApplicationPassword:
    """One application password of a user.

    Raises:
        NotFound: the user has no such password.
    """
    found = ApplicationPassword.objects.filter(user_id=user_id, uuid=password_uuid).first()
    if found is None:
        raise NotFound("application_password", password_uuid)
    return found


@transaction.atomic
def update_application_password(
    *,
    user_id: int,
    password_uuid: uuid.UUID,
    name: str | None = None,
    app_id: str | None = None,
    limits: Limits | None = None,
) -> ApplicationPassword:
    """Rename an application password, or change its app_id or its limits. The secret never changes.

    None, and a limit that is not named, keep what is there; a limit of None ends it.

    Raises:
        NotFound: the user has no such password.
        InvalidFields, ApplicationPasswordNameTaken: as `issue_application_password`.
    """
    owned = ApplicationPassword.objects.select_for_update(of=("self",)).select_related("user")
    found = owned.filter(user_id=user_id, uuid=password_uuid).first()
    if found is None:
        raise NotFound("application_password", password_uuid)
    if name is not None:
        found.name = _readable("name", name, max_chars=192, required=True)
    if app_id is not None:
        found.app_id = _readable("app_id", app_id, max_chars=64)
    held_to = checked(limits or {}, user=found.user)
    for limit, value in held_to.items():
        setattr(found, limit, value)
    try:
        with transaction.atomic():
            found.save(update_fields=["name", "app_id", *held_to])
    except IntegrityError as error:
        raise ApplicationPasswordNameTaken(found.name) from error
    return found


def revoke_all(*, user_id: int) -> int:
    """Delete every application password of a user; how many there were."""
    deleted, _ = ApplicationPassword.objects.filter(user_id=user_id).delete()
    return deleted


def revoke(*, user_id: int, password_uuid: uuid.UUID) -> None:
    """Delete one application password; calls that use it are refused from now on.

    Raises:
        NotFound: the user has no such password.
    """
    deleted, _ = ApplicationPassword.objects.filter(user_id=user_id, uuid=password_uuid).delete()
    if not deleted:
        raise NotFound("application_password", password_uuid)


@transaction.atomic
def create_user(
    *, login: str, email: str, role: str = Role.NONE, display_name: str = "", password: str | None = None
) -> User:
    """A new user; without `password` (a login password for the admin) nobody can sign in as them in a browser.

    Raises:
        InvalidFields: a login or e-mail address that is malformed or taken, an unknown role, a short password.
    """
    refuse_invalid_user(login=login, email=email, role=role)
    if password is not None:
        _refuse_weak_password(password)
    display_name = _readable("display_name", display_name, max_chars=250)
    try:
        with transaction.atomic():
            return User.objects.create_user(login, email, password, role=role, display_name=display_name)
    except IntegrityError as error:
        raise InvalidFields.of("login", "Login or email already exists.") from error


@transaction.atomic
def change_access(*, user_id: int, role: str, password: str | None = None) -> User:
    """Set a user's role, and a login password when one is given.

    Raises:
        NotFound: no such user.
        InvalidFields: an unknown role, or a short password.
    """
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("user", user_id)
    if role not in Role.values:
        raise InvalidFields.of("role", UNKNOWN_ROLE)
    user.role = role
    if password is not None:
        _refuse_weak_password(password, user)
        user.set_password(password)
    user.save(update_fields=["role", "password"])
    return user


def refuse_invalid_user(*, login: str, email: str, role: str, user_id: int | None = None) -> None:
    """Refuse what cannot be stored as the user `user_id`, or as a new one. One query.

    Raises:
        InvalidFields: with the sentences for `login`, `email` and `role`. A race is decided by the indexes.
    """
    fields: dict[str, list[str]] = {}
    if not LOGIN_PATTERN.fullmatch(login):
        fields["login"] = ["Login must be 1 to 60 letters, digits, spaces or any of _ . @ -"]
    if not _is_email(email):
        fields["email"] = ["Email must be a valid email address."]
    if role not in Role.values:
        fields["role"] = [UNKNOWN_ROLE]
    if not fields.keys() & {"login", "email"}:
        others = User.objects.filter(Q(login_key=login.casefold()) | Q(email_key=email.casefold()))
        if user_id is not None:
            others = others.exclude(pk=user_id)
        for login_key, email_key in others.values_list("login_key", "email_key"):
            if login_key == login.casefold():
                fields["login"] = ["Login already exists."]
            if email_key == email.casefold():
                fields["email"] = ["Email already exists."]
    if fields:
        raise InvalidFields(fields)


def _refuse_weak_password(password: str, user: User | None = None) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidFields({"password": error.messages}) from error


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 192


def _readable(field: str, text: str, *, max_chars: int, required: bool = False) -> str:
    """The text without space around it, when it fits and can be stored (no NUL, no lone surrogate)."""
    text = text.strip()
    label = field.replace("_", " ").capitalize()
    if required and not text:
        raise InvalidFields.of(field, f"{label} field is required.")
    if len(text) > max_chars:
        raise InvalidFields.of(field, f"{label} may not be longer than {max_chars} characters.")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        raise InvalidFields.of(field, f"{label} must not contain control characters.")
    return text
