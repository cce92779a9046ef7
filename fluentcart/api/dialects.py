"""How each document wraps answers and refusals, and which HTTP status a refusal gets. Plain Python, no DRF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from fluentcart.errors import DomainError

Body = dict[str, Any]
Contents = Mapping[str | None, Any]


# --- Envelopes: named contents, pagination and a sentence in; a body out ------------------------


def _spread(contents: Contents) -> Body:
    """Named contents as keys; a nameless one is an object whose own keys stand here."""
    body: Body = {}
    for name, content in contents.items():
        body |= content if name is None else {name: content}
    return body


def wrapped(contents: Contents, pagination: Body | None, message: str) -> Body:
    """`{"success": true, "data": {...}, "message": ...}`: most of the documents' samples."""
    data = _spread(contents)
    if pagination is not None:
        data["pagination"] = pagination
    body: Body = {"success": True, "data": data}
    return body | {"message": message} if message else body


def bare(contents: Contents, pagination: Body | None, message: str) -> Body:
    """`{"addresses": [...]}`: doc v2's address and order lists (C22)."""
    body = _spread(contents)
    return body if pagination is None else body | {"pagination": pagination}


def double_data(contents: Contents, pagination: Body | None, message: str) -> Body:
    """`{"data": {"data": [...]}}`: doc v2's simple order list (C23)."""
    return {"data": {"data": next(iter(contents.values()))}}


def message_inside(contents: Contents, pagination: Body | None, message: str) -> Body:
    """`{"success": true, "data": {"message": ...}}`: attach, detach, delete address (C24)."""
    return {"success": True, "data": {"message": message} | _spread(contents)}


def message_beside(contents: Contents, pagination: Body | None, message: str) -> Body:
    """`{"success": true, "message": ...}`: the orders document's delete (C47)."""
    return {"success": True, "message": message}


Envelope = Callable[[Contents, Body | None, str], Body]


@dataclass(frozen=True)
class Out:
    """What an action answers in one dialect.

    Args:
        key: the name of the object or list; None spreads a single object's keys.
        row: the field table; None for an answer without an object.
        many: a list.
        message: the sentence of success.
        also: further named objects, in the order in which the view hands them over.
        envelope: how all that is wrapped.
        status: 201 for what creates (decisions, "The wire").
    """

    key: str | None = None
    row: Any = None
    many: bool = False
    message: str = ""
    also: Mapping[str, Any] = field(default_factory=dict)
    envelope: Envelope = wrapped
    status: int = 200

    @property
    def parts(self) -> dict[str | None, Any]:
        """Name -> field table of everything that is answered."""
        return ({self.key: self.row} if self.row is not None else {}) | dict(self.also)


# --- Refusals ----------------------------------------------------------------------------------

STATUSES: dict[str, int] = {
    "rest_invalid_json": 400,
    "rest_not_logged_in": 401,
    "payment_failed": 402,
    "insufficient_permissions": 403,
    "rest_no_route": 404,
    "customer_not_found": 404,
    "address_not_found": 404,
    "order_not_found": 404,
    "product_not_found": 404,
    "transaction_not_found": 404,
    "export_not_found": 404,
    "not_acceptable": 406,
    "primary_address": 409,
    "last_address": 409,
    "invalid_transition": 409,
    "already_paid": 409,
    "order_canceled": 409,
    "order_not_deletable": 409,
    "order_not_editable": 409,
    "customer_has_orders": 409,
    "application_password_duplicate_name": 409,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "user_creation_failed": 423,
    "rate_limited": 429,
}


class WordPress:
    """Everything under /wp-json/: one error body for every reader (decisions, "The wire")."""

    name = "wordpress"
    title = "FluentCart"

    def status_of(self, error: DomainError) -> int:
        """The HTTP status of a refusal; what is not listed is a bad request."""
        if error.code in ("validation_error", "email_already_exists", "invalid_email"):
            return int(settings.VALIDATION_STATUS)
        if error.details.get("reason") == "gateway":  # semantics 6.3: 400 for limits, 502 for a gateway
            return 502
        return STATUSES.get(error.code, 400)

    def refusal(self, error: DomainError, status: int) -> Body:
        """The error body that satisfies doc v2, the orders document, doc v1 and WordPress clients at once."""
        errors = error.fields or [{"code": status, "message": error.message}]
        return {
            "success": False,
            "code": error.code,
            "message": error.message,
            "data": {"status": status, "message": error.summary, "errors": errors, **error.details},
            "error": {"code": error.code, "message": error.message},
        }


class V2(WordPress):
    """`/wp-json/fluent-cart/v2/`: the current customers document and the orders document."""

    name = "v2"
    title = "FluentCart v2"
