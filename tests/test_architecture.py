"""The import rule of docs/architecture.md: a line may import itself and what stands left of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# From left to right. The longest prefix of a module's name says where it stands.
ORDER = [
    (
        "fluentcart.errors",
        "fluentcart.money",
        "fluentcart.counters",
        "fluentcart.scrubbing",
        "fluentcart.logs",
        "fluentcart.statements",
        "fluentcart.postgres",
        "fluentcart.environment",
        "fluentcart.metrics",
        "fluentcart.storable",
        "fluentcart.replica",
        "fluentcart.spreadsheets",
        "fluentcart.compiled",
        "fluentcart.sqlite",
        "fluentcart.kept",
        "fluentcart.bodies",
        "fluentcart.connections",
        "fluentcart.slowness",
        "fluentcart.browsers",
        "fluentcart.hosts",
        "fluentcart.deadlocks",
        "fluentcart.bulk",
        "fluentcart.backup",
        "fluentcart.commands",
        "fluentcart.admin",
    ),
    ("fluentcart.history",),
    ("accounts",),
    ("customers",),
    ("orders",),
    ("fluentcart.api",),
    # The admin is a second edge: a customer's page shows orders, as a customer's route does.
    (
        "fluentcart.history.api",
        "fluentcart.history.admin",
        "accounts.api",
        "customers.api",
        "orders.api",
        "accounts.admin",
        "customers.admin",
        "orders.admin",
    ),
    (
        "fluentcart.urls",
        "fluentcart.pages",
        "fluentcart.health",
        "fluentcart.metrics_server",
        "fluentcart.watch",
        "fluentcart.replica.writers",
        "fluentcart.guide",
        "fluentcart.wsgi",
        "fluentcart.settings",
    ),
]
RANK = {prefix: rank for rank, prefixes in enumerate(ORDER) for prefix in prefixes}
DIALECTS = ("v1", "v2", "b2b")


def rank_of(module: str) -> int | None:
    """Where a module stands; None for what is not ours."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (rank := RANK.get(".".join(parts[:length]))) is not None:
            return rank
    return None


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the product."""
    for package in ("fluentcart", "accounts", "customers", "orders"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield name.removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    """What a module imports, by full name, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_module_imports_only_what_stands_left_of_it(name, path):
    own = rank_of(name)
    assert own is not None or name == "fluentcart", f"{name} has no place in the import order"

    wrong = {
        other for other in imports(path) if (rank := rank_of(other)) is not None and own is not None and rank > own
    }

    assert wrong == set()


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_dialect_imports_no_other_dialect(name, path):
    own = next((part for part in name.split(".") if part in DIALECTS), None)
    if own is None or name.split(".")[1] != "api":
        return

    others = {other for other in imports(path) for part in other.split(".") if part in DIALECTS and part != own}

    assert others == set()


@pytest.mark.parametrize(
    ("name", "path"),
    [pair for pair in modules() if ".services" in pair[0] or ".models" in pair[0]],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rules_know_nothing_of_http(name, path):
    assert {other for other in imports(path) if other.split(".")[0] == "rest_framework"} == set()
