"""Whatever is asked at one moment, the books agree afterwards, and the answers say who was first."""

from __future__ import annotations

import pytest

from tests.soak.fairness import write
from tests.soak.options import ROUNDS, SECONDS
from tests.soak.races import RACES, judge
from tests.soak.service import Service

pytestmark = [pytest.mark.once, pytest.mark.slow]


@pytest.mark.parametrize("race", RACES)
def test_race(served: Service, race: str) -> None:
    for _ in range(ROUNDS):
        RACES[race](served)
        judge(served)


@pytest.mark.parametrize("count", [1, 200], ids=["one-customer", "many-customers"])
def test_writers_are_served_alike_and_never_told_of_locks(served: Service, count: int) -> None:
    line, ids = served.books.do("line", stock=10**7), served.books.do("customers", count=count)

    found = write(served, ids, line, SECONDS)

    print(found)
    assert set(found.statuses) == {201}
    assert found.p99_ms < 50 * found.median_ms
    judge(served)
