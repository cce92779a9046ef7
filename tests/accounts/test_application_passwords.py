"""Application passwords: issued once in plain, stored as WordPress stores them, verified, touched, revoked."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts import services
from accounts.errors import ApplicationPasswordNameTaken
from accounts.models import ApplicationPassword
from fluentcart.errors import InvalidFields, NotFound
from tests.accounts.factories import UserFactory, issue

pytestmark = pytest.mark.django_db


def test_the_hash_is_wordpress_s_to_the_letter():
    digest = hashlib.blake2b(b"abcdEFGH1234ijklMNOP5678", key=b"wp_fast_hash_6.8+", digest_size=30).digest()
    expected = "$generic$" + base64.b64encode(digest, altchars=b"-_").decode().replace("=", "")

    assert services.hash_password("abcdEFGH1234ijklMNOP5678") == expected
    assert expected == "$generic$F6W18u0QEytvRVb59DemVWRxyTxU6vg_VK0s_f-h"


def test_an_issued_password_is_24_characters_in_six_groups_and_only_its_hash_is_stored():
    user = UserFactory()

    row, plaintext = services.issue_application_password(user_id=user.pk, name=" n8n ", app_id="a-1")

    assert re.fullmatch(r"(?:[A-Za-z0-9]{4} ){5}[A-Za-z0-9]{4}", plaintext)
    row.refresh_from_db()
    assert (row.user_id, row.name, row.app_id, row.last_used_at, row.last_ip) == (user.pk, "n8n", "a-1", None, None)
    assert row.password_hash == services.hash_password(plaintext.replace(" ", ""))


def test_no_two_passwords_are_alike():
    user = UserFactory()

    assert len({issue(user, f"app {n}")[1] for n in range(20)}) == 20


def test_a_name_is_unique_for_its_user_only():
    ada, bob = UserFactory(), UserFactory()
    issue(ada, "n8n")
    issue(bob, "n8n")

    with pytest.raises(ApplicationPasswordNameTaken) as refused:
        issue(ada, "n8n")

    assert refused.value.code == "application_password_duplicate_name"
    assert ApplicationPassword.objects.filter(user=ada).count() == 1


@pytest.mark.parametrize(
    ("name", "app_id", "field"),
    [
        pytest.param("", "", "name", id="no name"),
        pytest.param(" \t", "", "name", id="only space"),
        pytest.param("x" * 193, "", "name", id="name too long"),
        pytest.param("a\x00b", "", "name", id="NUL"),
        pytest.param("a\ud800b", "", "name", id="lone surrogate"),
        pytest.param("ok", "x" * 65, "app_id", id="app_id too long"),
    ],
)
def test_a_name_that_cannot_be_stored_is_refused(name, app_id, field):
    user = UserFactory()

    with pytest.raises(InvalidFields) as refused:
        services.issue_application_password(user_id=user.pk, name=name, app_id=app_id)

    assert list(refused.value.fields) == [field]
    assert not ApplicationPassword.objects.exists()


def test_the_longest_name_and_app_id_fit():
    row, _ = services.issue_application_password(user_id=UserFactory().pk, name="ü" * 192, app_id="x" * 64)

    assert ApplicationPassword.objects.get(pk=row.pk).name == "ü" * 192


def test_nobody_cannot_have_one():
    with pytest.raises(NotFound) as refused:
        services.issue_application_password(user_id=999, name="n8n")

    assert refused.value.code == "user_not_found"


@pytest.mark.parametrize(
    "paste",
    [
        pytest.param(lambda shown: shown, id="as shown"),
        pytest.param(lambda shown: shown.replace(" ", ""), id="without spaces"),
        pytest.param(lambda shown: shown.replace(" ", "-"), id="with hyphens"),
        pytest.param(lambda shown: f" \t{shown}\r\n", id="with space around"),
        pytest.param(lambda shown: shown.replace(" ", "\u00a0"), id="with no-break spaces"),
        pytest.param(lambda shown: shown + "ü:\x00", id="with anything else that is not alphanumeric"),
    ],
)
def test_a_password_is_known_however_it_was_pasted(paste, django_assert_num_queries):
    row, shown = issue(UserFactory(login="ada"))

    with django_assert_num_queries(1):
        found = services.verify("ada", paste(shown))
        assert found.user.login == "ada"

    assert found == row


@pytest.mark.parametrize("name", ["Ada", "ada", "ADA", "Ada@Example.com", "ADA@EXAMPLE.COM"])
def test_login_and_email_are_names_in_any_case(name):
    row, shown = issue(UserFactory(login="Ada", email="Ada@example.com"))

    assert services.verify(name, shown) == row


def wrong_case(shown: str) -> str:
    return shown.swapcase()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("nobody", lambda shown: shown, id="unknown user"),
        pytest.param("bob", lambda shown: shown, id="another user's name"),
        pytest.param("", lambda shown: shown, id="no name"),
        pytest.param("a\x00da", lambda shown: shown, id="NUL in the name"),
        pytest.param("ada", wrong_case, id="wrong case"),
        pytest.param("ada", lambda shown: shown[:-1], id="one character short"),
        pytest.param("ada", lambda shown: shown + "x", id="one character more"),
        pytest.param("ada", lambda shown: "", id="empty"),
        pytest.param("ada", lambda shown: "correct horse", id="the login password"),
    ],
)
def test_whatever_is_wrong_costs_one_query_and_says_nothing(name, change, django_assert_num_queries):
    ada = UserFactory(login="ada")
    ada.set_password("correct horse")
    ada.save()
    UserFactory(login="bob")
    _, shown = issue(ada)

    with django_assert_num_queries(1):
        assert services.verify(name, change(shown)) is None


def test_an_inactive_user_is_refused():
    _, shown = issue(UserFactory(login="ada", is_active=False))

    assert services.verify("ada", shown) is None


def test_a_revoked_password_is_refused_and_the_others_are_not():
    ada = UserFactory(login="ada")
    row, shown = issue(ada, "one")
    other, other_shown = issue(ada, "two")

    services.revoke(user_id=ada.pk, password_uuid=row.uuid)

    assert services.verify("ada", shown) is None
    assert services.verify("ada", other_shown) == other


def test_nobody_revokes_another_user_s_password():
    ada, bob = UserFactory(), UserFactory()
    row, _ = issue(ada)

    for user, password_uuid in ((bob, row.uuid), (ada, uuid.uuid4())):
        with pytest.raises(NotFound):
            services.revoke(user_id=user.pk, password_uuid=password_uuid)

    assert ApplicationPassword.objects.get() == row


def test_the_first_use_is_noted_and_the_next_ones_of_the_day_cost_nothing(django_assert_num_queries):
    row, _ = issue(UserFactory(login="ada"))
    services.touch(row, address="203.0.113.9")
    row.refresh_from_db()
    noted = row.last_used_at
    assert abs(timezone.now() - noted) < timedelta(seconds=10)

    with django_assert_num_queries(0):
        services.touch(row, address="198.51.100.1")

    row.refresh_from_db()
    assert (row.last_used_at, row.last_ip) == (noted, "203.0.113.9")


@pytest.mark.parametrize(("age", "written"), [(timedelta(hours=23, minutes=59), False), (timedelta(days=1), True)])
def test_a_use_is_noted_again_after_a_day(age, written):
    row, _ = issue(UserFactory())
    before = timezone.now() - age
    ApplicationPassword.objects.update(last_used_at=before)
    row.refresh_from_db()

    services.touch(row, address="")

    row.refresh_from_db()
    assert (row.last_used_at > before) is written
    assert row.last_ip is None


def test_of_two_requests_at_once_the_first_one_writes():
    row, _ = issue(UserFactory())
    same = ApplicationPassword.objects.get(pk=row.pk)

    services.touch(row, address="203.0.113.1")
    services.touch(same, address="203.0.113.2")

    row.refresh_from_db()
    assert row.last_ip == "203.0.113.1"


def test_a_use_that_cannot_be_noted_does_not_fail_the_request(monkeypatch, caplog):
    row, _ = issue(UserFactory())

    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", locked)
    services.touch(row, address="203.0.113.1")
    monkeypatch.undo()

    row.refresh_from_db()
    assert row.last_used_at is None
    assert "Cannot note the use" in caplog.text
