"""Rows of a list before they are read: where they come from, what they are filtered by, in which order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import F, Q

from fluentcart.compiled.plans import Arg, Plan, Tuples
from fluentcart.compiled.reading import Compiled, Found, Total
from fluentcart.compiled.running import vendor_of
from fluentcart.replica.reading import reads_from

Source = Callable[[], models.QuerySet[Any]]
# A function of values that gives a Q; or a look-up, of one value.
Test = Callable[..., Q]
Condition = str | Test
Order = tuple[tuple[str, bool], ...]
NEWEST: Order = (("pk", True),)
# A client can ask for more combinations of filters and sorts than anybody needs.
SHAPES_MAX = 1000


@dataclass(frozen=True)
class Selection:
    """See the module. Two selections that differ in nothing but values share everything that is compiled.

    Args:
        source: gives the queryset to choose from; a function of a module, so that it is the same one each time.
        where: conditions, all of which hold, and the values of each.
        fixed: conditions without values.
        order: columns, and whether each descends; the last one is the key. Where a column is empty the row comes
            before all others in ascending order.
        using: the database's alias; the one that is read from where this is made.
        term: the folded search term, when a search is all that the rows are chosen by.
    """

    source: Source
    where: tuple[tuple[Condition, tuple[Any, ...]], ...] = ()
    fixed: tuple[Q, ...] = ()
    order: Order = NEWEST
    using: str = field(default_factory=reads_from)
    term: str = ""

    def filtered(self, **lookups: Any) -> Selection:
        """Only what passes these look-ups too."""
        return self.where_too(*((lookup, (value,)) for lookup, value in lookups.items()))

    def having(self, condition: Callable[..., Q], *values: Any) -> Selection:
        """Only what passes a condition of values too."""
        return self.where_too((condition, values))

    def searching(self, term: str, condition: Callable[..., Q], *values: Any) -> Selection:
        """Only what a folded search term finds too, which a condition says."""
        found = self.having(condition, *values)
        return found if self.where or self.fixed else replace(found, term=term)

    def where_too(self, *more: tuple[Condition, tuple[Any, ...]]) -> Selection:
        """Only what passes these conditions, each with its values, too."""
        return Selection(self.source, (*self.where, *more), self.fixed, self.order, self.using)

    def only(self, condition: Q) -> Selection:
        """Only what passes a condition without values too."""
        return replace(self, fixed=(*self.fixed, condition), term="")

    def ordered(self, *order: tuple[str, bool]) -> Selection:
        """In another order."""
        return Selection(self.source, self.where, self.fixed, order, self.using, self.term)

    def singled(self) -> Selection:
        """The same with `=` for a list of one value: only so an index has the rows of that value in its order."""

        def equal(condition: Condition, values: tuple[Any, ...]) -> tuple[Condition, tuple[Any, ...]]:
            if not isinstance(condition, str) or not condition.endswith("__any") or len(values[0]) != 1:
                return condition, values
            return condition.removesuffix("__any"), (values[0][0],)

        return replace(self, where=tuple(equal(*part) for part in self.where))

    @property
    def lookups(self) -> dict[str, Any] | None:
        """Look-up -> value, when there is nothing else and none comes twice; else None."""
        found = {condition: values[0] for condition, values in self.where if isinstance(condition, str)}
        return None if self.fixed or len(found) != len(self.where) else found

    # --- Reading -------------------------------------------------------------------------------

    def found(self, *, is_sorted: bool = True) -> Found[Any]:
        """The rows."""
        conditions = tuple((condition, len(values)) for condition, values in self.where)
        query = shape(self.source, conditions, self.fixed, self.order if is_sorted else ())
        values = [value for _, values in self.where for value in values]
        return Found(query, {f"v{index}": value for index, value in enumerate(values)}, self.using)

    def count(self) -> int:
        """How many rows there are."""
        found = self.found(is_sorted=False)
        rows = found.wrapped(("pk",), lambda sql: f"SELECT count(*) FROM ({sql}) AS found")
        return int(rows[0][0])

    def counted(self, limit: int, offset: int = 0) -> tuple[int, Found[Any]]:
        """How many rows there are, and the rows of a window."""
        total, ids = self.counted_ids(limit, offset)
        return total, Listed.of(self.source, ids, self.using)

    def window(
        self, limit: int, offset: int = 0, *, total: Total | None = None, is_planned_once: bool = False
    ) -> Found[Any]:
        """So many of the rows, after the first `offset`; see Found."""
        more: dict[str, Any] = {"total": total, "is_planned_once": is_planned_once}
        return Paged.of(self, limit, offset, **more) if offset else self.found().window(limit, **more)

    def sifted(self, limit: int, offset: int = 0) -> Found[Any]:
        """The same where few rows pass: all that do are found first (see `counted_ids`)."""
        return Paged.of(self, limit, offset, is_sifted=True)

    def none(self) -> Found[Any]:
        """No rows."""
        return Listed.of(self.source, [], self.using)

    def counted_ids(self, limit: int, offset: int = 0) -> tuple[int, list[int]]:
        """How many rows there are, and the keys of a window, in one statement.

        It is fenced: all rows that pass are found first, by whatever index serves the conditions. Otherwise PostgreSQL
        may walk the rows in their order and look whether each passes, which for rare ones is all of them.
        """
        is_lite = vendor_of(self.using) == "sqlite"
        columns, window = sifted_by(self.order)
        ids = f"(SELECT json_group_array(c0) FROM ({window}))" if is_lite else f"ARRAY({window})"

        def fence(sql: str) -> str:
            return f"{fenced(sql, columns)} SELECT (SELECT count(*) FROM found), {ids}"

        total, found = self.found(is_sorted=False).wrapped(columns, fence, limit, offset, key=self.order)[0]
        return int(total), json.loads(found) if is_lite else list(found)


def fenced(sql: str, columns: tuple[str, ...]) -> str:
    """The beginning of a statement that finds all rows of a query before anything else, as `found`."""
    names = ", ".join(f"c{index}" for index in range(len(columns)))
    return f"WITH found ({names}) AS MATERIALIZED ({sql})"


def sifted_by(order: Order) -> tuple[tuple[str, ...], str]:
    """The columns that `found` needs for an order, and SQL for the keys of a window of it."""
    columns = ("pk", *(column for column, _ in order if column != "pk"))
    ways = (
        f"c{columns.index(column)} {'DESC NULLS LAST' if is_down else 'ASC NULLS FIRST'}" for column, is_down in order
    )
    return columns, f"SELECT c0 FROM found ORDER BY {', '.join(ways)} LIMIT %s OFFSET %s"


@lru_cache(maxsize=SHAPES_MAX)
def shape(
    source: Source, conditions: tuple[tuple[Condition, int], ...], fixed: tuple[Q, ...], order: Order
) -> Compiled[Any]:
    """The query of all selections that differ only in values, which are called v0, v1 and so on."""

    def build(**args: Any) -> models.QuerySet[Any]:
        left = iter(args.values())
        queryset = source()
        for condition, count in conditions:
            values = [next(left) for _ in range(count)]
            made = Q(**{condition: values[0]}) if isinstance(condition, str) else condition(*values)
            queryset = queryset.filter(made)
        return queryset.filter(*fixed).order_by(*(sorting(queryset.model, *column) for column in order))

    names = tuple(f"v{index}" for index in range(sum(count for _, count in conditions)))
    return Compiled(build, names)


def sorting(model: type[models.Model], column: str, is_down: bool) -> Any:
    """A column in a direction; what is empty comes before everything else, as only SQLite has it by itself."""
    if column == "pk" or not getattr(model._meta.get_field(column), "null", False):
        return f"-{column}" if is_down else column
    return F(column).desc(nulls_last=True) if is_down else F(column).asc(nulls_first=True)


@lru_cache(maxsize=SHAPES_MAX)
def rows_by_ids(source: Source, order: Order = ()) -> Compiled[Any]:
    """The rows of a source with some keys."""

    def build(ids: Any) -> models.QuerySet[Any]:
        queryset = source()
        return queryset.filter(pk__any=ids).order_by(*(sorting(queryset.model, *column) for column in order))

    return Compiled(build)


@dataclass(frozen=True)
class Paged(Found[Any]):
    """A window of a selection whose keys are found by a subquery of the statement that reads the rows.

    OFFSET walks all that it leaves out, and of keys alone it needs to see nothing but an index, and joins nothing.

    Args:
        rows: the rows by their keys, in order.
        order: that of the selection, which decides which rows these are.
        is_sifted: all rows that pass are found first.
    """

    rows: Compiled[Any] = field(kw_only=True)
    order: Order = field(kw_only=True)
    is_sifted: bool = field(kw_only=True)

    @classmethod
    def of(
        cls,
        selection: Selection,
        limit: int,
        offset: int,
        *,
        is_sifted: bool = False,
        shown: Order | None = None,
        **more: Any,
    ) -> Paged:
        """A window of a selection, shown in its own order or in another one."""
        found = selection.found(is_sorted=not is_sifted)
        rows = rows_by_ids(selection.source, selection.order if shown is None else shown)
        more |= {"rows": rows, "order": selection.order, "is_sifted": is_sifted}
        return cls(found.query, found.values, selection.using, limit, offset, **more)

    def plan(self, columns: tuple[str, ...] = ()) -> Plan:
        """See Found."""
        name = (self.rows, self.order if self.is_sifted else None, self.using, columns, self.bounds)
        found = self.query.plans.get(name)
        if found is None:
            found = self.query.plans[name] = self.made(columns)
        return found

    def made(self, columns: tuple[str, ...]) -> Plan:
        """The plan of the rows around that of their keys."""
        vendor = vendor_of(self.using)
        if self.is_sifted:
            sifted, window = sifted_by(self.order)
            keys = self.query.plan(self.using, sifted)
            sql = f"{fenced(keys.statement.watched, sifted)} {window}"
            params = (*keys.params, Arg("limit"), Arg("offset"))
        else:
            keys = self.query.plan(self.using, ("pk",), window=self.bounds)
            sql, params = keys.statement.watched, keys.params
        return self.rows.plan(self.using, columns).among(sql, params, vendor)


# As rows that PostgreSQL does not count beforehand: a list of few keys has it plan a statement anew (see Window).
KEYS = "SELECT unnest(CAST(%s AS bigint[]))"


@dataclass(frozen=True)
class Listed(Found[Any]):
    """Rows by their keys, in the order of the keys that were given."""

    @classmethod
    def of(cls, source: Source, ids: list[int], using: str = DEFAULT_DB_ALIAS) -> Listed:
        """The rows of a source with these keys."""
        return cls(rows_by_ids(source), {"ids": ids}, using)

    def plan(self, columns: tuple[str, ...] = ()) -> Plan:
        """See Found."""
        if vendor_of(self.using) == "sqlite":
            return super().plan(columns)
        name = (KEYS, self.using, columns)
        found = self.query.plans.get(name)
        if found is None:
            found = self.query.plans[name] = super().plan(columns).among(KEYS, (Arg("ids"),), "postgresql")
        return found

    def tuples(self, *columns: str) -> Tuples:
        """See Found; the first column is the key."""
        return super().tuples(*columns) if self.values["ids"] else []

    def in_order(self, rows: Tuples) -> Tuples:
        """See Found."""
        position = {pk: index for index, pk in enumerate(self.values["ids"])}
        return sorted(rows, key=lambda row: position[row[0]])
