"""The typed Python client of `make client`: made from the schema, checked strictly, and used as the guide says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fluentcart import guide
from tests.serving import ROOT, serving, shop_environment
from tools.make_client import with_dots, without_choices_of_required

MAKE_SECONDS = 120


def run(*arguments: str, cwd: Path, env: dict[str, str]) -> str:
    """What a program prints; it has to end well."""
    done = subprocess.run(
        arguments, cwd=cwd, env=env, check=False, capture_output=True, text=True, timeout=MAKE_SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.once
@pytest.mark.slow
def test_the_client_is_made_and_typed_and_works_as_the_guide_says(tmp_path: Path):
    package, script = tmp_path / "client", tmp_path / "example.py"
    run(sys.executable, "tools/make_client.py", str(package), cwd=ROOT, env=shop_environment(tmp_path / "shop"))
    (example,) = (block for block in guide.blocks("versions", "") if block.needs == "fluentcart_client")
    script.write_text(example.code)

    checked = os.environ | {"MYPYPATH": str(package)}
    run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "mypy"), "example.py",
        cwd=tmp_path, env=checked)  # fmt: skip
    with serving(tmp_path / "shop", WORKERS="1") as served:
        called = {"SHOP": served.url, "LOGIN": "ada", "PASSWORD": served.create_user("ada"), "PYTHONPATH": str(package)}
        printed = run(sys.executable, str(script), cwd=tmp_path, env=os.environ | called).splitlines()

    assert printed[0].startswith("of 970 ['")
    assert printed[1:] == [
        "Liskov 0 minor units",
        "Validation failed {'email': ['Enter a valid email address.']}",
        "customer_not_found",
    ]


def test_only_choices_that_say_no_type_are_left_out():
    typed = {"anyOf": [{"type": "string"}, {"required": ["a"]}]}

    assert without_choices_of_required({"a": [{"anyOf": [{"required": ["a"]}], "type": "object"}], "b": typed}) == {
        "a": [{"type": "object"}],
        "b": typed,
    }


def test_query_names_are_renamed_that_would_lose_their_brackets():
    names = ["filters[status]", "with[]", "search"]
    parameters = [{"in": "query", "name": name} for name in names] + [{"in": "header", "name": "a[b]"}]
    schema = {"paths": {"/orders": {"summary": "Orders", "get": {"parameters": parameters}}}}

    assert with_dots(schema) == {"filters.status": "filters[status]"}
    assert [parameter["name"] for parameter in parameters] == ["filters.status", "with[]", "search", "a[b]"]
