"""Every HTML page, found by walking the URLs: it has a Content-Security-Policy, and nothing that this forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, get_resolver, path
from django.urls.resolvers import RegexPattern

from accounts.capabilities import Role
from fluentcart import urls
from fluentcart.browsers import PAGE_POLICY, page_policy
from tests.customers.factories import UserFactory

pytestmark = pytest.mark.once
HTML = {"HTTP_ACCEPT": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "HTTP_SEC_FETCH_SITE": "same-origin"}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
AUTHORIZE = "/wp-admin/authorize-application.php"
# Beside the id of a row of the demo shop: what else stands in paths.
NAMES = {
    "app_label": "orders",
    "url": "nowhere",
    "user": "me",
    "uuid": "nothing",
    "content_type_id": "1",
    "namespace": "fluent-cart/v2",
}
# What answers with something else than a page, or only leads to one.
NO_PAGES = re.compile(
    r"/admin/(login|logout|autocomplete|jsi18n|orders/order/export|customers/customer/(export|attachable-users))/"
    r"|/admin/\w+/\w+/\w+/|/admin/customers/creditcheck/1/(change|history)/"  # the demo shop has none
    r"|/admin|/accounts/logout/|/openapi/.*|/healthz|/readyz|/metrics|/wp-admin/admin-ajax.php"
    r"|/wp-json(/fluent-cart/v[12]|/wp/v2)?/?|/wp-json|/api|.*/export/?"
)
INLINE = {
    "a script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")[^>]*>", re.IGNORECASE),
    "a style": re.compile(r"<style", re.IGNORECASE),
    "an attribute": re.compile(r"<[a-z][^>]*\s(?:on[a-z]+|style)\s*=\s*[\"']", re.IGNORECASE),
    "a javascript: address": re.compile(r"=[\"']?\s*javascript:", re.IGNORECASE),
    "something from elsewhere": re.compile(
        r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE
    ),
}


def explode(request: HttpRequest) -> HttpResponse:
    """A defect of ours."""
    raise RuntimeError


def find_the_database_gone(request: HttpRequest) -> HttpResponse:
    """What a view meets in an outage."""
    raise OperationalError("server closed the connection unexpectedly")


urlpatterns = [path("explode", explode), path("away", find_the_database_gone), *urls.urlpatterns]
handler400, handler500 = urls.handler400, urls.handler500


def patterns(resolver: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], URLPattern]]:
    """Every URL pattern with those that stand before it."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield (*above, pattern.pattern), pattern
        else:
            yield from patterns(pattern, (*above, pattern.pattern))


def address_of(parts: tuple[Any, ...], record_id: object) -> str:
    """A path that the patterns match, about a record."""
    text = ""
    for part in parts:
        if isinstance(part, RegexPattern):
            found = re.sub(r"\\Z|\$$|^\^|/\?(?=\\Z)", "", part.regex.pattern)
            found = re.sub(
                r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda name: str(NAMES.get(name[1], record_id)), found
            )
            text += re.sub(r"\(\?:/\|.*|\(\?:.*?\)\??|\?", "", found)
        else:
            text += re.sub(r"<(?:\w+:)?(\w+)>", lambda name: str(NAMES.get(name[1], record_id)), str(part))
    return f"/{text}"


def addresses() -> list[str]:
    """An address of every route, about a row that is there where it is one of the admin's."""
    found = []
    for parts, pattern in patterns(get_resolver()):
        admin = getattr(pattern.callback, "model_admin", None)
        row = admin.model._default_manager.first() if admin else None
        found.append(address_of(parts, row.pk if row else 1))
    return list(dict.fromkeys(found))


def complaints_about(address: str, answer: Any) -> list[str]:
    """What is wrong with a page: headers that are not there, things inline that the policy forbids."""
    expected = page_policy(form_action=None) if address.startswith(AUTHORIZE) else PAGE_POLICY
    if address.startswith("/docs"):
        expected = page_policy(form_action="'none'")
    headers = {
        "Content-Security-Policy": expected,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    found = [f"{address}: {name} is {answer.get(name)}" for name, value in headers.items() if answer.get(name) != value]
    text = answer.content.decode()
    return found + [
        f"{address}: {what} is inline: {bad[0]}" for what, inline in INLINE.items() if (bad := inline.search(text))
    ]


def is_page(answer: Any) -> bool:
    """Whether it is HTML with something in it."""
    return answer.get("Content-Type", "").startswith("text/html") and not 300 <= answer.status_code < 400


@pytest.fixture
def shop(db):
    """A demo shop, for pages show more when there is something to show."""
    call_command("load_demo", customers=5, orders=30, verbosity=0)


@pytest.fixture
def browser(db):
    """An administrator's browser."""
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(role=Role.SUPER_ADMIN))
    return client


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    assert dict(part.split(" ", 1) for part in PAGE_POLICY.split("; ")) == POLICY
    assert "unsafe" not in PAGE_POLICY + page_policy(form_action=None)
    assert page_policy(form_action=None) == PAGE_POLICY.replace("form-action 'self'; ", "")


@pytest.mark.slow
def test_every_page_is_held_to_its_policy_and_keeps_to_it(shop, browser):
    business = ("/api/customers/cust_456", "/api/customers/cust_456/analytics", "/api/customers/cust_456/orders")
    answers = {address: browser.get(address, **HTML) for address in (*addresses(), *business)}

    pages = {address: answer for address, answer in answers.items() if is_page(answer)}
    assert [complaint for address, answer in pages.items() for complaint in complaints_about(address, answer)] == []
    assert [address for address in answers if address not in pages and not NO_PAGES.fullmatch(address)] == []
    assert {address: answer.status_code for address, answer in answers.items() if answer.status_code >= 500} == {}
    for wanted in (
        "/",
        "/docs",
        "/docs/v2/",
        "/accounts/login/",
        "/admin/",
        "/admin/orders/order/",
        "/admin/password_change/",
    ):
        assert wanted in pages
    shown = [address for address, answer in pages.items() if answer.status_code == 200]
    assert len([address for address in shown if address.startswith("/admin/")]) >= 60
    assert len([address for address in shown if address.startswith(("/wp-json/", "/api/"))]) >= 20


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_pages_for_nobody_are_held_to_it_too(client, db, accept):
    answers = {
        address: client.get(address, HTTP_ACCEPT=accept)
        for address in (
            "/accounts/login/",
            "/docs/",
            "/docs/b2b/",
            "/wp-json/fluent-cart/v2/orders",
            "/nowhere",
            "/admin/nowhere",
        )
    }

    pages = {address: answer for address, answer in answers.items() if is_page(answer)}
    assert [complaint for address, answer in pages.items() for complaint in complaints_about(address, answer)] == []
    assert len(pages) >= 4


@override_settings(ROOT_URLCONF="tests.test_page_headers", ALLOWED_HOSTS=["testserver"])
@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("/explode", "testserver", 500),
        ("/away", "testserver", 503),
        ("/nowhere", "testserver", 404),
        ("/", "evil.example", 400),
    ],
)
def test_pages_about_what_went_wrong_are_held_to_it_too(db, address, host, status):
    answer = Client(raise_request_exception=False).get(address, HTTP_HOST=host)

    assert (answer.status_code, is_page(answer)) == (status, True)
    assert complaints_about(address, answer) == []


def test_so_is_the_page_about_a_form_from_elsewhere(db):
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "ada"})

    assert (answer.status_code, is_page(answer)) == (403, True)
    assert complaints_about("/accounts/login/", answer) == []
    assert "Not sent from here" in answer.content.decode()


@override_settings(ROOT_URLCONF="tests.test_page_headers", DEBUG=True)
def test_only_the_pages_by_which_debug_explains_an_error_are_not():
    client = Client(raise_request_exception=False)

    assert "Content-Security-Policy" not in client.get("/explode")
    assert client.get("/docs/")["Content-Security-Policy"] == page_policy(form_action="'none'")


def test_programs_get_no_policy(client, db):
    assert "Content-Security-Policy" not in client.get("/wp-json/fluent-cart/v2/orders")


@pytest.mark.django_db
def test_programs_pass_by_what_only_browsers_need(client):
    as_program = client.get("/wp-json/", HTTP_AUTHORIZATION="Basic bm9ib2R5OmF0LWFsbA==")
    as_browser = client.get("/wp-json/")
    page = client.get("/accounts/login/", HTTP_AUTHORIZATION="Basic bm9ib2R5OmF0LWFsbA==")

    assert "X-Frame-Options" not in as_program.headers
    assert not hasattr(as_program.wsgi_request, "session")
    assert as_browser["X-Frame-Options"] == page["X-Frame-Options"] == "DENY"
    assert hasattr(as_browser.wsgi_request, "session")
    assert page.status_code == 200
