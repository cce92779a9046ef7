"""What WordPress clients expect of any site, walked line by line: a row for each thing that a convention says.

What takes more than one request (nonces, giving access, application passwords from first to last) is told beside
this, in the modules of the same name; here stands that each convention holds at all.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from django.test import Client

from accounts.capabilities import Role
from tests.accounts.factories import UserFactory, issue
from tests.customers.factories import CustomerFactory

API, V2, USERS = "/wp-json/", "/wp-json/fluent-cart/v2", "/wp-json/wp/v2/users"
PASSWORDS = f"{USERS}/me/application-passwords"
LINK = '<http://testserver/wp-json/>; rel="https://api.w.org/"'
FORM = "application/x-www-form-urlencoded"
# Who asks.
NOBODY, ADA, GUEST, BY_MAIL, WITHOUT_SPACES, WRONG, UNKNOWN, LOGIN_PASSWORD, BROWSER = (
    *("nobody", "ada", "guest", "ada by e-mail", "ada without spaces", "a wrong password", "an unknown user"),
    *("the login password", "a browser's session"),
)
# The headings of the conventions, each must or should.
CONVENTIONS = (
    *("discovery", "index", "namespace index", "totals", "neighbours", "error body", "bad credentials", "Basic format"),
    *("users/me", "users", "application passwords", "authorize page", "method override", "cookie and nonce", "_fields"),
    *("_envelope", "other _-parameters", "rest_route", "headers", "form bodies"),
)


class Row(NamedTuple):
    """A request and what must hold of its answer.

    Args:
        ask: method and address; `{id}` is a customer's.
        holds: of the answer and its body.
    """

    convention: str
    ask: str
    status: int
    holds: Callable[[Any, Any], bool] = lambda answer, body: True
    who: str = ADA
    body: str = ""
    kind: str = "application/json"
    headers: Mapping[str, str] = {}


def refusal(code: str) -> Callable[[Any, Any], bool]:
    """The body of an error: code, message and data.status."""
    return lambda answer, body: (
        body["code"] == code and bool(body["message"]) and body["data"]["status"] == answer.status_code
    )


def has(*keys: str) -> Callable[[Any, Any], bool]:
    """An object with these keys."""
    return lambda answer, body: set(keys) <= set(body)


def header(name: str, value: str) -> Callable[[Any, Any], bool]:
    """A header that is this, or begins with it."""
    return lambda answer, body: answer[name].startswith(value)


def title_of(answer: Any, body: Any) -> str:
    """The customer's first name, wherever it stands."""
    return str(body["data"]["customer"]["first_name"])


NEW = json.dumps({"email": "new@example.com", "full_name": "New One"})
OVERRIDE = {"X-HTTP-Method-Override": "PUT"}
ROWS = [
    *(Row("discovery", f"{method} /", 200, header("Link", LINK), NOBODY) for method in ("GET", "HEAD")),
    *(Row("discovery", f"{method} {API}", 200, header("Link", LINK), NOBODY) for method in ("GET", "HEAD")),
    Row("discovery", f"GET {V2}/customers/{{id}}", 200, header("Link", LINK)),
    Row("index", f"GET {API}", 200, has("name", "description", "url", "home", "gmt_offset", "timezone_string",
                                        "namespaces", "authentication", "routes", "_links"), NOBODY),
    Row("index", f"GET {API}", 200, lambda answer, body: "authorize-application.php" in body["authentication"][
        "application-passwords"]["endpoints"]["authorization"], NOBODY),
    Row("index", f"GET {API}", 200, lambda answer, body: "fluent-cart/v2" in body["namespaces"], NOBODY),
    Row("namespace index", f"GET {V2}", 200, has("namespace", "routes", "_links"), NOBODY),
    Row("namespace index", f"GET {V2}", 200, lambda answer, body: {"methods", "endpoints"} <= set(
        body["routes"]["/fluent-cart/v2/customers/(?P<customerId>[0-9]+)"]), NOBODY),
    Row("namespace index", f"GET {V2}", 200, lambda answer, body: all(
        "args" in endpoint for route in body["routes"].values() for endpoint in route["endpoints"]), NOBODY),
    Row("totals", f"GET {V2}/customers?per_page=2", 200, lambda answer, body: (
        answer["X-WP-Total"], answer["X-WP-TotalPages"]) == ("3", "2")),
    *(Row("totals", f"GET {V2}/{path}", 200, lambda answer, body: (
        answer["X-WP-Total"], answer["X-WP-TotalPages"]) == ("0", "0"))
        for path in (
            "customers?search=nobody", "orders", "products", "customers/{id}/orders", "customers/{id}/address")),
    Row("totals", f"GET {USERS}", 200, lambda answer, body: answer["X-WP-Total"] == "2"),
    Row("totals", f"GET {PASSWORDS}", 200, lambda answer, body: int(answer["X-WP-Total"]) == len(body)),
    Row("neighbours", f"GET {V2}/customers?per_page=1&page=2&order_by=id", 200, lambda answer, body: re.findall(
        r'<(.*?)>; rel="(\w+)"', answer["Link"]) == [
            (f"http://testserver{V2}/customers?per_page=1&page=1&order_by=id", "prev"),
            (f"http://testserver{V2}/customers?per_page=1&page=3&order_by=id", "next")]),
    Row("error body", f"GET {V2}/customers", 401, refusal("rest_not_logged_in"), NOBODY),
    Row("error body", f"GET {USERS}/me", 401, refusal("rest_not_logged_in"), NOBODY),
    Row("error body", f"GET {V2}/customers", 403, refusal("insufficient_permissions"), GUEST),
    Row("error body", f"GET {USERS}/{{ada}}", 403, refusal("rest_user_cannot_view"), GUEST),
    Row("error body", f"GET {API}nowhere", 404, refusal("rest_no_route")),
    Row("error body", f"PATCH {V2}/customers", 404, refusal("rest_no_route")),
    Row("error body", f"GET {V2}/customers/999999", 404, refusal("customer_not_found")),
    Row("error body", f"GET {USERS}?per_page=x", 400, lambda answer, body: (
        refusal("rest_invalid_param")(answer, body) and "per_page" in body["data"]["params"])),
    Row("error body", f"POST {PASSWORDS}", 400, lambda answer, body: (
        refusal("rest_missing_callback_param")(answer, body) and body["data"]["params"] == ["name"]), body="{}"),
    Row("error body", f"POST {V2}/customers", 400, refusal("rest_invalid_json"), body='{"email": '),
    *(Row("bad credentials", f"GET {V2}/customers", 401, lambda answer, body: "WWW-Authenticate" not in answer, who,
          headers={"Accept": "text/html"}) for who in (WRONG, UNKNOWN)),
    *(Row("bad credentials", f"GET {V2}/customers", 401, lambda answer, body: (
        body["code"], body["message"]) == ("rest_not_logged_in", SAID_TO_WRONG), who) for who in (WRONG, UNKNOWN)),
    *(Row("Basic format", f"GET {USERS}/me", 200, lambda answer, body: body["slug"] == "ada", who)
      for who in (ADA, BY_MAIL, WITHOUT_SPACES)),
    Row("Basic format", f"GET {USERS}/me", 401, who=LOGIN_PASSWORD),
    Row("users/me", f"GET {USERS}/me", 200, has("id", "name", "slug", "avatar_urls")),
    Row("users/me", f"GET {USERS}/me?context=edit", 200, has("username", "email", "roles", "capabilities")),
    Row("users", f"GET {USERS}", 200, lambda answer, body: len(body) == 2 and {"id", "name", "slug"} <= set(body[0])),
    Row("users", f"GET {USERS}", 200, lambda answer, body: [row["slug"] for row in body] == ["guest"], GUEST),
    Row("application passwords", f"POST {PASSWORDS}", 201, lambda answer, body: (
        re.fullmatch(r"(?:\w{4} ){5}\w{4}", body["password"]) is not None
        and answer["Location"].endswith(f"/application-passwords/{body['uuid']}")), body='{"name": "New"}'),
    Row("application passwords", f"POST {PASSWORDS}", 409, refusal("application_password_duplicate_name"),
        body='{"name": "Tests"}'),
    Row("application passwords", f"GET {PASSWORDS}", 200, lambda answer, body: "password" not in body[0]),
    Row("application passwords", f"GET {PASSWORDS}/introspect", 200, has("uuid", "name", "last_used", "last_ip")),
    Row("application passwords", f"GET {PASSWORDS}/{{uuid}}", 200, has("uuid", "app_id", "name")),
    Row("application passwords", f"PUT {PASSWORDS}/{{uuid}}", 200, lambda answer, body: body["name"] == "Other",
        body='{"name": "Other"}'),
    Row("application passwords", f"DELETE {PASSWORDS}/{{uuid}}", 200, lambda answer, body: body["deleted"] is True),
    Row("application passwords", f"DELETE {PASSWORDS}", 200,
        lambda answer, body: body == {"deleted": True, "count": 1}),
    Row("authorize page", "GET /wp-admin/authorize-application.php?app_name=A&success_url=https://a.example/", 200,
        lambda answer, body: b"A" in answer.content, BROWSER),
    Row("method override", f"POST {V2}/customers/{{id}}", 200, body='{"first_name": "Put"}', headers=OVERRIDE,
        holds=lambda answer, body: title_of(answer, body) == "Put"),
    Row("method override", f"POST {V2}/customers/{{id}}?_method=PUT", 200, body='{"first_name": "Put"}',
        holds=lambda answer, body: title_of(answer, body) == "Put"),
    Row("method override", f"GET {V2}/customers/{{id}}", 400, refusal("rest_invalid_method_override"),
        headers=OVERRIDE),
    Row("cookie and nonce", f"GET {USERS}/me", 401, refusal("rest_not_logged_in"), BROWSER),
    Row("cookie and nonce", f"GET {USERS}/me", 403, refusal("rest_cookie_invalid_nonce"), BROWSER,
        headers={"X-WP-Nonce": "0123456789"}),
    Row("cookie and nonce", f"GET {USERS}/me", 200, lambda answer, body: bool(answer["X-WP-Nonce"]), BROWSER,
        headers={"X-WP-Nonce": "{nonce}"}),
    Row("cookie and nonce", "GET /wp-admin/admin-ajax.php?action=rest-nonce", 200, lambda answer, body: re.fullmatch(
        r"\w{10,}", answer.content.decode()) is not None and answer["Content-Type"].startswith("text/plain"), BROWSER),
    *(Row("_fields", f"GET {V2}/customers?{query}", 200, lambda answer, body: all(
        set(row) == {"id", "email"} for row in body["data"]["customers"]) and answer["X-WP-Total"] == "3")
      for query in ("_fields=id,email", "_fields[]=id&_fields[]=email")),
    Row("_envelope", f"GET {V2}/customers?_envelope", 200,
        lambda answer, body: set(body) == {"body", "status", "headers"}),
    *(Row("other _-parameters", f"GET {path}?_locale=user&_embed=1&_whatever=2", 200)
      for path in (f"{V2}/customers", f"{V2}/customers/{{id}}", USERS, f"{USERS}/me", PASSWORDS, API)),
    *(Row("rest_route", f"GET {path}", 200, lambda answer, body: len(body["data"]["customers"]) == 3) for path in (
        "/?rest_route=/fluent-cart/v2/customers", "/index.php?rest_route=/fluent-cart/v2/customers",
        "/index.php/wp-json/fluent-cart/v2/customers", f"{V2}/customers/", f"{V2}//customers")),
    *(Row("headers", f"GET {V2}/customers", 200, header(name, value)) for name, value in (
        ("X-Robots-Tag", "noindex"), ("X-Content-Type-Options", "nosniff"),
        ("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link"),
        ("Access-Control-Allow-Headers", "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type"))),
    Row("headers", f"GET {V2}/customers", 200, lambda answer, body: "no-cache" in answer["Cache-Control"]),
    Row("headers", f"GET {V2}/customers", 200, lambda answer, body: "origin" in answer["Vary"].lower()),
    Row("form bodies", f"POST {V2}/customers", 201, body="email=f%40example.com&full_name=F", kind=FORM),
    Row("form bodies", f"POST {V2}/customers/do-bulk-action", 200, kind=FORM,
        body="action=update_status&customer_ids%5B%5D={id}&data%5Bstatus%5D=inactive"),
    Row("form bodies", f"POST {V2}/customers", 201, kind="multipart/form-data; boundary=b",
        body='--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nm@example.com\r\n'
        '--b\r\nContent-Disposition: form-data; name="full_name"\r\n\r\nM\r\n--b--\r\n'),
]  # fmt: skip
SAID_TO_WRONG = "The login or the application password is not valid."


class Site(NamedTuple):
    """Two users, three customers, and an application password."""

    ada: Any
    guest: Any
    passwords: dict[str, str]
    values: dict[str, Any]


@pytest.fixture
def site(db) -> Site:
    """A small shop."""
    ada: Any = UserFactory(login="ada", email="ada@example.com", role=Role.SUPER_ADMIN)
    guest: Any = UserFactory(login="guest", email="guest@example.com")
    kept, password = issue(ada, "Tests")
    customers = CustomerFactory.create_batch(3)
    values = {"id": customers[0].pk, "ada": ada.pk, "uuid": kept.uuid}
    return Site(ada, guest, {"ada": password, "guest": issue(guest, "Tests")[1]}, values)


def caller(site: Site, who: str) -> Client:
    """A client that asks as somebody."""
    client = Client()
    if who == BROWSER:
        client.force_login(site.ada)
    credentials = {
        ADA: ("ada", site.passwords["ada"]),
        GUEST: ("guest", site.passwords["guest"]),
        BY_MAIL: ("ada@example.com", site.passwords["ada"]),
        WITHOUT_SPACES: ("ada", site.passwords["ada"].replace(" ", "")),
        WRONG: ("ada", "abcd efgh ijkl mnop qrst uvwx"),
        UNKNOWN: ("eve", "abcd efgh ijkl mnop qrst uvwx"),
        LOGIN_PASSWORD: ("ada", "a long login password"),
    }
    if who in credentials:
        basic = base64.b64encode(":".join(credentials[who]).encode()).decode()
        client.defaults["HTTP_AUTHORIZATION"] = f"Basic {basic}"
    return client


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.convention} | {row.ask} | {row.who}")
def test_every_convention_holds(site: Site, row: Row):
    if row.who == LOGIN_PASSWORD:  # making its hash is slow by intention
        site.ada.set_password("a long login password")
        site.ada.save()
    client = caller(site, row.who)
    values = site.values
    if "{nonce}" in row.headers.values():
        values = values | {"nonce": client.get("/wp-admin/admin-ajax.php?action=rest-nonce").content.decode()}
    method, path = row.ask.split(" ")

    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), text)

    answer = client.generic(
        method, filled(path), filled(row.body), content_type=row.kind,
        headers={name: filled(value) for name, value in row.headers.items()},
    )  # fmt: skip

    body = (
        json.loads(answer.content) if answer["Content-Type"].startswith("application/json") and answer.content else None
    )
    assert answer.status_code == row.status, answer.content
    assert row.holds(answer, body), (dict(answer.items()), body)


def test_no_convention_is_left_out():
    assert {row.convention for row in ROWS} == set(CONVENTIONS)
