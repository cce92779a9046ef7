"""A session and a nonce: what @wordpress/api-fetch does in a browser."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from accounts.nonces import LIFETIME_SECONDS, TICK_SECONDS, is_valid_nonce, make_nonce
from customers.models import Customer
from tests.callers import V2
from tests.wordpress.conftest import NONCE_PAGE

ME = "/wp-json/wp/v2/users/me"
NEW = {"email": "new@example.com", "full_name": "New"}


def test_a_session_with_its_nonce_counts_for_json(browser, nonce_of, bob):
    client = browser(bob)

    r = client.get(ME, HTTP_X_WP_NONCE=nonce_of(client))

    assert (r.status_code, r.json()["name"]) == (200, "Bob Roe")


def test_the_nonce_may_stand_in_the_query(browser, nonce_of, bob):
    client = browser(bob)

    assert client.get(f"{ME}?_wpnonce={nonce_of(client)}").status_code == 200


def test_it_writes_without_a_csrf_token(browser, nonce_of, ada):
    client = browser(ada)

    r = client.post(f"{V2}/customers", NEW, content_type="application/json", HTTP_X_WP_NONCE=nonce_of(client))

    assert r.status_code == 201
    assert Customer.objects.count() == 1


def test_the_answer_carries_a_fresh_nonce(browser, nonce_of, bob):
    client = browser(bob)

    first = client.get(ME, HTTP_X_WP_NONCE=nonce_of(client))
    second = client.get(ME, HTTP_X_WP_NONCE=first["X-WP-Nonce"])

    assert second.status_code == 200
    assert first["Cache-Control"].startswith("no-cache")


@pytest.mark.parametrize("where", [ME, f"{V2}/customers", "/wp-json/"])
@pytest.mark.parametrize("nonce", ["", "0", "wrong", "0123456789abcdef0123", "ü"])
def test_a_bad_nonce_is_refused(browser, ada, where, nonce):
    r = browser(ada).get(where, HTTP_X_WP_NONCE=nonce)

    assert (r.status_code, r.json()["code"]) == (403, "rest_cookie_invalid_nonce")
    assert (r.json()["message"], r.json()["data"]["status"]) == ("Cookie check failed", 403)
    assert "X-WP-Nonce" not in r


def test_a_bad_nonce_writes_nothing(browser, ada):
    r = browser(ada).post(f"{V2}/customers", NEW, content_type="application/json", HTTP_X_WP_NONCE="wrong")

    assert r.status_code == 403
    assert not Customer.objects.exists()


def test_a_bad_nonce_is_refused_on_a_page_too(browser, ada):
    html = {"HTTP_ACCEPT": "text/html", "HTTP_SEC_FETCH_SITE": "same-origin"}

    assert browser(ada).get(f"{V2}/customers", HTTP_X_WP_NONCE="wrong", **html).status_code == 403


def test_without_a_nonce_the_cookie_is_nobody(browser, ada):
    r = browser(ada).get(ME)

    assert (r.status_code, r.json()["code"]) == (401, "rest_not_logged_in")
    assert "X-WP-Nonce" not in r


def test_without_a_session_no_nonce_is_good(browser, nonce_of, bob):
    nonce = nonce_of(browser(bob))

    assert Client().get(ME, HTTP_X_WP_NONCE=nonce).status_code == 403


def test_nobody_uses_the_nonce_of_somebody_else(browser, nonce_of, ada, bob):
    nonce = nonce_of(browser(ada))

    assert browser(bob).get(ME, HTTP_X_WP_NONCE=nonce).status_code == 403


def test_signing_out_ends_a_nonce(browser, nonce_of, bob):
    client = browser(bob)
    nonce = nonce_of(client)
    client.logout()
    client.force_login(bob)

    assert client.get(ME, HTTP_X_WP_NONCE=nonce).status_code == 403


def test_an_inactive_user_has_no_good_nonce(browser, nonce_of, bob):
    client = browser(bob)
    nonce = nonce_of(client)
    bob.is_active = False
    bob.save()

    assert client.get(ME, HTTP_X_WP_NONCE=nonce).status_code == 403


def test_a_password_comes_before_a_nonce(signed, ada):
    r = signed(ada).get(ME, HTTP_X_WP_NONCE="wrong")

    assert (r.status_code, "X-WP-Nonce" in r) == (200, False)


@pytest.mark.parametrize(
    ("seconds", "is_good"),
    [(0, True), (TICK_SECONDS, True), (LIFETIME_SECONDS, False)],
    ids=["at once", "half a day later", "a day later"],
)
def test_a_nonce_lasts_for_half_a_day_at_least_and_a_day_at_most(monkeypatch, seconds, is_good):
    nonce = make_nonce(user_id=1, session_key="k")
    later = time.time() + seconds
    monkeypatch.setattr("accounts.nonces.time.time", lambda: later)

    assert is_valid_nonce(nonce, user_id=1, session_key="k") is is_good


# --- The page that gives one ---------------------------------------------------------------------


def test_the_nonce_is_plain_text_and_not_kept(browser, bob):
    r = browser(bob).get(NONCE_PAGE)

    assert (r.status_code, r["Content-Type"]) == (200, "text/plain")
    assert r.content.decode().isalnum()
    assert "no-store" in r["Cache-Control"]


def test_nobody_gets_none(client, db):
    r = client.get(NONCE_PAGE)

    assert (r.status_code, r.content) == (400, b"0")


def test_other_actions_are_not_there(browser, bob):
    assert browser(bob).get("/wp-admin/admin-ajax.php?action=heartbeat").status_code == 400
