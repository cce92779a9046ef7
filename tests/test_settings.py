"""What the environment says is understood, or stops the start with one sentence that names the variable."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from fluentcart import environment
from tests.readme import settings_table
from tests.serving import ROOT, free_port
from tools import drain, serve

KEY = "0123456789abcdef" * 4
ORIGINS = "must hold origins such as https://shop.example.com, without a path"
A_FOLDER = "must be a folder that this user may write to, or make, not"
# (name, value, what the sentence says after the name): at least one for each variable.
BAD = [
    ("HOST", "http://127.0.0.1", "must be an address to listen at, such as 127.0.0.1, 0.0.0.0 or ::1, not"),
    ("HOST", "two words", "must be an address to listen at"),
    ("PORT", "0", "must be a whole number from 1 to 65535, not '0'."),
    ("PORT", "65536", "must be a whole number from 1 to 65535, not '65536'."),
    ("PORT", "http", "must be a whole number from 1 to 65535, not 'http'."),
    ("WORKERS", "0", "must be a whole number from 1 to 64, not '0'."),
    ("WORKERS", "65", "must be a whole number from 1 to 64, not '65'."),
    ("WORKERS", "many", "must be a whole number from 1 to 64, not 'many'."),
    ("DRAIN_SECONDS", "301", "must be a whole number from 0 to 300, not '301'."),
    ("DRAIN_SECONDS", "-1", "must be a whole number from 0 to 300, not '-1'."),
    ("DATABASE_URL", "mysql://x:secret@h/y", "must begin with postgres:// or sqlite://."),
    ("DATABASE_URL", "postgres://u:secret@h:port/y", "must name a database, such as postgres://user:password@host"),
    ("DATABASE_URL", "postgres://u:secret@h", "must name a database, such as postgres://user:password@host"),
    ("DATABASE_REPLICA_URL", "sqlite:////srv/x", "must begin with postgres://."),
    ("DATABASE_REPLICA_URL", "postgres://u:secret@h:port/y", "must name a database, such as postgres://user:password"),
    ("DATABASE_REPLICA_URL", "postgres://u:secret@h/y", "must go with a DATABASE_URL that begins with postgres://."),
    ("REPLICA_LAG_SECONDS_MAX", "0", "must be a whole number from 1 to 3600, not '0'."),
    ("REPLICA_LAG_SECONDS_MAX", "0.5", "must be a whole number from 1 to 3600, not '0.5'."),
    ("REDIS_URL", "http://:secret@host", "must begin with redis://, rediss:// or unix://."),
    ("REDIS_URL", "redis://:secret@host:port", "must name a host and perhaps a port"),
    ("SECRET_KEY", "tooshort-secret", "must be at least 16 printable ASCII characters."),
    ("SECRET_KEY_FROM_FILE", "maybe", "must be one of on, off"),
    ("ALLOWED_HOSTS", "shop.example.com,https://a.example", "must hold host names such as shop.example.com"),
    ("ALLOWED_HOSTS", "shop.example.com:443", "must hold host names such as shop.example.com"),
    ("CSRF_TRUSTED_ORIGINS", "shop.example.com", f"{ORIGINS}, not 'shop.example.com'."),
    ("CORS_ALLOWED_ORIGINS", "https://shop.example.com/", f"{ORIGINS}, not 'https://shop.example.com/'."),
    ("CORS_ALLOWED_ORIGINS", "https://*.example.com", f"{ORIGINS}, not"),
    ("HTTPS", "yeah", "must be one of on, off"),
    ("HSTS_SECONDS", "-1", "must be a whole number from 0 to 315360000, not '-1'."),
    ("HSTS_SECONDS", "1e6", "must be a whole number from 0 to 315360000, not '1e6'."),
    (
        "TRUSTED_PROXIES",
        "10.0.0.1,bogus",
        "must hold addresses or networks such as 10.0.0.1 or 10.0.0.0/8, not",
    ),
    ("DEBUG", "2", "must be one of on, off"),
    ("DEMO", "please", "must be one of on, off"),
    ("FLUENTCART_VAR", "/dev/null", f"{A_FOLDER} '/dev/null'."),
    ("FLUENTCART_VAR", "/dev/null/var", f"{A_FOLDER} '/dev/null/var'."),
    ("FLUENTCART_COUNTERS", "/dev", "must be a file in a folder that this user may write to, or make, not '/dev'."),
    ("STATIC_ROOT", "/dev/null", f"{A_FOLDER} '/dev/null'."),
    ("SHOP_NAME", "x" * 101, "must be at most 100 characters, all of them printable"),
    ("SHOP_NAME", "a\tshop", "must be at most 100 characters, all of them printable"),
    ("SHOP_CURRENCY", "ZZZ", "must be an ISO 4217 code such as USD, not 'ZZZ'."),
    ("ORDER_MODE", "maybe", "must be one of live, test, not 'maybe'."),
    ("INVOICE_PREFIX", "x" * 33, "must be at most 32 characters, all of them printable"),
    ("MIN_RECEIPT_NUMBER", "0", "must be a whole number from 1 to 1000000000000000, not '0'."),
    ("CREDIT_LIMIT_ENFORCED", "sometimes", "must be one of on, off"),
    ("HIGH_VALUE_AMOUNT", "10.5", "must be a whole number from 1 to 1000000000000, not '10.5'."),
    ("STRIPE_API_KEY", "pk_test_secret0123456", "must begin with sk_ or rk_."),
    ("STRIPE_API_KEY", "sk_secret", "must be at least 16 printable ASCII characters."),
    ("STRIPE_API_BASE", "127.0.0.1:8420", "must be an address such as https://api.stripe.com, without a path, not"),
    ("FLUENTCART_RATE_LIMIT", "perhaps", "must be one of on, off"),
    ("FLUENTCART_RATE_LIST", "-1", "must be a whole number from 1 to 1000000000, not '-1'."),
    ("FLUENTCART_RATE_CREATE", "0", "must be a whole number from 1 to 1000000000, not '0'."),
    ("FLUENTCART_RATE_UPDATE", "٣", "must be a whole number from 1 to 1000000000, not"),
    ("FLUENTCART_RATE_DELETE", "9" * 5000, "must be a whole number from 1 to 1000000000, not"),
    ("WRONG_PASSWORDS_MAX", "ten", "must be a whole number from 1 to 1000000, not 'ten'."),
    ("VALIDATION_STATUS", "418", "must be one of 400, 422, not '418'."),
    ("UNPAGED_ROWS_MAX", "100001", "must be a whole number from 1 to 100000, not '100001'."),
    ("BODY_BYTES_MAX", "1MB", "must be a whole number from 1 to 1073741824, not '1MB'."),
    ("BODY_SECONDS_MAX", "0", "must be a whole number from 1 to 3600, not '0'."),
    ("LOG_FORMAT", "xml", "must be one of plain, json, not 'xml'."),
    ("REQUEST_LOG", "less", "must be one of on, off"),
    ("METRICS_PORT", "65536", "must be a whole number from 1 to 65535, not '65536'."),
    ("METRICS_HOST", "http://x", "must be an address to listen at"),
    ("METRICS_TOKEN", "short-secret", "must be at least 16 printable ASCII characters."),
]
# Read by programs that are no part of the service: compose.
NOT_OF_THE_SERVICE = {"POSTGRES_PASSWORD", "PUBLISH"}


def own(folder: Path, **variables: str) -> dict[str, str]:
    """An environment with these variables and no others of ours."""
    return {"PATH": os.environ["PATH"], "FLUENTCART_VAR": str(folder), **variables}


def check(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` with these variables and no others of ours."""
    return run("manage.py", "check", *options, env=own(folder, **variables))


def run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A program of the project, to its end."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60
    )


def asked_for() -> dict[str, str | None]:
    """Every variable that the service reads, with its default as the code has it."""
    serve.where_to_listen()
    drain.read_seconds()
    return environment.DEFAULTS


def test_nothing_at_all_is_a_shop_of_its_own(tmp_path):
    done = check(tmp_path)

    assert (done.returncode, (tmp_path / "secret_key").stat().st_mode & 0o077) == (0, 0)


def test_there_is_a_bad_value_for_every_variable():
    assert {name for name, _, _ in BAD} == set(asked_for())


@pytest.mark.once
@pytest.mark.slow
def test_a_service_with_a_bad_value_says_so_in_one_sentence_and_does_not_start(tmp_path):
    """As the image starts it; two at a time."""

    def start(case: tuple[str, str, str]) -> str:
        name, value, sentence = case
        given = {"PORT": str(free_port()), "SECRET_KEY": KEY, name: value}
        done = run("tools/serve.py", "--only-serve", env=own(tmp_path, **given))
        said = done.stderr.strip().splitlines()
        as_wanted = done.returncode == 1 and len(said) == 1 and f": {name} {sentence}" in said[0]
        return "" if as_wanted and "secret" not in said[0] else f"{name}={value[:50]}: {done.returncode} {said[-3:]}"

    with ThreadPoolExecutor(2) as pool:
        assert [wrong for wrong in pool.map(start, BAD) if wrong] == []


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [("ORDER_MODE", "maybe"), ("PORT", "0"), ("DATABASE_URL", "mysql://x/y")])
def test_make_run_says_the_same_sentence(tmp_path, name, value):
    done = run("tools/serve.py", env=own(tmp_path, **{"PORT": str(free_port()), name: value}))

    sentence = next(sentence for bad, value_, sentence in BAD if bad == name)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    assert f"ImproperlyConfigured: {name} {sentence}" in done.stderr


@pytest.mark.slow
def test_a_real_database_wants_a_key(tmp_path):
    done = check(tmp_path, DATABASE_URL="postgres://127.0.0.1:1/none")

    assert done.returncode == 1
    assert "SECRET_KEY must be set to a long random text, or SECRET_KEY_FROM_FILE to on" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "replica",
    ["postgres://reader:other@DB.example.com/shop", "postgres://reader@/shop?host=db.example.com&port=5432"],
    ids=["itself", "itself-otherwise-spelled"],
)
def test_a_replica_is_another_server(tmp_path, replica):
    primary = "postgres://shop:secret@db.example.com:5432/shop"

    done = check(tmp_path, DATABASE_URL=primary, SECRET_KEY=KEY, DATABASE_REPLICA_URL=replica)

    assert (done.returncode, "secret" in done.stderr) == (1, False)
    assert "DATABASE_REPLICA_URL must name another server than DATABASE_URL: a replica of it." in done.stderr


@pytest.mark.slow
def test_production_settings_pass_djangos_own_check(tmp_path):
    production = {
        "SECRET_KEY": "a-long-random-text-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "DATABASE_URL": f"sqlite:///{tmp_path}/shop.sqlite3",
        "ALLOWED_HOSTS": "shop.example.com,.example.org,[::1],*",
        "CSRF_TRUSTED_ORIGINS": "https://shop.example.com,https://*.example.com:8443",
        "CORS_ALLOWED_ORIGINS": "https://app.example.com, http://127.0.0.1:3000,http://[::1]:3000",
        "TRUSTED_PROXIES": "10.0.0.1,10.0.0.0/8,::1",
        "REDIS_URL": "redis://:pass%2Fword@127.0.0.1:6379/0",
        "STRIPE_API_KEY": "sk_test_0123456789",
        "HTTPS": "on",
        "HSTS_SECONDS": "31536000",
    }

    done = check(tmp_path, "--deploy", "--fail-level", "ERROR", **production)

    assert (done.returncode, done.stderr) == (0, "")


# --- The README's table ----------------------------------------------------------------------------------------


def test_the_readme_has_exactly_the_variables_that_are_read():
    assert set(settings_table()) - NOT_OF_THE_SERVICE == set(asked_for())


def test_the_readme_has_the_defaults_of_the_code():
    table = settings_table()
    told = {name: {table[name].literal, table[name].where("embedded")} for name in asked_for()}

    assert {name: default for name, default in asked_for().items() if default not in told[name]} == {}


def test_the_readme_has_the_defaults_of_the_containers():
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["web"]
    passed = {name: re.fullmatch(r"\$\{\w+:-(.*)\}", str(text)) for name, text in service["environment"].items()}
    set_there = {name: found[1] for name, found in passed.items() if found}
    last = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    made = dict(re.findall(r"^ +([A-Z_]+)=(\S+)", last, re.MULTILINE))
    table = settings_table()

    for name, value in ({name: text for name, text in made.items() if name in table} | set_there).items():
        if name != "FLUENTCART_VAR":
            assert value in (table[name].where("containers"), table[name].literal), name
    told = {name: row.where("containers") for name, row in table.items() if row.where("containers")}
    assert told == {name: (made | set_there).get(name) for name in told}


def test_no_other_module_reads_the_environment():
    """What it would read would be neither checked nor told. These read what is no setting of the service."""
    allowed = {
        "fluentcart/environment.py",
        "fluentcart/settings.py",  # DATABASE_URL once more, and a name for the tests' database
        "fluentcart/health.py", "fluentcart/metrics.py",  # what tools/drain.py tells
        "fluentcart/backup.py",  # passes all of it on to PostgreSQL's programs
        "tools/serve.py", "tools/healthcheck.py", "tools/make_client.py", "tools/with_postgres.py",
    }  # fmt: skip
    folders = ("fluentcart", "accounts", "customers", "orders", "tools")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    reading = {
        str(path.relative_to(ROOT))
        for path in paths
        if re.search(r"os\.environ(?!\.setdefault\(\"DJ)", path.read_text())
    }

    assert reading == allowed


def test_compose_asks_for_nothing_that_the_readme_does_not_tell():
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))

    assert asked - set(settings_table()) == set()
