"""The image: what the Dockerfile copies and installs is enough, nothing is written beside it, and by whom it runs.

There is no container engine in the tests. The Dockerfile's steps are carried out in a folder, and its command is run
with that folder as a root that is read-only, by the image's user, without capabilities. Where making mounts is not
allowed, it is run as whoever runs the tests, and only what it wrote is looked at.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import yaml

from tests.serving import ROOT, free_port, wait_until_ready

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LAST = DOCKERFILE.rpartition("\nFROM ")[2]
USER_ID = "10001"
STATE = "/var/lib/fluentcart"
KEY = "0123456789abcdef" * 4
# A root that holds the machine's programs, the application and the packages, all read-only, and two writable folders.
NEW_ROOT = """
root=$1 app=$2 venv=$3 state=$4 tmp=$5 python=$6; shift 6
mount -t tmpfs none "$root"
for folder in /usr /bin /lib /lib64 /etc /dev /proc "$python"; do
    if [ -L "$folder" ]; then cp -P "$folder" "$root$folder"
    elif [ -d "$folder" ]; then mkdir -p "$root$folder" && mount --rbind "$folder" "$root$folder"; fi
done
for pair in "$app:/app" "$venv:/opt/venv" "$state:/var/lib/fluentcart" "$tmp:/tmp"; do
    mkdir -p "$root${pair#*:}" && mount --bind "${pair%%:*}" "$root${pair#*:}"
done
for folder in /app /opt/venv /; do mount -o remount,bind,ro "$root$folder"; done
exec chroot "$root" "$@"
"""


def copied() -> list[tuple[list[str], str]]:
    """What the last stage copies from the project: sources and where they go, as the Dockerfile writes them."""
    lines = [line.split() for line in re.findall(r"^COPY (?!--)(.+)$", LAST, re.MULTILINE)]
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


def install(venv: Path) -> None:
    """The packages of the committed requirements, and no others, by the Dockerfile's own options."""
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    options = re.search(r"/opt/venv/bin/pip (install .*? -r) /requirements/run.txt", DOCKERFILE)
    assert options
    command = [str(venv / "bin" / "python"), "-m", "pip", "-qq", *options[1].replace("--no-cache-dir ", "").split()]
    subprocess.run([*command, str(ROOT / "requirements" / "run.txt")], check=True)


def environment(**variables: str) -> dict[str, str]:
    """The image's environment, with these variables."""
    block = re.search(r"^ENV ((?:.*\\\n)*.*)$", LAST, re.MULTILINE)
    assert block
    return dict(re.findall(r"(\w+)=(\S+)", block[1].replace("$PATH", "/usr/bin:/bin"))) | variables


def command_of(instruction: str) -> list[str]:
    """The words of CMD or HEALTHCHECK."""
    found = re.search(rf"^{instruction}.*?(\[.*\])$", LAST, re.MULTILINE)
    assert found
    return [str(word) for word in json.loads(found[1])]


def can_have_a_root_of_its_own() -> bool:
    """Whether this user may make mounts, as root may in CI."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv", "chroot"))):
        return False
    tried = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/tmp"]
    return subprocess.run(tried, check=False, capture_output=True).returncode == 0


def in_folder(folder: Path, command: list[str], env: dict[str, str]) -> list[str]:
    """A command line that runs a command in a folder, with this environment and no other."""
    variables = [f"{name}={value}" for name, value in env.items()]
    return ["env", "-i", *variables, "sh", "-c", f"cd {shlex.quote(str(folder))} && exec {shlex.join(command)}"]


@dataclass(frozen=True)
class Image:
    """A built one: where its folders really are, and whether it has a root of its own."""

    folder: Path
    is_apart: bool

    @property
    def writable(self) -> tuple[Path, Path]:
        """What is memory in the container: the state, and the folder for temporary files."""
        return self.folder / "state", self.folder / "tmp"

    def within(self, command: list[str], env: dict[str, str]) -> list[str]:
        """A command line that runs a command of the image as the container does."""
        if not self.is_apart:
            here = {"PATH": f"{self.folder}/venv/bin:/usr/bin:/bin", "FLUENTCART_VAR": f"{self.folder}/state"}
            return in_folder(self.folder / "app", command, env | here)
        set_up = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", NEW_ROOT, "sh"]
        folders = [str(self.folder / name) for name in ("root", "app", "venv", "state", "tmp")]
        user = f"setpriv --reuid={USER_ID} --regid={USER_ID} --clear-groups --no-new-privs --inh-caps=-all"
        inside = in_folder(Path("/app"), command, env)
        return [*set_up, *folders, sys.base_prefix, *user.split(), "--bounding-set=-all", *inside]

    def run(self, *command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run one to its end."""
        return subprocess.run(
            self.within(list(command), env), check=False, capture_output=True, text=True, timeout=120, cwd="/"
        )

    @contextmanager
    def serving(self, env: dict[str, str]) -> Iterator[str]:
        """The image's command, until it is told to end; its address."""
        url = f"http://127.0.0.1:{env['PORT']}"
        server = subprocess.Popen(self.within(command_of("CMD"), env), cwd="/")
        try:
            wait_until_ready(server, url)
            yield url
        finally:
            server.terminate()
            assert server.wait(timeout=60) == 0

    def files(self) -> dict[str, tuple[int, int]]:
        """Everything in the folders that may not change: size and time of the last change."""
        found = [path for name in ("app", "venv") for path in (self.folder / name).rglob("*")]
        return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in found}


def build(folder: Path) -> Image:
    """Carry out the Dockerfile's steps."""
    built = Image(folder, can_have_a_root_of_its_own())
    lay_out(folder / "app")
    install(folder / "venv")
    subprocess.run([folder / "venv/bin/python", "-m", "compileall", "-q", "."], cwd=folder / "app", check=True)
    (folder / "root").mkdir()
    for writable in built.writable:
        writable.mkdir()
        if built.is_apart:
            os.chown(writable, int(USER_ID), int(USER_ID))
    return built


@pytest.mark.once
@pytest.mark.slow
def test_the_image_serves_from_a_read_only_root_as_a_user_without_any_right(tmp_path: Path):
    """One test: building takes half a minute."""
    image = build(tmp_path)
    env = environment(SECRET_KEY=KEY, ALLOWED_HOSTS="127.0.0.1", HOST="127.0.0.1", PORT=str(free_port()))
    before = image.files()

    if image.is_apart:
        prove_that_nothing_is_allowed(image)
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    migrated = image.run(*compose["migrate"]["command"], env=env)
    assert migrated.returncode == 0, migrated.stderr
    user = ["ada", "--email", "ada@example.com", "--role", "super_admin", "--application-password", "tests"]
    password = image.run("python", "manage.py", "create_user", *user, env=env).stdout.strip()
    with image.serving(env) as url:
        person = {"email": "grace@example.com", "full_name": "Grace Hopper"}
        base = f"{url}/wp-json/fluent-cart/v2"
        created = requests.post(f"{base}/customers", json=person, auth=("ada", password), timeout=30)
        pages = [
            requests.get(url + path, timeout=30).status_code for path in ("/wp-json/", "/docs/", "/openapi/v2.json")
        ]
        healthy = image.run(*command_of("HEALTHCHECK"), env=env)

    assert (created.status_code, pages, healthy.returncode) == (201, [200, 200, 200], 0)
    state, tmp = image.writable
    assert {path.name.split("-")[0] for path in state.iterdir()} <= {"shop.sqlite3", "counters.lmdb"}
    assert list(tmp.iterdir()) == []
    assert image.files() == before


def prove_that_nothing_is_allowed(image: Image) -> None:
    """It may write where the container has memory and nowhere else, and has no capability."""
    for path in (STATE, "/tmp"):
        assert image.run("sh", "-c", f"touch {path}/x && rm {path}/x", env=environment()).returncode == 0
    for path in ("/app", "/opt/venv", ""):
        assert "Read-only file system" in image.run("touch", f"{path}/x", env=environment()).stderr
    status = image.run("cat", "/proc/self/status", env=environment()).stdout
    assert re.search(rf"^Uid:\t{USER_ID}\t", status, re.MULTILINE)
    assert [
        name for name in ("CapPrm", "CapEff", "CapBnd") if not re.search(rf"^{name}:\t0+$", status, re.MULTILINE)
    ] == []
    assert "NoNewPrivs:\t1" in status


def test_the_image_runs_as_a_user_of_its_own_from_pinned_packages():
    assert re.search(rf"^RUN useradd --system --uid {USER_ID} --home-dir {STATE} .* fluentcart$", LAST, re.MULTILINE)
    assert re.search(r"^USER fluentcart\n(?:(?!USER|RUN|COPY).*\n?)*\Z", LAST, re.MULTILINE)
    assert environment()["FLUENTCART_VAR"] == STATE
    assert all("--require-hashes -r" in line for line in DOCKERFILE.splitlines() if "pip install" in line)


@pytest.mark.parametrize("name", ["web", "migrate"])
def test_the_container_may_write_to_memory_only_and_gain_nothing(name: str):
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][name]

    assert service["read_only"] is True
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp", STATE]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "volumes" not in service
