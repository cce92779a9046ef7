"""Callers for tests: a user who holds exactly the capabilities that a test names."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from accounts.capabilities import ALL_CAPABILITIES
from accounts.models import User
from tests.customers.factories import UserFactory

V1 = "/wp-json/fluent-cart/v1"
V2 = "/wp-json/fluent-cart/v2"


class Caller(User):
    """A user whose capabilities are given one by one instead of by a role."""

    granted: frozenset[str] = frozenset()

    class Meta:
        proxy = True
        app_label = "accounts"

    @property
    def capabilities(self) -> frozenset[str]:
        """Exactly what the test granted."""
        return self.granted


class Client:
    """DRF's test client, sending JSON."""

    def __init__(self, caller: Caller | None = None) -> None:
        self.caller = caller
        self.raw = APIClient()
        self.raw.force_authenticate(user=caller)

    def generic(self, method: str, path: str, body: str = "", **extra: Any) -> Any:
        """Any method with any body."""
        return self.raw.generic(method, path, body, **extra)

    def send(self, method: str, path: str, data: Any = None, **extra: Any) -> Any:
        """Any method, with a JSON body where data is given."""
        body = "" if data is None else json.dumps(data)
        return self.generic(method.upper(), path, body, content_type="application/json", **extra)

    def get(self, path: str, query: Any = None, **extra: Any) -> Any:
        """GET."""
        return self.raw.get(path, query, **extra)

    def post(self, path: str, data: Any = None, **extra: Any) -> Any:
        """POST JSON."""
        return self.send("POST", path, data, **extra)

    def put(self, path: str, data: Any = None, **extra: Any) -> Any:
        """PUT JSON."""
        return self.send("PUT", path, data, **extra)

    def delete(self, path: str, data: Any = None, **extra: Any) -> Any:
        """DELETE with a JSON body."""
        return self.send("DELETE", path, data, **extra)


class Callers:
    """`api("customers/view")` holds that; `api.all_but("customers/view")` everything else; `api.anonymous()` nobody."""

    def __call__(self, *capabilities: str) -> Client:
        user = UserFactory.create()
        caller = Caller(**{field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields})
        caller.granted = frozenset(capabilities)
        return Client(caller)

    def everything(self) -> Client:
        """The administrator."""
        return self(*ALL_CAPABILITIES)

    def all_but(self, *capabilities: str) -> Client:
        """Somebody who holds every capability but these."""
        return self(*(ALL_CAPABILITIES - set(capabilities)))

    def anonymous(self) -> Client:
        """Nobody."""
        return Client()


def is_postgres() -> bool:
    """Whether the tests run on PostgreSQL."""
    return connection.vendor == "postgresql"
