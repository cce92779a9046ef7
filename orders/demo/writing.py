"""Puts plain tuples into tables in bulk: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

Row = tuple[Any, ...]
EPOCH = datetime.datetime(1970, 1, 1)


def moment(epoch_seconds: int) -> str:
    """A time as both databases take it, in UTC: (0) -> "1970-01-01 00:00:00".

    SQLite stores Django's times as this text; PostgreSQL reads it in the connection's time zone, UTC.
    """
    return (EPOCH + datetime.timedelta(seconds=epoch_seconds)).isoformat(" ")


class Table:
    """A model's table, and which of its fields the rows name; every other column gets the model's default.

    Raises:
        ValueError: a field that is not named has no plain default (a key, unique or foreign, that must not be null).
    """

    def __init__(self, model: type[models.Model], fields: str) -> None:
        self.model = model
        by_attname = {field.attname: field for field in model._meta.concrete_fields}
        named = fields.split()
        unnamed = [field for attname, field in by_attname.items() if attname not in named]
        for field in unnamed:
            if not field.null and (field.unique or field.remote_field):
                raise ValueError(f"{model.__name__} rows must name {field.attname}")
        self.tail = tuple(field.get_db_prep_save(field.get_default(), connection) for field in unnamed)
        quote = connection.ops.quote_name
        self.name = quote(model._meta.db_table)
        columns = [by_attname[name].column or name for name in named] + [field.column or "" for field in unnamed]
        self.columns = ", ".join(quote(column) for column in columns)
        self.width = len(by_attname)

    def write(self, rows: Sequence[Row]) -> None:
        """Insert rows; what they point to must be there before them."""
        if not rows:
            return
        tail = self.tail
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.name} ({self.columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row + tail)
            else:
                marks = ", ".join(["%s"] * self.width)
                cursor.executemany(
                    f"INSERT INTO {self.name} ({self.columns}) VALUES ({marks})",  # noqa: S608 - names of our models
                    [row + tail for row in rows],
                )


def check_keys_at_once() -> None:
    """Have PostgreSQL check foreign keys after each statement.

    Django's keys are checked at commit; the queue of checks of ten million rows would not fit into memory.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def finish(written: Sequence[type[models.Model]]) -> None:
    """After rows with ids of our choosing: let the next ids follow, and tell the planner what is there.

    SQLite's AUTOINCREMENT follows the greatest id by itself; PostgreSQL's sequences have to be set.
    """
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(written)):
            cursor.execute(statement)
        for model in written:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
