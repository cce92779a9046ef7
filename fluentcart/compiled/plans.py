"""What is left of a queryset once it is compiled: SQL, where its values go, and what makes Python values of rows."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connections, models
from django.db.models.base import ModelState
from django.db.models.expressions import Expression
from django.db.models.query import ModelIterable
from django.db.models.query_utils import DeferredAttribute

Tuples = list[tuple[Any, ...]]
Convert = Callable[[Any], Any]
Converters = tuple[tuple[int, Convert], ...]


class Arg(Expression):
    """A value that is known only when the query runs."""

    def __init__(self, name: str) -> None:
        super().__init__(output_field=models.Field())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """A place for the value, and this instead of the value."""
        return "%s", [self]


@models.ForeignObject.register_lookup  # which does not look among other fields' look-ups
@models.Field.register_lookup
class AnyOf(models.Lookup):
    """`pk__any=[1, 2]`: `__in` with one parameter for the whole list, so that its SQL is the same for every length."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """As an array."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*params, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """As a table made of JSON, which is what becomes of a list there (`running.adapted`)."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*params, self.rhs]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL in two spellings: with the driver's own placeholders, and with Django's for whoever watches statements."""

    native: str
    watched: str

    @classmethod
    def of(cls, sql: str, params_count: int, vendor: str) -> Statement:
        """A statement from what Django compiles."""
        places = ["?"] * params_count if vendor == "sqlite" else [f"${n}" for n in range(1, params_count + 1)]
        return cls(sql % tuple(places), sql)


def unseen(kind: str) -> str:
    """A place for a value of a type that PostgreSQL cannot know beforehand, so that it keeps a statement's plan.

    To plan a search anew takes longer than to run it. Only for a statement whose right plan is the same for all values,
    and for all of its values: see Window.
    """
    return f"(SELECT CAST(%s AS {kind}))"


class Window(NamedTuple):
    """Which of the rows of a query are wanted, as far as its statement says so.

    PostgreSQL plans a statement anew for each run when it would do better by knowing the values, as it thinks of LIMIT
    and OFFSET: for a list with a join that takes longer than the rest. A limit that is written into the statement, and
    an offset that it cannot know beforehand, let it keep a plan: the right one for rows in the order of their key.

    Args:
        limit: how many rows at most; None when each run says it.
        has_offset: whether rows are left out before.
    """

    limit: int | None = None
    has_offset: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The values of each run."""
        return (*(["limit"] if self.limit is None else []), *(["offset"] if self.has_offset else []))

    @property
    def sql(self) -> str:
        """The end of the statement."""
        if self.limit is None:
            return "LIMIT %s OFFSET %s" if self.has_offset else "LIMIT %s"
        return f"LIMIT {self.limit}" + (" OFFSET (SELECT CAST(%s AS bigint))" if self.has_offset else "")


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled queryset.

    Args:
        params: constants, and an Arg where a value goes.
        converters: position in the row -> what makes a Python value of the database's.
        locks: it locks rows, so it needs a transaction.
        make: rows of values -> model instances; None for a query of columns.
    """

    statement: Statement
    params: tuple[Any, ...]
    converters: Converters
    locks: bool
    make: Callable[[Tuples], list[Any]] | None

    def filled(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters of one run."""
        return [values[param.name] if type(param) is Arg else param for param in self.params]

    def windowed(self, window: Window, vendor: str) -> Plan:
        """The same for a window of the rows, with what the window leaves open as further values."""
        params = (*self.params, *(Arg(name) for name in window.names))
        sql = f"{self.statement.watched} {window.sql}"
        return replace(self, statement=Statement.of(sql, len(params), vendor), params=params)

    def among(self, keys: str, params: tuple[Any, ...], vendor: str) -> Plan:
        """The same for the rows whose keys a query gives, in place of the list of keys `ids`."""
        (at,) = (index for index, param in enumerate(self.params) if type(param) is Arg and param.name == "ids")
        listed = "IN (SELECT value FROM json_each(%s))" if vendor == "sqlite" else "= ANY(%s)"
        before, after = self.statement.watched.split(listed)
        found = f"IN ({keys})" if vendor == "sqlite" else f"= ANY(ARRAY({keys}))"
        params = (*self.params[:at], *params, *self.params[at + 1 :])
        return replace(self, statement=Statement.of(before + found + after, len(params), vendor), params=params)


def plan_of(queryset: models.QuerySet[Any], using: str) -> Plan:
    """A queryset of instances or of tuples, compiled for a database."""
    connection = connections[using]
    compiler = queryset.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    makes_instances = issubclass(queryset._iterable_class, ModelIterable)
    return Plan(
        statement=Statement.of(sql, len(params), connection.vendor),
        params=tuple(params),
        converters=converters_of(compiler, connection),
        locks=bool(queryset.query.select_for_update),
        make=instance_maker(compiler, using) if makes_instances else None,
    )


def converters_of(compiler: Any, connection: Any) -> Converters:
    """Django's converters of the selected columns, one function a column."""
    found = compiler.get_converters([expression for expression, _, _ in compiler.select])
    return tuple(
        (index, chained(functions, expression, connection)) for index, (functions, expression) in found.items()
    )


def chained(functions: Sequence[Any], expression: Any, connection: Any) -> Convert:
    """Several converters as one; for SQLite's times, which come without a zone and are UTC, the short way."""
    if connection.vendor == "sqlite" and isinstance(expression.output_field, models.DateTimeField):
        return utc

    def convert(value: Any) -> Any:
        for function in functions:
            value = function(value, expression, connection)
        return value

    return convert


def utc(value: dt.datetime | str | None) -> dt.datetime | None:
    """A time of SQLite's, which says nothing of its zone, in UTC; of a sum it is still a text."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return None if value is None else value.replace(tzinfo=dt.UTC)


def instance_maker(compiler: Any, using: str) -> Callable[[Tuples], list[Any]]:
    """What makes model instances of rows, with those of related rows that are joined in."""
    make = row_maker(compiler.klass_info, compiler.select, using)
    return lambda rows: [make(row) for row in rows]


def row_maker(info: Any, select: Any, using: str) -> Callable[[tuple[Any, ...]], Any]:
    """As Django's ModelIterable does for one row, without `Model.__init__`, which looks at each field anew.

    A column that the queryset defers is not there, and read when somebody looks at it; no default is due, and signals
    are sent by nobody and for nobody.
    """
    model, positions = info["model"], info["select_fields"]
    columns = [(select[position][0].target, position) for position in positions]
    plain = [(field.attname, position) for field, position in columns if is_plain(model, field)]
    special = [(field.attname, position) for field, position in columns if not is_plain(model, field)]
    key = next(position for field, position in columns if field.primary_key)
    related = [
        (row_maker(inner, select, using), inner["local_setter"], inner["remote_setter"])
        for inner in info.get("related_klass_infos", ())
    ]

    def make(row: tuple[Any, ...]) -> Any:
        if row[key] is None:
            return None
        instance = model.__new__(model)
        state = instance._state = ModelState()
        state.adding, state.db = False, using
        values = instance.__dict__
        for name, position in plain:
            values[name] = row[position]
        for name, position in special:
            setattr(instance, name, row[position])
        for make_related, set_here, set_there in related:
            other = make_related(row)
            set_here(instance, other)
            if other is not None:
                set_there(other, instance)
        return instance

    return make


def is_plain(model: type[models.Model], field: models.Field[Any, Any]) -> bool:
    """Whether an instance keeps the column's value as it is, and not through a descriptor of the field's own."""
    return isinstance(inspect.getattr_static(model, field.attname), DeferredAttribute)
