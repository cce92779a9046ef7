"""Query strings as PHP itself reads them: the same generated strings go to PHP's parse_str and to our parser."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fluentcart.api.query import DEPTH_MAX, VARIABLES_MAX, parse_query

pytestmark = pytest.mark.once

Judge = Callable[[str], Any]

NUMBERS = ["0", "1", "2", "05", "-1", "-5", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775808"]
PIECES = ["a", "b", "é", "_", "__Host-", "..Secure-", "[", "]", "[]", "[a]", "[ ]", "[b]", ".", " ", "  ", "\t", "\n"]
NAMES = st.lists(st.sampled_from([*PIECES, *NUMBERS, *(f"[{number}]" for number in NUMBERS)]), max_size=6).map("".join)
VALUES = st.sampled_from(["", "1", "x", "=", "a=b", "%", "%zz", "%C3%A9", "+", "[]", "1;2"])
# Few names, so that later variables meet arrays and values that earlier ones made.
FREQUENT = st.sampled_from(["a", "a[]", "a[b]", "a[b][]", "a[][b]", "a[3]", "a[-3]", "a[b", "[a]", "0", "1"])


def written(name: str, is_quoted: bool) -> str:
    """A name as a client may send it: escaped as it should be, or bare as it is typed."""
    return quote_plus(name) if is_quoted else name.replace("&", "").replace("=", "")


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
VARIABLES = st.one_of(
    st.builds("{}={}".format, st.builds(written, NAMES | FREQUENT, st.booleans()), VALUES),
    st.builds(
        written, NAMES | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), st.just(True)
    ),
    st.just(""),
)
QUERIES = st.lists(VARIABLES, max_size=8).map("&".join)


@pytest.fixture(scope="module")
def php() -> Iterator[Judge]:
    """PHP's parse_str, in one process for all questions."""
    program = shutil.which("php")
    if program is None:
        pytest.skip("PHP is not installed: 'apt install php-cli' lets it judge the query strings.")
    script = Path(__file__).with_name("parse_str.php")
    with subprocess.Popen([program, "-n", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        questions, answers = process.stdin, process.stdout

        def judge(query: str) -> Any:
            questions.write(json.dumps(query) + "\n")
            questions.flush()
            found = json.loads(answers.readline())
            # PHP's empty array and its array of 0, 1, 2 are JSON lists.
            return {str(index): value for index, value in enumerate(found)} if isinstance(found, list) else found

        yield judge
        questions.close()


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=QUERIES)
@example(query="[a]=1")
@example(query="a[b.c[d e=1")
@example(query="a[ ]=1&a[  ]=2&a[\t]=3&a[\t\n]=4")
@example(query="a[05]=1&a[]=2&a[-5]=3")
@example(query="a[-5]=1&a[]=2")
@example(query="a[9223372036854775807]=1&a[]=2&a[][b]=3&c=4")
@example(query="..Host-a=1&__Host-b=2&_.Secure-c=3")
@example(query="a[__Host-]=1&a[b][__Secure-c][]=2&__Host-[__Secure-]=3&d[]=4&d[__Host-]=5")
def test_our_parser_and_php_read_the_same(php: Judge, query: str):
    # Compared as JSON, so that the order counts too.
    assert json.dumps(parse_query(query)) == json.dumps(php(query))


@pytest.mark.parametrize("name", ["a" + "[b]" * DEPTH_MAX, "a" + "[]" * DEPTH_MAX])
def test_the_deepest_brackets_that_php_reads_are_read(php: Judge, name: str):
    assert parse_query(f"{name}=1") == php(f"{name}=1") != {}
    assert php(f"{name}[]=1") == {}


def test_php_reads_as_many_variables_as_we_do(php: Judge):
    allowed = "&".join(["a[]=1"] * VARIABLES_MAX)

    assert parse_query(allowed) == php(allowed)
    assert len(php(f"{allowed}&a[]=1")["a"]) == VARIABLES_MAX
