"""Limits of application passwords as clients set, see and meet them."""

from __future__ import annotations

import pytest

from accounts import services
from accounts.capabilities import Role
from accounts.models import ApplicationPassword
from tests.accounts.factories import UserFactory, issue
from tests.wordpress.test_application_passwords import MINE, send, shown, url_of

USERS = "/wp-json/wp/v2/users"
ORDERS = "/wp-json/fluent-cart/v2/orders"
LIMITS = {"capabilities": ["orders/view"], "expires": "2090-01-31T18:00:00", "addresses": ["127.0.0.1", "10.0.0.0/8"]}
LIMITED = "An application password with limits cannot make, change or revoke application passwords."
EACH = [
    {"capabilities": ["orders/view"]},
    {"addresses": ["127.0.0.1"]},
    {"capabilities": None, "addresses": ["127.0.0.0/8"]},
]


def test_a_new_one_is_held_to_what_was_asked(signed, ada):
    r = send(signed(ada), "POST", MINE, {"name": "till", **LIMITS})

    made = ApplicationPassword.objects.get(name="till")
    body = r.json()
    plaintext = body.pop("password")
    assert (r.status_code, body) == (201, shown(made))
    assert {name: body[name] for name in LIMITS} == LIMITS
    assert services.verify("ada", plaintext, address="10.1.1.1").user.capabilities == {"orders/view"}


def test_the_moment_may_have_a_zone(signed, ada):
    r = send(signed(ada), "POST", MINE, {"name": "till", "expires": "2090-01-31T18:00:00+02:00"})

    assert r.json()["expires"] == "2090-01-31T16:00:00"


def test_a_form_sets_them_too(signed, ada):
    sent = {"name": "till", "capabilities[]": ["orders/view", "customers/view"], "addresses[]": "10.0.0.1"}

    r = signed(ada).post(MINE, sent)

    assert (r.status_code, r.json()["capabilities"]) == (201, ["customers/view", "orders/view"])
    assert r.json()["addresses"] == ["10.0.0.1"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("capabilities", "orders/view", "Must be a list of texts"),
        ("capabilities", {"orders/view": True}, "Must be a list of texts"),
        ("capabilities", [1], "Must be a list of texts"),
        ("capabilities", ["orders/see"], "Unknown: 'orders/see'. Known are "),
        ("expires", "tomorrow", "expires must be a moment in ISO 8601 such as"),
        ("expires", 1893456000, "expires must be a moment in ISO 8601 such as"),
        ("expires", "2020-01-01T00:00:00Z", "expires must lie in the future."),
        ("expires", "9999-12-31T23:59:59-12:00", "expires must not lie beyond the year 9998."),
        ("addresses", [], "addresses must hold 1 to 100"),
        ("addresses", ["10.0.0.1/8"], "addresses must hold addresses and networks such as"),
        ("addresses", ["x" * 65], "Must be a list of texts"),
        ("addresses", ["\ud800", "\x00"], "addresses must hold addresses and networks such as"),
    ],
)
def test_a_limit_that_cannot_be_is_named_and_nothing_changes(signed, ada, method, name, value, said):
    row, _ = issue(ada, "kept", addresses=["10.0.0.1"])
    where = MINE if method == "POST" else url_of(ada, row)

    r = send(signed(ada), method, where, {"name": "new", name: value})

    assert (r.status_code, r.json()["code"], list(r.json()["data"]["params"])) == (400, "rest_invalid_param", [name])
    assert r.json()["data"]["params"][name].startswith(said)
    assert set(ApplicationPassword.objects.values_list("name", flat=True)) == {"kept", "Tests"}


ALLOWED = "name, app_id, capabilities, expires, addresses"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("body", [{"capabilites": ["orders/view"]}, {"adresses": []}, {"id": 1}])
def test_a_misspelt_limit_is_named_and_nothing_changes(signed, ada, method, body):
    row, _ = issue(ada, "kept")
    [name] = body

    r = send(signed(ada), method, MINE if method == "POST" else url_of(ada, row), {"name": "new", **body})

    assert (r.status_code, r.json()["code"]) == (400, "rest_invalid_param")
    assert r.json()["data"]["params"] == {name: f"Unknown. Allowed are: {ALLOWED}."}
    assert set(ApplicationPassword.objects.values_list("name", flat=True)) == {"kept", "Tests"}


def test_it_is_named_beside_what_else_is_wrong(signed, ada):
    r = send(signed(ada), "POST", MINE, {"name": "", "adresses": []})

    assert set(r.json()["data"]["params"]) == {"name", "adresses"}


@pytest.mark.parametrize("query", ["capabilities[]=orders/view", "expires=2090-01-31T18:00:00Z", "name=b"])
def test_a_limit_in_the_query_is_refused(signed, ada, query):
    r = send(signed(ada), "POST", f"{MINE}?{query}", {"name": "new"})

    assert (r.status_code, list(r.json()["data"]["params"])) == (400, [query.partition("=")[0].removesuffix("[]")])
    assert not ApplicationPassword.objects.filter(name="new").exists()


def test_what_a_client_read_can_be_sent_back(signed, ada):
    row, plaintext = issue(ada, "till", addresses=["127.0.0.1"])
    client = signed(ada)
    read = client.get(url_of(ada, row)).json()

    sent = {**read, "name": "new", "password": "x", "user_id": ada.pk, "context": "edit", "_method": "PUT"}
    r = send(client, "PUT", f"{url_of(ada, row)}?_locale=user&context=edit", sent)

    assert (r.status_code, r.json()) == (200, {**read, "name": "new"})
    assert services.verify("ada", plaintext, address="127.0.0.1") == row


def test_a_worker_cannot_give_what_they_do_not_hold(signed, db):
    r = send(signed(UserFactory(role=Role.WORKER)), "POST", MINE, {"name": "x", "capabilities": ["orders/delete"]})

    assert (r.status_code, list(r.json()["data"]["params"])) == (400, ["capabilities"])


def test_they_can_be_changed_and_ended(signed, ada):
    row, _ = issue(ada, "till", capabilities=["orders/view"], addresses=["10.0.0.1"])
    client = signed(ada)

    less = send(client, "PUT", url_of(ada, row), {"expires": LIMITS["expires"], "addresses": None})
    none = send(client, "PUT", url_of(ada, row), {"expires": None, "capabilities": None})

    row.refresh_from_db()
    assert [(r.json()["capabilities"], r.json()["expires"], r.json()["addresses"]) for r in (less, none)] == [
        (["orders/view"], LIMITS["expires"], None),
        (None, None, None),
    ]
    assert none.json() == shown(row)


def test_the_index_tells_of_them(client, db):
    endpoints = client.get("/wp-json/wp/v2").json()["routes"]
    [create] = [
        endpoint
        for route, told in endpoints.items()
        if route.endswith("/application-passwords")
        for endpoint in told["endpoints"]
        if endpoint["methods"] == ["POST"]
    ]

    assert {name: create["args"][name]["type"] for name in LIMITS} == {
        "capabilities": "array",
        "expires": "string",
        "addresses": "array",
    }
    assert create["args"]["expires"]["description"].startswith("Extension: when it ends")


# --- Meeting them --------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["/me", "/{id}", ""])
def test_one_learns_what_the_password_leaves_one(signed, bob, where):
    bob.role = Role.MANAGER
    bob.save()

    body = signed(bob, capabilities=["orders/view"]).get(f"{USERS}{where.format(id=bob.pk)}?context=edit").json()

    [user] = body if isinstance(body, list) else [body]
    assert (user["roles"], user["capabilities"]) == (["manager"], {"orders/view": True})


def test_an_administrator_sees_others_as_they_are_and_themselves_as_they_are_held(signed, ada):
    UserFactory(login="mia", display_name="Mia", role=Role.WORKER)

    rows = signed(ada, capabilities=["is_super_admin"]).get(f"{USERS}?context=edit").json()

    assert [len(row["capabilities"]) for row in rows] == [1, 9]


def test_an_administrator_s_lesser_password_sees_no_others(signed, ada, bob):
    client = signed(ada, capabilities=["orders/view"])

    assert client.get(f"{USERS}/{bob.pk}").status_code == 403
    assert client.get(url_of(bob)).status_code == 403
    assert [row["slug"] for row in client.get(USERS).json()] == ["ada"]


def test_a_route_beyond_them_is_refused(signed, ada):
    client = signed(ada, capabilities=["customers/view"])

    assert client.get("/wp-json/fluent-cart/v2/customers").status_code == 200
    assert (client.get(ORDERS).status_code, client.get(ORDERS).json()["code"]) == (403, "insufficient_permissions")


def test_introspection_tells_them(signed, ada):
    r = signed(ada, addresses=["127.0.0.1"]).get(f"{MINE}/introspect")

    assert r.json()["addresses"] == ["127.0.0.1"]


@pytest.mark.parametrize("limits", EACH)
@pytest.mark.parametrize(
    ("method", "below", "code"),
    [
        ("POST", "", "rest_cannot_create_application_passwords"),
        ("PUT", "/{own}", "rest_cannot_edit_application_password"),
        ("PUT", "/{other}", "rest_cannot_edit_application_password"),
        ("DELETE", "/{other}", "rest_cannot_delete_application_password"),
        ("DELETE", "", "rest_cannot_delete_application_passwords"),
    ],
)
def test_no_limit_is_shed_by_another_password(signed, ada, limits, method, below, code):
    other, _ = issue(ada, "other")
    client = signed(ada, "own", **limits)
    before = list(ApplicationPassword.objects.order_by("pk").values("name", "capabilities", "addresses", "expires_at"))
    own = ApplicationPassword.objects.get(name="own")

    r = send(client, method, MINE + below.format(own=own.uuid, other=other.uuid), {"name": "new", "capabilities": None})

    assert (r.status_code, r.json()["code"], r.json()["message"]) == (403, code, LIMITED)
    assert (
        list(ApplicationPassword.objects.order_by("pk").values("name", "capabilities", "addresses", "expires_at"))
        == before
    )


def test_nor_by_one_of_another_user(signed, ada, bob):
    client = signed(ada, capabilities=["is_super_admin"])

    assert send(client, "POST", url_of(bob), {"name": "new"}).status_code == 403
    assert not ApplicationPassword.objects.filter(user=bob).exists()


def test_a_password_with_limits_may_revoke_itself(signed, ada):
    issue(ada, "other")
    client = signed(ada, "own", capabilities=["orders/view"])
    own = ApplicationPassword.objects.get(name="own")

    assert client.delete(url_of(ada, own)).status_code == 200
    assert client.get(f"{USERS}/me").status_code == 401
    assert ApplicationPassword.objects.get().name == "other"
