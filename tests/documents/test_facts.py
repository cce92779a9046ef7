"""Every fact of the documents is shown by an example, or proved by a table and by a test that stands elsewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import resolve

from fluentcart.api.dialects import STATUSES
from fluentcart.settings import RATES
from tests.documents import b2b, customers_v1, customers_v2, orders
from tests.documents.facts import ANY, Fact, covered_by, facts_of, read_tables
from tests.documents.served import B2B, V1, V2

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = {
    "customers_v1": customers_v1.EXAMPLES,
    "customers_v2": customers_v2.EXAMPLES,
    "orders": orders.EXAMPLES,
    "b2b": b2b.EXAMPLES,
}
BASES = {"customers_v1": (V1,), "customers_v2": (V2,), "orders": (V1, V2), "b2b": (B2B,)}
TABLES = {name: read_tables(name) for name in DOCUMENTS}
OPERATIONS = [
    pytest.param(base, operation, table, id=f"{base} {operation}")
    for name, tables in TABLES.items()
    for base in BASES[name]
    for operation, table in tables.items()
    if operation != ANY
]
# No operation of the documents takes a payment through a gateway, so nothing can answer this yet.
UNREACHED = {Fact(ANY, "codes", "", "payment_failed")}
# What examples cannot show: who else is refused, and what happens at the hundred and first request.
ELSEWHERE = {
    "tests/test_policies.py": {
        "test_nobody_is_let_in",
        "test_everybody_else_is_refused_without_a_word_about_the_record",
        "test_a_holder_of_any_one_capability_gets_past_the_policy",
    },
    "tests/test_throttling.py": {
        "test_the_documented_rates_are_the_default",
        "test_one_request_too_many_is_refused_and_told_when_to_come_back",
        "test_every_counted_answer_tells_the_budget",
    },
}


def viewset_and_action(base: str, operation: str) -> tuple[Any, str]:
    """What answers an operation under a base path."""
    method, path = operation.split(" ")
    filled = re.sub(r"{\w+}", "1", path)
    found = resolve(base + filled)
    return found.func.cls, found.func.actions[method.lower()]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_documented_field_is_shown_by_an_example_with_its_kind(name):
    missing = set(facts_of(TABLES[name])) - set(covered_by(DOCUMENTS[name])) - UNREACHED

    assert sorted(missing) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_example_calls_an_operation_that_is_not_documented(name):
    called = {f"{example.method} {example.path}" for example in DOCUMENTS[name]}

    assert called == set(TABLES[name]) - {ANY}


@pytest.mark.parametrize(
    ("name", "operations", "fields"),
    [("customers_v1", 16, 231), ("customers_v2", 17, 278), ("orders", 13, 228), ("b2b", 10, 244)],
)
def test_the_tables_are_whole(name, operations, fields):
    assert len(TABLES[name]) - 1 == operations
    assert len(set(facts_of(TABLES[name]))) == fields


def test_what_no_example_shows_is_missed():
    table = read_tables("orders")
    without_shipping = [example for example in orders.EXAMPLES if not example.path.endswith("shipping_methods")]

    missing = set(facts_of(table)) - set(covered_by(without_shipping)) - UNREACHED

    assert {fact.operation for fact in missing} == {"GET /orders/shipping_methods"}
    assert Fact("GET /orders/shipping_methods", "response", "string", "data.shipping_methods[].description") in missing


@pytest.mark.parametrize(("base", "operation", "table"), OPERATIONS)
def test_the_documented_permission_opens_the_operation(base, operation, table):
    viewset, action = viewset_and_action(base, operation)
    (policy,) = viewset.permission_classes

    assert set(table["access"]) <= set(policy.any_of[action])


@pytest.mark.parametrize(("name", "base"), [(name, base) for name in DOCUMENTS for base in BASES[name]])
def test_the_documented_rates_are_set_and_each_class_is_in_use(name, base):
    rates = TABLES[name][ANY]["rates"]
    classes = {viewset_and_action(base, operation)[0] for operation in TABLES[name] if operation != ANY}
    (viewset,) = classes

    assert {kind: f"{limit}/h" for kind, limit in rates.items()} == RATES
    assert set(viewset.rate_classes.values()) == set(rates)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_documented_code_has_a_status(name):
    plain = {"invalid_email", "email_already_exists", "validation_error", "invalid_user"}  # 400, as everything unlisted
    plain |= {"invalid_customer", "invalid_product", "refund_failed"}

    assert set(TABLES[name][ANY]["codes"]) <= STATUSES.keys() | plain


@pytest.mark.parametrize("path", ELSEWHERE)
def test_the_tests_that_prove_the_rest_are_there(path):
    functions = {node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)}

    assert functions >= ELSEWHERE[path]
