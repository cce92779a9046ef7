"""Rows of a model stored and changed by statements that are written once; no signals, which nothing here sends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models

from fluentcart.compiled.columns import columns_of
from fluentcart.compiled.plans import Statement
from fluentcart.compiled.running import execute, execute_all

ROWS_MAX = 20  # of one INSERT
_STATEMENTS: dict[Any, Statement] = {}


def kept(key: Any, using: str, write: Callable[[Callable[[str], str]], str], params_count: int) -> Statement:
    """A statement, written when it is first needed; `write` is given the quoting of names."""
    found = _STATEMENTS.get((key, using))
    if found is None:
        connection = connections[using]
        sql = write(connection.ops.quote_name)
        found = _STATEMENTS[key, using] = Statement.of(sql, params_count, connection.vendor)
    return found


def key_column(model: type[models.Model]) -> str:
    """The column of the primary key."""
    key: Any = model._meta.pk
    return str(key.column)


def insert(instance: models.Model, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Store a new row; its key, which the database gives, is set."""
    insert_all([instance], using=using)


def insert_all(*groups: Sequence[models.Model], using: str = DEFAULT_DB_ALIAS) -> None:
    """Store new rows; their keys, which the database gives, are set.

    Rows of a group are of one model, twenty with one statement. No row may need the key of another one; so all
    statements are one round trip.
    """
    parts = [group[start : start + ROWS_MAX] for group in groups for start in range(0, len(group), ROWS_MAX)]
    answers = execute_all([_insertion(part, using) for part in parts], using)
    for part, (keys, _) in zip(parts, answers, strict=True):
        for instance, (value,) in zip(part, keys, strict=True):
            instance.pk = value
            instance._state.adding, instance._state.db = False, using


def _insertion(instances: Sequence[models.Model], using: str) -> tuple[Statement, list[Any]]:
    model = type(instances[0])
    columns = columns_of(model, None, using)

    def write(quote: Callable[[str], str]) -> str:
        names = ", ".join(quote(column.field.column) for column in columns.columns)
        rows = ", ".join([f"({', '.join(['%s'] * len(columns.names))})"] * len(instances))
        return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {rows} RETURNING {quote(key_column(model))}"

    params = columns.stored(instances, is_new=True)
    return kept((model, "insert", len(instances)), using, write, len(params)), params


def update(instance: models.Model, names: Collection[str], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Write some fields of a row that is there.

    Raises:
        DatabaseError: it is not there.
    """
    model = type(instance)
    columns = columns_of(model, tuple(names), using)

    def write(quote: Callable[[str], str]) -> str:
        changes = ", ".join(f"{quote(column.field.column)} = %s" for column in columns.columns)
        return f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE {quote(key_column(model))} = %s"

    params = [*columns.stored([instance], is_new=False), instance.pk]
    _, count = execute(kept((model, "update", tuple(names)), using, write, len(params)), params, using)
    if count != 1:
        raise DatabaseError(f"{model.__name__} {instance.pk} is not there to be written.")


def update_all(instances: Sequence[models.Model], names: Collection[str], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Write the same fields of several rows of one model, twenty with one statement.

    Raises:
        DatabaseError: one of them is not there.
    """
    for start in range(0, len(instances), ROWS_MAX):
        some = instances[start : start + ROWS_MAX]
        if len(some) == 1:
            update(some[0], names, using=using)
        else:
            _update_some(some, names, using)


def _update_some(instances: Sequence[models.Model], names: Collection[str], using: str) -> None:
    model, count = type(instances[0]), len(instances)
    columns = columns_of(model, tuple(names), using)

    def write(quote: Callable[[str], str]) -> str:
        connection = connections[using]
        change = f"CASE {quote(key_column(model))} {' '.join(['WHEN %s THEN %s'] * count)} END"
        changes = ", ".join(
            f"{quote(column.field.column)} = {typed(change, column.field, connection)}" for column in columns.columns
        )
        keys = ", ".join(["%s"] * count)
        return f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE {quote(key_column(model))} IN ({keys})"

    keys = [instance.pk for instance in instances]
    values = columns.stored(instances, is_new=False)
    width = len(columns.names)
    of_columns = [values[start::width] for start in range(width)]
    params = [each for found in of_columns for pair in zip(keys, found, strict=True) for each in pair] + keys
    statement = kept((model, "update", tuple(names), count), using, write, len(params))
    _, touched = execute(statement, params, using)
    if touched != count:
        raise DatabaseError(f"Not all of {model.__name__} {keys} are there to be written.")


def typed(expression: str, field: Any, connection: Any) -> str:
    """An expression of parameters alone, whose type PostgreSQL has to be told."""
    return f"CAST({expression} AS {field.db_type(connection)})" if connection.vendor == "postgresql" else expression
