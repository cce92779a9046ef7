"""Every route x a holder, everybody else and nobody; and no route that no table knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from accounts.capabilities import ALL_CAPABILITIES, CAPABILITIES_BY_ROLE, Role
from accounts.policies import SIGNED_IN, ApplicationPasswordPolicy, UserPolicy
from customers.policies import CustomerPolicy
from fluentcart.api.views import ApiViewSet
from orders.policies import OrderPolicy, ProductPolicy
from tests.accounts.factories import UserFactory, basic, issue

METHODS = ("get", "post", "put", "patch", "delete")

# Semantics 1.1 and 1.2, and decisions, "Who may do what"; written out again, so that a slip in a table shows.
EXPECTED = {
    CustomerPolicy: {
        "customers/view": {"list", "retrieve", "stats", "all_orders", "orders", "addresses", "analytics", "notes"},
        "customers/manage": {
            "create", "update", "additional_info", "recalculate", "create_address", "update_address",
            "make_primary", "attachable_users", "attach_user", "detach_user", "bulk", "create_contact",
            "update_contact", "delete_contact", "credit_check", "create_note",
        },
        "customers/delete": {"destroy", "delete_address"},
        "customers/export": {"export"},
    },
    OrderPolicy: {
        "orders/view": {"list", "retrieve", "notes"},
        "orders/create": {"create", "calculate_shipping"},
        "orders/manage": {
            "update", "mark_as_paid", "change_customer", "create_and_change_customer", "bulk", "shipping_methods",
            "calculate_shipping", "create_note", "attach_note",
        },
        "orders/manage_statuses": {"statuses", "create_note"},
        "orders/can_refund": {"refund"},
        "orders/delete": {"destroy", "restore"},
        "orders/export": {"export"},
    },
    ProductPolicy: {"products/view": {"list", "retrieve"}},
    UserPolicy: {SIGNED_IN: {"list", "me", "retrieve"}},
    ApplicationPasswordPolicy: {
        SIGNED_IN: {"list", "create", "retrieve", "introspect", "update", "destroy", "destroy_all"},
    },
}  # fmt: skip


def patterns(resolver=None, prefix="") -> Iterator[tuple[str, URLPattern]]:
    """Every URL pattern with the path that stands before it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield prefix, pattern
        else:
            yield from patterns(pattern, prefix + str(pattern.pattern))


def path_of(prefix: str, pattern: URLPattern) -> str:
    """A path that the pattern matches, with ids that nobody has."""
    text = pattern.pattern.regex.pattern.removeprefix("^").removesuffix(r"/?\Z")
    for name in pattern.pattern.regex.groupindex:
        start = text.index(f"(?P<{name}>")
        text = text[:start] + "999" + text[text.index(")", start) + 1 :]
    return f"/{prefix}{text}"


def table_of(viewset: Any) -> dict[str, tuple[str, ...]]:
    """A viewset's policy: action -> capabilities."""
    table: dict[str, tuple[str, ...]] = viewset.permission_classes[0].any_of
    return table


def api_routes() -> list[tuple[str, str, type[ApiViewSet], str]]:
    """(path, method, viewset, action) of every route of every viewset of ours."""
    found = []
    for prefix, pattern in patterns():
        viewset = getattr(pattern.callback, "cls", None)
        if viewset is not None and issubclass(viewset, ApiViewSet):
            for method, action in getattr(pattern.callback, "actions").items():  # noqa: B009
                if method in METHODS:
                    found.append((path_of(prefix, pattern), method, viewset, action))
    return found


ROUTES = api_routes()
IDS = [f"{method.upper()} {path}" for path, method, _, _ in ROUTES]
# Who may ask about whom is decided behind the table on the others: tests/wordpress.
GUARDED = [route for route in ROUTES if SIGNED_IN not in table_of(route[2])[route[3]]]
GUARDED_IDS = [f"{method.upper()} {path}" for path, method, _, _ in GUARDED]


def test_there_are_routes():
    assert len(ROUTES) >= 30


@pytest.mark.parametrize("policy", EXPECTED)
def test_the_table_says_what_the_decisions_say(policy):
    turned = {}
    for capability, actions in EXPECTED[policy].items():
        for action in actions:
            turned.setdefault(action, set()).add(capability)

    assert {action: set(capabilities) for action, capabilities in policy.any_of.items()} == turned


@pytest.mark.parametrize(("path", "method", "viewset", "action"), ROUTES, ids=IDS)
def test_nobody_is_let_in(api, path, method, viewset, action):
    r = api.anonymous().send(method, path)

    expected = "not_authenticated" if viewset.dialect.name == "b2b" else "rest_not_logged_in"
    assert (r.status_code, r.json()["error"]["code"]) == (401, expected)
    assert r["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(("path", "method", "viewset", "action"), GUARDED, ids=GUARDED_IDS)
def test_everybody_else_is_refused_without_a_word_about_the_record(api, path, method, viewset, action):
    needed = table_of(viewset)[action]

    r = api.all_but(*needed).send(method, path)

    assert (r.status_code, r.json()["error"]["code"]) == (403, "insufficient_permissions")
    assert "999" not in r.content.decode()


@pytest.mark.parametrize(("path", "method", "viewset", "action"), GUARDED, ids=GUARDED_IDS)
def test_a_holder_of_any_one_capability_gets_past_the_policy(api, path, method, viewset, action):
    for capability in table_of(viewset)[action]:
        r = api(capability).send(method, path)

        assert r.status_code not in (401, 403), r.content


def test_a_password_opens_of_its_user_s_routes_those_alone_that_it_was_given(db):
    ada = UserFactory(login="ada", role=Role.SUPER_ADMIN)
    signed = {}
    for needed in {table_of(viewset)[action] for _, _, viewset, action in GUARDED}:
        for name, held in ((needed, needed[:1]), ((), ALL_CAPABILITIES - set(needed))):
            signed[needed, bool(name)] = basic("ada", issue(ada, f"{needed} {name}", capabilities=list(held))[1])
    client = APIClient()

    answers = {
        (path, method, is_held): client.generic(method.upper(), path, **signed[table_of(viewset)[action], is_held])
        for path, method, viewset, action in GUARDED
        for is_held in (True, False)
    }

    assert [key for key, r in answers.items() if key[2] and r.status_code in (401, 403)] == []
    assert [key for key, r in answers.items() if not key[2] and r.status_code != 403] == []


@pytest.mark.parametrize(("path", "method", "viewset", "action"), ROUTES, ids=IDS)
def test_every_route_has_a_policy_an_answer_and_a_class_of_rate(path, method, viewset, action):
    assert action in table_of(viewset)
    assert action in viewset.outputs
    assert method in ("get", "delete") or action in viewset.inputs or action in BODYLESS
    assert action in viewset.rate_classes or action in SINGLE_READS or viewset.dialect.name == "wp"


# POST routes that take no body, and reads of one record, which belong to no class (semantics 9.5, point 6).
BODYLESS = {"detach_user", "recalculate", "credit_check", "restore"}
SINGLE_READS = {"retrieve", "stats", "analytics"}


# Semantics 4.2, with the manager's additions of the decisions.
@pytest.mark.parametrize(
    ("role", "held", "not_held"),
    [
        (Role.SUPER_ADMIN, {"store/sensitive", "is_super_admin", "customers/delete"}, set()),
        (
            Role.MANAGER,
            {"orders/create", "labels/manage", "dashboard_stats/view"},
            {"store/sensitive", "is_super_admin"},
        ),
        (
            Role.WORKER,
            {"orders/manage_statuses", "coupons/manage", "customers/view"},
            {"customers/manage", "orders/manage"},
        ),
        (Role.ACCOUNTANT, {"orders/export", "reports/view"}, {"customers/export", "orders/manage_statuses"}),
        (Role.NONE, set(), {"customers/view", "orders/view"}),
    ],
)
def test_a_role_holds_what_the_table_of_roles_says(role, held, not_held):
    assert held <= CAPABILITIES_BY_ROLE[role]
    assert not not_held & CAPABILITIES_BY_ROLE[role]
