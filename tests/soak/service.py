"""A service that can be killed: several worker processes on a database that outlives them."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests

from tests.serving import ROOT, free_port, shop_environment, wait_until_ready
from tests.soak.books import Books
from tools.serve import server_command

V2 = "/wp-json/fluent-cart/v2"
WORKERS = 4
ANSWER_SECONDS = 60
LOGIN = "ada"


class Service:
    """The service as `make run` starts it, without the steps that come before the server.

    Args:
        env: what it is started with; `books` works on the same database.
        password: an application password of a super admin.
    """

    workers = WORKERS

    def __init__(self, env: dict[str, str], books: Books) -> None:
        self.env = env
        self.books = books
        self.url = f"http://127.0.0.1:{env['PORT']}"
        self.password = books.do("password", login=LOGIN)
        self.local = threading.local()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it is ready. It leads a session of its own, as under `make run`."""
        command = server_command("127.0.0.1", int(self.env["PORT"]), self.workers)
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, start_new_session=True)
        wait_until_ready(self.process, self.url)

    def beside(self) -> Service:
        """Another server of the same shop, with a worker and a port of its own; not started."""
        other = copy.copy(self)
        other.workers = 1
        other.env = self.env | {"PORT": str(free_port())}
        other.url = f"http://127.0.0.1:{other.env['PORT']}"
        other.local, other.process = threading.local(), None
        return other

    @property
    def is_up(self) -> bool:
        """Whether it was started and not ended since."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL to all its processes at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it in good order; whatever of it is left is killed."""
        if self.process is None or not self.is_up:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def session(self) -> requests.Session:
        """This thread's connections, kept open from call to call."""
        session: requests.Session | None = getattr(self.local, "session", None)
        if session is None:
            session = self.local.session = requests.Session()
            session.auth = (LOGIN, self.password)
        return session

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One call under v2.

        Raises:
            requests.ConnectionError: nobody answers, or the answer broke off.
        """
        address = f"{self.url}{V2}{path}"
        answer = self.session.request(method, address, json=body, headers=headers, timeout=ANSWER_SECONDS)
        return Answer(answer.status_code, answer.text, dict(answer.headers))

    def when_free(self, *call: Any) -> Answer:
        """The answer to a call with a key, once the first one with it has ended.

        A database takes a moment to notice that a killed server, which held the key, has gone.
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        while (answer := self.call(*call)).status == 409:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.05)
        return answer

    def together(self, *calls: tuple[Any, ...]) -> list[Answer]:
        """Several calls at one moment; the answers in the order of the calls."""
        return at_once([partial(self.call, *call) for call in calls])


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def body(self) -> Any:
        """Its JSON."""
        return json.loads(self.text)

    @property
    def data(self) -> Any:
        """What the envelope holds."""
        return self.body["data"]

    @property
    def is_replayed(self) -> bool:
        """Whether it is the stored answer to an earlier request with the same key."""
        return self.headers.get("idempotent-replayed") == "true"


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """What several functions return that begin at one moment, in threads; the first error of any is raised."""
    barrier = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)
    errors: list[BaseException] = []

    def work(index: int) -> None:
        try:
            barrier.wait()
            results[index] = jobs[index]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


@contextmanager
def service(folder: Path, database_url: str, **settings: str) -> Iterator[Service]:
    """An empty shop that is served, until the test ends."""
    folder.mkdir(parents=True, exist_ok=True)
    defaults = {"SECRET_KEY_FROM_FILE": "on", "FLUENTCART_RATE_LIMIT": "off"}
    env = shop_environment(folder, **defaults | settings | {"DATABASE_URL": database_url})
    env["DJANGO_SETTINGS_MODULE"] = "fluentcart.settings"
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
    with Books(env) as books:
        served = Service(env, books)
        served.start()
        try:
            yield served
        finally:
            served.stop()
