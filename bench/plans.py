"""Run with Django: which statements an endpoint of the service runs, and how PostgreSQL would run each.

The requests go through the WSGI application in this process. Every statement is explained before it runs, by
whatever road it reaches psycopg. A process of its own: prints JSON, and leaves to the caller what it wrote.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import orjson
import psycopg

from bench.endpoints import UNIQUE, Endpoint, Request, chosen
from bench.facts import Facts
from bench.judging import read_whole, wrong
from bench.servers import basic

BIG_ROWS = 5000
# So many rows may be read to find the first ones of a list, and to count them no further than the admin does.
CUT_ROWS = 50_000
EXPLAINED = ("SELECT", "UPDATE", "DELETE", "WITH")
Statement = dict[str, Any]


@contextmanager
def recorded(explain: Callable[[psycopg.Cursor[Any], Any, Any], Statement]) -> Iterator[list[Statement]]:
    """Every statement that psycopg executes meanwhile."""
    found: list[Statement] = []
    original = psycopg.Cursor.execute

    def execute(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        found.append(explain(self, query, params))
        return original(self, query, params, **options)

    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    try:
        yield found
    finally:
        psycopg.Cursor.execute = original  # type: ignore[method-assign]


@contextmanager
def explained(counts: Mapping[str, int]) -> Iterator[list[Statement]]:
    """Every statement of this process meanwhile, with its plan."""
    from django.db import connection

    # Whatever watches a connection has the service's kept statements go through psycopg's cursor, where they are seen.
    with recorded(explainer(counts)) as found, connection.execute_wrapper(lambda run, *a: run(*a)):
        yield found


def explainer(counts: Mapping[str, int]) -> Callable[[psycopg.Cursor[Any], Any, Any], Statement]:
    """Explains a statement on its own connection."""
    original = psycopg.Cursor.execute

    def explain(cursor: psycopg.Cursor[Any], query: Any, params: Any) -> Statement:
        text = query if isinstance(query, str) else query.as_string(cursor)
        if not text.lstrip().upper().startswith(EXPLAINED):
            return {"sql": text, "plan": [], "scanned": [], "whole": [], "indexes": []}
        with psycopg.ClientCursor(cursor.connection) as own:
            original(own, f"EXPLAIN (FORMAT JSON) {text}", params)
            plan = own.fetchone()
        document = plan[0] if plan else "[]"
        root = (orjson.loads(document) if isinstance(document, str) else document)[0]["Plan"]
        return {"sql": text, **told(root, counts)}

    return explain


def told(root: dict[str, Any], counts: Mapping[str, int]) -> Statement:
    """The steps of a plan that read or sort many rows, and the big tables that are read from end to end."""
    steps, scanned = [], []
    for node, share in nodes(root):
        kind, table = node["Node Type"], node.get("Relation Name", "")
        if kind == "Seq Scan" and counts.get(table, 0) * share > (BIG_ROWS if share == 1 else CUT_ROWS):
            scanned.append(table)
        if index := node.get("Index Name"):
            steps.append(f"{kind} {index}")
        elif kind == "Seq Scan":
            steps.append(f"{kind} {table}")
        elif "Sort" in kind and node["Plan Rows"] > BIG_ROWS:
            steps.append(f"{kind} of {node['Plan Rows']} rows")
    indexes = [node["Index Name"] for node, _ in nodes(root) if "Index Name" in node]
    return {"plan": steps, "scanned": scanned, "whole": sorted(set(read_whole(root))), "indexes": indexes}


def nodes(root: dict[str, Any], wanted: float | None = None) -> Iterator[tuple[dict[str, Any], float]]:
    """A plan's nodes, from the top, each with the share of its rows that a LIMIT right above it wants; 1 without."""
    share = 1.0 if wanted is None else min(wanted / max(root["Plan Rows"], 1), 1.0)
    yield root, share
    kind = root["Node Type"]
    below = root["Plan Rows"] if kind == "Limit" else wanted if kind == "Subquery Scan" else None
    for child in root.get("Plans", ()):
        yield from nodes(child, below)


def run(
    endpoint: Endpoint, request: Request, header: str, counts: Mapping[str, int], *, number: int
) -> list[Statement]:
    """The statements of one request; `number` makes it unique."""
    from django.db import connection
    from django.test import Client

    body = request.body.replace(UNIQUE, f"9{number:011d}")
    with connection.cursor() as cursor:
        for statement in endpoint.prepare:
            cursor.execute(statement)
    with explained(counts) as found:
        client = Client(headers={"Authorization": header, "Host": "127.0.0.1"})
        answer = client.generic(request.method, request.path, body, content_type="application/json")
        b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return found


def row_counts() -> dict[str, int]:
    """Table -> its rows, about."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r'")
        return dict(cursor.fetchall())


def index_tables() -> dict[str, str]:
    """Index -> its table."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, tablename FROM pg_indexes WHERE schemaname = 'public'")
        return dict(cursor.fetchall())


def main() -> None:
    """plans.py FACTS ENDPOINTS: endpoint -> statements, and what of them is not as is meant, as JSON."""
    facts, names = Facts.read(Path(sys.argv[1])), sys.argv[2]
    django.setup()
    counts, header = row_counts(), basic(facts.login, facts.password)
    found = {}
    for endpoint in chosen(names):
        request = endpoint.requests(facts, 1)[0]
        run(endpoint, request, header, counts, number=1)  # the first one opens and warms
        found[endpoint.name] = run(endpoint, request, header, counts, number=2)
    judged = wrong(found, counts, index_tables())
    sys.stdout.buffer.write(orjson.dumps({"plans": found, "wrong": judged}))


if __name__ == "__main__":
    main()
