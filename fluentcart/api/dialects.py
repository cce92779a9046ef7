"""How each document wraps answers and refusals, and which HTTP status a refusal gets. Plain Python, no DRF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

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


def unpaged(contents: Contents, pagination: Body | None, message: str) -> Body:
    """As `wrapped`, without `pagination`: doc v1's lists of orders and users (C10); the headers tell the totals."""
    return wrapped(contents, None, message)


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


def data_and_meta(contents: Contents, pagination: Body | None, message: str) -> Body:
    """`{"data": ...}`, a list with `"meta"` beside it; a lone sentence is the data (B2B document)."""
    body: Body = {"data": next(iter(contents.values())) if contents else {"message": message}}
    return body if pagination is None else body | {"meta": pagination}


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
    "rest_cookie_invalid_nonce": 403,
    "rest_no_route": 404,
    "customer_not_found": 404,
    "address_not_found": 404,
    "order_not_found": 404,
    "product_not_found": 404,
    "transaction_not_found": 404,
    "export_not_found": 404,
    "contact_not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "body_too_slow": 408,
    "primary_address": 409,
    "last_address": 409,
    "invalid_transition": 409,
    "already_paid": 409,
    "order_canceled": 409,
    "order_not_deletable": 409,
    "order_not_editable": 409,
    "order_not_deleted": 409,
    "stock_gone": 409,
    "customer_has_orders": 409,
    "customer_has_open_orders": 409,
    "credit_limit_exceeded": 409,
    "application_password_duplicate_name": 409,
    "idempotency_key_in_use": 409,
    "precondition_failed": 412,
    "length_required": 411,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "idempotency_key_reused": 422,
    "user_creation_failed": 423,
    "rate_limited": 429,
    "service_unavailable": 503,
}


class Dialect:
    """What every dialect says: statuses of refusals, the error body, and how pages are asked for and told."""

    name: str
    title: str
    # Whom it is for, in the guide's words.
    purpose: str = ""
    # The parameter that says how many rows a page has, and how many it has without it.
    size_name = "per_page"
    size_default: int = settings.PAGE_SIZE_DEFAULT
    # Whether a wrong method is told with those that are allowed.
    tells_methods = True

    def status_of(self, error: DomainError) -> int:
        """The HTTP status of a refusal; what is not listed is a bad request."""
        if error.code in ("validation_error", "email_already_exists", "invalid_email"):
            return int(settings.VALIDATION_STATUS)
        if error.details.get("reason") == "gateway":  # semantics 6.3: 400 for limits, 502 for a gateway
            return 502
        return STATUSES.get(error.code, 400)

    def refusal(self, error: DomainError, status: int) -> Body:
        """The error body."""
        raise NotImplementedError

    def tells_fields(self, body: Body) -> bool:
        """Whether an error body says which fields are wrong."""
        raise NotImplementedError

    def pagination(self, *, number: int, size: int, total: int) -> Body:
        """Where a page stands in its list."""
        raise NotImplementedError


class WordPress(Dialect):
    """Everything under /wp-json/: one error body for every reader (decisions, "The wire")."""

    name = "wordpress"
    title = "FluentCart"
    tells_methods = False  # they have a sentence for it

    def status_of(self, error: DomainError) -> int:
        """WordPress knows no 405: a method that a route lacks is no route."""
        return 404 if error.code == "method_not_allowed" else super().status_of(error)

    def pagination(self, *, number: int, size: int, total: int) -> Body:
        """The `pagination` object of the documents."""
        return {"current_page": number, "per_page": size, "total": total, "total_pages": -(-total // size)}

    def refusal(self, error: DomainError, status: int) -> Body:
        """The error body that satisfies doc v2, the orders document, doc v1 and WordPress clients at once."""
        code = "rest_no_route" if error.code == "method_not_allowed" else error.code
        errors = error.fields or [{"code": status, "message": error.message}]
        return {
            "success": False,
            "code": code,
            "message": error.message,
            "data": {"status": status, "message": error.summary, "errors": errors, **error.details},
            "error": {"code": code, "message": error.message},
        }

    def tells_fields(self, body: Body) -> bool:
        """A map of fields stands where else there is a list."""
        return isinstance(body["data"]["errors"], dict)


class V1(WordPress):
    """`/wp-json/fluent-cart/v1/`: the earlier customers document, and the orders document, whose calls are all v1."""

    name = "v1"
    title = "FluentCart v1"
    purpose = "integrations that were written against the earlier document"


class V2(WordPress):
    """`/wp-json/fluent-cart/v2/`: the current customers document and the orders document."""

    name = "v2"
    title = "FluentCart v2"
    purpose = "new integrations, and everything that talks to FluentCart today"


class B2B(Dialect):
    """`/api/customers`: the B2B document. It names no errors; ours are `{"error": {"code", "message", "details"}}`."""

    name = "b2b"
    title = "FluentCart B2B"
    purpose = "business accounts: terms, contacts, credit, analytics"
    size_name = "limit"
    size_default = 20

    # Our codes and our services' field names -> the words of this dialect.
    codes: ClassVar[Mapping[str, str]] = {
        "rest_not_logged_in": "not_authenticated",
        "rest_no_route": "not_found",
        "rest_invalid_json": "invalid_json",
    }
    fields: ClassVar[Mapping[str, str]] = {
        "company_name": "name",
        "credit_limit_cents": "credit_limit",
        "discount_rate_basis_points": "discount_rate",
        "address_1": "line1",
        "address_2": "line2",
        "postcode": "postal_code",
    }

    def pagination(self, *, number: int, size: int, total: int) -> Body:
        """The `meta` object of a list."""
        return {"total": total, "page": number, "limit": size, "hasMore": number * size < total}

    def refusal(self, error: DomainError, status: int) -> Body:
        """`details` is a map of field -> sentences, or whatever else is known about the refusal."""
        details: Any = error.fields
        if isinstance(details, dict):  # the OpenAPI document is made by this too, with a shape in its place
            details = {self._field(path): sentences for path, sentences in details.items()}
        code = self.codes.get(error.code, error.code)
        return {"error": {"code": code, "message": error.message, "details": details or error.details}}

    def tells_fields(self, body: Body) -> bool:
        """Sentences stand in lists, other details do not."""
        return any(isinstance(value, list) for value in body["error"]["details"].values())

    def _field(self, path: str) -> str:
        """A field's path in the words of this dialect: `billing_address.postcode` -> `billing_address.postal_code`."""
        *outer, name = path.split(".")
        return ".".join([*outer, self.fields.get(name, name)])
