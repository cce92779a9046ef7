"""Queries by name and value; see the package."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.transaction import TransactionManagementError

from fluentcart.compiled.plans import Arg, Converters, Plan, Statement, Tuples, Window, plan_of
from fluentcart.compiled.running import execute, execute_all
from fluentcart.replica.reading import reads_from

M = TypeVar("M", bound=models.Model)


class Compiled(Generic[M]):
    """A query; `compiled` makes one of a function."""

    def __init__(self, build: Callable[..., models.QuerySet[M]], names: tuple[str, ...] | None = None) -> None:
        self.build = build
        self.names = tuple(inspect.signature(build).parameters) if names is None else names
        self.plans: dict[Any, Plan] = {}
        self.__doc__ = build.__doc__

    def __call__(self, **values: Any) -> Found[M]:
        """The rows for these values; they are read when somebody asks for them."""
        return Found(self, values, reads_from())

    def plan(self, using: str, columns: tuple[str, ...] = (), *, window: Window | None = None) -> Plan:
        """The plan for a database, of instances or of columns; made when it is first needed."""
        key = (using, columns, window)
        found = self.plans.get(key)
        if found is None:
            queryset: Any = self.build(**{name: Arg(name) for name in self.names}).using(using)
            found = plan_of(queryset.values_list(*columns) if columns else queryset, using)
            found = self.plans[key] = found.windowed(window, connections[using].vendor) if window else found
        return found

    def wrapped_plan(
        self, using: str, columns: tuple[str, ...], wrap: Callable[[str], str], more_count: int, key: Any
    ) -> Plan:
        """As `plan`, with SQL around it."""
        name = (using, columns, key, more_count)
        found = self.plans.get(name)
        if found is None:
            plan = self.plan(using, columns)
            sql = wrap(plan.statement.watched)
            count = len(plan.params) + more_count
            found = self.plans[name] = replace(plan, statement=Statement.of(sql, count, connections[using].vendor))
        return found


def compiled(build: Callable[..., models.QuerySet[M]]) -> Compiled[M]:
    """A query of a function that returns a queryset for its values."""
    return Compiled(build)


class Total:
    """How many rows a list has: read in the round trip that brings a page of them, or else by itself.

    Args:
        statement: gives one row, of which the last column is the number, or none for 0.
        using: the database's alias.
    """

    def __init__(self, statement: Statement, params: Sequence[Any], using: str) -> None:
        self.call = statement, params
        self.using = using
        self.known: int | None = None

    def take(self, rows: Tuples) -> int:
        """Keep what the statement gave."""
        self.known = int(rows[0][-1]) if rows else 0
        return self.known

    def __int__(self) -> int:
        return self.take(execute(*self.call, self.using)[0]) if self.known is None else self.known


@dataclass(frozen=True)
class Found(Generic[M]):
    """The rows of a query for some values.

    Args:
        using: the database's alias.
        limit: how many rows at most; None for all.
        offset: how many rows are left out before.
        total: is read with the rows.
        is_planned_once: see Window; only for rows in the order of their key, of all or nearly all that there are.
    """

    query: Compiled[M]
    values: Mapping[str, Any]
    using: str = DEFAULT_DB_ALIAS
    limit: int | None = None
    offset: int = 0
    total: Total | None = None
    is_planned_once: bool = False

    def window(
        self, limit: int, offset: int = 0, *, total: Total | None = None, is_planned_once: bool = False
    ) -> Found[M]:
        """So many of the rows, after the first `offset`; see the class."""
        return Found(self.query, self.values, self.using, limit, offset, total, is_planned_once)

    def on(self, using: str) -> Found[M]:
        """The same of another database."""
        return Found(self.query, self.values, using, self.limit, self.offset)

    def all(self) -> list[M]:
        """Model instances."""
        plan = self.plan()
        assert plan.make is not None
        return plan.make(self.run(plan))

    def first(self) -> M | None:
        """The first of them, or None."""
        found = self.all()
        return found[0] if found else None

    def tuples(self, *columns: str) -> Tuples:
        """The values of some columns, which may be paths to related rows."""
        return self.in_order(self.run(self.plan(columns)))

    def in_order(self, rows: Tuples) -> Tuples:
        """Rows as this gives them, of the rows as the database does."""
        return rows

    def wrapped(self, columns: tuple[str, ...], wrap: Callable[[str], str], *more: Any, key: Any = None) -> Tuples:
        """The rows of a statement that is made around the query of some columns, as the database spells them.

        Args:
            wrap: SQL -> SQL, with places for `more` values behind those of the query.
            key: what else than the columns the wrapping depends on.
        """
        plan = self.query.wrapped_plan(self.using, columns, wrap, len(more), key)
        return execute(plan.statement, [*plan.filled(self.values), *more], self.using)[0]

    def plan(self, columns: tuple[str, ...] = ()) -> Plan:
        """The plan of this query, of instances or of columns."""
        return self.query.plan(self.using, columns, window=self.bounds)

    @property
    def bounds(self) -> Window | None:
        """How the statement is told of limit and offset; None when all rows are wanted."""
        if self.limit is None:
            return None
        return Window(self.limit, self.offset > 0) if self.is_planned_once else Window()

    def call(self, plan: Plan) -> tuple[Statement, list[Any]]:
        """What is to be run for a plan of this query.

        Raises:
            TransactionManagementError: it locks rows, and there is no transaction that would keep them locked.
        """
        if plan.locks and not connections[self.using].in_atomic_block:
            raise TransactionManagementError("Rows are locked in a transaction only.")
        values = self.values if self.limit is None else {**self.values, "limit": self.limit, "offset": self.offset}
        return plan.statement, plan.filled(values)

    def run(self, plan: Plan) -> Tuples:
        """The rows of a plan of this query, as Python values."""
        if self.total is None or self.total.known is not None:
            rows, _ = execute(*self.call(plan), self.using)
        else:
            (number, _), (rows, _) = execute_all([self.total.call, self.call(plan)], self.using)
            self.total.take(number)
        return converted(rows, plan.converters) if plan.converters else rows


Wanted = tuple[Found[Any], tuple[str, ...]]


def tuples_of_all(wanted: Sequence[Wanted]) -> list[Tuples]:
    """`found.tuples(*columns)` of each, all in one round trip to the database, which is that of the first."""
    if not wanted:
        return []
    using = wanted[0][0].using
    plans = [found.plan(columns) for found, columns in wanted]
    calls = [found.call(plan) for (found, _), plan in zip(wanted, plans, strict=True)]
    answers = execute_all(calls, using)
    return [
        found.in_order(converted(rows, plan.converters) if plan.converters else rows)
        for (found, _), plan, (rows, _) in zip(wanted, plans, answers, strict=True)
    ]


def converted(rows: Tuples, converters: Converters) -> Tuples:
    """Rows whose columns went through their converters."""
    made = []
    for row in rows:
        values = list(row)
        for index, convert in converters:
            values[index] = convert(values[index])
        made.append(tuple(values))
    return made
