"""What docs/migrations.md forbids a migration to do while the service runs, read from its operations.

A migration that does such a thing all the same says why it may, in `accepted` of its class:

    accepted = {"AddIndex order.order_live": "The table is new since the release before and has no rows yet."}

django-migration-linter would read the SQL instead, and was left out: it needs a PostgreSQL to make that SQL, and knows
neither `db_default` nor constraints that are not validated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import models
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

REASON_CHARS_MIN = 20
OLD_CODE = "processes of the version before still use it"
LOCK = "keeps writers waiting while the whole table is read"
# Never connected: it only knows what columns are called in PostgreSQL.
POSTGRES = DatabaseWrapper({"ENGINE": "django.db.backends.postgresql", "NAME": "none", "OPTIONS": {}}, alias="none")


class Finding(NamedTuple):
    """What an operation does that it should not: `what` is the key of `accepted`."""

    what: str
    why: str


def findings(migration: Migration, state: ProjectState) -> list[Finding]:
    """Everything in a migration that wants a reason; `state` is what was there before it, and is moved on."""
    made = {
        operation.name_lower
        for operation in flat(migration.operations)
        if isinstance(operation, operations.CreateModel)
    }
    found = []
    for operation in migration.operations:
        for each in flat([operation]):
            found += [
                Finding(f"{type(each).__name__} {name}", why) for name, why in judge(each, state, made, migration)
            ]
        operation.state_forwards(migration.app_label, state)
    return found


def flat(found: Iterable[Operation]) -> Iterator[Operation]:
    """Operations, with what is done to the database in place of those that part it from the state."""
    for operation in found:
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
        else:
            yield operation


def judge(operation: Any, state: ProjectState, made: set[str], migration: Migration) -> Iterator[tuple[str, str]]:
    """What an operation should not do: on what, and why. Tables that the same migration made are nobody's yet."""
    table = getattr(operation, "model_name", getattr(operation, "name", "")).lower()
    match operation:
        case operations.RunPython() if operation.reverse_code is None:
            yield str(getattr(operation.code, "__name__", operation.code)), "cannot be undone"
        case operations.RunSQL() if operation.reverse_sql is None:
            yield str(operation.sql)[:40], "cannot be undone"
        case _ if table in made:
            return
        case operations.DeleteModel() | operations.AlterModelTable():
            yield table, OLD_CODE
        case operations.RenameModel():
            yield operation.old_name.lower(), OLD_CODE
        case operations.RemoveField():
            yield f"{table}.{operation.name}", OLD_CODE
        case operations.RenameField():
            yield f"{table}.{operation.old_name}", OLD_CODE
        case operations.AlterUniqueTogether():
            yield table, LOCK
        case operations.AddIndex() if not isinstance(operation, AddIndexConcurrently):
            yield f"{table}.{operation.index.name}", LOCK
        case operations.AddConstraint() if not isinstance(operation, AddConstraintNotValid):
            yield f"{table}.{operation.constraint.name}", LOCK
        case operations.AddField():
            yield from ((f"{table}.{operation.name}", why) for why in wrong_with_new(operation.field))
        case operations.AlterField():
            before = state.models[migration.app_label, table].fields[operation.name]
            yield from ((f"{table}.{operation.name}", why) for why in wrong_with_change(before, operation.field))


def wrong_with_new(field: models.Field[Any, Any]) -> Iterator[str]:
    """Why a column should not be added like this."""
    if field.many_to_many:
        return
    if not field.null and not field.has_db_default():
        yield "old processes insert rows without it: nullable, or db_default"
    if is_indexed(field):
        yield LOCK


def wrong_with_change(before: models.Field[Any, Any], after: models.Field[Any, Any]) -> Iterator[str]:
    """Why a column should not be changed like this."""
    old, new = column_type(before), column_type(after)
    if old != new and not is_wider(old, new):
        yield f"{old} becomes {new}: the table is written anew, and old processes read it otherwise"
    if before.null and not after.null:
        yield "SET NOT NULL reads the whole table, and old processes may insert rows without it"
    if before.has_db_default() and not after.has_db_default() and not after.null:
        yield "old processes insert rows without it"
    if is_indexed(after) and not is_indexed(before):
        yield LOCK


def is_indexed(field: models.Field[Any, Any]) -> bool:
    """Whether a column has an index of its own."""
    return bool(field.unique or getattr(field, "db_index", False))


def column_type(field: models.Field[Any, Any]) -> str | None:
    """What PostgreSQL calls a column's type."""
    if field.is_relation:
        return "key"  # the other table's type; where that changes, it is found there
    return field.db_type(POSTGRES)


def is_wider(old: str | None, new: str | None) -> bool:
    """Whether the rows stay as they are: a text may become longer."""
    before, after = (re.fullmatch(r"varchar\((\d+)\)", kind or "") for kind in (old, new))
    return bool(before and (new == "text" or (after and int(before[1]) <= int(after[1]))))


def unexplained(migration: Migration, state: ProjectState) -> list[str]:
    """What is wrong with a migration, a line each; nothing when each finding has a reason and each reason a finding."""
    accepted: dict[str, str] = getattr(migration, "accepted", {})
    found = findings(migration, state)
    wrong = [f"{what}: {why}" for what, why in found if len(accepted.get(what, "")) < REASON_CHARS_MIN]
    return wrong + [f"{what}: accepted, and not there" for what in accepted.keys() - {each.what for each in found}]
