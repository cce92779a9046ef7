from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import migrations, models


def number_orders(apps: Any, schema_editor: Any) -> None:
    """Number the orders that are there already, by year and in the order of their ids."""
    order_model = apps.get_model("orders", "Order")
    last: Counter[int] = Counter()
    chunk = []
    for order in order_model._base_manager.order_by("pk").only("pk", "created_at").iterator(chunk_size=1000):
        year = order.created_at.year
        last[year] += 1
        order.order_number = f"SO-{year}-{last[year]:03d}"
        chunk.append(order)
        if len(chunk) == 1000:
            order_model._base_manager.bulk_update(chunk, ["order_number"])
            chunk = []
    order_model._base_manager.bulk_update(chunk, ["order_number"])
    counter_model = apps.get_model("orders", "NumberCounter")
    counter_model.objects.bulk_create(counter_model(name=f"order {year}", value=value) for year, value in last.items())


def forget_counters(apps: Any, schema_editor: Any) -> None:
    """The numbers go with their column."""
    apps.get_model("orders", "NumberCounter").objects.filter(name__startswith="order ").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="order_number",
            field=models.CharField(blank=True, editable=False, help_text="SO-YYYY-NNN.", max_length=30),
        ),
        migrations.RunPython(number_orders, forget_counters),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("order_number", ""), _negated=True),
                fields=("order_number",),
                name="order_number_unique",
            ),
        ),
    ]
