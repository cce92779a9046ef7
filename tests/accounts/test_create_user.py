"""`create_user`: the application password and nothing else on stdout, and all or nothing."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import CommandError, call_command

from accounts import services
from accounts.capabilities import Role
from accounts.models import ApplicationPassword, User
from tests.accounts.factories import UserFactory, issue

pytestmark = pytest.mark.django_db


def run(*arguments: str, stdin: str | None = None, monkeypatch=None) -> tuple[str, str]:
    """What the command prints on stdout and on stderr."""
    out, err = io.StringIO(), io.StringIO()
    if stdin is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    call_command("create_user", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("super_admin", "super_admin"),
        ("manager", "manager"),
        ("worker", "worker"),
        ("accountant", "accountant"),
        ("none", ""),
    ],
)
def test_a_user_gets_the_role(word, role):
    out, _ = run("Ada", "--email", "Ada@example.com", "--role", word, "--display-name", "Ada L.")

    user = User.objects.get()
    assert out == ""
    assert (user.login, user.login_key, user.email, user.email_key) == (
        "Ada",
        "ada",
        "Ada@example.com",
        "ada@example.com",
    )
    assert (user.role, user.display_name, user.has_usable_password()) == (role, "Ada L.", False)


def test_stdout_is_the_application_password_and_nothing_else():
    out, err = run("ada", "--email", "ada@example.com", "--role", "manager", "--application-password", "n8n")

    assert re.fullmatch(r"(?:[A-Za-z0-9]{4} ){5}[A-Za-z0-9]{4}\n", out)
    assert err.strip() == "Created user ada with role manager."
    assert services.verify("ada", out).name == "n8n"


def test_a_login_password_comes_from_stdin(monkeypatch):
    run(
        "ada",
        "--email",
        "ada@example.com",
        "--role",
        "worker",
        "--password-stdin",
        stdin=" pass word \r\n",
        monkeypatch=monkeypatch,
    )

    assert User.objects.get().check_password(" pass word ")


@pytest.mark.parametrize("stdin", ["", "\n", "seven77\n"])
def test_a_missing_or_short_login_password_is_refused(stdin, monkeypatch):
    with pytest.raises(CommandError):
        run(
            "ada",
            "--email",
            "a@example.com",
            "--role",
            "worker",
            "--password-stdin",
            stdin=stdin,
            monkeypatch=monkeypatch,
        )

    assert not User.objects.exists()


def test_the_same_user_again_gets_the_role_and_another_application_password(monkeypatch):
    user = UserFactory(login="ada", email="ada@example.com", role=Role.WORKER, display_name="Ada")
    issue(user, "one")

    out, err = run(
        "ADA", "--email", "ADA@example.com", "--role", "manager", "--application-password", "two", "--password-stdin",
        stdin="correct horse", monkeypatch=monkeypatch,
    )  # fmt: skip

    user.refresh_from_db()
    assert (user.login, user.role, user.display_name) == ("ada", "manager", "Ada")
    assert user.check_password("correct horse")
    assert err.strip() == "Updated user ada with role manager."
    assert services.verify("ada", out).name == "two"


def test_a_refused_application_password_leaves_the_role_as_it_was():
    user = UserFactory(login="ada", email="ada@example.com", role=Role.WORKER)
    issue(user, "n8n")

    said = "^ada already has an application password named n8n: choose another name, or revoke it in the admin$"
    with pytest.raises(CommandError, match=said):
        run("ada", "--email", "ada@example.com", "--role", "manager", "--application-password", "n8n")

    user.refresh_from_db()
    assert user.role == Role.WORKER
    assert ApplicationPassword.objects.count() == 1


GIVEN = ("ada", "--email", "ada@example.com", "--role", "worker")
LIMITS = ("--capability", "orders/view", "--expires", "2090-01-31T18:00:00Z", "--address", "10.0.0.0/8")


def test_the_application_password_is_held_to_limits():
    out, _ = run(
        *GIVEN, "--application-password", "till", *LIMITS, "--address", "10.0.0.1", "--capability", "products/view"
    )

    made = services.verify("ada", out, address="10.0.0.1")
    assert made.user.capabilities == {"orders/view", "products/view"}
    assert (made.expires_at.isoformat(), made.addresses) == ("2090-01-31T18:00:00+00:00", ["10.0.0.0/8", "10.0.0.1"])
    assert services.verify("ada", out, address="11.0.0.1") is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--application-password", "x", "--capability", "orders/delete"), "capabilities: The user does not hold"),
        (("--application-password", "x", "--capability", "all"), "capabilities: Unknown: 'all'"),
        (("--application-password", "x", "--expires", "soon"), "expires must be a moment"),
        (("--application-password", "x", "--expires", "2090-01-01"), ", with its time;"),
        (("--application-password", "x", "--expires", ""), "expires must be a moment"),
        (
            ("--application-password", "x", "--expires", "2020-01-01T00:00:00Z"),
            "expires must lie in the future",
        ),
        (("--application-password", "x", "--address", "here"), "addresses must hold"),
        (LIMITS, "are about an --application-password"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_and_nobody_is_made(options, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*GIVEN, *options)

    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("login", "email", "role", "sentence"),
    [
        pytest.param("ada", "other@example.com", "manager", "exists with another e-mail address", id="taken login"),
        pytest.param("bob", "ADA@example.com", "manager", "email: Email already exists", id="taken e-mail"),
        pytest.param("b:b", "b@example.com", "manager", "login: Login must be", id="a colon"),
        pytest.param("b" * 61, "b@example.com", "manager", "login: Login must be", id="a long login"),
        pytest.param(" bob", "b@example.com", "manager", "login: Login must be", id="space before"),
        pytest.param("", "b@example.com", "manager", "login: Login must be", id="no login"),
        pytest.param("bob", "not an address", "manager", "email: Email must be", id="no address"),
        pytest.param("bob", "b@example.com", "boss", "invalid choice: 'boss'", id="unknown role"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(login, email, role, sentence):
    UserFactory(login="ada", email="ada@example.com")

    with pytest.raises(CommandError, match=sentence):
        run(login, "--email", email, "--role", role)

    assert User.objects.count() == 1


@pytest.mark.parametrize("login", ["b" * 60, "b", "jane doe@x.y-z_1"])
def test_the_longest_and_the_shortest_login_fit(login):
    run(login, "--email", "b@example.com", "--role", "none")

    assert User.objects.get().login == login


def test_the_loser_of_a_race_is_refused_by_the_index(monkeypatch):
    UserFactory(login="ada", email="ada@example.com")
    monkeypatch.setattr(services, "refuse_invalid_user", lambda **values: None)  # both looked at the same time

    with pytest.raises(services.InvalidFields):
        services.create_user(login="ADA", email="new@example.com")

    assert User.objects.count() == 1
