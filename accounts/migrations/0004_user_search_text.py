"""Users are found by a folded text, which an index can serve; the texts are filled in portions."""

from typing import Any

from django.db import migrations, models

from fluentcart.kept.online import AddIndexOnline

PORTION_ROWS = 2000


def fill(apps: Any, schema_editor: Any) -> None:
    """As `User.derive` does. Whom the version before writes has no text, or an old one: docs/migrations.md."""
    rows = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    last = 0
    while portion := list(rows.filter(pk__gt=last).order_by("pk")[:PORTION_ROWS]):
        for user in portion:
            user.search_text = f"{user.display_name}\n{user.login}\n{user.email}".casefold()
        rows.bulk_update(portion, ["search_text"], batch_size=200)
        last = portion[-1].pk


class Migration(migrations.Migration):
    atomic = False  # each portion is a transaction of its own

    dependencies = [("accounts", "0003_application_password_limits")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="search_text",
            field=models.TextField(
                db_default="",
                default="",
                editable=False,
                help_text="Display name, login and e-mail address, folded.",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexOnline(
            model_name="user",
            index=models.Index(condition=models.Q(("is_active", False)), fields=["login"], name="user_inactive"),
        ),
    ]
