"""Every operation of every dialect with what schemathesis thinks of: valid, invalid, and odd."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation

from tests.fuzz.schemas import AUTH_CHECK, CHECKS, chosen, operations, settings
from tests.fuzz.shop import FuzzTest, undone


class OperationsTest(FuzzTest):
    """Each example meets the same shop: what it changes is undone."""

    def paths(self, operation: APIOperation) -> list[dict[str, Any]]:
        """Ids of rows that exist, for most examples; and any path at all."""
        names = [parameter.name for parameter in operation.path_parameters]
        known = [{"path_parameters": {name: row[name] for name in names}} for row in self.rows(operation.path)]
        return [*known, {}] if names else [{}]

    def run_operation(self, dialect: str, label: str) -> None:
        """As many examples as asked for; half of them break the schema on purpose."""
        operation = operations(dialect)[label]
        examples = [operation.as_strategy(mode, **path) for path in self.paths(operation) for mode in GenerationMode]
        unchecked = [AUTH_CHECK]

        @hypothesis.given(case=strategies.one_of(examples))
        @settings()
        def holds(case: Case) -> None:
            with undone():
                r = case.call(headers=self.headers)
                case.validate_response(r, checks=[*CHECKS, *unchecked], headers=self.headers)
            if r.status_code < 300:
                unchecked.clear()

        try:
            holds()
        except FailureGroup as failures:
            pytest.fail(str(failures), pytrace=False)


def running(dialect: str, label: str) -> Callable[[OperationsTest], None]:
    """The test method of one operation."""
    return lambda self: self.run_operation(dialect, label)


CHOSEN = list(chosen())
for each in CHOSEN:
    setattr(OperationsTest, "test_" + re.sub(r"\W+", "_", " ".join(each)).lower(), running(*each))


def test_every_operation_has_a_test_of_its_own():
    assert sum(name.startswith(("test_v", "test_b2b")) for name in dir(OperationsTest)) == len(CHOSEN) > 0
