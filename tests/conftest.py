"""What every test may ask for."""

from __future__ import annotations

import importlib

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLiteWrapper
from whitenoise.middleware import WhiteNoiseMiddleware

from fluentcart.counters import get_counter
from tests.callers import Callers, is_postgres

pytest_plugins = ["tests.no_skips"]

# A login password takes a third of a second on purpose; of these tests none is about how long.
PBKDF2PasswordHasher.iterations = 1_000


@pytest.fixture(autouse=True)
def quiet_surroundings(settings, tmp_path):
    """Counters of this test's own; rates off, for most tests are not about them; no folder of static files."""
    settings.COUNTERS_PATH = tmp_path / "counters.lmdb"
    settings.REDIS_URL = ""
    settings.RATE_LIMIT_ENABLED = False
    settings.STATIC_ROOT = tmp_path
    get_counter.cache_clear()
    yield
    get_counter.cache_clear()


@pytest.fixture
def api(db) -> Callers:
    """Clients by what they may do: `api("orders/view").get(...)`."""
    return Callers()


def pytest_collection_modifyitems(items):
    """Locks and races are the PostgreSQL round's; whatever starts servers of its own runs in the other round alone."""
    elsewhere = "once" if is_postgres() else "postgres"
    items[:] = [item for item in items if item.get_closest_marker(elsewhere) is None]


@pytest.fixture(autouse=True, scope="session")
def flushable_history():
    """Tests that commit are cleaned up by emptying every table, which SQLite's guard of the history would refuse."""
    guard = importlib.import_module("fluentcart.history.migrations.0002_append_only")

    def flush(operations, *args, **options):
        statements = plain(operations, *args, **options)
        if not any("history_activity" in statement for statement in statements):
            return statements
        return ["DROP TRIGGER IF EXISTS history_activity_undeleted", *statements, guard.SQLITE[1]]

    plain = SQLiteWrapper.ops_class.sql_flush
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLiteWrapper.ops_class, "sql_flush", flush)
        yield


@pytest.fixture(autouse=True, scope="session")
def static_files_read_once():
    """Each test's client loads the middleware anew, which would read the head of every static file: 20 ms."""

    def add_files_from_finders(self):
        key = (self.static_prefix, self.max_age, self.charset, self.allow_all_origins)
        if key not in found:
            others, self.files = self.files, {}
            plain(self)
            found[key], self.files = self.files, others
        self.files |= found[key]

    found = {}
    plain = WhiteNoiseMiddleware.add_files_from_finders
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files_from_finders)
        yield
