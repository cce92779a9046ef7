"""What goes out, as tables of fields: declared once, compiled once, and read by the OpenAPI schema too.

A `Row` names the fields of one document's object and where each comes from. It asks the database for exactly
those columns and turns a tuple of them into a dict with one compiled function; model instances, serializers
and per-row attribute look-ups are what makes lists slow (PERFORMANCE, "Where a request's time goes").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django_countries.fields import Country

from fluentcart.compiled import Compiled, Found, Wanted, tuples_of_all
from fluentcart.compiled.plans import Tuples
from fluentcart.money import to_decimal

JsonSchema = dict[str, Any]


class Field:
    """One key of an answer.

    Args:
        schema: its OpenAPI schema.
        sources: ORM paths from the row's model (`customer__email`); the field's own name when none is given.
        make: called with the sources' values, gives the value that goes out; the value itself when not given.
        optional: only there when the client asks for it (`with[]=`).
        unit: of money, "minor" or "major"; "" for anything else.
        omissible: not there when the client asks to leave it out (`params[customer_only]`).
    """

    def __init__(
        self,
        schema: JsonSchema,
        *sources: str,
        make: Callable[..., Any] | None = None,
        nullable: bool = False,
        help: str = "",
        example: Any = None,
        optional: bool = False,
        unit: str = "",
        omissible: bool = False,
    ) -> None:
        self.schema = dict(schema)
        self.unit = unit
        self.sources = sources
        self.make = make
        self.optional = optional
        self.omissible = omissible
        if nullable:
            self.schema["type"] = [self.schema["type"], "null"]
        if help:
            self.schema["description"] = help
        if example is not None:
            self.schema["examples"] = [example]

    def bind(self, name: str) -> None:
        """A field without a source is the column of its own name."""
        self.sources = self.sources or (name,)


class Joined(Field):
    """An object made of columns of a related row that is joined in (`customer` of an order).

    Without a prefix the object is made of the row's own columns.
    """

    def __init__(self, row: type[Row], prefix: str = "", **options: Any) -> None:
        super().__init__({"$row": row}, **options)
        self.row = row
        self.prefix = f"{prefix}__" if prefix else ""

    def bind(self, name: str) -> None:
        """The related row's own columns, behind the prefix."""
        self.sources = tuple(f"{self.prefix}{column}" for column in self.row.columns)
        self.make = self.row.build


class Nested(Field):
    """Objects of another table that point back here: one more query for a whole list, whatever its length.

    Args:
        row: what each looks like.
        source: gives the queryset, sorted.
        link: the foreign key's path from there to here (`order_id`).
        one: the first object or null, instead of a list.
        most: how many at most when a single parent is shown.
    """

    def __init__(
        self,
        row: type[Row],
        source: Callable[[], QuerySet[Any]],
        link: str,
        *,
        one: bool = False,
        most: int | None = None,
        **options: Any,
    ) -> None:
        item: JsonSchema = {"$row": row}
        schema = {"oneOf": [item, {"type": "null"}]} if one else {"type": "array", "items": item}
        super().__init__(schema, **options)
        self.row, self.source, self.link, self.one, self.most = row, source, link, one, most

    def bind(self, name: str) -> None:
        """No column of the parent but its key."""
        self.sources = ()

    @cached_property
    def of_parents(self) -> Compiled[Any]:
        """The query for the objects of some parents."""
        return Compiled(lambda parents: self.source().filter(**{f"{self.link}__any": parents}))

    @cached_property
    def of_parent(self) -> Compiled[Any]:
        """The query for the objects of one parent, which PostgreSQL plans for a few rows and not for many."""
        return Compiled(lambda parent: self.source().filter(**{self.link: parent}))

    def wanted(self, parents: Sequence[Any], using: str) -> Wanted:
        """What is asked of the database for some parents."""
        if len(parents) == 1:
            found = self.of_parent(parent=parents[0]).on(using)
            found = found if self.most is None else found.window(self.most)
        else:
            found = self.of_parents(parents=list(parents)).on(using)
        return found, ("pk", self.link, *self.row.columns)

    def grouped(self, found: Tuples, using: str) -> dict[Any, list[dict[str, Any]]]:
        """Parent key -> its objects, of what was asked."""
        grouped: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for link, row in zip(*self.row.made(found, using), strict=True):
            grouped[link].append(row)
        return grouped


class Figure(Field):
    """What other tables say about each row, such as a sum: one query for a whole answer, however many rows it has.

    Args:
        read: keys of the rows -> what is known about each, by key; fields with the same reader share its query.
        sources: columns of the row that `make` needs as well.
        make: called with what was read about the row (None when nothing was) and the values of the sources.
    """

    def __init__(
        self,
        schema: JsonSchema,
        read: Callable[[Sequence[Any]], Mapping[Any, Any]],
        *sources: str,
        make: Callable[..., Any],
        **options: Any,
    ) -> None:
        super().__init__(schema, **options)
        self.read, self.figure_of = read, make
        self.sources = sources
        self.make = lambda *values: values  # until `Row.complete` has asked the reader

    def bind(self, name: str) -> None:
        """Only the sources that were named."""


class Derived(Field):
    """Made from another field of the same answer, after that one is complete (`selected_labels`)."""

    def __init__(self, schema: JsonSchema, other: str, make: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(schema, **options)
        self.other = other
        self.derive = make

    def bind(self, name: str) -> None:
        """No column."""
        self.sources = ()


def money(amount: str, currency: str, **options: Any) -> Field:
    """Money as a JSON number in major units with the currency's decimals, from a column in minor units."""
    return Field({"type": "number"}, amount, currency, make=to_decimal, unit="major", **options)


def integer(*sources: str, **options: Any) -> Field:
    """A whole number."""
    return Field({"type": "integer"}, *sources, **options)


def cents(*sources: str, **options: Any) -> Field:
    """Money in minor units of the currency that stands beside it."""
    options.setdefault("help", "In minor units of the currency (cents).")
    return Field({"type": "integer"}, *sources, unit="minor", **options)


def text(*sources: str, **options: Any) -> Field:
    """A text; "" when it was never given."""
    return Field({"type": "string"}, *sources, **options)


def word(words: Iterable[str], *sources: str, **options: Any) -> Field:
    """One of a few words."""
    return Field({"type": "string", "enum": list(words)}, *sources, **options)


def boolean(*sources: str, **options: Any) -> Field:
    """True or false."""
    return Field({"type": "boolean"}, *sources, **options)


def moment(*sources: str, **options: Any) -> Field:
    """A time in UTC, whole seconds, as `2024-01-01T10:00:00Z`."""
    return Field({"type": "string", "format": "date-time"}, *sources, **options)


def anything(*sources: str, **options: Any) -> Field:
    """An object whose keys the client chose."""
    return Field({"type": "object", "additionalProperties": True}, *sources, **options)


class Row:
    """The fields of one object of one document; see the module. Subclasses add to or replace fields."""

    fields: ClassVar[dict[str, Field]] = {}
    columns: ClassVar[tuple[str, ...]] = ()
    build: ClassVar[Callable[..., dict[str, Any]]]
    nested: ClassVar[dict[str, Nested]] = {}
    derived: ClassVar[dict[str, Derived]] = {}
    figures: ClassVar[dict[str, Figure]] = {}
    # The names that `with[]=` may ask for.
    optional: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        cls.fields = {**cls.fields, **own}
        for name, field in own.items():
            field.bind(name)
        cls.columns = tuple(dict.fromkeys(source for field in cls.fields.values() for source in field.sources))
        cls.build = staticmethod(compile_row(cls.fields, cls.columns))
        cls.nested = {name: field for name, field in cls.fields.items() if isinstance(field, Nested)}
        cls.derived = {name: field for name, field in cls.fields.items() if isinstance(field, Derived)}
        cls.figures = {name: field for name, field in cls.fields.items() if isinstance(field, Figure)}
        cls.optional = tuple(name for name, field in cls.fields.items() if field.optional)

    @classmethod
    def read(
        cls, source: Found[Any] | QuerySet[Any], *, first: str = "pk", **shape: Any
    ) -> tuple[list[Any], list[dict[str, Any]]]:
        """The rows of a query, and beside each the value of `first` (its key, or a link to a parent)."""
        columns = ("pk", first, *cls.columns)
        if isinstance(source, Found):
            return cls.made(source.tuples(*columns), source.using, **shape)
        return cls.made(list(source.values_list(*columns)), source.db, **shape)

    @classmethod
    def read_one(cls, source: Found[Any], key: Any, **shape: Any) -> dict[str, Any] | None:
        """The only row of a query, whose key is known; None when it is not there.

        Since it is known to whom they belong, nested objects are asked for in the same round trip.
        """
        nested = cls.nested_of(**shape)
        wanted = [(source, ("pk", "pk", *cls.columns))]
        wanted += [field.wanted([key], source.using) for field in nested.values()]
        own, *others = tuples_of_all(wanted)
        known = dict(zip(nested, others, strict=True))
        rows = cls.made(own, source.using, known=known, **shape)[1]
        return rows[0] if rows else None

    @classmethod
    def made(cls, found: Tuples, using: str, **shape: Any) -> tuple[list[Any], list[dict[str, Any]]]:
        """The rows of tuples of key, link and columns, and beside each its link."""
        build = cls.build
        rows = [build(*row[2:]) for row in found]
        cls.complete([row[0] for row in found], rows, using, **shape)
        return [row[1] for row in found], rows

    @classmethod
    def of(cls, instance: Any, **shape: Any) -> dict[str, Any]:
        """The row of what a service returned, a model instance or a dataclass; nested objects are read as always."""
        row = cls.build(*values_of(instance, cls.columns))
        cls.complete([getattr(instance, "pk", None)], [row], DEFAULT_DB_ALIAS, **shape)
        return row

    @classmethod
    def nested_of(
        cls, *, include: Collection[str] = (), exclude: Collection[str] = (), **shape: Any
    ) -> dict[str, Nested]:
        """The nested fields of an answer: all but the optional ones, which `include` names."""
        return {
            name: field
            for name, field in cls.nested.items()
            if name not in exclude and (not field.optional or name in include)
        }

    @classmethod
    def complete(
        cls,
        keys: Sequence[Any],
        rows: Sequence[dict[str, Any]],
        using: str,
        *,
        include: Collection[str] = (),
        exclude: Collection[str] = (),
        masked: Collection[str] = (),
        known: Mapping[str, Tuples] | None = None,
    ) -> None:
        """Add what comes from other tables: all nested fields but the optional ones, which `include` names.

        Of the texts that `masked` names only the end is told. `known` is what was asked for the nested fields already.
        """
        nested = cls.nested_of(include=include, exclude=exclude)
        if known is None:
            wanted = [field.wanted(keys, using) for field in nested.values()] if keys else []
            known = dict(zip(nested, tuples_of_all(wanted), strict=False))
        for name, field in nested.items():
            grouped = field.grouped(known[name], using) if keys else {}
            for key, row in zip(keys, rows, strict=True):
                objects = grouped.get(key, [])
                row[name] = (objects[0] if objects else None) if field.one else objects
        readers = {figure.read for figure in cls.figures.values()} if keys else ()
        figures = {read: read(keys) for read in readers}
        for name, figure in cls.figures.items():
            for key, row in zip(keys, rows, strict=True):
                row[name] = figure.figure_of(figures[figure.read].get(key), *row[name])
        for name in masked:
            for row in rows:
                row[name] = mask(row[name])
        for name, derived in cls.derived.items():
            if name in exclude or (derived.optional and name not in include):
                continue
            for row in rows:
                row[name] = derived.derive(row.get(derived.other))


def values_of(instance: Any, columns: Sequence[str]) -> Iterable[Any]:
    """What the columns of an instance hold."""
    return [value_of(instance, column) for column in columns]


def value_of(instance: Any, column: str) -> Any:
    """What a column of an instance holds; None behind a related row that is not there, as in a left join."""
    try:
        return plain(attrgetter(column.replace("__", "."))(instance))
    except ObjectDoesNotExist:
        return None


def mask(text: str | None) -> str | None:
    """A secret text, all but its last four characters starred: "98-7654321" -> "******4321"."""
    if not text:
        return text
    shown = text[-4:] if len(text) > 4 else ""
    return "*" * (len(text) - len(shown)) + shown


def plain(value: Any) -> Any:
    """A column's value as the database holds it."""
    return value.code or "" if isinstance(value, Country) else value


def compile_row(fields: dict[str, Field], columns: tuple[str, ...]) -> Callable[..., dict[str, Any]]:
    """One function of the columns' values that gives the dict, without a loop.

    Only names that this module made up (`c0`, `m1`) and the fields' own keys as literals go into the source.
    """
    position = {column: f"c{index}" for index, column in enumerate(columns)}
    makers: dict[str, Any] = {}
    parts = []
    for index, (name, field) in enumerate(fields.items()):
        if isinstance(field, Nested | Derived):
            continue
        values = ", ".join(position[source] for source in field.sources)
        if field.make is not None:
            makers[f"m{index}"] = field.make
            values = f"m{index}({values})"
        parts.append(f"{name!r}: {values}")
    source = f"lambda {', '.join(position.values())}: {{{', '.join(parts)}}}"
    built: Callable[..., dict[str, Any]] = eval(compile(source, "<row>", "eval"), makers)  # noqa: S307
    return built


def unpaged_limit() -> int:
    """How many rows a list without paging shows at most (decisions, "Lists without paging")."""
    return int(settings.UNPAGED_ROWS_MAX)
