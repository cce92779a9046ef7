"""What the environment says is understood, or stops the start with one sentence that names the variable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def check(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` with these variables and no others of ours."""
    env = {"PATH": os.environ["PATH"], "FLUENTCART_VAR": str(folder), **variables}
    return subprocess.run(
        [sys.executable, "manage.py", "check", *options], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_nothing_at_all_is_a_shop_of_its_own(tmp_path):
    done = check(tmp_path)

    assert (done.returncode, (tmp_path / "secret_key").stat().st_mode & 0o077) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL must begin with postgres:// or sqlite://."),
        ("DATABASE_URL", "postgres://127.0.0.1:1/none", "SECRET_KEY is not set."),
        ("REDIS_URL", "http://:secret@host", "REDIS_URL must begin with redis://, rediss:// or unix://."),
        ("SHOP_CURRENCY", "ZZZ", "SHOP_CURRENCY must be an ISO 4217 code such as USD, not 'ZZZ'."),
        ("TRUSTED_PROXIES", "10.0.0.1,bogus", "TRUSTED_PROXIES must hold addresses or networks, not 'bogus'."),
        ("ORDER_MODE", "maybe", "ORDER_MODE must be one of live, test, not 'maybe'."),
        ("FLUENTCART_RATE_LIST", "-1", "FLUENTCART_RATE_LIST must be a whole number above zero, not '-1'."),
        ("FLUENTCART_RATE_LIMIT", "perhaps", "FLUENTCART_RATE_LIMIT must be one of on, off"),
    ],
)
def test_what_cannot_be_understood_is_named_in_one_line(tmp_path, name, value, sentence):
    done = check(tmp_path, **{name: value, **({"SECRET_KEY": "x"} if value.startswith("mysql") else {})})

    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert sentence in done.stderr


@pytest.mark.slow
def test_production_settings_pass_djangos_own_check(tmp_path):
    production = {
        "SECRET_KEY": "a-long-random-text-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "DATABASE_URL": f"sqlite:///{tmp_path}/shop.sqlite3",
        "ALLOWED_HOSTS": "shop.example.com",
        "HTTPS": "on",
        "HSTS_SECONDS": "31536000",
    }

    done = check(tmp_path, "--deploy", "--fail-level", "ERROR", **production)

    assert (done.returncode, done.stderr) == (0, "")
