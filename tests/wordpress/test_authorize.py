"""The page on which a user gives an application access."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import services
from accounts.capabilities import Role
from accounts.models import ApplicationPassword
from tests.accounts.factories import issue

PAGE = "/wp-admin/authorize-application.php"
APP_ID = "8dd8df20-3a9b-4b0f-9c5d-1f2f3a4b5c6d"
ASKED = {"app_name": "Mobile", "app_id": APP_ID, "success_url": "https://app.example/done?a=1"}


@pytest.fixture
def answer(browser, bob):
    """Open the page as a browser does and press a button; fields of the form may be changed."""

    def press(button, asked, **changes):
        client = browser(bob)
        page = client.get(PAGE, asked)
        fields = dict(re.findall(r'<input type="(?:hidden|text)" name="(\w+)" value="([^"]*)"', page.content.decode()))
        return client.post(PAGE, {**fields, **changes, button: "1"})

    return press


def test_one_signs_in_first_and_comes_back(client, db):
    r = client.get(PAGE, ASKED)

    assert r.status_code == 302
    assert r["Location"].startswith("/accounts/login/?next=/wp-admin/authorize-application.php%3Fapp_name%3DMobile")


def test_the_page_says_who_asks_and_where_the_password_goes(browser, bob):
    r = browser(bob).get(PAGE, {**ASKED, "app_name": "<b>Mobile</b>"})

    text = r.content.decode()
    assert r.status_code == 200
    assert "&lt;b&gt;Mobile&lt;/b&gt;" in text
    assert "<code>https://app.example/done?a=1</code>" in text
    assert not ApplicationPassword.objects.exists()


def test_nobody_frames_or_keeps_the_page(browser, bob):
    r = browser(bob).get(PAGE, ASKED)

    assert r["X-Frame-Options"] == "DENY"
    policy = r["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action" not in policy  # browsers would hold the way back to the application to it
    assert "no-store" in r["Cache-Control"]


def test_approval_hands_a_password_to_the_application(answer):
    r = answer("approve", ASKED)

    made = ApplicationPassword.objects.get()
    target = urlsplit(r["Location"])
    sent = parse_qs(target.query)
    assert r.status_code == 302
    assert (target.scheme, target.netloc, target.path) == ("https", "app.example", "/done")
    assert (sent["a"], sent["site_url"], sent["user_login"]) == (["1"], ["http://testserver"], ["bob"])
    assert re.fullmatch("[A-Za-z0-9]{24}", sent["password"][0])
    assert services.verify("bob", sent["password"][0]) == made
    assert (made.name, made.app_id) == ("Mobile", APP_ID)


def test_an_app_s_own_scheme_gets_it_too(answer):
    r = answer("approve", {**ASKED, "success_url": "com.example.app://done"})

    assert r["Location"].startswith("com.example.app://done?site_url=")


def test_without_an_address_the_password_is_shown_once(answer):
    r = answer("approve", {"app_name": "Script"})

    shown = re.search(r'<code id="application-password">([^<]+)</code>', r.content.decode())[1]
    assert services.verify("bob", shown) == ApplicationPassword.objects.get(name="Script")


def test_the_name_may_be_changed(answer):
    answer("approve", ASKED, app_name="My phone")

    assert ApplicationPassword.objects.get().name == "My phone"


def test_a_taken_name_is_asked_for_again(answer, bob):
    issue(bob, "Mobile")

    r = answer("approve", ASKED)

    assert r.status_code == 200
    assert "Each application name should be unique." in r.content.decode()
    assert ApplicationPassword.objects.count() == 1


def test_one_may_give_less_than_one_has(answer, bob):
    bob.role = Role.WORKER
    bob.save()
    limits = {"capabilities": ["orders/view"], "expires": "2090-01-31T18:00", "addresses": "127.0.0.1"}

    answer("approve", ASKED, **limits)

    made = ApplicationPassword.objects.get()
    assert (made.capabilities, made.addresses) == (["orders/view"], ["127.0.0.1"])
    assert made.expires_at.isoformat() == "2090-01-31T18:00:00+00:00"


def test_the_page_offers_what_one_holds_and_an_application_cannot_choose(browser, bob):
    bob.role = Role.WORKER
    bob.save()

    text = browser(bob).get(PAGE, {**ASKED, "capabilities": "orders/view", "addresses": "10.0.0.1"}).content.decode()

    assert set(re.findall(r'name="capabilities" value="([^"]+)"', text)) == bob.capabilities
    assert "checked" not in text
    assert "10.0.0.1" not in text
    assert "<details>" in text


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"capabilities": ["orders/view"]}, "orders/view is not one of the available choices."),
        ({"expires": "2020-01-01T00:00"}, "expires must lie in the future."),
        ({"expires": "soon"}, "Enter a valid date/time."),
        ({"addresses": "here"}, "addresses must hold addresses and networks"),
    ],
)
def test_a_limit_that_cannot_be_is_asked_for_again(answer, limits, said):
    r = answer("approve", ASKED, **limits)

    assert r.status_code == 200
    assert said in r.content.decode()
    assert "<details open>" in r.content.decode()
    assert "<strong>Mobile</strong>" in r.content.decode()
    assert not ApplicationPassword.objects.exists()


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ({**ASKED, "reject_url": "https://app.example/no"}, "https://app.example/no"),
        (ASKED, "https://app.example/done?a=1&success=false"),
        ({"app_name": "Script"}, "/"),
    ],
)
@pytest.mark.parametrize("name", ["Mobile", ""], ids=["named", "nameless"])
def test_a_refusal_gives_nothing(answer, asked, target, name):
    r = answer("reject", asked, app_name=name)

    assert (r.status_code, r["Location"]) == (302, target)
    assert not ApplicationPassword.objects.exists()


BAD_ADDRESSES = [
    "http://app.example/",
    "javascript:alert(1)",
    "javascript://app.example/%0aalert(1)",
    "JavaScript://x/%0aalert(1)",
    "java\nscript://x",
    "data:text/html,hello",
    "data://text/html,hello",
    "vbscript://x",
    "file:///etc/passwd",
    "blob://x",
    "intent://x",
    "https://",
    "https:///path",
    "https://bank.example@evil.example/",
    "https://app.example\\@evil.example/",
    "https://app.example/\r\nSet-Cookie: a=b",
    "https://[app.example/",
    "//evil.example/",
    "/wp-admin/",
    "com.example.app:done",
]


@pytest.mark.parametrize("field", ["success_url", "reject_url"])
@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a_bad_address_is_refused_before_anyone_is_asked(browser, bob, field, address):
    r = browser(bob).get(PAGE, {**ASKED, field: address})

    assert r.status_code == 400
    assert "approve" not in r.content.decode()


@pytest.mark.parametrize("button", ["approve", "reject"])
@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a_bad_address_in_the_form_gets_nothing(answer, button, address):
    r = answer(button, ASKED, success_url=address)

    assert r.status_code == 400
    assert "Location" not in r
    assert not ApplicationPassword.objects.exists()


def test_an_app_id_is_a_uuid(browser, bob):
    assert browser(bob).get(PAGE, {**ASKED, "app_id": "1"}).status_code == 400


def test_another_site_cannot_press_the_button(browser, bob):
    r = browser(bob).post(PAGE, {**ASKED, "approve": "1"})

    assert r.status_code == 403
    assert not ApplicationPassword.objects.exists()


def test_nobody_s_button_does_nothing(client, db):
    r = client.post(PAGE, {**ASKED, "approve": "1"})

    assert (r.status_code, r["Location"][:16]) == (302, "/accounts/login/")
    assert not ApplicationPassword.objects.exists()
