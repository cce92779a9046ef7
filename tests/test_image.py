"""The image: what the Dockerfile copies is enough, nothing is written beside it, and it runs as a user of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def copied() -> list[tuple[list[str], str]]:
    """What the last stage copies from the project: sources and where they go, as the Dockerfile writes them."""
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    lines = [line.split() for line in re.findall(r"^COPY (?!--)(.+)$", last, re.MULTILINE)]
    return [(words[:-1], words[-1]) for words in lines]


def lay_out(app: Path) -> None:
    """The image's folder of the application."""
    for sources, goal in copied():
        for source in sources:
            path = ROOT / source
            if path.is_dir():
                shutil.copytree(path, app / goal, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                target = app / goal / path.name if goal.endswith("/") else app / goal
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)


@pytest.mark.once
@pytest.mark.slow
def test_what_the_image_copies_suffices_and_stays_as_it_is(tmp_path):
    app, var = tmp_path / "app", tmp_path / "var"
    lay_out(app)
    before = {path.relative_to(app) for path in app.rglob("*")}
    env = {"PATH": os.environ["PATH"], "FLUENTCART_VAR": str(var), "PYTHONDONTWRITEBYTECODE": "1"}
    serve = (
        "import fluentcart.wsgi; from django.test import Client; "
        "print(Client().get('/healthz', HTTP_HOST='localhost').status_code)"
    )

    for arguments in (["manage.py", "migrate", "--verbosity=0"], ["tools/drain.py", sys.executable, "-c", serve]):
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=app, env=env, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    assert done.stdout.strip() == "200"
    assert {path.relative_to(app) for path in app.rglob("*")} == before
    assert (var / "shop.sqlite3").exists()


def test_the_image_runs_as_a_user_of_its_own_from_pinned_packages():
    last = DOCKERFILE.rpartition("\nFROM ")[2]

    assert re.search(r"^RUN useradd --system --uid 10001 .* fluentcart$", last, re.MULTILINE)
    assert re.search(r"^USER fluentcart\n(?:(?!USER|RUN|COPY).*\n?)*\Z", last, re.MULTILINE)
    assert all("--require-hashes -r" in line for line in DOCKERFILE.splitlines() if "pip install" in line)


@pytest.mark.parametrize("name", ["web", "migrate"])
def test_the_container_may_write_to_memory_only_and_gain_nothing(name: str):
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][name]

    assert service["read_only"] is True
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp", "/var/lib/fluentcart"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "volumes" not in service
