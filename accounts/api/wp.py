"""Users and application passwords as WordPress's own routes spell them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.templatetags.static import static
from django.utils.text import slugify
from rest_framework import serializers

from accounts.limits import NOT_A_MOMENT, read_moment
from accounts.models import ApplicationPassword, User
from fluentcart.api.dialects import Body, Contents, WordPress
from fluentcart.api.inputs import ClosedIn, Text
from fluentcart.errors import DomainError, InvalidFields

AVATAR_SIZES = ("24", "48", "96")
CAPABILITIES_HELP = "Extension: the only capabilities that it has; null for all of its user's."
EXPIRES_HELP = "Extension: when it ends, in ISO 8601, UTC without a zone; null for never."
ADDRESSES_HELP = "Extension: the IPv4 and IPv6 addresses and networks that it works from; null for everywhere."
UUID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class WordPressUsers(WordPress):
    """/wp-json/wp/v2: WordPress's codes where they have their own for a refusal."""

    name = "wp"
    title = "WordPress"

    codes: ClassVar[dict[str, tuple[str, int, str]]] = {
        "user_not_found": ("rest_user_invalid_id", 404, "Invalid user ID."),
        "application_password_not_found": (
            "rest_application_password_not_found",
            404,
            "Application password not found.",
        ),
        "application_password_duplicate_name": (
            "application_password_duplicate_name",
            409,
            "Each application name should be unique.",
        ),
    }

    def status_of(self, error: DomainError) -> int:
        """The HTTP status of a refusal."""
        if error.code in self.codes:
            return self.codes[error.code][1]
        if error.code == "rest_no_authenticated_app_password":
            return 404
        return 403 if error.code.startswith(("rest_cannot_", "rest_user_cannot_")) else super().status_of(error)

    def refusal(self, error: DomainError, status: int) -> Body:
        """WordPress's code and sentence, and `data.params` for what is wrong with a parameter."""
        if error.code == InvalidFields.code:
            names = ", ".join(error.fields)
            params = {name: " ".join(sentences) for name, sentences in error.fields.items()}
            error = DomainError(
                f"Invalid parameter(s): {names}",
                code="rest_invalid_param",
                fields=error.fields,
                details={"params": params},
            )
        elif error.code in self.codes:
            code, _, sentence = self.codes[error.code]
            error = DomainError(sentence, code=code)
        return super().refusal(error, status)


# --- What goes out -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Spelling:
    """A function of an instance in the place of a field table: its rows are few, and have addresses in them."""

    make: Callable[..., Body]

    def of(self, instance: Any, **shape: Any) -> Body:
        """One object."""
        return self.make(instance, **shape)

    def read(self, instances: Iterable[Any], **shape: Any) -> tuple[list[Any], list[Body]]:
        """No links, and the objects."""
        return [], [self.make(instance, **shape) for instance in instances]


def itself(contents: Contents, pagination: Body | None, message: str) -> Any:
    """The object or list, without any envelope."""
    return next(iter(contents.values()))


def deleted(contents: Contents, pagination: Body | None, message: str) -> Body:
    """`{"deleted": true, "previous": {...}}`, or a count beside it."""
    return {"deleted": True, **contents}  # type: ignore[dict-item]


def user(found: User, *, root: str, caller: User, context: str = "view") -> Body:
    """A user; `context=edit` adds who they are to the shop. `root` is where the API begins.

    Callers see of themselves what their password leaves them, wherever the row was read from.
    """
    body: Body = {
        "id": found.pk,
        "name": found.display_name,
        "url": "",
        "description": "",
        "link": root.removesuffix("wp-json/"),
        "slug": slugify(found.login) or str(found.pk),
        "avatar_urls": _avatars(root),
        "meta": [],
    }
    if context == "edit":
        body |= _private(found, caller if found.pk == caller.pk else found)
    links = {"self": f"{root}wp/v2/users/{found.pk}", "collection": f"{root}wp/v2/users"}
    return body | {"_links": {name: [{"href": href}] for name, href in links.items()}}


def _private(found: User, as_held: User) -> Body:
    return {
        "username": found.login,
        "first_name": found.first_name,
        "last_name": found.last_name,
        "email": found.email,
        "locale": "en_US",
        "nickname": found.display_name,
        "registered_date": _moment(found.registered_at),
        "roles": [found.role] if found.role else [],
        "capabilities": dict.fromkeys(sorted(as_held.capabilities), True),
        "extra_capabilities": {},
    }


def _avatars(root: str) -> dict[str, str]:
    """One picture for everybody: asking a service for a face would tell it everybody's e-mail address."""
    picture = f"{root.removesuffix('/wp-json/')}{static('fluentcart/avatar.svg')}"
    return dict.fromkeys(AVATAR_SIZES, picture)


def application_password(found: ApplicationPassword, *, root: str, plaintext: str = "") -> Body:
    """An application password; the plaintext is there once, when it was just made."""
    body: Body = {
        "uuid": str(found.uuid),
        "app_id": found.app_id,
        "name": found.name,
        "created": _moment(found.created_at),
        "last_used": _moment(found.last_used_at),
        "last_ip": found.last_ip,
        # Ours beside WordPress's: what the password is held to.
        "capabilities": found.capabilities,
        "expires": _moment(found.expires_at),
        "addresses": found.addresses,
    }
    if plaintext:
        body["password"] = plaintext
    return body | {"_links": {"self": [{"href": password_url(found, root=root)}]}}


def password_url(found: ApplicationPassword, *, root: str) -> str:
    """The address of an application password."""
    return f"{root}wp/v2/users/{found.user_id}/application-passwords/{found.uuid}"


def _moment(value: dt.datetime | None) -> str | None:
    """UTC without a mark for it, as WordPress writes its times here."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S") if value else None


# --- What comes in -----------------------------------------------------------------------------


class AppId(Text):
    """A UUID that the application chose for itself, or nothing."""

    default_error_messages = {"uuid": "app_id is not a valid UUID."}

    def to_internal_value(self, data: Any) -> str:
        """The UUID as it was sent.

        Raises:
            ValidationError: no UUID.
        """
        text = str(super().to_internal_value(data))
        if text and not UUID_PATTERN.fullmatch(text):
            self.fail("uuid")
        return text


class Moment(serializers.Field[Any, Any, Any, Any]):
    """A moment in ISO 8601; UTC without a zone."""

    def to_internal_value(self, data: Any) -> dt.datetime:
        """The moment.

        Raises:
            ValidationError: no moment.
        """
        if not isinstance(data, str):
            raise serializers.ValidationError(NOT_A_MOMENT)
        try:
            return read_moment(data)
        except InvalidFields as error:
            raise serializers.ValidationError(NOT_A_MOMENT) from error

    def to_representation(self, value: Any) -> Any:
        """As WordPress writes its times here."""
        return _moment(value)


class Texts(serializers.ListField):
    """A list of short texts."""

    child = Text(max_length=64)
    default_error_messages = {"texts": "Must be a list of texts of at most 64 characters, or null for no limit."}

    def to_internal_value(self, data: Any) -> list[str]:
        """The texts.

        Raises:
            ValidationError: no list, or with something else in it.
        """
        if not isinstance(data, list) or not all(isinstance(text, str) and len(text) <= 64 for text in data):
            self.fail("texts")
        return data


class ApplicationPasswordChanges(ClosedIn):
    """What may be changed about an application password; a limit is ended by null.

    A misspelt limit would be no limit. What else WordPress's schema has is ignored, as WordPress does.
    """

    ignored = frozenset({"uuid", "password", "created", "last_used", "last_ip", "user_id", "context"})
    example: ClassVar[Body] = {"name": "My application"}

    name = Text(max_length=192, required=False, allow_blank=False)
    app_id = AppId(max_length=64, required=False)
    capabilities = Texts(required=False, allow_null=True, source="limits.capabilities", help_text=CAPABILITIES_HELP)
    expires = Moment(required=False, allow_null=True, source="limits.expires_at", help_text=EXPIRES_HELP)
    addresses = Texts(required=False, allow_null=True, source="limits.addresses", help_text=ADDRESSES_HELP)


class ApplicationPasswordIn(ApplicationPasswordChanges):
    """A new application password."""

    example: ClassVar[Body] = {"name": "My application", "app_id": "a2b5f1b0-5a5c-4b0e-8f0a-0d8c3c1a7c11"}

    name = Text(max_length=192)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """See Serializer.

        Raises:
            DomainError: there is no name at all, which WordPress tells apart from an invalid one.
        """
        if isinstance(data, dict) and "name" not in data:
            details = {"params": ["name"]}
            raise DomainError("Missing parameter(s): name", code="rest_missing_callback_param", details=details)
        return super().run_validation(data)
