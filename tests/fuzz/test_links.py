"""What is created, read, changed and deleted again along the schema's links, in an order that chance decides."""

from __future__ import annotations

from typing import Any

import pytest
from schemathesis.core.failures import FailureGroup

from fluentcart.urls import MOUNTS
from tests.fuzz.schemas import EXAMPLES, STATEFUL_CHECKS, schema, settings
from tests.fuzz.shop import FuzzTest, undone

STEPS = 8


class LinksTest(FuzzTest):
    """Every sequence begins with the same shop."""

    def run_links(self, dialect: str) -> None:
        """Sequences of calls, each with what an earlier one answered."""
        headers, operations = self.headers, schema(dialect).as_state_machine()

        class Sequence(operations):  # type: ignore[misc, valid-type]
            def setup(self) -> None:
                self.undoing = undone()
                self.undoing.__enter__()

            def teardown(self) -> None:
                self.undoing.__exit__(None, None, None)
                super().teardown()

            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"headers": headers}

            def validate_response(self, response: Any, case: Any, **options: Any) -> None:
                case.validate_response(response, checks=list(STATEFUL_CHECKS), headers=headers, recorder=self.recorder)

        try:
            Sequence.run(settings=settings(EXAMPLES, stateful_step_count=STEPS))
        except FailureGroup as failures:
            pytest.fail(str(failures), pytrace=False)

    def test_v2(self) -> None:
        """Customers, addresses and orders."""
        self.run_links("v2")

    def test_v1(self) -> None:
        """The same in the earlier spelling."""
        self.run_links("v1")

    def test_b2b(self) -> None:
        """Accounts and contacts."""
        self.run_links("b2b")


def test_every_dialect_has_a_test():
    assert all(hasattr(LinksTest, f"test_{dialect}") for dialect in MOUNTS)
