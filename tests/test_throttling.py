"""The documented rates: counted per user, resource and class, before the policy; told in the headers."""

from __future__ import annotations

import time

import pytest

from fluentcart.counters import get_counter
from tests.callers import V1, V2
from tests.customers.factories import CustomerFactory

URL = f"{V2}/customers"


@pytest.fixture(autouse=True)
def rates_on(settings):
    """Small rates, switched on."""
    settings.RATE_LIMIT_ENABLED = True
    settings.RATES = {"list": "2/h", "create": "2/h", "update": "2/h", "delete": "2/h"}


def headers(response):
    """Limit and what remains."""
    return response["X-RateLimit-Limit"], response["X-RateLimit-Remaining"]


def test_the_documented_rates_are_the_default(settings):
    from fluentcart.settings import RATES

    assert RATES == {"list": "100/h", "create": "50/h", "update": "200/h", "delete": "20/h"}


def test_every_counted_answer_tells_the_budget(api):
    client = api("customers/view")

    first, second = client.get(URL), client.get(URL)

    assert [headers(r) for r in (first, second)] == [("2", "1"), ("2", "0")]
    assert 0 <= int(first["X-RateLimit-Reset"]) - time.time() <= 3600


def test_one_request_too_many_is_refused_and_told_when_to_come_back(api):
    client = api("customers/view")
    for _ in range(2):
        assert client.get(URL).status_code == 200

    r = client.get(URL)

    assert (r.status_code, r.json()["code"]) == (429, "rate_limited")
    assert 0 < int(r["Retry-After"]) <= 3600
    assert headers(r) == ("2", "0")


def test_a_refused_caller_is_counted_too(api):
    client = api("orders/view")

    answers = [client.get(URL) for _ in range(3)]

    assert [r.status_code for r in answers] == [403, 403, 429]
    assert headers(answers[0]) == ("2", "1")


def test_a_bad_request_is_counted_too(api):
    client = api("customers/manage")

    answers = [client.post(URL, {}) for _ in range(3)]

    assert [r.status_code for r in answers] == [400, 400, 429]


def test_users_do_not_share_a_budget(api):
    first, second = api("customers/view"), api("customers/view")
    for _ in range(3):
        first.get(URL)

    assert second.get(URL).status_code == 200


def test_classes_and_resources_do_not_share_a_budget(api):
    client = api.everything()
    for _ in range(3):
        client.get(URL)

    assert client.post(URL, {}).status_code == 400
    assert client.get(f"{V2}/orders").status_code == 200


def test_the_three_dialects_share_one_budget(api, settings):
    settings.RATES = settings.RATES | {"list": "3/h"}
    client = api("customers/view")

    answers = [client.get(f"{base}/customers") for base in (V2, V1, "/api", V1, "/api")]

    assert [r.status_code for r in answers] == [200, 200, 200, 429, 429]
    assert [headers(r) for r in answers] == [("3", "2"), ("3", "1"), ("3", "0"), ("3", "0"), ("3", "0")]
    assert answers[4].json()["error"]["code"] == "rate_limited"


def test_a_single_record_is_never_counted(api):
    customer = CustomerFactory()
    client = api("customers/view")

    answers = [client.get(f"{URL}/{customer.pk}") for _ in range(5)]

    assert [r.status_code for r in answers] == [200] * 5
    assert "X-RateLimit-Limit" not in answers[0]


def test_a_bulk_delete_counts_as_an_update_and_as_a_delete(api):
    client = api.everything()
    body = {"action": "delete", "customer_ids": [999]}

    answers = [client.post(f"{URL}/do-bulk-action", body) for _ in range(2)]
    single = client.delete(f"{URL}/999")

    assert [r.status_code for r in answers] == [200, 200]
    assert (single.status_code, headers(single)) == (429, ("2", "0"))


def test_nothing_is_counted_when_rates_are_off(api, settings):
    settings.RATE_LIMIT_ENABLED = False
    client = api("customers/view")

    answers = [client.get(URL) for _ in range(4)]

    assert [r.status_code for r in answers] == [200] * 4
    assert "X-RateLimit-Limit" not in answers[0]


def test_a_window_ends_and_another_begins(api, monkeypatch):
    client = api("customers/view")
    for _ in range(3):
        client.get(URL)
    later = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: later)

    assert client.get(URL).status_code == 200


def test_drawing_the_browsable_page_costs_one_request(api):
    client = api.everything()

    r = client.get(URL, headers={"Accept": "text/html"})

    assert headers(r) == ("2", "1")


def test_the_counter_is_the_shared_one(api):
    client = api("customers/view")
    client.get(URL)
    get_counter.cache_clear()  # another process begins

    assert headers(client.get(URL)) == ("2", "0")
