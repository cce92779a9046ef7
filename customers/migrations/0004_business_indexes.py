from django.conf import settings
from django.db import migrations, models

from fluentcart.kept.online import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False  # an index is built while others write
    dependencies = [
        ("customers", "0003_tallies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexOnline(
            model_name="businessprofile",
            index=models.Index(fields=["payment_terms", "customer"], name="business_terms"),
        ),
        AddIndexOnline(
            model_name="creditcheck",
            index=models.Index(fields=["rating", "id"], name="credit_check_rating"),
        ),
        AddIndexOnline(
            model_name="creditcheck",
            index=models.Index(fields=["checked_at"], name="credit_check_at"),
        ),
    ]
