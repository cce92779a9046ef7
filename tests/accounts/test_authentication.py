"""Who is calling: Basic with an application password, the browsable API's session, and nobody else."""

from __future__ import annotations

import os
import time
import uuid

import pytest
import redis
from django.test import Client

from accounts.authentication import MALFORMED, REFUSED, TOO_MANY, ApplicationPasswordAuthentication
from accounts.authentication import wrong_passwords_key as key_of
from accounts.models import ApplicationPassword
from fluentcart.counters import get_counter
from tests.accounts.factories import UserFactory, basic, issue

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.urls")]

URL = "/whoami/"
NOBODY = {"login": None, "auth": None, "session_opened": False}
HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def ada():
    user = UserFactory(login="ada", email="ada@example.com")
    user.set_password("correct horse")
    user.save()
    return user


@pytest.fixture
def shown(ada):
    return issue(ada, "n8n")[1]


@pytest.mark.parametrize("name", ["ada", "ADA", " ada ", "Ada@Example.com"])
def test_the_right_password_is_its_user(client, shown, name):
    r = client.get(URL, **basic(name, shown))

    assert (r.status_code, r.json()) == (200, {"login": "ada", "auth": "n8n", "session_opened": False})


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic "])
def test_the_scheme_is_known_in_any_case(client, shown, scheme):
    header = basic("ada", shown)["HTTP_AUTHORIZATION"].replace("Basic", scheme)

    assert client.get(URL, HTTP_AUTHORIZATION=header).json()["login"] == "ada"


def test_one_query_says_who_it_is(client, shown, django_assert_num_queries):
    client.get(URL, **basic("ada", shown))  # the day's first use is noted

    with django_assert_num_queries(1):
        client.get(URL, **basic("ada", shown))


def test_the_first_use_of_a_day_notes_when_and_from_where(client, shown):
    client.get(URL, REMOTE_ADDR="203.0.113.9", **basic("ada", shown))

    row = ApplicationPassword.objects.get()
    assert row.last_used_at is not None
    assert row.last_ip == "203.0.113.9"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("ada", "correct horse", id="the login password"),
        pytest.param("ada", "abcd efgh ijkl mnop qrst uvwx", id="a wrong password"),
        pytest.param("nobody", "abcd efgh ijkl mnop qrst uvwx", id="an unknown user"),
        pytest.param("ada", "", id="no password"),
        pytest.param("", "", id="nothing"),
        pytest.param("a" * 5000, "x" * 5000, id="a lot"),
        pytest.param("a\x00da", "\x00", id="NUL"),
    ],
)
def test_wrong_credentials_get_one_and_the_same_answer(client, shown, name, password):
    r = client.get(URL, **basic(name, password))

    assert (r.status_code, r.json()) == (401, {"refused": REFUSED, "wait": None})


def test_an_inactive_user_gets_that_answer_too(client, ada, shown):
    ada.is_active = False
    ada.save()

    r = client.get(URL, **basic("ada", shown))

    assert (r.status_code, r.json()["refused"]) == (401, REFUSED)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Basic", id="no credentials"),
        pytest.param("Basic ", id="empty"),
        pytest.param("Basic !!!", id="not base64"),
        pytest.param("Basic YWRh", id="no colon"),
        pytest.param("Basic YWRhOng", id="no padding"),
        pytest.param("Basic YWRh Ong=", id="two words"),
        pytest.param("Basic \xfcber", id="not ASCII"),
    ],
)
def test_a_malformed_header_is_told_what_is_expected(client, header, django_assert_num_queries):
    with django_assert_num_queries(0):
        r = client.get(URL, HTTP_AUTHORIZATION=header)

    assert (r.status_code, r.json()["refused"]) == (401, MALFORMED)


def test_a_name_in_latin_1_is_read(client):
    user = UserFactory(login="jürgen")
    _, shown = issue(user)

    r = client.get(URL, **basic("JÜRGEN", shown, charset="latin-1"))

    assert r.json()["login"] == "jürgen"


@pytest.mark.parametrize("header", ["Bearer abc", "Digest x", ""])
def test_other_schemes_leave_the_caller_anonymous(client, header):
    assert client.get(URL, HTTP_AUTHORIZATION=header).json() == NOBODY


def test_the_challenge_is_basic(rf):
    assert ApplicationPasswordAuthentication().authenticate_header(rf.get("/")).startswith("Basic realm=")


# --- Wrong passwords -----------------------------------------------------------------------------


@pytest.fixture(params=["file", "redis"])
def login(request, settings):
    """A login that nobody tried before, with the counter in a file or in Redis."""
    login = f"u{uuid.uuid4().hex}"
    if request.param == "file":
        yield login
        return
    settings.REDIS_URL = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError:
        pytest.skip("There is no Redis at REDIS_URL, or at 127.0.0.1:6379.")
    get_counter.cache_clear()
    yield login
    get_counter().forget(key_of(login=login, address="127.0.0.1"))
    get_counter().forget(key_of(login=login, address="203.0.113.9"))


def test_too_many_wrong_passwords_wait_and_nothing_is_checked(client, settings, login, django_assert_num_queries):
    settings.WRONG_PASSWORDS_MAX = 3
    _, shown = issue(UserFactory(login=login))
    answers = [client.get(URL, **basic(login, "wrong")).status_code for _ in range(4)]

    with django_assert_num_queries(0):
        r = client.get(URL, **basic(login.upper(), shown))

    assert answers == [401, 401, 401, 429]
    assert r.status_code == 429
    assert r.json()["refused"].startswith(TOO_MANY)
    assert 595 <= r.json()["wait"] <= 600


def test_the_last_try_before_the_limit_may_be_right_and_forgets_the_wrong_ones(client, settings, login):
    settings.WRONG_PASSWORDS_MAX = 3
    _, shown = issue(UserFactory(login=login))

    answers = [client.get(URL, **basic(login, word)).status_code for word in ("a", "b", shown, "c", "d", shown)]

    assert answers == [401, 401, 200, 401, 401, 200]


def test_others_do_not_wait_for_somebody_s_wrong_passwords(client, settings, login):
    settings.WRONG_PASSWORDS_MAX = 1
    _, shown = issue(UserFactory(login=login))
    client.get(URL, **basic(login, "wrong"))
    assert client.get(URL, **basic(login, shown)).status_code == 429

    assert client.get(URL, REMOTE_ADDR="203.0.113.9", **basic(login, shown)).status_code == 200
    assert client.get(URL, **basic(f"{login}2", "wrong")).status_code == 401
    assert client.get(URL).status_code == 200


def test_after_the_window_the_password_is_checked_again(client, settings, shown, monkeypatch):
    settings.WRONG_PASSWORDS_MAX = 1
    client.get(URL, **basic("ada", "wrong"))
    assert client.get(URL, **basic("ada", shown)).status_code == 429
    later = time.time() + settings.WRONG_PASSWORDS_WINDOW_SECONDS
    monkeypatch.setattr("fluentcart.counters.time.time", lambda: later)

    assert client.get(URL, **basic("ada", shown)).status_code == 200


# --- The browser's session -----------------------------------------------------------------------


@pytest.fixture
def browser(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    return client


def test_a_session_counts_for_pages(browser):
    assert browser.get(URL, HTTP_ACCEPT=HTML).json() == {"login": "ada", "auth": None, "session_opened": True}


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"HTTP_SEC_FETCH_SITE": "same-origin"}, id="a link of ours"),
        pytest.param({"HTTP_SEC_FETCH_SITE": "none"}, id="typed by hand"),
        pytest.param({"HTTP_ORIGIN": "http://testserver"}, id="our origin"),
        pytest.param({"QUERY_STRING": "_format=api"}, id="the page asked for by name"),
    ],
)
def test_a_session_counts_from_our_own_pages(browser, extra):
    assert browser.get(URL, HTTP_ACCEPT=HTML, **extra).json()["login"] == "ada"


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({}, id="no Accept"),
        pytest.param({"HTTP_ACCEPT": "application/json"}, id="JSON"),
        pytest.param({"HTTP_ACCEPT": "*/*"}, id="anything"),
        pytest.param({"HTTP_ACCEPT": HTML, "QUERY_STRING": "_format=json"}, id="JSON by the switch"),
        pytest.param({"HTTP_ACCEPT": HTML, "HTTP_SEC_FETCH_SITE": "cross-site"}, id="another site"),
        pytest.param({"HTTP_ACCEPT": HTML, "HTTP_SEC_FETCH_SITE": "same-site"}, id="a sister site"),
        pytest.param({"HTTP_ACCEPT": HTML, "HTTP_ORIGIN": "https://evil.example"}, id="another origin"),
        pytest.param({"HTTP_ACCEPT": HTML, "HTTP_ORIGIN": "null"}, id="a sandbox"),
        pytest.param({"HTTP_ACCEPT": HTML, "HTTP_AUTHORIZATION": "Bearer x"}, id="an Authorization header"),
    ],
)
def test_for_everything_else_a_bare_cookie_is_nobody_and_is_not_read(browser, extra, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert browser.get(URL, **extra).json() == NOBODY


def test_a_page_without_a_cookie_opens_no_session(client):
    assert client.get(URL, HTTP_ACCEPT=HTML).json() == NOBODY


def test_a_session_of_an_inactive_user_is_nobody(browser, ada):
    ada.is_active = False
    ada.save()

    assert browser.get(URL, HTTP_ACCEPT=HTML).json()["login"] is None


def test_a_write_needs_the_csrf_token(browser):
    browser.cookies["csrftoken"] = token = "a" * 32

    refused = browser.post(URL, HTTP_ACCEPT=HTML)
    accepted = browser.post(URL, HTTP_ACCEPT=HTML, HTTP_X_CSRFTOKEN=token)

    assert (refused.status_code, refused.json()["refused"][:11]) == (403, "CSRF Failed")
    assert accepted.json()["login"] == "ada"


def test_a_password_wins_over_a_session(browser):
    bob = UserFactory(login="bob")

    r = browser.post(URL, HTTP_ACCEPT=HTML, **basic("bob", issue(bob)[1]))

    assert r.json() == {"login": "bob", "auth": "Tests", "session_opened": False}
