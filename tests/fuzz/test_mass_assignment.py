"""Whatever a body says beside its own fields changes nothing: every writing route, every column and every shown field.

Each route's example is sent twice to the same shop: as it is, and with every name that any table or any answer has.
What is stored afterwards has to be the same. A new route, column or field is part of this without a line here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.apps import apps
from rest_framework import serializers

from accounts import services
from accounts.api import wp
from accounts.models import ApplicationPassword, User
from fluentcart.api.inputs import ClosedIn, Json
from tests.documents.states import second_billing_address
from tests.fuzz.shop import FuzzTest, undone
from tests.stored import APPS, stored
from tests.test_policies import patterns

# Whose body is itself what is stored.
FREE = {"additional_info": "stores whatever keys it is sent (semantics 9.4)"}
HOSTILE = 77
# Each test's routes, by what their paths begin with.
PREFIXES = {
    "v2": "wp-json/fluent-cart/v2/",
    "v1": "wp-json/fluent-cart/v1/",
    "b2b": "api/",
    "wordpress": "wp-json/wp/v2/",
}


def writes() -> list[tuple[str, str, Any, str]]:
    """(dialect, method, pattern with its prefix, action) of every route that reads a body."""
    return [
        (str(prefix), method, pattern, action)
        for prefix, pattern in patterns()
        for method, action in getattr(pattern.callback, "actions", {}).items()
        if method in ("post", "put", "patch", "delete")
        if action in getattr(getattr(pattern.callback, "cls", None), "inputs", {})
    ]


def hostile_names() -> set[str]:
    """Every column of every table, and every field of every answer."""
    columns = {
        name for app in APPS for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields for name in (field.name, field.attname)
    }  # fmt: skip
    rows = {
        row
        for _, pattern in patterns()
        for out in getattr(getattr(pattern.callback, "cls", None), "outputs", {}).values()
        for row in getattr(out, "parts", {}).values()
    }
    return columns.union(wordpress_names(), *(shown_names(row) for row in rows))


def wordpress_names() -> set[str]:
    """What WordPress's own routes show, and where its readers put what they read."""
    shown = [
        wp.user(User(login="ada"), caller=User(), root="/", context="edit"),
        wp.application_password(ApplicationPassword(name="x"), root="/", plaintext="x"),
    ]
    sources = {str(field.source).partition(".")[0] for field in wp.ApplicationPasswordIn().fields.values()}
    return sources.union(*shown)


def shown_names(row: Any) -> set[str]:
    """The names of a field table, and of those nested in it."""
    fields = getattr(row, "fields", {})
    return set(fields).union(*(shown_names(field.row) for field in fields.values() if hasattr(field, "row")))


def with_hostile(body: Mapping[str, Any], reader: Any, names: set[str]) -> dict[str, Any]:
    """A body with everything that its reader has no field for, in its objects and lists too.

    A reader that refuses what it does not know is sent what it ignores.
    """
    if isinstance(reader, ClosedIn):
        names = names & reader.ignored
    fields = dict(reader.fields)
    own = {*fields, *getattr(reader, "aliases", {}), *(other for it in reader.spellings.values() for other in it)}
    found = {name: HOSTILE for name in names if name not in own} | dict(body)
    for name, field in fields.items():
        inner = field.child if isinstance(field, serializers.ListSerializer | serializers.ListField) else field
        if name in body and isinstance(inner, serializers.Serializer) and not isinstance(inner, Json):
            sent = body[name]
            found[name] = (
                [with_hostile(item, inner, names) for item in sent]
                if isinstance(sent, list)
                else with_hostile(sent, inner, names)
            )
    return found


@pytest.mark.once
class MassAssignmentTest(FuzzTest):
    """On the embedded database, which gives a new row the same id after the first was undone."""

    @classmethod
    def setUpTestData(cls) -> None:
        """The demo, with the billing address that "Set Primary Address" presupposes."""
        super().setUpTestData()
        second_billing_address()

    def rows(self, path: str) -> list[dict[str, Any]]:
        """As elsewhere; of WordPress's routes the administrator's own passwords and those of somebody else."""
        if "/wp/v2/" not in path:
            return super().rows(path)
        login = "super-admin-caller"
        whose = {"me": User.objects.get(login=login), "other": User.objects.exclude(login=login).earliest("pk")}
        label = f"spare {ApplicationPassword.objects.count()}"
        spare = {
            name: services.issue_application_password(user_id=user.pk, name=label)[0] for name, user in whose.items()
        }
        return [
            {"user": "me", "uuid": spare["me"].uuid},
            {"user": whose["other"].pk, "uuid": spare["other"].uuid},
        ]

    def send(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """The status of a call, and what is stored after it; undone again."""
        with undone():
            r = self.client.generic(
                method.upper(), path, json.dumps(body), content_type="application/json", headers=self.headers
            )
            return r.status_code, stored()

    def nothing_is_changed_beside(self, prefix: str) -> None:
        """By what a body says beside its fields: every route, each at least once with an example that succeeds."""
        names, succeeded = hostile_names(), set()
        routes = [(method, pattern, action) for start, method, pattern, action in writes() if start == prefix]
        assert {"total_paid_cents", "order_count", "id", "customer_id", "price", "roles", "password_hash"} <= names
        for method, pattern, action in routes:
            if action in FREE:
                continue
            reader = pattern.callback.cls.inputs[action]
            for row in self.rows(f"/{prefix}{pattern.pattern}"):
                path = f"/{prefix}{filled(pattern, row)}"
                with self.subTest(method=method, path=path):
                    plain = self.send(method, path, reader.example)
                    hostile = self.send(method, path, with_hostile(reader.example, reader(), names))
                    assert plain[0] == hostile[0]
                    assert plain[1] == hostile[1]
                    if plain[0] < 300:
                        succeeded.add((method, action))
        assert {(method, action) for method, _, action in routes if action not in FREE} == succeeded

    @pytest.mark.slow
    def test_v2(self) -> None:
        """Customers, addresses and orders."""
        self.nothing_is_changed_beside(PREFIXES["v2"])

    @pytest.mark.slow
    def test_v1(self) -> None:
        """The same in the earlier spelling."""
        self.nothing_is_changed_beside(PREFIXES["v1"])

    def test_b2b(self) -> None:
        """Accounts and contacts."""
        self.nothing_is_changed_beside(PREFIXES["b2b"])

    def test_wordpress(self) -> None:
        """Application passwords."""
        self.nothing_is_changed_beside(PREFIXES["wordpress"])


def test_every_route_has_a_test():
    assert {prefix for prefix, *_ in writes()} == set(PREFIXES.values())
    assert all(hasattr(MassAssignmentTest, f"test_{name}") for name in PREFIXES)


def filled(pattern: Any, values: Mapping[str, Any]) -> str:
    """The pattern's path with its variables filled in."""
    text = pattern.pattern.regex.pattern.removeprefix("^").removesuffix(r"/?\Z")
    for name in pattern.pattern.regex.groupindex:
        start = text.index(f"(?P<{name}>")
        text = text[:start] + str(values[name]) + text[text.index(")", start) + 1 :]
    return str(text)
