"""What `make bench DB=sqlite` asks of the service on SQLite, and how it tells what it measured."""

from __future__ import annotations

import pytest

from bench import report
from bench.driving import Round
from bench.endpoints import ENDPOINTS, LITE_FLOOR
from bench.floor import lite
from bench.judging import LITE, short_of_goals
from fluentcart.settings import read_database


def reached(per_second, *, p50_ms=10.0, p99_ms=20.0, refused=0, broken=0):
    """A round."""
    return Round(per_second, p50_ms, p99_ms, p99_ms, 100.0, 0.0, refused, broken)


@pytest.mark.parametrize(
    ("per_second", "found"),
    [
        pytest.param(500, [], id="half of it is enough"),
        pytest.param(499, ["orders-list: SQLite reaches 0.50 of service, not 0.50."], id="less is not"),
    ],
)
def test_reads_reach_half_of_what_they_do_on_postgresql(per_second, found):
    measured = {"service": reached(1000), LITE: reached(per_second)}

    assert short_of_goals("orders-list", measured, writes=False) == found


@pytest.mark.parametrize(
    ("per_second", "found"),
    [
        pytest.param(300, [], id="a third of the floor is enough"),
        pytest.param(270, ["order-create: SQLite reaches 0.30 of sqlite-floor, not 0.33."], id="less is not"),
    ],
)
def test_orders_are_created_at_a_third_of_the_floors_pace(per_second, found):
    measured = {"service": reached(9000), LITE: reached(per_second), LITE_FLOOR: reached(900)}

    assert short_of_goals("order-create", measured, writes=True) == found


@pytest.mark.parametrize(
    ("p99_ms", "found"),
    [
        pytest.param(500, [], id="fifty times the median is fair"),
        pytest.param(510, ["order-refund: p99 on SQLite is 51 times the median."], id="more is not"),
    ],
)
def test_writers_take_turns(p99_ms, found):
    measured = {"service": reached(100), LITE: reached(100, p50_ms=10, p99_ms=p99_ms)}

    assert short_of_goals("order-refund", measured, writes=True) == found
    assert short_of_goals("order-refund", measured, writes=False) == []


def test_no_request_is_refused():
    measured = {"service": reached(100), LITE: reached(100, refused=2, broken=1)}

    assert short_of_goals("order-refund", measured, writes=True) == [
        "order-refund: SQLite refused or broke 3 requests."
    ]


def test_the_floor_opens_the_file_as_the_service_does(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/shop.sqlite3")

    service = read_database()["OPTIONS"]["init_command"]

    assert f"PRAGMA foreign_keys=ON; {service}" == lite.PRAGMAS


def test_nothing_is_asked_of_what_did_not_run():
    assert short_of_goals("orders-list", {"service": reached(100), "floor": reached(900)}, writes=False) == []


def test_the_floor_on_sqlite_creates_orders_and_does_nothing_else():
    answered = [endpoint.name for endpoint in ENDPOINTS if endpoint.is_answered_by(LITE_FLOOR)]

    assert answered == ["order-create", "order-create-one-customer"]
    assert all(endpoint.is_answered_by(name) for endpoint in ENDPOINTS for name in ("service", "floor", LITE))


def test_a_line_tells_what_sqlite_reaches_of_the_service_and_of_its_floor():
    measured = {"service": reached(1000), LITE: reached(800, p50_ms=11, p99_ms=33), LITE_FLOOR: reached(1600)}

    heading = report.heading(list(measured)).splitlines()[-1]
    line = report.line("order-create", measured, dict.fromkeys(measured))

    assert len(heading) == len(line)
    assert [column for column in line.split() if "." in column and float(column) < 1] == ["0.80", "0.50"]
    assert line.split()[7:10] == ["800", "11.00", "33.00"]
