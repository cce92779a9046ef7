"""What a newcomer's machine meets first: pinned packages, make's own sentences, containers, documentation."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.readme import settings_table

ROOT = Path(__file__).resolve().parent.parent
PINNED = sorted((ROOT / "requirements").glob("*.txt"), key=lambda path: path.name)
SECRETS = {"POSTGRES_PASSWORD": "pw", "SECRET_KEY": "key", "ALLOWED_HOSTS": "shop.example.com"}
# What is set inside the container, and what is for compose itself: a host's variable of that name must not get in.
OF_THE_CONTAINER = {
    *("FLUENTCART_VAR", "FLUENTCART_COUNTERS", "STATIC_ROOT", "SECRET_KEY_FROM_FILE", "DEMO"),
    *("HOST", "PORT", "WORKERS", "PUBLISH", "POSTGRES_PASSWORD"),
}
# No image or CI job may build on what a workplace happens to have. Split, so that this line is not found.
MACHINE_PATHS = tuple("/" + folder + "/" for folder in ("work", "root", "home", "Users", "farm"))


def pins(path: Path) -> dict[str, str]:
    """Package name -> version of one compiled requirements file."""
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[a-z0-9,-]+\])?==([^ ;\\]+)", path.read_text(), re.MULTILINE))


def committed_files() -> list[Path]:
    """Every text file of the project, as git would commit it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def run_make(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """One call of make in the project's folder, with nothing inherited from a make around this test."""
    clean = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "PYTHON")}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=clean | env, check=False, capture_output=True, text=True)


# --- Requirements ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_a_hash(path: Path):
    logical_lines = path.read_text().replace("\\\n", " ").splitlines()
    requirements = [line for line in logical_lines if line.strip() and not line.strip().startswith("#")]

    assert requirements
    assert [line for line in requirements if "==" not in line or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_requirements_name_no_host_and_no_folder(path: Path):
    assert re.findall(r"^.*(?:://|--index-url|--find-links|--trusted-host).*$", path.read_text(), re.MULTILINE) == []


def test_npm_packages_are_pinned_with_a_hash_and_without_a_host():
    lock = json.loads((ROOT / "tests" / "wordpress" / "clients" / "package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]

    assert len(packages) > 3
    assert all(package["integrity"].startswith("sha512-") and package["version"] for package in packages)
    assert [package for package in packages if "resolved" in package] == []


def test_tests_run_with_the_versions_that_are_served():
    development = pins(ROOT / "requirements" / "dev.txt")
    served = pins(ROOT / "requirements" / "run.txt") | pins(ROOT / "requirements" / "stripe.txt")

    assert {name: development.get(name) for name in served} == served


def test_nothing_in_the_project_names_a_machines_folders():
    guilty = re.compile(rf"(?<![\w.~-])(?:{'|'.join(map(re.escape, MACHINE_PATHS))})".encode())

    assert [str(path.relative_to(ROOT)) for path in committed_files() if guilty.search(path.read_bytes())] == []


# --- make --------------------------------------------------------------------------------------------------


def test_help_lists_every_target_with_a_line():
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony

    shown = run_make().stdout

    assert [target for target in phony[1].split() if not re.search(rf"^  make {target} +\S", shown, re.MULTILINE)] == []


def test_a_python_without_venv_is_told_in_one_sentence(tmp_path: Path):
    bare = tmp_path / "python3.11"
    bare.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    bare.chmod(0o755)

    done = run_make(f"PYTHON={bare}", f"VENV={tmp_path / 'venv'}", "lint")

    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_old_python_is_told_in_one_sentence(tmp_path: Path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    done = run_make(f"PYTHON={old}", f"VENV={tmp_path / 'venv'}", "lint")

    assert done.returncode != 0
    assert "is not Python 3.11 or newer" in done.stderr


def test_packages_are_not_installed_again_while_the_pins_stay(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / "run.stamp").touch()

    fresh = run_make("--dry-run", f"VENV={tmp_path}", "run").stdout
    changed = run_make("--dry-run", "--what-if=requirements/run.txt", f"VENV={tmp_path}", "run").stdout

    assert "pip" not in fresh
    assert "--require-hashes -r requirements/run.txt" in changed


@pytest.mark.once
@pytest.mark.parametrize("bad", [None, "run.txt"])
def test_the_audit_asks_about_every_pinned_package_and_fails_when_one_is_vulnerable(tmp_path: Path, bad: str | None):
    program = tmp_path / "bin" / "pip-audit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\ncase "$*" in */{bad}) exit 1;; esac\n')
    program.chmod(0o755)
    (program.parent / "python").touch()
    (tmp_path / "stamp").touch()

    done = run_make("audit-dependencies", f"AUDIT={tmp_path}")

    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.rpartition("-r requirements/")[2] for line in asked] == [path.name for path in PINNED]
    assert all("--strict --require-hashes --disable-pip" in line for line in asked)
    assert (done.returncode == 0) is (bad is None)


# --- Containers --------------------------------------------------------------------------------------------


def compose_command() -> list[str] | None:
    """`docker compose` or `docker-compose`, whichever is here."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and subprocess.run([*plugin, "version"], check=False, capture_output=True).returncode == 0
    ):
        return plugin
    return None


def compose_config(**env: str) -> subprocess.CompletedProcess[str]:
    """What compose makes of the file with this environment."""
    command = compose_command()
    if command is None:
        pytest.skip("neither `docker compose` nor `docker-compose` is installed")
    clean = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [*command, "-f", "docker-compose.yml", "config"],
        cwd=ROOT,
        env=clean | env,
        check=False,
        capture_output=True,
        text=True,
    )


def test_compose_accepts_the_file_with_its_secrets():
    done = compose_config(**SECRETS)

    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert sorted(services) == ["db", "migrate", "redis", "web"]
    assert services["web"]["environment"]["DATABASE_URL"] == "postgres://fluentcart:pw@db:5432/fluentcart"


def test_compose_passes_on_every_variable_of_the_readme():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    for name in ("web", "migrate"):
        passed = set(services[name]["environment"])
        assert passed - {"WORKERS"} == set(settings_table()) - OF_THE_CONTAINER


def test_compose_passes_on_what_is_set_and_leaves_the_rest_to_the_settings():
    done = compose_config(**SECRETS, INVOICE_PREFIX="A-", FLUENTCART_RATE_LIST="7")

    environment = yaml.safe_load(done.stdout)["services"]["web"]["environment"]
    assert (environment["INVOICE_PREFIX"], environment["FLUENTCART_RATE_LIST"]) == ("A-", "7")
    assert environment["ORDER_MODE"] is None


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_compose_refuses_to_start_without_a_secret(missing: str):
    done = compose_config(**{name: value for name, value in SECRETS.items() if name != missing})

    assert done.returncode != 0
    assert missing in done.stderr or "set it to" in done.stderr


def test_the_service_waits_for_migrations_and_only_it_is_published():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    assert {name: waited["condition"] for name, waited in services["web"]["depends_on"].items()} == {
        "db": "service_healthy",
        "redis": "service_healthy",
        "migrate": "service_completed_successfully",
    }
    assert services["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert [name for name, service in services.items() if not (service.get("read_only") or "image" in service)] == []


def test_everything_the_image_copies_is_there_and_not_ignored():
    dockerfile = (ROOT / "Dockerfile").read_text()
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--)(.+)$", dockerfile, re.MULTILINE)]
    sources = [source for words in copied for source in words]

    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if not any(Path(source).match(pattern) for pattern in allowed)] == []


def test_the_image_has_every_app_that_the_settings_install(settings):
    dockerfile = (ROOT / "Dockerfile").read_text()
    ours = [app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()]

    assert ours
    assert [app for app in [*ours, "fluentcart"] if f"COPY {app} {app}\n" not in dockerfile] == []


# --- Documentation -----------------------------------------------------------------------------------------


def test_the_readmes_map_names_what_is_there():
    readme = (ROOT / "README.md").read_text()
    tree = readme.split("## Where things are", 1)[1].split("```")[1]
    names = re.findall(r"^([\w./-]+)", tree, re.MULTILINE)

    assert len(names) > 8
    assert [name for name in names if not (ROOT / name).exists()] == []
