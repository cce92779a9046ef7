"""Migration operations that keep no writer waiting on PostgreSQL; SQLite is migrated while nobody uses it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations import AddIndex

from fluentcart.kept.indexes import is_built


class AddIndexOnline(AddIndexConcurrently):
    """CREATE INDEX CONCURRENTLY; the migration has `atomic = False`. See docs/migrations.md.

    Such a migration can break off half-way, at a lock that it does not get in time: it can be run again as it is.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """See Operation."""
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
        elif schema_editor.collect_sql or not self.is_built(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def is_built(self, schema_editor: Any) -> bool:
        """Whether an earlier try built the index; one that it left unfinished is dropped."""
        name = schema_editor.quote_name(self.index.name)
        found = is_built(schema_editor.connection, name)
        if found is False:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {name}")
        return bool(found)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """See Operation."""
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else AddIndex
        kind.database_backwards(self, app_label, schema_editor, from_state, to_state)
