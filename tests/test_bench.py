"""The floor that the bench measures against: an honest one gives the bodies that the service gives."""

from __future__ import annotations

import threading
from io import BytesIO
from urllib.parse import parse_qsl

import psycopg.conninfo
import pytest
from django.db import connection
from django_countries import countries

from bench.checking import content, difference
from bench.endpoints import ENDPOINTS, UNIQUE, Request
from bench.endpoints import chosen as chosen_endpoints
from bench.floor.app import Floor
from bench.floor.totals import KEPT_TERMS
from bench.servers import basic
from customers.kept import TERMS as CUSTOMER_TERMS
from orders.demo.load import load_shop
from orders.kept import TERMS as ORDER_TERMS

READERS = [endpoint for endpoint in ENDPOINTS if not endpoint.writes]
CONNECTION_KEYS = ("host", "port", "user", "password", "dbname")


@pytest.fixture
def shop():
    """A demo shop with the bench's caller in it."""
    load_shop(customers=60, orders=300, seed=1, advance=lambda count: None)
    from bench.shop import facts, run

    run("CREATE TABLE bench_pool AS SELECT id FROM orders_order WHERE id > 200 AND deleted_at IS NULL")
    yield facts()
    run("DROP TABLE bench_pool")


@pytest.fixture
def floor(settings):
    """The floor on the tests' database."""
    parameters = connection.get_connection_params()
    url = psycopg.conninfo.make_conninfo(**{key: parameters[key] for key in CONNECTION_KEYS if parameters.get(key)})
    made = Floor(url, settings.SECRET_KEY, {code: str(name) for code, name in countries}, threading.local())
    yield made
    made.connection.close()


def ask_floor(floor: Floor, request: Request, header: str) -> tuple[int, bytes]:
    """Status and body of a request."""
    path, _, query = request.path.partition("?")
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_AUTHORIZATION": header,
        "wsgi.input": BytesIO(request.body.encode()),
    }
    statuses: list[str] = []
    body = b"".join(floor(environ, lambda status, headers: statuses.append(status)))
    return int(statuses[0].split()[0]), body


def ask_service(client, request: Request, header: str) -> tuple[int, bytes]:
    """The same of the service."""
    answer = client.generic(
        request.method,
        request.path,
        request.body,
        content_type="application/json",
        headers={"Authorization": header, "Host": "127.0.0.1"},
    )
    return answer.status_code, b"".join(answer.streaming_content) if answer.streaming else answer.content


def export_path(client, shop, header: str) -> str:
    """A link to a CSV file of some orders."""
    body = f'{{"action": "export", "order_ids": {shop.order_ids[:30]}}}'
    _, answer = ask_service(client, Request("/wp-json/fluent-cart/v2/orders/do-bulk-action", "POST", body), header)
    return "/" + content(answer, is_write=False)["data"]["export"]["url"].split("/", 3)[3]


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_floor_reads_what_the_service_reads(client, shop, floor):
    header = basic(shop.login, shop.password)
    shop.export_paths = [export_path(client, shop, header)]

    for endpoint in READERS:
        for request in endpoint.requests(shop, 6):
            status, body = ask_service(client, request, header)
            floor_status, floor_body = ask_floor(floor, request, header)

            assert (status, floor_status) == (200, 200), request
            found = (content(text, is_write=False) for text in (body, floor_body))
            assert difference(*found) is None, request


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("terms", [CUSTOMER_TERMS, ORDER_TERMS], ids=["customers", "orders"])
def test_the_floor_finds_common_terms_as_the_service_does(client, shop, floor, monkeypatch, terms):
    header = basic(shop.login, shop.password)
    monkeypatch.setattr("fluentcart.kept.common.COMMON_FROM", dict.fromkeys(("postgresql", "sqlite"), 1))
    monkeypatch.setattr("fluentcart.kept.common.COMMON_SHORT_FROM", 1)
    monkeypatch.setattr("fluentcart.kept.common.SLOW_SECONDS", dict.fromkeys(("postgresql", "sqlite"), 0))
    (endpoint,) = chosen_endpoints(f"={terms.source.split('_')[0]}-search-common=")

    for request in endpoint.requests(shop, 12):
        KEPT_TERMS.clear()
        _, body = ask_service(client, request, header)
        assert terms.is_known(dict(parse_qsl(request.path.partition("?")[2]))["search"], "default")
        _, floor_body = ask_floor(floor, request, header)

        assert difference(content(body, is_write=False), content(floor_body, is_write=False)) is None, request


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_floor_writes_what_the_service_writes(client, shop, floor):
    header = basic(shop.login, shop.password)

    for endpoint in (endpoint for endpoint in ENDPOINTS if endpoint.writes):
        request = endpoint.requests(shop, 1)[0]
        answers = []
        for side, ask in ((1, lambda r: ask_service(client, r, header)), (2, lambda r: ask_floor(floor, r, header))):
            with connection.cursor() as cursor:
                for statement in endpoint.prepare:
                    cursor.execute(statement)
            answers.append(ask(Request(request.path, "POST", request.body.replace(UNIQUE, f"{side:012d}"))))

        (status, body), (floor_status, floor_body) = answers
        assert (status, floor_status) == (endpoint.answers, endpoint.answers), (request, body, floor_body)
        found = (content(text, is_write=True) for text in (body, floor_body))
        assert difference(*found) is None, request


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_floor_refuses_a_wrong_password(shop, floor):
    request = ENDPOINTS[0].requests(shop, 1)[0]

    assert ask_floor(floor, request, basic(shop.login, "wrong"))[0] == 401
    assert ask_floor(floor, request, "")[0] == 401


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [
        pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, None, id="the order of keys does not count"),
        pytest.param({"a": [1, 2]}, {"a": [2, 1]}, "$.a[0]", id="the order of rows does"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, "$: keys", id="a missing key does"),
        pytest.param({"a": 1}, {"a": True}, "$.a", id="a type does"),
        pytest.param([1], [1, 2], "$: ", id="a missing row does"),
    ],
)
def test_a_difference_is_found(one, other, where):
    found = difference(one, other)

    assert (found is None) if where is None else found.startswith(where)


def test_endpoints_are_chosen_by_words():
    assert [endpoint.name for endpoint in chosen_endpoints("order-create,orders-deep")] == [
        "orders-deep-page",
        "order-create",
        "order-create-one-customer",
    ]
    with pytest.raises(ValueError, match="No endpoint is called 'nothing'"):
        chosen_endpoints("nothing")
    assert [endpoint.name for endpoint in chosen_endpoints("=customer=")] == ["customer"]
