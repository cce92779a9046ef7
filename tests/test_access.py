"""Every route of the API x every role, every credential that is none, and every other way to say who one is.

Who is refused learns nothing: the answer is the same byte for byte, and costs the same statements and hashes, whether
a record or a login is there or not.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import services
from accounts.capabilities import CAPABILITIES_BY_ROLE, Role
from accounts.models import ApplicationPassword
from fluentcart.api.exports import make_link
from tests.accounts.factories import UserFactory, issue
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory
from tests.test_policies import EXPECTED, GUARDED, ROUTES

pytestmark = pytest.mark.django_db

NOBODY = 999_999
GUARDED_IDS = [route for route in GUARDED if "999" in route[0] and "export" not in route[0]]
PASSWORDS = [route for route in ROUTES if route[2].resource == "users" and "999" in route[0]]
WRONG = "abcd efgh ijkl mnop qrst uvwx"


@pytest.fixture(autouse=True)
def many_tries(settings: Any) -> None:
    """Guessing is slowed down elsewhere: tests/accounts/test_authentication.py."""
    settings.WRONG_PASSWORDS_MAX = 1_000_000


def basic(login: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def signed(role: str, login: str = "") -> tuple[Any, Client]:
    """Somebody with a role, and their program; its password was used today."""
    user: Any = UserFactory(role=role, **({"login": login} if login else {}))
    password, shown = issue(user)
    services.touch(password)
    return user, Client(HTTP_AUTHORIZATION=basic(user.login, shown))


def send(client: Client, method: str, path: str, **extra: Any) -> Any:
    """A request with an empty object as its body."""
    return client.generic(method.upper(), path, "{}", "application/json", **extra)


def answer(r: Any) -> tuple[int, dict[str, str], bytes]:
    """Everything of an answer but its own id."""
    return r.status_code, {name: value for name, value in r.items() if name != "X-Request-Id"}, r.content


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The cost of what is done inside: number of statements, number of password hashes."""
    hashes: list[str] = []
    plain = services.hash_password

    def noted(text: str) -> str:
        hashes.append(text)
        return plain(text)

    with monkeypatch.context() as patch, CaptureQueriesContext(connection) as statements:
        patch.setattr(services, "hash_password", noted)
        cost: list[Any] = []
        yield cost
    cost += [len(statements), len(hashes)]


def allowed(viewset: Any, action: str, role: str) -> bool:
    """Whether a role may call an action, by the table that the decisions were written out in."""
    table = EXPECTED[viewset.permission_classes[0]]
    return any(action in actions and name in CAPABILITIES_BY_ROLE[role] for name, actions in table.items())


# --- Roles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_a_role_gets_past_the_routes_that_it_holds_and_no_other(role):
    _, client = signed(role)

    got_in = {
        (method, path): send(client, method, path).status_code not in (401, 403) for path, method, _, _ in GUARDED
    }

    assert got_in == {(method, path): allowed(viewset, action, role) for path, method, viewset, action in GUARDED}


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.SUPER_ADMIN])
def test_of_users_everybody_sees_themselves_and_the_administrator_sees_all(role):
    user, client = signed(role)
    stranger: Any = UserFactory()
    password, _ = issue(stranger)

    for path, method, _, _ in PASSWORDS:
        one = path.removesuffix("/999") + f"/{password.uuid}" if path.endswith("passwords/999") else path
        theirs, nobodys = (send(client, method, one.replace("/999", f"/{pk}", 1)) for pk in (stranger.pk, NOBODY))
        assert theirs.status_code == 403
        assert answer(theirs) == answer(nobodys)
    assert [row["id"] for row in client.get("/wp-json/wp/v2/users").json()] == [user.pk]
    assert ApplicationPassword.objects.filter(user=stranger).exists()


def test_the_owner_of_a_customer_is_a_stranger_to_the_shop_s_api():
    owner, client = signed(Role.NONE)
    own, other = CustomerFactory(user=owner), CustomerFactory()

    for path, method, viewset, _ in GUARDED_IDS:
        prefix = viewset.id_prefixes.get("customer_id", "")
        mine, theirs = (send(client, method, path.replace("999", f"{prefix}{each.pk}", 1)) for each in (own, other))
        assert mine.status_code == 403
        assert answer(mine) == answer(theirs)


# --- What a refusal tells ------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.NONE, Role.WORKER, Role.ACCOUNTANT, None])
def test_a_refusal_is_the_same_whether_the_record_is_there_or_not(role, monkeypatch):
    _, client = signed(role) if role is not None else (None, Client())
    customer: Any = CustomerFactory()
    order: Any = OrderFactory(customer=customer)

    for path, method, viewset, action in GUARDED_IDS:
        if role is not None and allowed(viewset, action, role):
            continue
        prefix = viewset.id_prefixes.get("customer_id", "")
        there = order.pk if viewset.resource == "orders" else customer.pk
        with counted(monkeypatch) as cost_there:
            found = send(client, method, path.replace("999", f"{prefix}{there}", 1))
        with counted(monkeypatch) as cost_missing:
            missing = send(client, method, path.replace("999", f"{prefix}{NOBODY}", 1))
        assert found.status_code == (401 if role is None else 403)
        assert (answer(found), cost_there) == (answer(missing), cost_missing)
        assert cost_there == ([0, 0] if role is None else [1, 1])


def test_an_export_of_somebody_else_is_as_unknown_as_a_forged_one(rf, monkeypatch):
    other, _ = signed(Role.MANAGER)
    _, client = signed(Role.MANAGER)
    exports = [(path, viewset) for path, method, viewset, _ in GUARDED if "/export/" in path]
    assert len(exports) == 4

    for path, viewset in exports:
        request = rf.post(path.removesuffix("export/999") + "do-bulk-action")
        request.user = other
        token = make_link(request, viewset.resource, [1])["url"].rpartition("/")[2]
        with counted(monkeypatch) as cost_theirs:
            theirs = client.get(path.replace("999", token))
        with counted(monkeypatch) as cost_forged:
            forged = client.get(path.replace("999", token[:-1] + ("a" if token[-1] != "a" else "b")))
        assert theirs.status_code == 404
        assert (answer(theirs), cost_theirs) == (answer(forged), cost_forged)


# --- Credentials that are none -------------------------------------------------------------------


@pytest.fixture
def people() -> SimpleNamespace:
    """An administrator with a good, a revoked and an expired password; somebody else; and somebody who left."""
    ada: Any = UserFactory(login="ada", email="ada@example.org", role=Role.SUPER_ADMIN)
    eve: Any = UserFactory(login="eve", role=Role.SUPER_ADMIN)
    gone: Any = UserFactory(login="gone", role=Role.SUPER_ADMIN)
    s = SimpleNamespace(good=issue(ada)[1], eves=issue(eve, "Eve's")[1], gones=issue(gone, "Gone's")[1])
    revoked, s.revoked = issue(ada, "Revoked")
    services.revoke(user_id=ada.pk, password_uuid=revoked.uuid)
    expired, s.expired = issue(ada, "Expired")
    ApplicationPassword.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    gone.is_active = False
    gone.save()
    ada.set_password("a long login password")
    ada.save()
    ApplicationPassword.objects.update(last_used_at=timezone.now())
    return s


BAD: dict[str, Callable[[Any], tuple[str, str]]] = {
    "a wrong password": lambda s: ("ada", WRONG),
    "the login password": lambda s: ("ada", "a long login password"),
    "a revoked one": lambda s: ("ada", s.revoked),
    "an expired one": lambda s: ("ada", s.expired),
    "somebody else's": lambda s: ("ada", s.eves),
    "a login that nobody has": lambda s: ("nobody", WRONG),
    "a login that nobody has, with a password that somebody has": lambda s: ("nobody", s.good),
    "somebody who left": lambda s: ("gone", s.gones),
    "no password": lambda s: ("ada", ""),
    "no login": lambda s: ("", s.good),
    "the password in another case": lambda s: ("ada", s.good.swapcase()),
}


def test_credentials_that_are_none_open_no_route_and_are_not_told_apart(people, monkeypatch):
    headers = {who: basic(*credentials(people)) for who, credentials in BAD.items()}
    client = Client()

    for path, method, _, _ in ROUTES:
        answers = []
        for header in headers.values():
            with counted(monkeypatch) as cost:
                r = send(client, method, path, HTTP_AUTHORIZATION=header)
            answers.append((answer(r), cost))
        assert (answers[0][0][0], answers[0][1]) == (401, [1, 1])
        assert [who for who, found in zip(headers, answers, strict=True) if found != answers[0]] == []


@pytest.mark.parametrize(
    ("login", "scheme"), [("ADA", "Basic"), ("Ada@Example.ORG", "Basic"), ("ada", "bAsIc"), (" ada ", "BASIC ")]
)
def test_another_case_of_login_and_scheme_is_the_same_user(people, login, scheme):
    header = basic(login, people.good).replace("Basic", scheme)

    r = Client(HTTP_AUTHORIZATION=header).get("/wp-json/wp/v2/users/me")

    assert (r.status_code, r.json()["slug"]) == (200, "ada")


# --- Other ways to say who one is ----------------------------------------------------------------

# One route of each viewset: where a walk over all of them shows nothing more.
SOME = list({viewset: (path, method) for path, method, viewset, _ in ROUTES if method == "get"}.values())


def smuggled(password: str) -> dict[str, str]:
    """All the other places at once in which some service, somewhere, looks for who is calling."""
    header, packed = basic("ada", password), password.replace(" ", "")
    return {
        "HTTP_PHP_AUTH_USER": "ada",
        "HTTP_PHP_AUTH_PW": packed,
        "HTTP_REMOTE_USER": "ada",
        "HTTP_X_FORWARDED_USER": "ada",
        "HTTP_X_FORWARDED_FOR": "127.0.0.1",
        "HTTP_X_FORWARDED_AUTHORIZATION": header,
        "HTTP_X_AUTHORIZATION": header,
        "HTTP_REDIRECT_HTTP_AUTHORIZATION": header,
        "HTTP_PROXY_AUTHORIZATION": header,
        "HTTP_X_ORIGINAL_URL": "/healthz",
        "HTTP_X_REWRITE_URL": "/healthz",
        "HTTP_COOKIE": f'Authorization="{header}"; sessionid=ada; login=ada',
        "QUERY_STRING": f"_user=ada&_password={packed}&_authorization=Basic&user=ada&password={packed}",
    }


@pytest.mark.parametrize("scheme", ["", "Bearer ", "Token ", "Digest "])
def test_who_one_is_stands_in_one_header_and_nowhere_else(people, scheme):
    extra = smuggled(people.good) | ({"HTTP_AUTHORIZATION": f"{scheme}{people.good}"} if scheme else {})

    for path, method, viewset, _ in ROUTES:
        if not scheme or (path, method) in SOME:
            r = send(Client(), method, path, **extra)
            code = "not_authenticated" if viewset.dialect.name == "b2b" else "rest_not_logged_in"
            assert (r.status_code, r.json()["error"]["code"]) == (401, code)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("{good},{bad}", id="good before bad"),
        pytest.param("{bad},{good}", id="bad before good"),
        pytest.param("{good}, {good}", id="good twice"),
        pytest.param("Bearer x, {good}", id="after a scheme of others"),
        pytest.param("{good}\tx", id="something behind"),
    ],
)
def test_two_authorization_headers_are_none(people, header):
    """A server hands two headers on as one, with a comma."""
    sent = header.format(good=basic("ada", people.good), bad=basic("ada", WRONG))

    for path, method in SOME:
        assert send(Client(HTTP_AUTHORIZATION=sent), method, path).status_code == 401


@pytest.mark.parametrize("extra", [{"HTTP_X_WP_NONCE": "a" * 10}, {"QUERY_STRING": "_wpnonce=aaaaaaaaaa"}])
def test_a_nonce_without_a_session_opens_nothing(people, extra):
    for path, method in SOME:
        r = send(Client(), method, path, **extra)

        assert (r.status_code, r.json()["error"]["code"]) == (403, "rest_cookie_invalid_nonce")


@pytest.mark.parametrize("extra", [{"HTTP_X_HTTP_METHOD_OVERRIDE": "{}"}, {"QUERY_STRING": "_method={}"}])
def test_another_method_is_another_route_with_its_own_capability(api, extra):
    """Whoever may POST to a path, and not PUT or DELETE there, may not do so by saying that a POST is one."""
    overridden = [route for route in GUARDED if route[1] in ("put", "patch", "delete") and "/api/" not in route[0]]
    assert len(overridden) >= 12

    for path, method, viewset, action in overridden:
        needed = viewset.permission_classes[0].any_of[action]
        headers = {name: text.format(method.upper()) for name, text in extra.items()}
        r = api.all_but(*needed).send("post", path, {}, **headers)
        assert (r.status_code, r.json()["code"]) == (403, "insufficient_permissions")


@pytest.mark.parametrize("how", ["HTTP_X_HTTP_METHOD_OVERRIDE", "QUERY_STRING"])
def test_a_method_that_only_reads_is_never_another(people, how):
    client = Client(HTTP_AUTHORIZATION=basic("ada", people.good))
    extra = {how: "DELETE" if how.startswith("HTTP") else "_method=DELETE"}

    for path, method, _, _ in ROUTES:
        if method == "get" and path.startswith("/wp-json/"):
            assert send(client, "get", path, **extra).status_code == 400
