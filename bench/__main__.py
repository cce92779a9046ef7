"""`make bench`: load a shop, drive the service and the floor in turns, print what was measured. See README.md."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from bench import clusters, report
from bench.checking import compare
from bench.driving import Round, drive, find_wrk, median, write_requests
from bench.endpoints import LITE_FLOOR, Endpoint, chosen
from bench.facts import Facts
from bench.judging import LITE, short_of_goals
from bench.observing import Observer
from bench.rows import Rows
from bench.servers import SECRET, Server, basic, environment, running
from bench.shop import ROOT

SIZES = {"10k": (10_000, 100_000), "100k": (100_000, 1_000_000), "1m": (1_000_000, 10_000_000)}
CHECKED = 5
WARM_SECONDS = 1
EXPORT_LINKS = 20
FLOOR = "bench.floor.wsgi:application"


@dataclass
class Bench:
    """Everything that runs, and what is done with it.

    Args:
        plans: endpoint -> the statements that the service sends, with their plans.
        wrong: in what a floor answers otherwise than the service.
        short: where SQLite falls short of its goals.
        servers: in the order of the turns; the first one is the service on PostgreSQL.
        rows: server name -> its database's rows.
    """

    folder: Path
    facts: Mapping[str, Facts]
    servers: Sequence[Server]
    rows: Mapping[str, Rows]
    observer: Observer
    rounds: int
    seconds: float
    plans: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def measure(self, endpoint: Endpoint) -> str:
        """Check, count and drive one endpoint; its line of the report."""
        servers = [server for server in self.servers if endpoint.is_answered_by(server.name)]
        self.check(endpoint)
        statements = {server.name: self.statements(endpoint, server) for server in servers}
        for server in servers:
            write_requests(endpoint.requests(self.facts[server.name]), self.requests_of(server))
        measured: dict[str, list[Round]] = {server.name: [] for server in servers}
        for number in range(-1, self.rounds):
            for server in servers:
                self.observer.wait_until_idle()
                self.rows[server.name].run(endpoint.prepare)
                seconds = self.seconds if number >= 0 else WARM_SECONDS
                done = drive(server, self.requests_of(server), seconds=seconds, start=number * 331)
                if number >= 0:
                    measured[server.name].append(done)
        self.observer.wait_until_idle()
        if endpoint.writes:
            for server in servers:
                self.rows[server.name].remove_new(self.facts[server.name])
        medians = {name: median(found) for name, found in measured.items()}
        self.short += short_of_goals(endpoint.name, medians, writes=endpoint.writes)
        return report.line(endpoint.name, medians, statements)

    def statements(self, endpoint: Endpoint, server: Server) -> float | None:
        """How many statements a request takes: as PostgreSQL counts them, else those that the service sends."""
        if server.name in (LITE, LITE_FLOOR):
            return None
        if self.observer.can_count:
            self.rows[server.name].run(endpoint.prepare)
            return self.observer.per_request(server, endpoint.requests(self.facts[server.name]))
        return len(self.plans[endpoint.name]) if server.name == "service" else None

    def requests_of(self, server: Server) -> Path:
        """The file that wrk reads."""
        return self.folder / f"{server.name}.requests"

    def check(self, endpoint: Endpoint) -> None:
        """Compare the floor's answers with the service's, when both run."""
        by_name = {server.name: server for server in self.servers if endpoint.is_answered_by(server.name)}
        for name, floor in (("service", "floor"), (LITE, LITE_FLOOR)):
            if {name, floor} <= by_name.keys():
                requests = endpoint.requests(self.facts[name])[:CHECKED]
                reset = partial(self.rows[name].run, endpoint.prepare)
                if found := compare(by_name[name], by_name[floor], endpoint, requests, reset):
                    self.wrong.append(f"{endpoint.name}: {found}")
                    print(f"!! The floor answers otherwise: {self.wrong[-1]}")


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measures the service beside a floor.")
    parser.add_argument("--quick", action="store_true", help="10k, five rounds of a second")
    parser.add_argument("--size", choices=SIZES, help="customers; ten orders each (default 100k, quick: 10k)")
    parser.add_argument("--endpoints", default="", help="only those whose name has one of these words")
    parser.add_argument("--db", choices=("postgres", "sqlite"), default="postgres", help="sqlite: the service on both")
    parser.add_argument("--rounds", type=int, help="default 3, quick: 5")
    parser.add_argument("--seconds", type=int, help="of a round (default 5, quick: 1)")
    parser.add_argument("--bin-dir", type=Path, help="programs of an installed PostgreSQL; default: the wheel's")
    arguments = parser.parse_args()
    arguments.size = arguments.size or ("10k" if arguments.quick else "100k")
    arguments.rounds = arguments.rounds or (5 if arguments.quick else 3)
    arguments.seconds = arguments.seconds or (1 if arguments.quick else 5)
    return arguments


def run_module(module: str, *arguments: str, env: Mapping[str, str]) -> bytes:
    """A module of the bench that needs Django's settings, in a process of its own; its output."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def prepare(folder: Path, size: str, env: Mapping[str, str]) -> Facts:
    """The database of an environment, loaded; what is in it."""
    customers, orders = SIZES[size]
    run_module("bench.shop", str(folder), f"--customers={customers}", f"--orders={orders}", env=env)
    return Facts.read(folder / "facts.json")


def make_export_links(service: Server, facts: Facts) -> None:
    """Ask the service for links to CSV files of a hundred orders each."""
    for number in range(EXPORT_LINKS):
        body = {"action": "export", "order_ids": facts.order_ids[number * 40 : number * 40 + 100]}
        _, answer = service.ask("POST", "/wp-json/fluent-cart/v2/orders/do-bulk-action", orjson.dumps(body).decode())
        url = orjson.loads(answer)["data"]["export"]["url"]
        facts.export_paths.append("/" + url.split("/", 3)[3])


@contextmanager
def everything(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[Bench, Mapping[str, str]]]:
    """PostgreSQL, the service, and beside it the floor, or both on SQLite; all ended afterwards."""
    with ExitStack() as stack:
        url = stack.enter_context(clusters.postgres(folder, arguments.bin_dir))
        where = folder / ("url" if "DATABASE_URL" in os.environ else "debian" if arguments.bin_dir else "wheel")
        where.mkdir(parents=True, exist_ok=True)
        env = environment(folder / "var", DATABASE_URL=url)
        facts = prepare(where, arguments.size, env)
        header, database = basic(facts.login, facts.password), clusters.postmaster(url)
        service = stack.enter_context(running("service", env=env, header=header, database=database))
        make_export_links(service, facts)
        facts.write(where / "facts.json")
        all_facts, rows = {"service": facts}, {"service": Rows(url)}
        servers: tuple[Server, ...]
        if arguments.db == "sqlite":
            lite = folder / "sqlite"
            lite_env = environment(lite)
            lite_facts = prepare(lite, arguments.size, lite_env)
            header = basic(lite_facts.login, lite_facts.password)
            other = stack.enter_context(running(LITE, env=lite_env, header=header))
            make_export_links(other, lite_facts)
            place = {"DATABASE_URL": f"sqlite:///{lite / 'shop.sqlite3'}", "SECRET_KEY": SECRET}
            floor_env = lite_env | place | {"FLOOR_COUNTRIES": str(lite / "countries.json")}
            servers = (
                service,
                other,
                stack.enter_context(running(LITE_FLOOR, env=floor_env, header=header, application=FLOOR)),
            )
            all_facts |= dict.fromkeys((LITE, LITE_FLOOR), lite_facts)
            rows |= dict.fromkeys((LITE, LITE_FLOOR), Rows(lite / "shop.sqlite3"))
        else:
            floor_env = env | {"SECRET_KEY": SECRET, "FLOOR_COUNTRIES": str(where / "countries.json")}
            floor = running("floor", env=floor_env, header=header, application=FLOOR, database=database)
            servers = (service, stack.enter_context(floor))
            all_facts["floor"], rows["floor"] = facts, rows["service"]
        print(f"{clusters.version(url)}; {facts.customer_count} customers, {facts.order_count} orders;", end=" ")
        print(f"{arguments.rounds} rounds of {arguments.seconds} s in turns, wrk with 8 connections; medians.")
        observer = Observer(url)
        yield (
            Bench(folder, all_facts, servers, rows, observer, arguments.rounds, arguments.seconds),
            env | {"FACTS": str(where / "facts.json")},
        )


def show_plans(found: Mapping[str, Sequence[Mapping[str, Any]]], wrong: Sequence[str]) -> None:
    """How PostgreSQL runs each query of the service, and what of it is not as is meant."""
    print("\nPlans of the service's queries (!!: a table of more than 5000 rows is read from end to end)")
    print("\n".join(report.plan_lines(found)))
    scanned = report.scanned(found)
    print(f"\nRead from end to end: {'; '.join(scanned) if scanned else 'nothing big'}.")
    for text in wrong:
        print(f"!! Not as is meant: {text}")
    sys.stdout.flush()


def main() -> int:
    """The exit status: 1 when a floor answers otherwise, a query is not run as is meant, or SQLite misses its goals."""
    arguments = read_arguments()
    find_wrk()
    try:
        endpoints = chosen(arguments.endpoints)
    except ValueError as error:
        sys.exit(str(error))
    # A plain kill of this process still ends the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    folder = ROOT / "var" / "bench" / arguments.size
    folder.mkdir(parents=True, exist_ok=True)
    with everything(arguments, folder) as (bench, env):
        seen = orjson.loads(run_module("bench.plans", env["FACTS"], arguments.endpoints, env=env))
        bench.plans = seen["plans"]
        bench.rows["service"].remove_new(bench.facts["service"])
        print(report.heading([server.name for server in bench.servers]))
        for endpoint in endpoints:
            print(bench.measure(endpoint), flush=True)
        for server in bench.servers:
            print(f"Largest process of {server.name}: {server.memory_mb:.0f} MB.")
        show_plans(bench.plans, seen["wrong"])
        if not arguments.endpoints:
            print(report.export_line(orjson.loads(run_module("bench.exporting", env=env))))
        print(f"Took {time.monotonic() - began:.0f} s.")
        for text in bench.wrong:
            print(f"!! The floor answers otherwise: {text}")
        for text in bench.short:
            print(f"!! Not as is meant: {text}")
        return 1 if bench.wrong or bench.short or seen["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
