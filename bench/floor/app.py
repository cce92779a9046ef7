"""The WSGI function: who is calling, which answer, as JSON. Nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from bench.floor import b2b, details, lists, writes
from bench.floor.database import Connection, connect, rows

# v1 answers the lists that are measured as v2 does.
PREFIXES = re.compile(r"/wp-json/fluent-cart/v[12]/|/(?=api/)")
JSON_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
STATUSES = {200: "200 OK", 201: "201 Created", 400: "400 Bad Request", 401: "401 Unauthorized", 403: "403 Forbidden",
            404: "404 Not Found", 409: "409 Conflict"}  # fmt: skip
NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
CALLER = """
    SELECT u.login_key, u.email_key, u.role FROM accounts_applicationpassword p JOIN accounts_user u ON u.id = p.user_id
    WHERE p.password_hash = %(hash)s AND u.is_active
"""
Answer = tuple[int, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]


@dataclass(frozen=True)
class Floor:
    """Answers requests on connections of its own, one for each thread.

    Args:
        url: the database, as libpq reads it.
        secret: the key behind export links.
        countries: code -> name.
    """

    url: str
    secret: str
    countries: Mapping[str, str]
    local: threading.local

    @property
    def connection(self) -> Connection:
        """This thread's connection."""
        found: Connection | None = getattr(self.local, "connection", None)
        if found is None:
            found = self.local.connection = connect(self.url)
        return found

    def __call__(self, environ: Mapping[str, Any], start: Start) -> Iterable[bytes]:
        """WSGI."""
        status, content = self.answer(environ)
        is_text = isinstance(content, bytes)
        body = content if is_text else orjson.dumps(content, option=JSON_OPTIONS)
        kind = "text/csv; charset=utf-8" if is_text else "application/json"
        start(STATUSES[status], [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return (body,)

    def answer(self, environ: Mapping[str, Any]) -> Answer:
        """Status and content."""
        if not may_call(self.connection, environ.get("HTTP_AUTHORIZATION", "")):
            return 401, {"success": False}
        query = parse_qsl(environ.get("QUERY_STRING", ""))
        words = PREFIXES.sub("", environ["PATH_INFO"], count=1).split("/")
        try:
            if environ["REQUEST_METHOD"] == "GET":
                status, content = 200, self.read(words, query)
            else:
                status, content = self.write(words, orjson.loads(environ["wsgi.input"].read()))
        except writes.Refused as refused:
            return int(refused.args[0]), {"success": False}
        return (status, content) if content is not None else (404, {"success": False})

    def read(self, words: list[str], query: list[tuple[str, str]]) -> Any:
        """GET; None for what there is not."""
        match words:
            case ["customers"]:
                return lists.customers(self.connection, dict(query), self.countries)
            case ["customers", pk]:
                related = [value for name, value in query if name == "with[]"]
                return details.customer(self.connection, int(pk), related, self.countries)
            case ["customers", pk, "orders"]:
                return lists.orders_of_customer(self.connection, int(pk), dict(query))
            case ["orders"]:
                return lists.orders(self.connection, dict(query))
            case ["orders", "export", token]:
                return details.orders_csv(self.connection, details.signed_ids(token, self.secret))
            case ["orders", pk]:
                return details.order(self.connection, int(pk))
            case ["api", "customers"]:
                return b2b.customers(self.connection, dict(query))
            case ["api", "customers", pk, "orders"]:
                return b2b.orders(self.connection, int(pk.removeprefix("cust_")), dict(query))
            case ["api", "customers", pk, "analytics"]:
                return b2b.analytics(self.connection, int(pk.removeprefix("cust_")))
        return None

    def write(self, words: list[str], body: Any) -> Answer:
        """POST; None for what there is not."""
        match words:
            case ["customers"]:
                return 201, writes.create_customer(self.connection, body, self.countries)
            case ["orders"]:
                return 201, writes.create_order(self.connection, body)
            case ["orders", pk, "mark-as-paid"]:
                return 200, writes.mark_as_paid(self.connection, int(pk), body)
            case ["orders", pk, "refund"]:
                return 200, writes.refund(self.connection, int(pk), body)
        return 404, None


def may_call(connection: Connection, header: str) -> bool:
    """Whether a Basic header proves an administrator: one keyed hash, one look-up by index."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    login, _, password = base64.b64decode(encoded).decode().partition(":")
    plain = NOT_ALPHANUMERIC.sub("", password).encode()
    digest = hashlib.blake2b(plain, key=b"wp_fast_hash_6.8+", digest_size=30).digest()
    hashed = "$generic$" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
    found = rows(connection, CALLER, {"hash": hashed})
    if not found or found[0]["role"] != "super_admin":
        return False
    return login.casefold() in (found[0]["login_key"], found[0]["email_key"])
