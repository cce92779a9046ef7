"""Limits of application passwords; null is none. Processes of the version before this one do not look at them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_stored_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="applicationpassword",
            name="addresses",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="applicationpassword",
            name="capabilities",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="applicationpassword",
            name="expires_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="expires"),
        ),
    ]
