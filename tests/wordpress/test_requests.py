"""Other spellings of a request, and what every answer under /wp-json/ wears."""

from __future__ import annotations

import json

import pytest

from customers.models import Customer
from tests.callers import V1, V2
from tests.customers.factories import CustomerAddressFactory, CustomerFactory

EVIL, FRIEND = "https://evil.example", "https://friend.example"


@pytest.fixture
def customer(db):
    return CustomerFactory(email="ada@example.com", notes="before")


# --- Method override -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "extra"),
    [
        pytest.param("", {"HTTP_X_HTTP_METHOD_OVERRIDE": "PUT"}, id="header"),
        pytest.param("", {"HTTP_X_HTTP_METHOD_OVERRIDE": "put"}, id="small letters"),
        pytest.param("?_method=PUT", {}, id="query"),
        pytest.param("?_method=PUT", {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}, id="the query comes first"),
        pytest.param("?_locale=user", {"HTTP_X_HTTP_METHOD_OVERRIDE": "PUT"}, id="as api-fetch sends it"),
    ],
)
def test_a_post_may_be_a_put(api, customer, query, extra):
    r = api("customers/manage").post(f"{V2}/customers/{customer.pk}{query}", {"notes": "after"}, **extra)

    customer.refresh_from_db()
    assert (r.status_code, customer.notes) == (200, "after")


def test_a_post_may_be_a_delete(api, customer):
    r = api("customers/delete").post(f"{V2}/customers/{customer.pk}", HTTP_X_HTTP_METHOD_OVERRIDE="DELETE")

    assert r.status_code == 200
    assert not Customer.objects.exists()


def test_the_policy_goes_by_the_effective_method(api, customer):
    r = api.all_but("customers/delete").post(f"{V2}/customers/{customer.pk}", HTTP_X_HTTP_METHOD_OVERRIDE="DELETE")

    assert (r.status_code, r.json()["code"]) == (403, "insufficient_permissions")
    assert Customer.objects.count() == 1


def test_the_rate_goes_by_the_effective_method(api, customer, settings):
    settings.RATE_LIMIT_ENABLED = True

    r = api("customers/delete").post(f"{V2}/customers/{customer.pk}", HTTP_X_HTTP_METHOD_OVERRIDE="DELETE")

    assert r["X-RateLimit-Limit"] == settings.RATES["delete"].split("/")[0]


def test_csrf_goes_by_the_effective_method(browser, ada, customer):
    html = {"HTTP_ACCEPT": "text/html", "HTTP_SEC_FETCH_SITE": "same-origin"}

    r = browser(ada).post(f"{V2}/customers/{customer.pk}", HTTP_X_HTTP_METHOD_OVERRIDE="DELETE", **html)

    assert r.status_code == 403
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "wanted"),
    [("GET", "DELETE"), ("GET", "POST"), ("HEAD", "DELETE"), ("PUT", "DELETE"), ("POST", "GET"), ("POST", "BREW")],
)
@pytest.mark.parametrize("how", ["header", "query"])
def test_no_other_method_is_overridden(api, customer, method, wanted, how):
    where = f"{V2}/customers/{customer.pk}" + (f"?_method={wanted}" if how == "query" else "")
    extra = {"HTTP_X_HTTP_METHOD_OVERRIDE": wanted} if how == "header" else {}

    r = api.everything().send(method, where, **extra)

    assert r.status_code == 400
    assert method == "HEAD" or r.json()["code"] == "rest_invalid_method_override"
    assert Customer.objects.count() == 1


def test_nothing_outside_the_api_is_overridden(browser, ada):
    r = browser(ada).get("/accounts/logout/", HTTP_X_HTTP_METHOD_OVERRIDE="POST")

    assert r.status_code == 405


# --- Other spellings of the path -----------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        "/?rest_route=/fluent-cart/v2/customers&search=ada",
        "/?rest_route=%2Ffluent-cart%2Fv2%2Fcustomers%2F&search=ada",
        "/index.php?rest_route=/fluent-cart/v2/customers&search=ada",
        "/index.php/wp-json/fluent-cart/v2/customers?search=ada",
        "/wp-json//fluent-cart/v2//customers?search=ada",
        "/wp-json/fluent-cart/v2/customers//?search=ada",
    ],
)
def test_a_path_may_be_spelled_otherwise(api, customer, where):
    CustomerFactory(email="bob@example.com", first_name="Bob", last_name="Roe")

    r = api("customers/view").raw.generic("GET", where)

    assert [row["email"] for row in r.json()["data"]["customers"]] == ["ada@example.com"]


def test_writes_may_be_spelled_otherwise_too(api, db):
    r = api("customers/manage").post(
        "/?rest_route=/fluent-cart/v2/customers", {"email": "new@example.com", "full_name": "New"}
    )

    assert r.status_code == 201


def test_a_rest_route_alone_is_the_index(client):
    assert "namespaces" in client.get("/?rest_route=/").json()


@pytest.mark.parametrize("where", ["/?rest_route=/../admin/", "/?rest_route=/nowhere", "/index.php/wp-json/nowhere"])
def test_no_spelling_leads_out_of_the_api(client, where):
    assert client.get(where).json()["code"] == "rest_no_route"


# --- Only some fields ----------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["_fields=id,email", "_fields[]=id&_fields[]=email", "_fields=email%2C%20id"])
def test_rows_keep_the_fields_that_are_asked_for(api, customer, asked):
    r = api("customers/view").raw.generic("GET", f"{V2}/customers?{asked}")

    body = r.json()
    assert body["data"]["customers"] == [{"id": customer.pk, "email": "ada@example.com"}]
    assert body["data"]["pagination"]["total"] == 1
    assert (body["success"], r["X-WP-Total"]) == (True, "1")


def test_a_field_inside_another_is_asked_for_with_a_dot(api, customer):
    CustomerAddressFactory(customer=customer)

    r = api("customers/view").get(f"{V2}/customers/{customer.pk}?with[]=addresses&_fields=id,addresses.id,nothing")

    (address,) = r.json()["data"]["customer"]["addresses"]
    assert set(r.json()["data"]["customer"]) == {"id", "addresses"}
    assert set(address) == {"id"}


def test_a_refusal_is_whole(api, db):
    r = api("customers/view").get(f"{V2}/customers/999?_fields=id")

    assert {"code", "message", "data"} <= set(r.json())


def test_every_collection_tells_how_many_there_are(api, customer):
    reader = api("customers/view")

    empty = reader.get(f"{V2}/customers/{customer.pk}/address")
    CustomerAddressFactory.create_batch(2, customer=customer, is_primary=False)
    two = reader.get(f"{V1}/customers/{customer.pk}/address")

    assert (empty["X-WP-Total"], empty["X-WP-TotalPages"]) == ("0", "0")
    assert (two["X-WP-Total"], two["X-WP-TotalPages"]) == ("2", "1")


# --- Envelope ------------------------------------------------------------------------------------


def test_an_envelope_holds_status_and_headers(api, customer):
    bare = api("customers/view").get(f"{V2}/customers")

    r = api("customers/view").get(f"{V2}/customers?_envelope")

    body = r.json()
    assert r.status_code == 200
    assert set(body) == {"body", "status", "headers"}
    assert (body["body"], body["status"]) == (bare.json(), 200)
    assert body["headers"]["X-WP-Total"] == "1"
    assert int(r["Content-Length"]) == len(r.content)


def test_a_refusal_is_enveloped_as_a_success(client, db):
    r = client.get(f"{V2}/customers?_envelope=1")

    assert (r.status_code, r.json()["status"], r.json()["body"]["code"]) == (200, 401, "rest_not_logged_in")


# --- Headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["/wp-json/", f"{V2}/customers", "/wp-json/nowhere"])
def test_every_answer_wears_wordpress_s_headers(client, db, where):
    r = client.get(where)

    assert r["X-Robots-Tag"] == "noindex"
    assert r["X-Content-Type-Options"] == "nosniff"
    assert r["Access-Control-Expose-Headers"] == "X-WP-Total, X-WP-TotalPages, Link, ETag, Idempotent-Replayed"
    assert r["Access-Control-Allow-Headers"] == (
        "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type, Idempotency-Key, If-Match, "
        "If-None-Match"
    )
    assert "origin" in r["Vary"].lower()
    assert "Access-Control-Allow-Origin" not in r
    assert "Cache-Control" not in r


@pytest.mark.parametrize("path", [f"{V2}/customers", "/api/customers", "/api/customers/999"])
def test_an_answer_to_somebody_is_not_kept(signed, ada, path):
    kept = signed(ada).get(path)["Cache-Control"]

    assert {"no-store", "private"} <= set(kept.split(", "))


@pytest.fixture
def listing(settings):
    """The settings as they are read when CORS_ALLOWED_ORIGINS names an origin."""
    settings.CORS_ALLOWED_ORIGINS = [FRIEND]
    after = settings.MIDDLEWARE.index("fluentcart.api.wordpress.middleware.WordPressMiddleware") + 1
    cors = "corsheaders.middleware.CorsMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:after], cors, *settings.MIDDLEWARE[after:]]


def test_a_page_of_a_listed_origin_may_read_with_credentials(listing, client, db):
    r = client.get(f"{V2}/customers", HTTP_ORIGIN=FRIEND)

    assert r["Access-Control-Allow-Origin"] == FRIEND
    assert r["Access-Control-Allow-Credentials"] == "true"
    assert {"X-WP-Total", "Link", "X-WP-Nonce"} <= set(r["Access-Control-Expose-Headers"].split(", "))


@pytest.mark.parametrize("origin", [EVIL, "null", "https://friend.example.evil.example", "http://friend.example"])
@pytest.mark.parametrize("where", [f"{V2}/customers", "/wp-admin/admin-ajax.php?action=rest-nonce"])
def test_a_page_of_another_origin_may_not(listing, client, db, origin, where):
    r = client.get(where, HTTP_ORIGIN=origin)

    assert "Access-Control-Allow-Origin" not in r
    assert "Access-Control-Allow-Credentials" not in r


def test_a_listed_origin_may_ask_beforehand(listing, client):
    r = client.options(
        f"{V2}/customers",
        HTTP_ORIGIN=FRIEND,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="x-wp-nonce,x-http-method-override,content-type",
    )

    assert r.status_code == 200
    assert "POST" in r["Access-Control-Allow-Methods"]
    allowed = r["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
    assert {"authorization", "x-wp-nonce", "x-http-method-override", "content-type"} <= set(allowed)


def test_pages_for_people_are_read_by_no_other_origin(listing, client):
    assert "Access-Control-Allow-Origin" not in client.get("/", HTTP_ORIGIN=FRIEND)


def test_the_usual_request_asks_the_database_nothing_more(signed, ada, customer, django_assert_num_queries):
    client = signed(ada)
    client.get(f"{V2}/customers/{customer.pk}/address")  # the day's first use is noted

    with django_assert_num_queries(3):  # the password with its user, the customer, the addresses
        r = client.get(f"{V2}/customers/{customer.pk}/address")

    assert json.loads(r.content) == {"addresses": []}
