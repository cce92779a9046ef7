"""A copy of the whole database in one file, taken while the service runs, and the way back from it.

SQLite copies itself (its online backup); PostgreSQL's own pg_dump and pg_restore do it there. A copy appears under its
name only when it is whole.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection

from fluentcart.commands import sqlite_file

# What a copy begins with -> the kind of its database.
KINDS = {b"SQLite format 3\0": "SQLite", b"PGDMP": "PostgreSQL"}
NOT_INSTALLED = (
    "{program} {major} or newer is needed: install postgresql-client-{major}, or name its folder by --bin-dir."
)


class BackupError(Exception):
    """Why nothing was copied, in a sentence for the person at the keyboard."""


def backup(target: Path, bin_dir: Path | None = None) -> None:
    """Copy the database into a new file.

    Args:
        bin_dir: folder of PostgreSQL's programs; by default those of PATH and of Debian's packages.

    Raises:
        BackupError: the file is there already, or the copy cannot be made or is damaged.
    """
    if target.exists():
        raise BackupError(f"{target} is there already.")
    if not target.parent.is_dir():
        raise BackupError(f"The folder {target.parent} is not there.")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    # What people have entrusted to the shop is nobody else's to read.
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(sqlite_file())) as source, closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
                # As the service keeps it, whoever reads the copy would leave files beside it.
                copy.execute("PRAGMA journal_mode=DELETE")
            check_sqlite(part)
        else:
            run_program("pg_dump", bin_dir, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def restore(source: Path, *, replaces: bool, bin_dir: Path | None = None) -> None:
    """Fill the database from a copy. The service must not run meanwhile.

    Args:
        replaces: whether what is in the database may be lost.
        bin_dir: as for `backup`.

    Raises:
        BackupError: the database is not empty, or the copy cannot be read or is of the other kind of database;
            nothing has changed then.
    """
    refuse_other_kind(source)
    if connection.introspection.table_names() and not replaces:
        raise BackupError("The database is not empty. --replace gives up what is in it.")
    if connection.vendor == "sqlite":
        check_sqlite(source)
        connection.close()
        with closing(sqlite3.connect(source)) as copy, closing(sqlite3.connect(sqlite_file(), timeout=20)) as target:
            copy.backup(target)
        return
    clean = ("--clean", "--if-exists") if replaces else ()
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", *clean)
    run_program("pg_restore", bin_dir, *options, f"--dbname={connection.settings_dict['NAME']}", str(source))


def refuse_other_kind(source: Path) -> None:
    """Go on when the copy was made of the same kind of database, or of none that is known here.

    Raises:
        BackupError: it was not, or is no file.
    """
    if not source.is_file():
        raise BackupError(f"{source} is not a file.")
    with source.open("rb") as file:
        start = file.read(16)
    kind = next((kind for magic, kind in KINDS.items() if start.startswith(magic)), None)
    if kind is not None and kind.lower() != connection.vendor:
        raise BackupError(
            f"{source} is a copy of a {kind} database, and DATABASE_URL names another kind: a copy goes back only into "
            f"{kind}."
        )


# --- SQLite ------------------------------------------------------------------------------------


def check_sqlite(path: Path) -> None:
    """Read a whole SQLite file.

    Raises:
        BackupError: it is damaged, or no such file.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
            tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} is not a whole SQLite database: {error}.") from error
    if found != "ok" or not tables:
        raise BackupError(f"{path} is not a whole SQLite database: {found if tables else 'it is empty'}.")


# --- PostgreSQL --------------------------------------------------------------------------------


def folders(bin_dir: Path | None) -> Iterator[Path]:
    """Where PostgreSQL's programs may be, the newest of Debian's first."""
    if bin_dir is not None:
        yield bin_dir
        return
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()]
    yield from sorted(debian, key=lambda path: -int(path.parent.name))
    yield from (Path(folder) for folder in os.get_exec_path())


def major_of(program: Path) -> int:
    """The major version that a program is of: "pg_dump (PostgreSQL) 15.8" is of 15."""
    words = subprocess.check_output([program, "--version"], text=True).split()  # noqa: S603
    return int(words[2].split(".")[0])


def find_program(name: str, bin_dir: Path | None) -> Path:
    """A program that understands the server: of its version or newer.

    Raises:
        BackupError: there is none.
    """
    connection.ensure_connection()
    pg: Any = connection
    major = pg.pg_version // 10000
    for folder in folders(bin_dir):
        found = shutil.which(name, path=str(folder))
        if found and major_of(Path(found)) >= major:
            return Path(found)
    raise BackupError(NOT_INSTALLED.format(program=name, major=major))


def access() -> dict[str, str]:
    """The environment by which libpq finds the database; on no command line, where others could read a password."""
    config = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    options = {"PGSSLMODE": "sslmode", "PGSSLROOTCERT": "sslrootcert", "PGHOST": "host"}
    found = {name: str(config[key]) for name, key in names.items() if config.get(key)}
    found |= {name: str(config["OPTIONS"][key]) for name, key in options.items() if config["OPTIONS"].get(key)}
    return {**os.environ, **found}


def run_program(name: str, bin_dir: Path | None, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the database.

    Raises:
        BackupError: with what the program said.
    """
    program = find_program(name, bin_dir)
    connection.close()
    command = [str(program), *arguments]
    done = subprocess.run(command, env=access(), check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.strip()}")
