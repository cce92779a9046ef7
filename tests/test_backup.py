"""A shop that is copied and restored is the same shop, on both databases; and nothing is lost by mistake."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.db import connection

from fluentcart import backup, commands

ROOT = Path(__file__).resolve().parent.parent
SMALL = ("--customers", "60", "--orders", "120", "--verbosity", "0")
CREATE_USER = ["create_user", "ada", "--email", "ada@example.com", "--role", "none"]


def manage(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A management command of the shop that `env` names."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | env, check=False, capture_output=True, text=True)


def done(env: dict[str, str], *arguments: str) -> str:
    """As above; what it printed, and it succeeded."""
    ended = manage(env, *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def shop_at(url: str, folder: Path) -> dict[str, str]:
    """The environment of a shop in a database of its own."""
    return {"DATABASE_URL": url, "SECRET_KEY": "of-the-tests" * 4, "FLUENTCART_VAR": str(folder), "DEMO": "on"}


def round_trip(source: dict[str, str], target: dict[str, str], file: Path, *options: str) -> None:
    """Fill one shop, carry it over into another database, and look whether it is the same there."""
    done(source, "migrate", "--verbosity", "0")
    done(source, "load_demo", *SMALL)
    before = done(source, "dumpdata", "customers", "orders", "accounts")
    copied = done(source, "backup", str(file), *options)
    assert copied.endswith(f" into {file}: {file.stat().st_size} bytes.\n")
    assert list(file.parent.glob(f"{file.name}?*")) == []
    assert file.stat().st_mode & 0o077 == 0

    done(target, "restore", str(file), *options)

    assert done(target, "dumpdata", "customers", "orders", "accounts") == before
    assert "The books agree." in manage(target, "audit_books").stderr
    refused = manage(target, "restore", str(file), *options)
    assert (refused.returncode, "The database is not empty." in refused.stderr) == (1, True)
    replaced = manage(target, "restore", str(file), "--replace", *options)
    assert (replaced.returncode, ": 60 customers and 120 orders. What was" in replaced.stderr) == (0, True)
    assert list(file.parent.glob(f"{file.name}?*")) == []
    assert done(target, "dumpdata", "customers", "orders", "accounts") == before


@pytest.mark.once
@pytest.mark.slow
def test_a_sqlite_shop_comes_back_whole(tmp_path):
    source = shop_at(f"sqlite:///{tmp_path}/one.sqlite3", tmp_path)
    target = shop_at(f"sqlite:///{tmp_path}/two.sqlite3", tmp_path)

    round_trip(source, target, tmp_path / "copy")


@pytest.mark.parametrize("command", [["audit_books"], ["load_demo"], ["backup", "copy"], CREATE_USER])
def test_before_any_migration_a_command_says_what_to_do_and_makes_no_shop(tmp_path, command):
    there = tmp_path / "shop.sqlite3"

    ended = manage(shop_at(f"sqlite:///{there}", tmp_path), *command)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"CommandError: There is no shop in the SQLite database {there} yet. Run `make run`")
    assert not there.exists()


def test_a_database_is_described_without_its_password(monkeypatch):
    config = {"NAME": "shop", "HOST": "db.example", "PORT": "5432", "USER": "u", "PASSWORD": "secret", "OPTIONS": {}}
    monkeypatch.setattr(commands, "connection", SimpleNamespace(vendor="postgresql", settings_dict=config))

    assert commands.described_database() == "the PostgreSQL database shop (db.example, port 5432)"


@pytest.mark.parametrize(
    ("start", "vendor", "kind"),
    [(b"PGDMP\x01", "sqlite", "PostgreSQL"), (b"SQLite format 3\0", "postgresql", "SQLite")],
)
def test_a_copy_of_the_other_database_is_refused(tmp_path, monkeypatch, start, vendor, kind):
    (tmp_path / "copy").write_bytes(start + b"x" * 100)
    monkeypatch.setattr(backup, "connection", SimpleNamespace(vendor=vendor))

    with pytest.raises(
        backup.BackupError, match=f"copy is a copy of a {kind} database, .*: a copy goes back only into"
    ):
        backup.refuse_other_kind(tmp_path / "copy")


@pytest.fixture
def two_databases(db) -> Iterator[tuple[str, str]]:
    """URLs of two empty databases beside the tests' own."""
    config = connection.settings_dict
    host = config["HOST"] or config["OPTIONS"].get("host", "")
    known = {"host": host, "port": config["PORT"], "user": config["USER"], "password": config["PASSWORD"]}
    names = [f"backup_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    with psycopg.connect(
        dbname="postgres", autocommit=True, **{key: word for key, word in known.items() if word}
    ) as server:
        for name in names:
            server.execute(f'CREATE DATABASE "{name}"')
        try:
            where = "&".join(f"{key}={word}" for key, word in known.items() if word and key == "host" and "/" in word)
            login = config["USER"] + (f":{config['PASSWORD']}" if config["PASSWORD"] else "")
            at = "" if where else f"{host}:{config['PORT']}" if config["PORT"] else host
            first, second = (f"postgres://{login}@{at}/{name}{'?' + where if where else ''}" for name in names)
            yield first, second
        finally:
            for name in names:
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def has_programs() -> bool:
    """Whether programs that understand the server are installed; the wheel's server is newer than the wheel's own."""
    try:
        backup.find_program("pg_dump", None)
    except backup.BackupError:
        return False
    return True


@pytest.mark.postgres
@pytest.mark.slow
def test_a_postgres_shop_comes_back_whole(two_databases, tmp_path):
    first, second = two_databases

    if has_programs():
        round_trip(shop_at(first, tmp_path), shop_at(second, tmp_path), tmp_path / "copy")
    else:  # as on a host without them; CI's last round has a server that they understand
        shop = shop_at(first, tmp_path)
        assert manage(shop, "migrate", "--verbosity", "0").returncode == 0
        refused = manage(shop, "backup", str(tmp_path / "copy"))
        assert (refused.returncode, "or newer is needed: install" in refused.stderr) == (1, True)
        assert not (tmp_path / "copy").exists()


def test_no_copy_is_written_over_another(tmp_path):
    (tmp_path / "copy").write_text("precious")

    with pytest.raises(backup.BackupError, match="is there already"):
        backup.backup(tmp_path / "copy")

    assert (tmp_path / "copy").read_text() == "precious"


def test_a_damaged_copy_is_told(tmp_path):
    whole, damaged = tmp_path / "whole", tmp_path / "damaged"
    with closing(sqlite3.connect(whole)) as database:
        database.execute("CREATE TABLE a (text TEXT)")
        database.executemany("INSERT INTO a VALUES (?)", [("x" * 500,)] * 100)
        database.commit()
    shutil.copy(whole, damaged)
    with damaged.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)

    backup.check_sqlite(whole)
    with pytest.raises(backup.BackupError, match="is not a whole SQLite database"):
        backup.check_sqlite(damaged)


@pytest.mark.postgres
@pytest.mark.django_db
def test_missing_programs_are_told_in_one_sentence(tmp_path):
    with pytest.raises(backup.BackupError, match=r"pg_dump \d+ or newer is needed: install postgresql-client-\d+"):
        backup.find_program("pg_dump", tmp_path)
