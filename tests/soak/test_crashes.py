"""The service is killed while it is written to: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from tests.soak.options import KILLS
from tests.soak.service import Service
from tests.soak.writing import STEPS, Clients

pytestmark = [pytest.mark.once, pytest.mark.slow]


def test_a_killed_service_has_lost_nothing_that_it_acknowledged(served: Service) -> None:
    line, ids = served.books.do("line", stock=10**7), served.books.do("customers", count=20)
    ends: Counter[str] = Counter()
    again: Counter[str] = Counter()
    broken = 0

    for number in range(KILLS):
        with Clients(served, ids, line) as clients:
            while not clients.told.acknowledged:
                time.sleep(0.01)
            time.sleep(random.uniform(0, 0.5))  # the moment of the kill, not a synchronisation
            served.kill()
        served.start()
        if number % 2:  # at other times a refund that was broken off is taken up by its key
            ends += clients.compare()
        again += clients.send_again()
        assert clients.compare().keys() <= STEPS.keys()
        broken += clients.told.broken
        assert [answer.text for answer in clients.told.refusals] == []

    print(f"{KILLS} kills, {broken} calls broken off, orders: {dict(ends)}, sent again: {dict(again)}")
    assert broken >= KILLS
