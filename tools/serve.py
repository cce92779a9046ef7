"""What `make run` does once the packages are there: migrate, load demo data, say where things are, serve.

With `--only-serve`, as in the image, it serves: migrations are a step of their own there, and nothing has a default
that is for one host only.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from django.core.exceptions import ImproperlyConfigured  # noqa: E402 - this file is run by its path, not as a module

from fluentcart.environment import read_address, read_whole, refused  # noqa: E402
from tools import drain  # noqa: E402

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound unless asked for
WORKERS_DEFAULT_MAX = 4
# Of each worker.
THREADS = 2
WORKERS_MAX = 64


def own_names() -> list[str]:
    """The names and addresses under which other machines may reach this one."""
    name = socket.gethostname()
    try:
        found = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)
    except OSError:
        found = []
    return [name, *sorted({str(address[4][0]) for address in found}.union(outgoing_addresses()))]


def outgoing_addresses() -> Iterator[str]:
    """This machine's addresses towards other networks; its own name often stands for 127.0.1.1 alone.

    A UDP socket that is connected to an address for documentation (RFC 5737, RFC 3849) learns them, and sends nothing.
    """
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            yield str(probe.getsockname()[0])


def bracketed(host: str) -> str:
    """A host as it stands in a URL and in a Host header: IPv6 addresses wear brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def allowed_hosts(host: str) -> str:
    """ALLOWED_HOSTS for a server that listens on `host`, as the comma-separated text that the settings read."""
    names = own_names() if host in ANY_ADDRESS else [host]
    return ",".join(dict.fromkeys([*LOOPBACK, *map(bracketed, names)]))


def child_environment(host: str) -> dict[str, str]:
    """The environment of every step; what the caller has set wins."""
    defaults = {"SECRET_KEY_FROM_FILE": "on", "ALLOWED_HOSTS": allowed_hosts(host)}
    return defaults | {name: value for name, value in os.environ.items() if value}


def refuse_taken_port(host: str, port: int, prefix: str = "") -> None:
    """Stop with a sentence when `port` cannot be listened on; granian would answer with a traceback a worker."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            named = f"{prefix}HOST=... or {prefix}PORT=..."
            sys.exit(f"Cannot listen on {host}:{port}: {error}. Choose another with {named}")


def manage(*arguments: str, env: dict[str, str]) -> None:
    """Run one management command; stop with its status when it fails (it has said why)."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)


def prepare(env: dict[str, str]) -> None:
    """Bring the database up to date, and put demo data into an empty embedded one."""
    manage("migrate", "--verbosity", "0", env=env)
    if "DATABASE_URL" not in env:
        manage("load_demo", "--if-empty", env=env)


def which_shop() -> str:
    """The variables that a command needs to find the same shop; secrets among them are not written out."""
    words = []
    if os.environ.get("DATABASE_URL"):
        key = 'SECRET_KEY="..."' if os.environ.get("SECRET_KEY") else "SECRET_KEY_FROM_FILE=on"
        words += ['DATABASE_URL="..."', key]
    if folder := os.environ.get("FLUENTCART_VAR"):
        words.append(f"FLUENTCART_VAR={shlex.quote(folder)}")
    return "".join(f"{word} " for word in words)


def welcome(host: str, port: int) -> str:
    """What a person who has just started the service wants to know."""
    shown = "127.0.0.1" if host in ANY_ADDRESS else bracketed(host)
    url = f"http://{shown}:{port}"
    python = os.path.relpath(sys.executable, Path.cwd())
    return (
        f"Application password:  {which_shop()}{python} manage.py create_user ada --email ada@example.com"
        " --role super_admin --application-password curl\n"
        f"Serving {url}  docs {url}/docs/  admin {url}/admin/  (Ctrl-C ends it)"
    )


def server_command(host: str, port: int, workers: int, threads: int = THREADS) -> list[str]:
    """The command line of the WSGI server.

    Two threads a worker: one slow download must not stop a worker, and more were measured without gain (ADR 4).
    HTTP/1 is what proxies speak to a server, and what the limits are tested with (tests/test_limits.py).
    Idle threads are kept as long as granian allows, because each keeps its database connection open.
    """
    options = {
        "--interface": "wsgi",
        "--http": "1",
        "--host": host.strip("[]"),
        "--port": str(port),
        "--workers": str(workers),
        "--blocking-threads": str(threads),
        "--blocking-threads-idle-timeout": "600",
        "--workers-kill-timeout": "10",
        "--log-level": "warning",
    }
    words = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "granian", *words, "--respawn-failed-workers", "fluentcart.wsgi:application"]


def where_to_listen() -> tuple[str, int, int]:
    """HOST, PORT and WORKERS."""
    host = read_address("HOST", "127.0.0.1")
    port = read_whole("PORT", 8000, 1, 65535)
    cores = min(os.cpu_count() or 1, WORKERS_DEFAULT_MAX)
    return host, port, read_whole("WORKERS", None, 1, WORKERS_MAX) or cores


def metrics_command(service_port: int) -> list[list[str]]:
    """The program that serves METRICS_PORT, when that is set.

    Raises:
        ImproperlyConfigured: it is the service's own port.
    """
    host, port = read_address("METRICS_HOST", "127.0.0.1"), read_whole("METRICS_PORT", None, 1, 65535)
    if not port:
        return []
    if port == service_port:
        raise refused("METRICS_PORT", "be another port than PORT", str(port))
    refuse_taken_port(host, port, "METRICS_")
    return [[sys.executable, "-m", "fluentcart.metrics_server"]]


def main() -> None:
    """Prepare, say where the service is, and serve."""
    is_prepared = sys.argv[1:] == ["--only-serve"]
    host, port, workers = where_to_listen()
    drain.read_seconds()
    refuse_taken_port(host, port)
    beside = metrics_command(port)
    env = dict(os.environ) if is_prepared else child_environment(host)
    if is_prepared:
        import_module("fluentcart.settings")  # before there are workers, each of which would say the same
    else:
        prepare(env)
        print(welcome(host, port), flush=True)  # noqa: T201
    sys.exit(drain.run(server_command(host, port, workers), env, ROOT, beside))


if __name__ == "__main__":
    try:
        main()
    except ImproperlyConfigured as error:
        sys.exit(f"ImproperlyConfigured: {error}")
