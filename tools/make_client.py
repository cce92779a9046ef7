"""Make a typed Python client from the OpenAPI document of a dialect: `make_client.py [--dialect v2] [FOLDER]`.

openapi-python-client does the work. FOLDER (var/client) becomes a package that pip installs; what was in it is gone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONFIG = Path(__file__).with_name("client.json")


IN_BRACKETS = re.compile(r"(\w+)\[(\w+)\]")


def read_document(dialect: str) -> Any:
    """A dialect's OpenAPI document, as `/openapi/<dialect>.json` answers it."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fluentcart.settings")
    import django

    django.setup()
    from fluentcart.api.schema.document import document
    from fluentcart.urls import MOUNTS

    return json.loads(document(MOUNTS[dialect]))


def with_dots(schema: Any) -> dict[str, str]:
    """Rename query parameters in place, `filters[status]` to `filters.status`; the new names and the old ones.

    The generator makes `filters_status` of a dot, and `filtersstatus` of brackets. `with_brackets` undoes it in what
    is sent.
    """
    renamed = {}
    operations = [each for path in schema["paths"].values() for each in path.values() if isinstance(each, dict)]
    for parameter in [found for operation in operations for found in operation.get("parameters", [])]:
        if parameter.get("in") == "query" and (found := IN_BRACKETS.fullmatch(parameter["name"])):
            name = f"{found[1]}.{found[2]}"
            renamed[name] = parameter["name"]
            parameter["name"] = name
    return renamed


def with_brackets(folder: Path, renamed: dict[str, str]) -> None:
    """Let the generated code send the names that the service knows."""
    for path in folder.rglob("*.py"):
        code = path.read_text()
        for name, known in renamed.items():
            code = code.replace(f'params["{name}"]', f'params["{known}"]')
        path.write_text(code)


def without_choices_of_required(schema: Any) -> Any:
    """A document without `anyOf` that only says "one of these keys is required".

    It adds no type, but the generator takes it for a union of anything and writes code that does not compile.
    The service still refuses a body that has none of the keys.
    """
    if isinstance(schema, list):
        return [without_choices_of_required(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    only_required = all(set(each) == {"required"} for each in schema.get("anyOf", [{}]))
    return {
        name: without_choices_of_required(each) for name, each in schema.items() if name != "anyOf" or not only_required
    }


def generate(document: Path, folder: Path) -> None:
    """Make the client; its code is tidied by the ruff of this environment.

    Raises:
        SystemExit: the generator failed; it has said why.
    """
    programs = Path(sys.executable).parent
    done = subprocess.run(  # noqa: S603 (our own environment's program)
        [
            *(str(programs / "openapi-python-client"), "generate", "--path", str(document), "--config", str(CONFIG)),
            *("--output-path", str(folder), "--meta", "setup", "--overwrite", "--fail-on-warning"),
        ],
        env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        check=False,
    )
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    """Read the arguments and make it."""
    parser = argparse.ArgumentParser(description="Make a typed Python client from the OpenAPI document.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "var" / "client")
    parser.add_argument("--dialect", choices=["v1", "v2", "b2b"], default="v2")
    chosen = parser.parse_args()
    chosen.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fluentcart-client-") as folder:
        document = Path(folder) / "openapi.json"
        schema = without_choices_of_required(read_document(chosen.dialect))
        renamed = with_dots(schema)
        document.write_text(json.dumps(schema))
        generate(document, chosen.folder.resolve())
    with_brackets(chosen.folder, renamed)
    sys.stdout.write(f"The client is in {chosen.folder}: 'pip install {chosen.folder}' installs it.\n")


if __name__ == "__main__":
    main()
