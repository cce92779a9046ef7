"""The database itself keeps the history: no row is deleted, and only erasure changes one.

Erasure empties `personal` and touches nothing else; that is the one UPDATE let through. TRUNCATE is left to the owner
of the tables, who could drop the triggers as well.

A later migration that lets SQLite make the table anew has to make these triggers again.
"""

from django.db import migrations

POSTGRES = (
    """
    CREATE FUNCTION history_activity_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.personal = '{}'::jsonb
            AND to_jsonb(NEW) - 'personal' = to_jsonb(OLD) - 'personal' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'The history is append-only.' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER history_activity_kept BEFORE UPDATE OR DELETE ON history_activity
    FOR EACH ROW EXECUTE FUNCTION history_activity_is_kept()
    """,
)
COLUMNS = (
    "id", "subject", "subject_id", "verb", "changes", "actor_id", "actor", "via", "credential", "credential_uuid",
    "created_at",
)  # fmt: skip
SQLITE = (
    f"""
    CREATE TRIGGER history_activity_unchanged BEFORE UPDATE ON history_activity
    WHEN NOT (NEW.personal = '{{}}' AND {" AND ".join(f"NEW.{name} IS OLD.{name}" for name in COLUMNS)})
    BEGIN SELECT RAISE(ABORT, 'The history is append-only.'); END
    """,
    """
    CREATE TRIGGER history_activity_undeleted BEFORE DELETE ON history_activity
    BEGIN SELECT RAISE(ABORT, 'The history is append-only.'); END
    """,
)
UNDO = {
    "postgresql": ("DROP FUNCTION history_activity_is_kept() CASCADE",),
    "sqlite": ("DROP TRIGGER history_activity_unchanged", "DROP TRIGGER history_activity_undeleted"),
}


def guard(apps, schema_editor):
    """Refuse in the language of the database."""
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    """Let everything through again."""
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("history", "0001_activity")]

    operations = [migrations.RunPython(guard, unguard)]
