"""`make bench-shapes`: the service under granian with so many workers and threads each, in turns, on one shop of 10k;
then with other ways to the database (`bench/ways.py`).

For ADR 4. What serves best depends on the machine: run it on yours before you set WORKERS.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from bench import clusters
from bench.__main__ import prepare
from bench.driving import Round, drive, median, write_requests
from bench.endpoints import chosen
from bench.servers import POOL, WAYS, Server, basic, environment, running
from bench.shop import ROOT

ENDPOINTS = ("customers-list", "customer", "orders-list")
# Workers, threads of each.
SHAPES = ((1, 2), (1, 4), (2, 1), (2, 2), (2, 4), (2, 8), (4, 2))
ROUNDS = 3
WORDS = ("req/s", "p50 ms", "p99 ms", "app us", "db us")


def ways() -> list[str]:
    """The other ways to the database; a pool only where psycopg_pool is installed, which the service does not need."""
    return [way for way in WAYS if way != POOL or find_spec("psycopg_pool")]


def main() -> int:
    """A line an endpoint and shape."""
    parser = argparse.ArgumentParser(prog="make bench-shapes", description="Compares workers and threads.")
    parser.add_argument("--bin-dir", type=Path, help="programs of an installed PostgreSQL; default: the wheel's")
    parser.add_argument("--seconds", type=int, default=2, help="of a round")
    arguments = parser.parse_args()
    folder = ROOT / "var" / "bench" / "10k"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        url = stack.enter_context(clusters.postgres(folder, arguments.bin_dir))
        env = environment(folder / "var", DATABASE_URL=url)
        facts = prepare(folder / ("debian" if arguments.bin_dir else "wheel"), "10k", env)
        header, database = basic(facts.login, facts.password), clusters.postmaster(url)
        run = partial(running, header=header, database=database)
        shaped = (run(f"{workers} x {threads}", env=env, shape=(workers, threads)) for workers, threads in SHAPES)
        others = (run(way, env=env | {"DJANGO_SETTINGS_MODULE": "bench.ways", "BENCH_WAY": way}) for way in ways())
        servers: list[Server] = [stack.enter_context(server) for server in (*shaped, *others)]
        requests = folder / "shapes.requests"
        print(f"{'endpoint':<16}{'workers x threads':>18}" + "".join(f"{word:>9}" for word in WORDS))
        for name in ENDPOINTS:
            (endpoint,) = (found for found in chosen(name) if found.name == name)
            write_requests(endpoint.requests(facts), requests)
            measured: dict[str, list[Round]] = {server.name: [] for server in servers}
            for number in range(-1, ROUNDS):
                for server in servers:
                    found = drive(server, requests, seconds=arguments.seconds if number >= 0 else 1, start=number * 331)
                    if number >= 0:
                        measured[server.name].append(found)
            for shape, rounds in measured.items():
                found = median(rounds)
                times = f"{found.p50_ms:>9.2f}{found.p99_ms:>9.2f}{found.app_us:>9.0f}{found.database_us:>9.0f}"
                print(f"{name:<16}{shape:>18}{found.per_second:>9.0f}{times}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
