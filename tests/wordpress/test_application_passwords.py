"""/wp/v2/users/<id or me>/application-passwords: as provisioning scripts use them on a WordPress."""

from __future__ import annotations

import json
import uuid

import pytest

from accounts import services
from accounts.capabilities import Role
from accounts.models import ApplicationPassword
from tests.accounts.factories import UserFactory, issue

MINE = "/wp-json/wp/v2/users/me/application-passwords"
APP_ID = "8dd8df20-3a9b-4b0f-9c5d-1f2f3a4b5c6d"


def url_of(user, password=None):
    """The address of a user's passwords, or of one of them."""
    base = f"/wp-json/wp/v2/users/{user.pk}/application-passwords"
    return f"{base}/{password.uuid}" if password else base


def shown(password):
    """A password as a client sees it."""
    return {
        "uuid": str(password.uuid),
        "app_id": password.app_id,
        "name": password.name,
        "created": password.created_at.strftime("%Y-%m-%dT%H:%M:%S"),
        "last_used": password.last_used_at and password.last_used_at.strftime("%Y-%m-%dT%H:%M:%S"),
        "last_ip": password.last_ip,
        "capabilities": password.capabilities,
        "expires": password.expires_at and password.expires_at.strftime("%Y-%m-%dT%H:%M:%S"),
        "addresses": password.addresses,
        "_links": {"self": [{"href": f"http://testserver{url_of(password.user, password)}"}]},
    }


def send(client, method, where, body=None):
    """A request with a JSON body."""
    return client.generic(method, where, "" if body is None else json.dumps(body), "application/json")


def test_a_new_one_shows_its_password_once(signed, bob):
    client = signed(bob)

    r = send(client, "POST", MINE, {"name": "n8n", "app_id": APP_ID})

    made = ApplicationPassword.objects.get(name="n8n")
    body = r.json()
    plaintext = body.pop("password")
    assert (r.status_code, body) == (201, shown(made))
    assert r["Location"] == f"http://testserver{url_of(bob, made)}"
    assert (made.user, made.app_id) == (bob, APP_ID)
    assert [len(group) for group in plaintext.split(" ")] == [4] * 6
    assert services.verify("bob", plaintext) == made
    assert "password" not in client.get(url_of(bob, made)).json()


def test_a_form_makes_one_too(signed, bob):
    assert signed(bob).post(MINE, {"name": "script"}).status_code == 201


def test_a_name_is_given_once(signed, bob):
    r = send(signed(bob, "n8n"), "POST", MINE, {"name": "n8n"})

    assert (r.status_code, r.json()["code"]) == (409, "application_password_duplicate_name")
    assert r.json()["message"] == "Each application name should be unique."
    assert ApplicationPassword.objects.count() == 1


def test_a_missing_name_is_a_missing_parameter(signed, bob):
    r = send(signed(bob), "POST", MINE, {})

    body = r.json()
    assert (r.status_code, body["code"]) == (400, "rest_missing_callback_param")
    assert (body["message"], body["data"]["params"]) == ("Missing parameter(s): name", ["name"])


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 193}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": ["a"]}, "name"),
        ({"name": "a", "app_id": "no uuid"}, "app_id"),
    ],
)
def test_a_wrong_parameter_is_named(signed, bob, body, name):
    r = send(signed(bob), "POST", MINE, body)

    assert (r.status_code, r.json()["code"], list(r.json()["data"]["params"])) == (400, "rest_invalid_param", [name])
    assert ApplicationPassword.objects.count() == 1


def test_a_list_has_one_s_own(signed, bob, ada):
    issue(ada, "Not Bob's")
    client = signed(bob)
    issue(bob, "Second")

    r = client.get(MINE)

    assert r.status_code == 200
    assert r.json() == [shown(password) for password in ApplicationPassword.objects.filter(user=bob).order_by("pk")]
    assert r["X-WP-Total"] == "2"


def test_one_is_renamed(signed, bob):
    client = signed(bob)
    password, _ = issue(bob, "Old")

    r = send(client, "PUT", url_of(bob, password), {"name": "New"})

    password.refresh_from_db()
    assert (r.status_code, r.json()) == (200, shown(password))
    assert password.name == "New"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_every_editing_method_of_wordpress_renames(signed, bob, method):
    password, _ = issue(bob, "Old")

    assert send(signed(bob), method, url_of(bob, password), {"name": "New"}).json()["name"] == "New"


def test_renaming_keeps_the_secret_and_what_is_not_sent(signed, bob):
    password, plaintext = services.issue_application_password(user_id=bob.pk, name="Old", app_id=APP_ID)

    send(signed(bob), "PUT", url_of(bob, password), {"name": "New"})

    assert services.verify("bob", plaintext) == password
    assert ApplicationPassword.objects.get(name="New").app_id == APP_ID


def test_a_taken_name_is_not_given_by_renaming(signed, bob):
    password, _ = issue(bob, "Old")

    r = send(signed(bob, "Taken"), "PUT", url_of(bob, password), {"name": "Taken"})

    assert (r.status_code, r.json()["code"]) == (409, "application_password_duplicate_name")
    assert ApplicationPassword.objects.get(pk=password.pk).name == "Old"


def test_one_is_revoked(signed, bob):
    password, plaintext = issue(bob, "Old")

    r = signed(bob).delete(url_of(bob, password))

    assert (r.status_code, r.json()) == (200, {"deleted": True, "previous": shown(password)})
    assert services.verify("bob", plaintext) is None


def test_all_are_revoked(signed, bob, ada):
    issue(bob, "A")
    issue(bob, "B")
    issue(ada, "Not Bob's")

    r = signed(bob).delete(MINE)

    assert (r.status_code, r.json()) == (200, {"deleted": True, "count": 3})
    assert [password.user for password in ApplicationPassword.objects.all()] == [ada]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("name", [APP_ID, "nonsense", "0"])
def test_one_that_is_not_there_is_not_found(signed, bob, method, name):
    r = send(signed(bob), method, f"{MINE}/{name}", {"name": "x"})

    assert (r.status_code, r.json()["code"]) == (404, "rest_application_password_not_found")
    assert r.json()["message"] == "Application password not found."


def test_one_of_somebody_else_is_not_found_among_one_s_own(signed, bob, ada):
    password, _ = issue(ada, "Hers")

    assert signed(bob).delete(f"{MINE}/{password.uuid}").status_code == 404
    assert ApplicationPassword.objects.filter(pk=password.pk).exists()


# --- Which one is in use -------------------------------------------------------------------------


def test_introspection_names_the_one_in_use(signed, bob):
    issue(bob, "Another")

    r = signed(bob, "This one").get(f"{MINE}/introspect")

    used = ApplicationPassword.objects.get(name="This one")
    assert used.last_ip == "127.0.0.1"
    assert (r.status_code, r.json()) == (200, shown(used))


def test_a_session_has_none_in_use(browser, nonce_of, bob):
    client = browser(bob)

    r = client.get(f"{MINE}/introspect", HTTP_X_WP_NONCE=nonce_of(client))

    assert (r.status_code, r.json()["code"]) == (404, "rest_no_authenticated_app_password")


def test_the_administrator_s_own_is_not_in_use_by_somebody_else(signed, ada, bob):
    assert signed(ada).get(f"{url_of(bob)}/introspect").status_code == 404


# --- Whose they are ------------------------------------------------------------------------------

ROUTES = [
    ("GET", "", "rest_cannot_list_application_passwords"),
    ("POST", "", "rest_cannot_create_application_passwords"),
    ("DELETE", "", "rest_cannot_delete_application_passwords"),
    ("GET", "/introspect", "rest_cannot_introspect_app_password"),
    ("GET", "/{uuid}", "rest_cannot_read_application_password"),
    ("PUT", "/{uuid}", "rest_cannot_edit_application_password"),
    ("DELETE", "/{uuid}", "rest_cannot_delete_application_password"),
]


@pytest.mark.parametrize(("method", "below", "code"), ROUTES)
def test_somebody_else_s_are_nobody_s_affair(signed, ada, method, below, code):
    manager = UserFactory(role=Role.MANAGER)
    password, _ = issue(ada, "Hers")
    before = list(ApplicationPassword.objects.filter(user=ada).values())
    client = signed(manager)

    r = send(client, method, url_of(ada) + below.format(uuid=password.uuid), {"name": "Mine now"})
    unknown = send(client, method, url_of(ada).replace(str(ada.pk), "999999") + below.format(uuid=password.uuid), {})

    assert (r.status_code, r.json()["code"]) == (403, code)
    assert list(ApplicationPassword.objects.filter(user=ada).values()) == before
    assert (unknown.status_code, unknown.content) == (403, r.content)


@pytest.mark.parametrize(("method", "below", "code"), ROUTES)
def test_nobody_is_told_to_sign_in(client, bob, method, below, code):
    r = send(client, method, url_of(bob) + below.format(uuid=uuid.uuid4()), {"name": "x"})

    assert (r.status_code, r.json()["code"]) == (401, "rest_not_logged_in")


def test_the_administrator_keeps_those_of_others(signed, ada, bob):
    client = signed(ada)

    made = send(client, "POST", url_of(bob), {"name": "For Bob"})
    listed = client.get(url_of(bob)).json()
    gone = client.delete(f"{url_of(bob)}/{made.json()['uuid']}")

    assert (made.status_code, [row["name"] for row in listed], gone.status_code) == (201, ["For Bob"], 200)
    assert services.verify("bob", made.json()["password"]) is None


def test_the_administrator_learns_that_somebody_is_not_there(signed, ada):
    r = signed(ada).get("/wp-json/wp/v2/users/999999/application-passwords")

    assert (r.status_code, r.json()["code"]) == (404, "rest_user_invalid_id")
