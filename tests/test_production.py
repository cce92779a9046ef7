"""Production's settings: safe by Django's own judgement, https alone, no secret of ours, nobody of the demo's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts import services
from accounts.models import ApplicationPassword, User
from tests.serving import ROOT

pytestmark = pytest.mark.once
KEY = "a-long-random-text-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2
DEPLOY = ("check", "--deploy", "--fail-level", "WARNING")


def manage(folder: Path, *arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """`manage.py` with production's settings and these changes; None leaves a variable out."""
    return run(folder, "manage.py", *arguments, **changes)


def run(folder: Path, *arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Python with what the README asks of a service behind https, and no other variables of ours."""
    variables: dict[str, str | None] = {
        "PATH": os.environ["PATH"],
        "FLUENTCART_VAR": str(folder),
        "SECRET_KEY": KEY,
        "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
        "ALLOWED_HOSTS": "shop.example.com",
        "HTTPS": "on",
        "HSTS_SECONDS": "31536000",
        **changes,
    }
    env = {name: value for name, value in variables.items() if value is not None}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def answer(folder: Path, script: str) -> dict[str, Any]:
    """What a script prints, as JSON, that runs with production's settings."""
    start = f"import django, json\ndjango.setup()\n{script}"
    done = run(folder, "-c", start, DJANGO_SETTINGS_MODULE="fluentcart.settings")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_production_settings_pass_djangos_own_check_without_a_warning(tmp_path):
    done = manage(tmp_path, *DEPLOY)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"DEBUG": "on"}, "security.W018"),
        ({"HTTPS": "off", "HSTS_SECONDS": None}, "security.W016"),
        ({"HSTS_SECONDS": None}, "security.W004"),
        ({"SECRET_KEY": "twenty letters or so"}, "security.W009"),
    ],
)
def test_that_check_sees_what_is_not_safe(tmp_path, changes, warning):
    done = manage(tmp_path, *DEPLOY, **changes)

    assert done.returncode == 1
    assert warning in done.stderr


def test_only_these_checks_are_silenced():
    assert set(settings.SILENCED_SYSTEM_CHECKS) == {
        *("django_ratelimit.E003", "django_ratelimit.W001"),  # they know a few backends by name, and not ours
        *("security.W005", "security.W021"),  # HSTS of other hosts than this service's
    }


@pytest.mark.slow
def test_in_production_browsers_hear_of_https_alone(tmp_path):
    found = answer(
        tmp_path,
        """
from django.conf import settings
from django.test import Client
plain, safe = (Client(HTTP_HOST="shop.example.com").get("/accounts/login/", secure=secure) for secure in (False, True))
cookie = safe.cookies[settings.CSRF_COOKIE_NAME]
print(json.dumps({
    "plain": [plain.status_code, plain["Location"]],
    "hsts": safe["Strict-Transport-Security"],
    "csrf": [bool(cookie["secure"]), cookie["samesite"]],
    "session": [settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE],
}))""",
    )

    assert found == {
        "plain": [301, "https://shop.example.com/accounts/login/"],
        "hsts": "max-age=31536000",
        "csrf": [True, "Lax"],
        "session": [True, True, "Lax"],
    }


# --- Secrets, and the demo ------------------------------------------------------------------------


@pytest.mark.slow
def test_outside_of_the_demo_no_secret_has_a_default(tmp_path):
    refused = manage(tmp_path, "check", SECRET_KEY=None)

    found = answer(
        tmp_path,
        """
from django.conf import settings
named = ("STRIPE_API_KEY", "METRICS_TOKEN", "REDIS_URL", "SECRET_KEY_FALLBACKS", "EMBEDDED", "SECRET_KEY")
print(json.dumps({name: getattr(settings, name) for name in named}))""",
    )

    assert (refused.returncode, "SECRET_KEY must be set to a long random text" in refused.stderr) == (1, True)
    assert found.pop("SECRET_KEY") == KEY
    assert found == {
        "STRIPE_API_KEY": "", "METRICS_TOKEN": "", "REDIS_URL": "", "SECRET_KEY_FALLBACKS": [], "EMBEDDED": False,
    }  # fmt: skip
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.slow
def test_the_demo_does_not_come_into_production(tmp_path):
    assert manage(tmp_path, "migrate", "--verbosity", "0").returncode == 0

    loaded = manage(tmp_path, "load_demo")

    assert loaded.returncode == 1
    assert "DATABASE_URL names a real database." in loaded.stderr


@pytest.mark.django_db
def test_and_where_it_is_nobody_of_it_can_sign_in(client):
    call_command("load_demo", customers=5, orders=30, verbosity=0)

    assert User.objects.exists()
    assert not ApplicationPassword.objects.exists()
    for user in User.objects.all():
        assert (user.has_usable_password(), user.capabilities, user.is_staff) == (False, frozenset(), False)
    for password in ("", "johndoe", "password"):
        assert not client.login(username="johndoe", password=password)
        assert services.verify("johndoe", password) is None
