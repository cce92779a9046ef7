"""How a client finds the API and learns what it offers."""

from __future__ import annotations

import re

import pytest
from django.urls import URLPattern

from fluentcart.urls import MOUNTS, WORDPRESS
from tests.callers import V2
from tests.customers.factories import CustomerFactory

LINK = '<http://testserver/wp-json/>; rel="https://api.w.org/"'
MOUNTED = {"fluent-cart/v2": MOUNTS["v2"], "fluent-cart/v1": MOUNTS["v1"], "wp/v2": WORDPRESS}


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_front_page_tells_where_the_api_is(client, method):
    assert getattr(client, method)("/")["Link"] == LINK


@pytest.mark.parametrize("where", ["/wp-json/", "/wp-json/nowhere", f"{V2}/customers", "/wp-json/wp/v2/users/me"])
def test_so_does_every_answer_that_has_no_other_link(client, db, where):
    assert client.get(where)["Link"] == LINK


def test_a_page_of_a_list_links_to_its_neighbours_instead(api):
    CustomerFactory.create_batch(3)

    link = api("customers/view").get(f"{V2}/customers?per_page=1&page=2&search=")["Link"]

    assert link == (
        f'<http://testserver{V2}/customers?per_page=1&page=1&search=>; rel="prev", '
        f'<http://testserver{V2}/customers?per_page=1&page=3&search=>; rel="next"'
    )


def test_other_pages_are_left_alone(client):
    answer = client.get("/healthz")

    assert "Link" not in answer
    assert "X-Robots-Tag" not in answer


@pytest.mark.parametrize("where", ["/wp-json/", "/wp-json"])
def test_the_index_is_public_and_says_what_the_site_is(client, settings, where):
    answer = client.get(where)  # pytest-django refuses any query here

    body = answer.json()
    routes = body.pop("routes")
    assert answer.status_code == 200
    assert body == {
        "name": settings.SHOP_NAME,
        "description": "Customers and orders of a shop, as FluentCart's API tells them.",
        "url": "http://testserver",
        "home": "http://testserver",
        "gmt_offset": 0,
        "timezone_string": "UTC",
        "namespaces": ["fluent-cart/v2", "fluent-cart/v1", "wp/v2"],
        "authentication": {
            "application-passwords": {
                "endpoints": {"authorization": "http://testserver/wp-admin/authorize-application.php"}
            }
        },
        "_links": {"help": [{"href": "http://testserver/docs/"}]},
    }
    assert routes["/"]["methods"] == ["GET"]
    assert {"/fluent-cart/v2/orders", "/fluent-cart/v1/orders", "/wp/v2/users/me"} <= set(routes)


def test_the_address_where_access_is_given_exists(client, db):
    url = client.get("/wp-json/").json()["authentication"]["application-passwords"]["endpoints"]["authorization"]

    assert client.get(url).status_code == 302


@pytest.mark.parametrize("namespace", MOUNTED)
def test_a_namespace_lists_every_one_of_its_routes_with_every_method(client, namespace):
    body = client.get(f"/wp-json/{namespace}").json()

    mounted = [pattern for pattern in MOUNTED[namespace].url_patterns if isinstance(pattern, URLPattern)]
    expected = sorted(sorted(method.upper() for method in p.callback.actions if method != "head") for p in mounted)
    routes = dict(body["routes"])
    assert routes.pop(f"/{namespace}")["methods"] == ["GET"]
    assert sorted(sorted(route["methods"]) for route in routes.values()) == expected
    assert all(key.startswith(f"/{namespace}/") for key in routes)
    assert {route["namespace"] for route in routes.values()} == {namespace}
    assert body["namespace"] == namespace
    assert body["_links"] == {"up": [{"href": "http://testserver/wp-json/"}]}


@pytest.mark.parametrize("namespace", MOUNTED)
def test_a_route_is_a_regular_expression_that_its_own_addresses_match(client, namespace):
    routes = client.get(f"/wp-json/{namespace}/").json()["routes"]

    for key in routes:
        path = re.sub(r"\(\?P<(\w+)>.*?\)", lambda found: "me" if "user_id" in found[1] else "7", key)
        assert re.fullmatch(key, path), key
        assert client.options(f"/wp-json{path}").status_code in (200, 401), key


def test_a_route_tells_what_each_method_takes(client):
    routes = client.get("/wp-json/fluent-cart/v2").json()["routes"]

    listed, created = routes["/fluent-cart/v2/customers"]["endpoints"]
    assert listed["methods"] == ["GET"]
    assert listed["args"]["per_page"] == {
        "description": "Items per page; more than 100 are cut to 100.",
        "type": "integer",
        "minimum": 1,
        "default": 10,
        "required": False,
    }
    assert set(listed["args"]["filters"]["properties"]) >= {"status", "date_from"}
    assert created["methods"] == ["POST"]
    assert created["args"]["email"] == {"type": "string", "maxLength": 255, "required": True}
    one = routes["/fluent-cart/v2/customers/(?P<customerId>[0-9]+)"]
    assert one["methods"] == ["GET", "PUT", "DELETE"]
    assert one["endpoints"][0]["args"]["customerId"] == {"type": "integer", "required": True}
    assert one["endpoints"][0]["args"]["with"]["type"] == "array"
    assert "_links" not in one
    href = "http://testserver/wp-json/fluent-cart/v2/customers"
    assert routes["/fluent-cart/v2/customers"]["_links"] == {"self": [{"href": href}]}


def test_nested_bodies_are_described(client):
    routes = client.get("/wp-json/fluent-cart/v2").json()["routes"]

    items = routes["/fluent-cart/v2/orders"]["endpoints"][1]["args"]["items"]
    assert items["type"] == "array"
    assert items["items"]["properties"]["quantity"]["type"] == "integer"


def test_wordpress_s_own_routes_are_named_as_wordpress_names_them(client):
    routes = client.get("/wp-json/wp/v2").json()["routes"]

    assert set(routes) == {
        "/wp/v2",
        "/wp/v2/users",
        "/wp/v2/users/me",
        "/wp/v2/users/(?P<id>[0-9]+)",
        "/wp/v2/users/(?P<user_id>[0-9]+|me)/application-passwords",
        "/wp/v2/users/(?P<user_id>[0-9]+|me)/application-passwords/introspect",
        r"/wp/v2/users/(?P<user_id>[0-9]+|me)/application-passwords/(?P<uuid>[\w-]+)",
    }


def test_an_index_is_told_under_the_address_that_was_asked(client, settings):
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]

    answers = [client.get("/wp-json/", HTTP_HOST=host).json()["home"] for host in settings.ALLOWED_HOSTS]

    assert answers == ["http://one.example", "http://two.example"]


def test_the_index_refuses_wrong_credentials(client, db):
    answer = client.get("/wp-json/", HTTP_AUTHORIZATION="Basic YWRhOndyb25n")

    assert (answer.status_code, answer.json()["code"]) == (401, "rest_not_logged_in")
