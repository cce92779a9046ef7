"""The admin's pages of users and application passwords: for super_admin only, the plaintext shown once."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts import services
from accounts.capabilities import Role
from accounts.models import ApplicationPassword, User
from tests.accounts.factories import UserFactory, issue

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.urls")]

LIST = "/admin/accounts/user/"
SHOWN = re.compile(r'<code id="application-password">([A-Za-z0-9 ]{29})</code>')


def page(user: User, name: str) -> str:
    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


@pytest.fixture
def root():
    return UserFactory(login="root", role=Role.SUPER_ADMIN)


@pytest.fixture
def admin(client, root):
    client.force_login(root)
    return client


@pytest.fixture
def ada():
    return UserFactory(login="ada", email="ada@example.com", role=Role.WORKER, display_name="Ada")


def edited(user: User, **changes) -> dict[str, object]:
    """The change form of a user, filled in."""
    rows = list(user.application_passwords.order_by("name"))
    fields = ("login", "email", "display_name", "first_name", "last_name", "role")
    form = {field: getattr(user, field) for field in fields} | {"is_active": "on"}
    form |= {"application_passwords-TOTAL_FORMS": len(rows), "application_passwords-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        form |= {f"application_passwords-{number}-id": row.pk, f"application_passwords-{number}-user": user.pk}
    return form | changes


@pytest.mark.parametrize(
    ("role", "location"), [(Role.SUPER_ADMIN, "/admin/"), (Role.WORKER, "/admin/"), (Role.NONE, None)]
)
def test_whoever_has_a_role_may_sign_in(client, role, location):
    user = UserFactory(login="Ada", role=role)
    user.set_password("correct horse")
    user.save()

    r = client.post("/admin/login/?next=/admin/", {"username": "ADA", "password": "correct horse"})

    assert r.headers.get("Location") == location


@pytest.mark.parametrize("role", [Role.MANAGER, Role.WORKER, Role.ACCOUNTANT])
def test_users_are_shut_to_everybody_else(client, role, ada):
    client.force_login(UserFactory(role=role))
    row, _ = issue(ada)
    urls = [LIST, f"{LIST}add/", page(ada, "change"), page(ada, "issue"), page(ada, "delete")]
    urls.append(f"{LIST}{ada.pk}/password/")

    assert [client.get(url).status_code for url in urls] == [403] * 6
    assert client.post(page(ada, "issue"), {"name": "n8n"}).status_code == 403
    assert ApplicationPassword.objects.get() == row


def test_nobody_is_sent_to_the_login_page(client, ada):
    assert client.get(page(ada, "issue")).headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    ("query", "found"),
    [("q=ADA", ["ada"]), ("q=ada@example", ["ada"]), ("role__exact=worker", ["ada"]), ("q=nobody", [])],
)
def test_users_are_searched_and_filtered(admin, ada, query, found):
    r = admin.get(f"{LIST}?{query}")

    assert [user.login for user in r.context["cl"].result_list] == found


def test_the_list_costs_the_same_for_many(admin, django_assert_max_num_queries):
    counts = []
    for more in (1, 8):
        UserFactory.create_batch(more)
        with django_assert_max_num_queries(20) as captured:
            assert admin.get(LIST).status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_a_user_s_page_costs_the_same_for_many_passwords(admin, ada, django_assert_max_num_queries):
    admin.get(page(ada, "change"))  # Django keeps what it learns about content types
    counts = []
    for number in (1, 8):
        for n in range(number):
            issue(ada, f"app {number}/{n}")
        with django_assert_max_num_queries(20) as captured:
            r = admin.get(page(ada, "change"))
        counts.append(len(captured))

    assert counts[0] == counts[1]
    assert "app 8/7" in r.content.decode()
    assert "$generic$" not in r.content.decode()


def test_an_issued_password_is_shown_once_and_works(admin, root, ada):
    assert "csrfmiddlewaretoken" in admin.get(page(ada, "issue")).content.decode()

    r = admin.post(page(ada, "issue"), {"name": "n8n"})

    shown = SHOWN.search(r.content.decode()).group(1)
    assert services.verify("ada", shown).name == "n8n"
    assert "no-store" in r.headers["Cache-Control"]
    assert shown not in admin.get(page(ada, "change")).content.decode()
    assert "n8n" in LogEntry.objects.get(user=root).change_message


def test_an_issued_password_is_held_to_what_was_ticked_and_written(admin, ada):
    admin.cookies["timezone"] = "America/New_York"
    form = {
        "capabilities": ["orders/view"],
        "expires": "2090-01-31T18:00",
        "addresses": "10.0.0.0/8\n2001:db8::1, 127.0.0.1",
    }

    admin.post(page(ada, "issue"), {"name": "till", **form})

    made = ada.application_passwords.get()
    assert (made.capabilities, made.addresses) == (["orders/view"], ["10.0.0.0/8", "2001:db8::1", "127.0.0.1"])
    assert made.expires_at.isoformat() == "2090-01-31T23:00:00+00:00"


def test_the_form_offers_what_the_user_holds_and_names_the_zone(admin, ada):
    admin.cookies["timezone"] = "America/New_York"

    text = admin.get(page(ada, "issue")).content.decode()

    assert set(re.findall(r'name="capabilities" value="([^"]+)"', text)) == ada.capabilities
    assert "Empty: never. In America/New_York." in text


def test_the_page_of_a_user_shows_what_each_password_is_held_to(admin, ada):
    issue(ada, "free")
    issue(ada, "nothing", capabilities=[])
    issue(ada, "till", capabilities=["orders/view", "products/view"], addresses=["10.0.0.0/8", "2001:db8::1"])
    ended, _ = issue(ada, "was")
    ApplicationPassword.objects.filter(pk=ended.pk).update(expires_at=datetime(2026, 1, 31, 18, tzinfo=UTC))

    text = admin.get(page(ada, "change")).content.decode()

    cells = re.findall(r'<td class="field-(name|may|expires|works_from)">\s*<p>([^<]*)</p>', text)
    assert [value for _, value in cells] == [
        *("free", "all that the user may", "never", "anywhere"),
        *("nothing", "nothing", "never", "anywhere"),
        *("till", "orders/view, products/view", "never", "10.0.0.0/8, 2001:db8::1"),
        *("was", "all that the user may", "Jan. 31, 2026, 6 p.m. (expired)", "anywhere"),
    ]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"capabilities": ["orders/delete"]}, "capabilities"),
        ({"expires": "2020-01-01T00:00"}, "expires"),
        ({"expires": "9999-12-31T23:59"}, "expires"),
        ({"expires": "soon"}, "expires"),
        ({"addresses": "here"}, "addresses"),
        ({"addresses": "10.0.0.1 " * 101}, "addresses"),
    ],
)
def test_a_limit_that_cannot_be_comes_back_beside_its_field(admin, ada, form, field):
    r = admin.post(page(ada, "issue"), {"name": "till", **form})

    assert (r.status_code, list(r.context["form"].errors)) == (200, [field])
    assert not ApplicationPassword.objects.exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("n8n", "should be unique"), ("", "This field is required"), ("x" * 193, "at most 192 characters")],
)
def test_a_refused_name_comes_back_with_the_reason(admin, ada, name, sentence):
    issue(ada, "n8n")

    r = admin.post(page(ada, "issue"), {"name": name})

    assert sentence in r.content.decode()
    assert not SHOWN.search(r.content.decode())
    assert ada.application_passwords.count() == 1


def test_nobody_gets_a_password(admin):
    assert admin.get(f"{LIST}999/application-passwords/issue/").status_code == 404


def test_a_ticked_password_is_revoked_and_the_other_is_not(admin, ada):
    issue(ada, "one")
    two, _ = issue(ada, "two")

    r = admin.post(page(ada, "change"), edited(ada, **{"application_passwords-0-DELETE": "on"}))

    assert r.status_code == 302
    assert list(ApplicationPassword.objects.all()) == [two]


def test_a_new_user_is_stored_with_the_keys(admin):
    form = {"login": "Bob", "email": "Bob@Example.com", "role": "manager", "usable_password": "false"}

    r = admin.post(f"{LIST}add/", form)

    bob = User.objects.get(login="Bob")
    assert r.status_code == 302
    assert (bob.login_key, bob.email_key, bob.role) == ("bob", "bob@example.com", "manager")
    assert (bob.display_name, bob.has_usable_password()) == ("Bob", False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"login": "ADA"}, "login", id="taken login in capitals"),
        pytest.param({"email": "ADA@example.com"}, "email", id="taken e-mail in capitals"),
        pytest.param({"login": "a:b"}, "login", id="a colon"),
        pytest.param({"role": "boss"}, "role", id="unknown role"),
        pytest.param({"email": ""}, "email", id="no e-mail"),
    ],
)
def test_a_user_who_cannot_be_is_refused_beside_the_field(admin, ada, changes, field):
    form = {"login": "bob", "email": "bob@example.com", "role": "", "usable_password": "false"} | changes

    r = admin.post(f"{LIST}add/", form)

    assert list(r.context["adminform"].form.errors) == [field]
    assert User.objects.count() == 2


def test_a_changed_login_and_email_change_their_keys(admin, ada):
    admin.post(page(ada, "change"), edited(ada, login="Ada.L", email="L@example.com", role="manager"))

    ada.refresh_from_db()
    assert (ada.login, ada.login_key, ada.email_key, ada.role) == ("Ada.L", "ada.l", "l@example.com", "manager")


def test_nobody_takes_their_own_access_away(admin, root):
    admin.post(page(root, "change"), edited(root, role="", is_active="", first_name="R"))

    root.refresh_from_db()
    assert (root.role, root.is_active, root.first_name) == (Role.SUPER_ADMIN, True, "R")


def test_a_login_password_is_set_on_its_own_page(admin, ada):
    form = {"password1": "correct horse", "password2": "correct horse", "usable_password": "true"}

    r = admin.post(f"{LIST}{ada.pk}/password/", form | {"set-password": "1"})

    ada.refresh_from_db()
    assert r.status_code == 302
    assert ada.check_password("correct horse")
