"""The matcher of the documents' examples sees what is missing and what is wrong."""

from __future__ import annotations

import pytest

from tests.documents.example import ABSENT, MOMENT, Each, Example, OneOf, differences, fields_of, query_fields

CUSTOMER = {"id": int, "name": "John", "status": OneOf("active", "inactive"), "created_at": MOMENT}
GOOD = {"id": 7, "name": "John", "status": "active", "created_at": "2024-01-01T10:00:00Z"}


def test_an_answer_as_documented_agrees_and_may_say_more():
    assert differences({"customers": Each(CUSTOMER)}, {"customers": [GOOD, {**GOOD, "extra": None}], "also": 1}) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"id": "7"}, "id: '7' is not integer"),
        ({"id": True}, "id: True is not integer"),
        ({"id": None}, "id: None is not integer"),
        ({"id": 7.0}, "id: 7.0 is not integer"),
        ({"name": "john"}, "name: 'john' is not 'John'"),
        ({"status": "gone"}, "status: 'gone' is not one of active, inactive"),
        ({"status": ["active"]}, "status: ['active'] is not one of active, inactive"),
        ({"created_at": "2024-01-01 10:00:00"}, "created_at: '2024-01-01 10:00:00' is not YYYY-MM-DDTHH:MM:SSZ"),
        ({"created_at": "2024-13-01T10:00:00Z"}, "created_at: '2024-13-01T10:00:00Z' is not YYYY-MM-DDTHH:MM:SSZ"),
        ({"created_at": "2024-1-1T10:00:00Z"}, "created_at: '2024-1-1T10:00:00Z' is not YYYY-MM-DDTHH:MM:SSZ"),
        ({"created_at": None}, "created_at: None is not YYYY-MM-DDTHH:MM:SSZ"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_wrong_value_is_named_with_its_path(change, line):
    assert differences({"data": Each(CUSTOMER)}, {"data": [GOOD, {**GOOD, **change}]}) == [f"data[1].{line}"]


def test_every_missing_key_is_named():
    assert differences({"data": CUSTOMER, "message": str}, {"data": {"id": 1, "name": "John"}}) == [
        "data.status: missing",
        "data.created_at: missing",
        "message: missing",
    ]


@pytest.mark.parametrize(
    ("shape", "value", "line"),
    [
        ({"a": int}, [], "answer: [] is not an object"),
        ({"a": {"b": int}}, {"a": None}, "a: None is not an object"),
        (Each(int), {}, "answer: {} is not a list with something in it"),
        ({"a": Each(int)}, {"a": []}, "a: [] is not a list with something in it"),
        ({"a": [1, 2]}, {"a": [1]}, "a: [1] is not a list of 2"),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, "a: [1, 2, 3] is not a list of 2"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "a[1]: 3 is not 2"),
        ({"a": ABSENT}, {"a": None}, "a: should not be there"),
        ({"a": True}, {"a": 1}, "a: 1 is not True"),
        ({"a": 1}, {"a": True}, "a: True is not 1"),
        (str, 1, "answer: 1 is not string"),
        (bool, 0, "answer: 0 is not boolean"),
        (float, 5, "answer: 5 is not number"),
        (5.0, "5.0", "answer: '5.0' is not 5.0"),
    ],
)
def test_another_structure_is_named(shape, value, line):
    assert differences(shape, value) == [line]


def test_a_wrong_status_is_named_beside_what_else_is_wrong():
    example = Example("a document", "a call", "POST", "/orders", status=201, answer={"id": int})

    assert example.judge(200, {}) == ["status: 200 is not 201", "id: missing"]
    assert example.judge(201, {"id": 1}) == []


def test_the_url_has_its_ids_and_its_query():
    example = Example("a document", "a call", "GET", "/customers/{customerId}/order/{id}", query="a[]=1", ids={"id": 9})

    assert example.url("/base") == "/base/customers/1/order/9?a[]=1"


def test_fields_are_listed_by_path_and_kind():
    shape = {"data": {"customers": Each(CUSTOMER), "ids": [1, 2], "gone": ABSENT, "pairs": [{"a": "x"}, {"b": True}]}}

    assert list(fields_of(shape)) == [
        ("data", "object"),
        ("data.customers[]", "objects"),
        ("data.customers[].id", "integer"),
        ("data.customers[].name", "string"),
        ("data.customers[].status", "string"),
        ("data.customers[].created_at", "moment"),
        ("data.ids[]", "integers"),
        ("data.pairs[]", "objects"),
        ("data.pairs[].a", "string"),
        ("data.pairs[].b", "boolean"),
    ]


def test_query_parameters_are_named_as_the_documents_do():
    query = "page=1&with[]=orders&filters[status]=active&params[customer_only]=yes"

    assert list(query_fields(query)) == ["page", "with", "filters", "filters.status", "params", "params.customer_only"]
