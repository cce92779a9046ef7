"""Everything that a shop has stored, to be compared with what it has stored later."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.apps import apps
from django.db.models import Model

APPS = ("accounts", "customers", "orders")
# Random text: how much of it does not change from one run to the next.
RANDOM = {
    "uuid": lambda text: len(str(text)),
    "password": lambda text: text[:1],
    "password_hash": len,
    "vendor_charge_id": lambda text: text[:4],
}


def stored() -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the shop but when it was written and what is random."""
    return {
        model._meta.label: sorted((row_of(row) for row in model._base_manager.all()), key=repr)
        for app in APPS
        for model in apps.get_app_config(app).get_models()
    }


def row_of(row: Model) -> tuple[Any, ...]:
    """A row without times and without what is random."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return tuple(
        json.dumps(RANDOM[name](value) if name in RANDOM else value, sort_keys=True, default=str)
        for name, value in values.items()
        if not isinstance(value, dt.datetime)
    )
