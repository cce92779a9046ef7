"""Every page that is not the API x nobody, somebody without a role, and each role; and what the login page tells."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth import get_user
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from accounts.capabilities import Role
from fluentcart.api.views import ApiViewSet
from tests.admin_pages import form_of, staff
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, LabelFactory, UserFactory
from tests.orders.factories import OrderFactory, ProductFactory
from tests.test_policies import patterns

pytestmark = pytest.mark.django_db

NOBODY = "999999"
VARIABLES = {"object_id", "id", "user_id", "customer_id", "order_id", "content_type_id"}
# What anybody may see, and what nobody sees without a session or a token: the status of a bare GET.
OPEN = {
    "wp-json/": 200, "wp-json/fluent-cart/v2/": 200, "admin/login/": 302, "accounts/login/": 200, "docs/": 200,
    "": 200, "healthz": 200, "readyz": 200, "metrics": 404, "admin": 302, "accounts/logout/": 405,
    "wp-json/nowhere": 404, "api/nowhere": 404, "wp-admin/authorize-application.php": 302,
    "wp-admin/admin-ajax.php": 400,
}  # fmt: skip
TOLD = re.compile(r"(docs|openapi)/[a-z0-9]+(/|\.json)\Z")
# Pages of the admin that are for nobody in particular: signing in and out, and the catalogue of sentences.
DOORS = ("login/", "logout/", "jsi18n/")


def is_page(pattern: URLPattern) -> bool:
    """Whether it is no route of the API."""
    viewset = getattr(pattern.callback, "cls", None)
    return viewset is None or not issubclass(viewset, ApiViewSet)


PAGES = [(prefix, pattern) for prefix, pattern in patterns() if is_page(pattern)]
ADMIN = [(prefix, pattern) for prefix, pattern in PAGES if prefix.startswith("admin/")]


def plain(pattern: URLPattern) -> str:
    """A pattern as a path, its choices and options left at the first."""
    text = re.sub(r"\(\?P<namespace>(.*?)\|.*?\)", r"\1", str(pattern.pattern).removeprefix("^"))
    return text.replace(r"\-", "-").replace(r"(?:/|\Z)", "/nowhere").replace(r"/?\Z", "/")


def admin_path(prefix: str, pattern: URLPattern, key: str) -> str:
    """A page of the admin with a key."""
    text = re.sub(r"\(\?P<app_label>(\w+).*?\)", r"\1", str(pattern.pattern).strip("^$"))
    return f"/{prefix}" + re.sub(r"<(?:\w+:)?(\w+)>", key, text.replace("(?P<url>.*)", "nowhere"))


def key_of(prefix: str) -> str:
    """The key of a row that is there."""
    made: dict[str, Any] = {"customer": CustomerFactory, "order": OrderFactory, "product": ProductFactory,
                            "user": UserFactory}  # fmt: skip
    model = prefix.rstrip("/").rpartition("/")[2]
    return str(made[model]().pk) if model in made else "1"


def test_every_page_outside_the_admin_is_known_and_open_as_far_as_it_should_be():
    for prefix, pattern in PAGES:
        path = prefix + plain(pattern)
        if (prefix, pattern) not in ADMIN:
            expected = 200 if TOLD.match(path) else OPEN[path]
            assert (path, Client().get(f"/{path}").status_code) == (path, expected)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["nobody", "no role"])
def test_no_page_of_the_admin_is_open_to_whoever_has_no_role(who, method):
    client = Client() if who == "nobody" else staff(Role.NONE)
    assert len(ADMIN) > 80

    for prefix, pattern in ADMIN:
        if prefix == "admin/" and plain(pattern) in DOORS:
            continue
        answers = []
        for key in (key_of(prefix), NOBODY):
            path = admin_path(prefix, pattern, key)
            r = getattr(client, method)(path)
            answers.append((r.status_code, r.get("Location", "").partition("?")[0], r.content))
        assert (answers[0][0], answers[0][1]) == (302, "/admin/login/"), prefix + str(pattern.pattern)
        assert answers[0] == answers[1]


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT, Role.MANAGER])
def test_a_page_that_a_role_may_not_see_is_the_same_whether_the_row_is_there_or_not(role):
    client, refused = staff(role), 0

    for prefix, pattern in ADMIN:
        there, missing = (client.get(admin_path(prefix, pattern, key)) for key in (key_of(prefix), NOBODY))
        if there.status_code == 403:
            refused += 1
            assert (missing.status_code, missing.content) == (403, there.content), prefix + str(pattern.pattern)
    assert refused > 10


def test_the_login_page_does_not_tell_who_has_an_account(monkeypatch):
    hasher = type(get_hasher())
    assert issubclass(hasher, BasePasswordHasher)
    hashes: list[str] = []
    plain_encode = hasher.encode

    def encode(self: Any, password: str, *args: Any, **options: Any) -> str:
        hashes.append(password)
        return str(plain_encode(self, password, *args, **options))

    for login, is_active in (("ada", True), ("gone", False), ("bare", True)):
        user: Any = UserFactory(login=login, is_active=is_active)
        if login != "bare":  # who has no login password at all
            user.set_password("a long login password")
            user.save()
    monkeypatch.setattr(hasher, "encode", encode)

    costs = set()
    for login in ("ada", "gone", "bare", "nobody"):
        hashes.clear()
        with CaptureQueriesContext(connection) as statements:
            r = Client().post("/accounts/login/", {"username": login, "password": "wrong"})
        page = re.sub(r'value="[^"]*"', "", r.content.decode())
        costs.add((r.status_code, page, len(statements), len(hashes)))

    assert len(costs) == 1
    assert costs.pop()[3] == 1


def rows() -> dict[str, list[Any]]:
    """All rows there are, but for those of sessions: signing in makes one."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.label != "sessions.Session"
    }


def body_of(page: Any) -> dict[str, Any]:
    """What a browser would send back of a page of the administrator's; of a page that only asks, a yes."""
    sent = form_of(page) if "adminform" in (page.context or {}) else {}
    return sent | {"post": "yes"}


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT, Role.MANAGER])
def test_a_form_that_a_role_may_not_send_changes_nothing(role):
    client, administrator = staff(role), staff()
    user, refused = get_user(client), 0
    order = OrderFactory()
    made = [order, order.customer, ProductFactory(), UserFactory(), LabelFactory(), CustomerAddressFactory()]
    keys = {type(row): row.pk for row in made}
    before = rows()

    for model in site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        for verb in ("add", "change", "delete"):
            if user.has_perm(f"{model._meta.app_label}.{verb}_{model._meta.model_name}"):
                continue
            path = reverse(f"admin:{name}_{verb}", args=[] if verb == "add" else [keys.get(model, 1)])
            r = client.post(path, body_of(administrator.get(path)))
            refused += 1
            assert (r.status_code, rows() == before) == (403, True), path
    assert refused > 10


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT, Role.MANAGER])
def test_an_action_that_a_role_is_not_offered_changes_nothing(role):
    client, refused = staff(role), 0
    asked, told = (RequestFactory().get("/admin/") for _ in range(2))
    asked.user, told.user = get_user(client), UserFactory(role=Role.SUPER_ADMIN)
    order = OrderFactory()
    made = [order, order.customer, ProductFactory(), UserFactory(), LabelFactory(), CustomerAddressFactory()]
    before = rows()

    for row in made:
        model = type(row)
        offered = site._registry[model].get_actions(asked)
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for action in site._registry[model].get_actions(told).keys() - offered.keys():
            client.post(path, {"action": action, "_selected_action": [row.pk], "index": 0, "post": "yes"})
            refused += 1
            assert rows() == before, (path, action)
    assert refused >= 3
