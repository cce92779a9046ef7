"""/wp/v2/users: what "test my connection" asks in every WordPress client."""

from __future__ import annotations

import pytest

from accounts.capabilities import CAPABILITIES_BY_ROLE, Role
from tests.accounts.factories import UserFactory

USERS = "/wp-json/wp/v2/users"


def shown(user):
    """A user as a client sees them."""
    picture = "http://testserver/static/fluentcart/avatar.svg"
    return {
        "id": user.pk,
        "name": user.display_name,
        "url": "",
        "description": "",
        "link": "http://testserver/",
        "slug": user.login,
        "avatar_urls": {"24": picture, "48": picture, "96": picture},
        "meta": [],
        "_links": {
            "self": [{"href": f"http://testserver{USERS}/{user.pk}"}],
            "collection": [{"href": f"http://testserver{USERS}"}],
        },
    }


def test_one_learns_who_one_is(signed, bob):
    r = signed(bob).get(f"{USERS}/me")

    assert (r.status_code, r.json()) == (200, shown(bob))


def test_editing_shows_what_the_user_may_do(signed, ada):
    body = signed(ada).get(f"{USERS}/me?context=edit").json()

    assert {name: body[name] for name in shown(ada)} == shown(ada)
    assert (body["username"], body["email"], body["roles"]) == ("ada", "ada@example.com", ["super_admin"])
    assert set(body["capabilities"]) == CAPABILITIES_BY_ROLE[Role.SUPER_ADMIN]
    assert set(body["capabilities"].values()) == {True}
    assert set(body) - set(shown(ada)) == {
        *("username", "first_name", "last_name", "email", "locale", "nickname", "registered_date"),
        *("roles", "capabilities", "extra_capabilities"),
    }


def test_a_user_without_a_role_has_no_capabilities(signed, bob):
    body = signed(bob).get(f"{USERS}/me?context=edit").json()

    assert (body["roles"], body["capabilities"]) == ([], {})


def test_the_picture_is_there(client, db):
    r = client.get("/static/fluentcart/avatar.svg")

    assert (r.status_code, r["Content-Type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize("where", ["", "/me", "/1"])
def test_nobody_is_told_to_sign_in(client, db, where):
    r = client.get(f"{USERS}{where}")

    assert (r.status_code, r.json()["code"]) == (401, "rest_not_logged_in")


def test_the_administrator_sees_everybody(signed, ada, bob):
    r = signed(ada).get(USERS)

    assert (r.status_code, r.json()) == (200, [shown(ada), shown(bob)])
    assert (r["X-WP-Total"], r["X-WP-TotalPages"]) == ("2", "1")


@pytest.mark.parametrize("role", [Role.NONE, Role.WORKER, Role.MANAGER])
def test_everybody_else_sees_themselves(signed, ada, role):
    user = UserFactory(login="carl", role=role)

    r = signed(user).get(f"{USERS}?context=edit&per_page=100&orderby=id&order=asc")

    assert [row["username"] for row in r.json()] == ["carl"]
    assert r["X-WP-Total"] == "1"


def test_the_list_is_paged_and_searched(signed, ada):
    UserFactory.create_batch(3)
    client = signed(ada)

    page = client.get(f"{USERS}?per_page=3&page=2")
    found = client.get(f"{USERS}?search=ADA@EX&_fields=name")

    assert (len(page.json()), page["X-WP-Total"], page["X-WP-TotalPages"]) == (1, "4", "2")
    assert 'rel="prev"' in page["Link"]
    assert found.json() == [{"name": "ada"}]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["ada", "Adam", "Zoe"]),
        ("?orderby=id&order=asc", ["ada", "Zoe", "Adam"]),
        ("?orderby=email&order=desc", ["Adam", "Zoe", "ada"]),
    ],
)
def test_the_list_is_sorted_as_wordpress_sorts(signed, ada, query, names):
    UserFactory(login="mia", display_name="Zoe")
    UserFactory(login="zed", display_name="Adam")

    assert [row["name"] for row in signed(ada).get(f"{USERS}{query}").json()] == names


@pytest.mark.parametrize("query", ["orderby=password", "orderby[]=id", "order=up"])
def test_an_unknown_order_is_refused(signed, ada, query):
    assert signed(ada).get(f"{USERS}?{query}").json()["code"] == "rest_invalid_param"


def test_the_list_asks_as_often_for_many_as_for_few(signed, ada, django_assert_num_queries):
    client = signed(ada)
    client.get(USERS)
    with django_assert_num_queries(3):
        client.get(USERS)
    UserFactory.create_batch(8)

    with django_assert_num_queries(3):
        client.get(USERS)


def test_an_unknown_parameter_is_named_as_wordpress_names_it(signed, bob):
    r = signed(bob).get(f"{USERS}?colour=red")

    assert (r.status_code, r.json()["code"]) == (400, "rest_invalid_param")
    assert r.json()["message"] == "Invalid parameter(s): colour"
    assert list(r.json()["data"]["params"]) == ["colour"]


def test_the_administrator_looks_at_somebody(signed, ada, bob):
    r = signed(ada).get(f"{USERS}/{bob.pk}")

    assert (r.status_code, r.json()) == (200, shown(bob))


def test_one_looks_at_oneself_by_number(signed, bob):
    assert signed(bob).get(f"{USERS}/{bob.pk}").json() == shown(bob)


def test_others_are_not_shown_whether_they_exist_or_not(signed, ada, bob):
    client = signed(bob)

    answers = [client.get(f"{USERS}/{number}") for number in (ada.pk, 999_999)]

    assert [r.status_code for r in answers] == [403, 403]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["code"] == "rest_user_cannot_view"


def test_the_administrator_learns_that_somebody_is_not_there(signed, ada):
    r = signed(ada).get(f"{USERS}/999999")

    assert (r.status_code, r.json()["code"], r.json()["message"]) == (404, "rest_user_invalid_id", "Invalid user ID.")


@pytest.mark.parametrize("where", ["/abc", "/me/posts", f"/{'9' * 19}"])
def test_what_is_no_route_is_none(signed, bob, where):
    r = signed(bob).get(f"{USERS}{where}")

    assert (r.status_code, r.json()["code"]) == (404, "rest_no_route")


def test_users_are_not_made_here(signed, ada):
    r = signed(ada).post(USERS, {"username": "x"}, content_type="application/json")

    assert (r.status_code, r.json()["code"]) == (404, "rest_no_route")
