"""Query strings as PHP reads them."""

from __future__ import annotations

import pytest

from fluentcart.api.query import DEPTH_MAX, VARIABLES_MAX, as_list, as_object, parse_query
from fluentcart.errors import InvalidFields


# What PHP 8's parse_str makes of the same text.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1&a=2", {"a": "2"}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("with%5B%5D=orders&with%5B%5D=addresses", {"with": ["orders", "addresses"]}),
        (
            "filters[status]=active&filters[date_from]=2024-01-01",
            {"filters": {"status": "active", "date_from": "2024-01-01"}},
        ),
        ("a[b][]=1&a[b][]=2&a[c]=3", {"a": {"b": ["1", "2"], "c": "3"}}),
        ("a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        ("a[1]=x&a[0]=y", {"a": {"1": "x", "0": "y"}}),
        ("a[=1", {"a_": "1"}),
        ("a.b=1", {"a_b": "1"}),
        ("a b=1", {"a_b": "1"}),
        ("a[b]c=1", {"a": {"b": "1"}}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("=1", {}),
        ("a", {"a": ""}),
        ("a=%C3%A9+x", {"a": "é x"}),
        ("x[][y]=1&x[][y]=2", {"x": [{"y": "1"}, {"y": "2"}]}),
    ],
)
def test_a_query_is_read_as_php_reads_it(text, expected):
    assert parse_query(text) == expected


def test_a_thousand_variables_are_read_and_one_more_is_refused():
    assert len(parse_query("&".join(f"a{n}=1" for n in range(VARIABLES_MAX)))) == VARIABLES_MAX

    with pytest.raises(InvalidFields):
        parse_query("&".join(f"a{n}=1" for n in range(VARIABLES_MAX + 1)))


def test_brackets_deeper_than_php_allows_are_refused():
    parse_query("a" + "[b]" * DEPTH_MAX + "=1")

    with pytest.raises(InvalidFields):
        parse_query("a" + "[b]" * (DEPTH_MAX + 1) + "=1")


def test_a_nul_character_is_refused_by_name():
    with pytest.raises(InvalidFields) as refused:
        parse_query("search=a%00b")

    assert list(refused.value.fields) == ["search"]


def test_an_object_may_come_as_json():
    assert as_object("filters", '{"status": "active"}') == {"status": "active"}


@pytest.mark.parametrize("value", ["[1]", "1", "nonsense", ["a"]])
def test_what_is_no_object_is_refused_by_name(value):
    with pytest.raises(InvalidFields) as refused:
        as_object("filters", value)

    assert list(refused.value.fields) == ["filters"]


@pytest.mark.parametrize(
    ("value", "expected"), [("a, b", ["a", "b"]), (["a", "b"], ["a", "b"]), ({"5": "a"}, ["a"]), ("", [])]
)
def test_lists_come_in_three_spellings(value, expected):
    assert as_list(value) == expected
