"""The documents' facts, read from the tables beside this module, and what the examples cover of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.documents.example import Example, fields_of, query_fields

FOLDER = Path(__file__).parent
ANY = "any"
TYPED = ("body", "response", "error")


class Fact(NamedTuple):
    """One documented field: `operation` is "GET /orders" or "any", `where` e.g. "response", `kind` e.g. "integer".

    What stands in a path or a query is text and has no kind.
    """

    operation: str
    where: str
    kind: str
    field: str


def read_tables(name: str) -> dict[str, dict[str, Any]]:
    """Operation -> its table, of one document."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


def facts_of(tables: dict[str, dict[str, Any]]) -> Iterator[Fact]:
    """Every fact of a document that an example can show."""
    for operation, table in tables.items():
        for where in TYPED:
            for kind, fields in table.get(where, {}).items():
                yield from (Fact(operation, where, kind, field) for field in fields)
        for where in ("path", "query", "actions", "codes", "statuses"):
            yield from (Fact(operation, where, "", str(value)) for value in table.get(where, []))


def covered_by(examples: Iterable[Example]) -> Iterator[Fact]:
    """Every fact that examples show."""
    for example in examples:
        operation = f"{example.method} {example.path}"
        yield from (Fact(operation, "path", "", name) for name in re.findall(r"{(\w+)}", example.path))
        yield from (Fact(operation, "query", "", name) for name in query_fields(example.query))
        yield from (Fact(operation, "body", kind, name) for name, kind in fields_of(example.body))
        yield from covered_by_answer(operation, example)
        if example.body and "action" in example.body:
            yield Fact(operation, "actions", "", example.body["action"])


def covered_by_answer(operation: str, example: Example) -> Iterator[Fact]:
    """What the answer of one example shows; a refusal shows it for every operation too."""
    if example.status < 400:
        yield from (Fact(operation, "response", kind, name) for name, kind in fields_of(example.answer))
        return
    for name, kind in fields_of(example.answer):
        yield Fact(operation, "error", kind, name)
        yield Fact(ANY, "error", kind, name)
    yield Fact(ANY, "statuses", "", str(example.status))
    if "error" in example.answer:
        yield Fact(ANY, "codes", "", example.answer["error"]["code"])
