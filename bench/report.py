"""What the bench prints: a line an endpoint, then a line a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.driving import Round
from bench.endpoints import LITE_FLOOR
from bench.judging import LITE

HEADINGS = ("req/s", "p50 ms", "p99 ms", "app us", "db us", "SQL")


def heading(names: Sequence[str]) -> str:
    """The two lines above the table; the first server is the one whose figures are told in full."""
    first, *others = names
    told = "".join(f"{word:>9}" for word in HEADINGS)
    for name in others:
        middle = f"{'p50 ms':>9}{'p99 ms':>9}{'app us':>9}" if on_lite(name) else f"{'app us':>9}{'db us':>9}{'SQL':>6}"
        told += f"{f'{name} req/s':>{width(name)}}{middle}{'ratio':>8}{'of CPU':>8}"
    return f"\n{'':<27}{first}\n{'endpoint':<27}{told}"


def on_lite(name: str) -> bool:
    """Whether a server, by its name, runs on SQLite: there is no database whose own time could be told."""
    return name in (LITE, LITE_FLOOR)


def width(name: str) -> int:
    """Of the column of requests/s."""
    return max(14, len(name) + 8)


def line(name: str, measured: Mapping[str, Round], statements: Mapping[str, float | None]) -> str:
    """An endpoint: the service's medians; what it reaches of the floor, or what SQLite reaches of it and of its own."""
    (first, mine), *others = measured.items()
    told = f"{mine.per_second:>9.0f}{mine.p50_ms:>9.2f}{mine.p99_ms:>9.2f}{mine.app_us:>9.0f}{mine.database_us:>9.0f}"
    told += f"{count(statements.get(first)):>9}"
    for other, round_ in others:
        above, below = {LITE: (round_, mine), LITE_FLOOR: (measured.get(LITE, mine), round_)}.get(other, (mine, round_))
        ratio = above.per_second / below.per_second if below.per_second else 0.0
        cpu = below.cpu_us / above.cpu_us if above.cpu_us else 0.0
        told += f"{round_.per_second:>{width(other)}.0f}"
        if on_lite(other):
            told += f"{round_.p50_ms:>9.2f}{round_.p99_ms:>9.2f}{round_.app_us:>9.0f}"
        else:
            told += f"{round_.app_us:>9.0f}{round_.database_us:>9.0f}{count(statements.get(other)):>6}"
        told += f"{ratio:>8.2f}{cpu:>8.2f}"
    wrong = [f"{server}: {errors(round_)}" for server, round_ in measured.items() if errors(round_)]
    return f"{name:<27}{told}{'  ! ' + '; '.join(wrong) if wrong else ''}"


def count(statements: float | None) -> str:
    """How many statements; "-" when nobody counted."""
    return "-" if statements is None else f"{statements:g}"


def errors(round_: Round) -> str:
    """What went wrong in a round; "" when nothing did."""
    said = {"refused": round_.refused, "broken": round_.broken}
    return ", ".join(f"{number:.0f} {word}" for word, number in said.items() if number)


def plan_lines(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Each query of each endpoint in a line, those that read a big table from end to end with a mark."""
    lines = []
    for name, statements in found.items():
        for number, statement in enumerate(statements, start=1):
            if statement["plan"]:
                mark = "!! " if statement["scanned"] else "   "
                lines.append(f"{mark}{name:<27}{number:>3}  {'; '.join(dict.fromkeys(statement['plan']))}")
    return lines


def scanned(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """The endpoints that read a big table from end to end, with the tables."""
    told = []
    for name, statements in found.items():
        tables = sorted({table for statement in statements for table in statement["scanned"]})
        if tables:
            told.append(f"{name} ({', '.join(tables)})")
    return told


def export_line(found: Mapping[str, Any]) -> str:
    """What the export of all orders took."""
    pace = found["orders"] / found["seconds"]
    return (
        f"CSV of all {found['orders']} orders: {pace:.0f} a second;"
        f" {found['grown_mb']:.1f} MB more memory at the most than after the first 10000."
    )
