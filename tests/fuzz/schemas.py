"""The three OpenAPI documents as schemathesis reads them, with ids that often exist, and the checks that are run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import hypothesis
import schemathesis
from hypothesis import Phase
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi import checks

from fluentcart.api.schema.document import generate
from fluentcart.storable import ID_MAX
from fluentcart.urls import MOUNTS
from fluentcart.wsgi import application

# What every answer is held to.
CHECKS: tuple[CheckFunction, ...] = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)
# Also, once an operation has answered well; and along the links from what creates to what reads and deletes.
AUTH_CHECK = checks.ignored_auth
STATEFUL_CHECKS: tuple[CheckFunction, ...] = (*CHECKS, checks.use_after_free, checks.ensure_resource_availability)

LEFT_OUT: Mapping[CheckFunction, str] = {
    checks.unsupported_method: "a wrong method is a 404 by WordPress's habit, not a 405 (decisions, wire)",
    checks.allow_header_conformance: "no Allow stands on such a 404; OPTIONS answers it as WordPress does",
    checks.negative_data_rejection: "text is coerced ('7' is 7), and unknown keys are ignored, as PHP has it",
    checks.positive_data_acceptance: "rules across fields and rows refuse what each field's schema allows",
    checks.missing_required_header: "no operation has a required header",
    checks.object_level_authorization: "one role sees every customer or none: tests/access knows who may what",
}  # fmt: skip

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))
ENDPOINTS = os.environ.get("FUZZ_ENDPOINTS", "").split()
# Tests try the same examples on every run; `make fuzz` others each time, from the seed that it prints.
IS_RANDOM = "FUZZ_EXAMPLES" in os.environ
SMALL_IDS = {"type": "integer", "minimum": 1, "maximum": 5}


def settings(examples: int = EXAMPLES, **more: Any) -> hypothesis.settings:
    """How hypothesis goes about it: no deadline and no health check, for other work shares the machine."""
    return hypothesis.settings(
        max_examples=examples,
        derandomize=not IS_RANDOM,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(Phase.explicit, Phase.generate),
        print_blob=False,
        **more,
    )


def with_ids_that_exist(schema: Any) -> Any:
    """A copy of the document in which an id is one of the demo's first as often as one of the whole range."""
    if isinstance(schema, list):
        return [with_ids_that_exist(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if schema.get("type") == "integer" and schema.get("maximum") == ID_MAX:
        return {"anyOf": [SMALL_IDS, dict(schema)]}
    if str(schema.get("pattern", "")).startswith("^cust_"):
        return {"anyOf": [{"type": "string", "enum": [f"cust_{number}" for number in range(1, 6)]}, dict(schema)]}
    return {key: with_ids_that_exist(item) for key, item in schema.items()}


@cache
def schema(dialect: str) -> BaseSchema:
    """A dialect's document, its calls bound to the application in this process."""
    load_all_checks()
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    found = schemathesis.openapi.from_dict(with_ids_that_exist(generate(MOUNTS[dialect])), config=config)
    found.app = application
    return found


@cache
def operations(dialect: str) -> dict[str, APIOperation]:
    """The operation by its label, such as GET /api/customers."""
    found = [result.ok() for result in schema(dialect).get_all_operations() if isinstance(result, Ok)]
    return {operation.label: operation for operation in found}


def chosen() -> Iterator[tuple[str, str]]:
    """(dialect, label) of every operation whose label has one of the words that ENDPOINTS names; of all without any."""
    for dialect in MOUNTS:
        for label in operations(dialect):
            if not ENDPOINTS or any(word in f"{dialect} {label}" for word in ENDPOINTS):
                yield dialect, label
