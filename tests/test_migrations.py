"""Migrations keep the rules of docs/migrations.md, or say why not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from tests.migration_rules import unexplained

# The newest of each app when these rules came; those up to there were released together with their tables.
BEFORE_THE_RULES = {"accounts": 2, "customers": 3, "history": 2, "orders": 7}

INDEX = models.Index(fields=["name"], name="thing_name")
CHECK = models.CheckConstraint(condition=models.Q(name=""), name="thing_check")
SEPARATE = operations.SeparateDatabaseAndState


def shop() -> ProjectState:
    """A table that has been released."""
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=20)),
        ("note", models.TextField(null=True)),
        ("size", models.IntegerField(db_default=0)),
    ]
    state = ProjectState()
    state.add_model(ModelState("shop", "Thing", fields))
    return state


def migration(*found: Any, accepted: dict[str, str] | None = None) -> Migration:
    """One with these operations."""
    kind = type("Migration", (Migration,), {"operations": list(found), "accepted": accepted or {}})
    made: Migration = kind("0002_x", "shop")
    return made


def add(**options: Any) -> Any:
    """A new column."""
    return operations.AddField("thing", "new", models.IntegerField(**options))


def alter(name: str, field: models.Field[Any, Any]) -> Any:
    """A changed column."""
    return operations.AlterField("thing", name, field)


def undo(apps: Any, schema_editor: Any) -> None:
    """Nothing."""


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        (operations.RemoveField("thing", "note"), "RemoveField thing.note"),
        (operations.RenameField("thing", "note", "notes"), "RenameField thing.note"),
        (operations.DeleteModel("Thing"), "DeleteModel thing"),
        (operations.RenameModel("Thing", "Other"), "RenameModel thing"),
        (operations.AlterModelTable("Thing", "other"), "AlterModelTable thing"),
        (operations.AddIndex("thing", INDEX), "AddIndex thing.thing_name"),
        (operations.AddConstraint("thing", CHECK), "AddConstraint thing.thing_check"),
        (operations.AlterUniqueTogether("thing", {("name", "note")}), "AlterUniqueTogether thing"),
        (add(), "AddField thing.new"),
        (add(default=0), "AddField thing.new"),
        (add(null=True, db_index=True), "AddField thing.new"),
        (alter("name", models.CharField(max_length=10)), "AlterField thing.name"),
        (alter("size", models.BigIntegerField(db_default=0)), "AlterField thing.size"),
        (alter("size", models.IntegerField()), "AlterField thing.size"),
        (alter("note", models.TextField()), "AlterField thing.note"),
        (alter("name", models.CharField(max_length=20, unique=True)), "AlterField thing.name"),
        (operations.RunPython(undo), "RunPython undo"),
        (operations.RunSQL("DROP TABLE x"), "RunSQL DROP TABLE x"),
        (SEPARATE(database_operations=[operations.RemoveField("thing", "note")]), "RemoveField thing.note"),
    ],
)
def test_what_harms_a_running_service_wants_a_reason(operation, what):
    (found,) = unexplained(migration(operation), shop())

    assert found.startswith(f"{what}: ")
    assert unexplained(migration(operation, accepted={what: "No process has ever written to it."}), shop()) == []
    assert unexplained(migration(operation, accepted={what: "It is fine."}), shop()) == [found]


@pytest.mark.parametrize(
    "found",
    [
        [add(null=True)],
        [add(db_default=0)],
        [alter("name", models.CharField(max_length=21))],
        [alter("name", models.TextField())],
        [alter("size", models.IntegerField(db_default=1, verbose_name="how big"))],
        [AddIndexConcurrently("thing", INDEX)],
        [AddConstraintNotValid("thing", CHECK)],
        [operations.RunPython(undo, undo)],
        [operations.RunSQL("SELECT 1", operations.RunSQL.noop)],
        [SEPARATE(state_operations=[operations.RemoveField("thing", "note")])],
        [operations.CreateModel("New", [("name", models.TextField())]), operations.AddIndex("new", INDEX)],
    ],
)
def test_what_a_running_service_does_not_mind_needs_none(found):
    assert unexplained(migration(*found), shop()) == []


def test_a_reason_for_what_is_not_there_is_refused():
    reason = {"RemoveField thing.note": "No process has ever written to it."}

    assert unexplained(migration(accepted=reason), shop()) == ["RemoveField thing.note: accepted, and not there"]


def test_every_migration_since_keeps_the_rules_or_says_why_not():
    """docs/migrations.md says what to do instead, and how to say why not."""
    loader = MigrationLoader(None)
    wrong, seen = [], set()
    for app, name in loader.graph.nodes:
        if int(name[:4]) > BEFORE_THE_RULES.get(app, 9999):
            state = loader.project_state((app, name), at_end=False)
            wrong += [f"{app} {name}: {each}" for each in unexplained(loader.get_migration(app, name), state)]
        seen.add(app)

    assert wrong == []
    assert set(BEFORE_THE_RULES) <= seen
