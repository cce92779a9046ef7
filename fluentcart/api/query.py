"""Query strings and form bodies as PHP reads them: with[]=a, filters[status]=b, params[x]=y.

No parser on PyPI agrees with PHP's parse_str (qs-codec merges rows, querystring-parser raises on `a[=1`), and
FluentCart's clients are written against PHP. PHP's own limits protect us: 1,000 variables, depth 64.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

import orjson

from fluentcart.errors import InvalidFields

VARIABLES_MAX = 1000
TOO_MANY_VARIABLES = f"At most {VARIABLES_MAX} variables are read."
DEPTH_MAX = 64

_HEAD = re.compile(r"([^\[]*)(.*)", re.DOTALL)


def parse_query(text: str) -> dict[str, Any]:
    """A query string as nested dicts and lists of text.

    Raises:
        InvalidFields: more than 1,000 variables, or brackets nested deeper than 64.
    """
    pairs = [pair.partition("=") for pair in text.split("&") if pair]
    return nest((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Names with brackets and their values, in order, as nested dicts and lists.

    A later value replaces an earlier one of the same name; `a[]` appends; text after the last bracket is
    dropped; dots and spaces in the first part become underscores, as PHP does.
    """
    tree: dict[str, Any] = {}
    for count, (name, value) in enumerate(pairs, start=1):
        if count > VARIABLES_MAX:
            raise InvalidFields.of("query", TOO_MANY_VARIABLES)
        keys = _split(name.lstrip(" "))
        if isinstance(value, str) and "\x00" in value:
            raise InvalidFields.of(name or "query", "A NUL character is not allowed.")
        if len(keys) > DEPTH_MAX:
            raise InvalidFields.of(keys[0] or "query", f"Brackets are nested deeper than {DEPTH_MAX}.")
        if keys:
            _put(tree, keys, value)
    listed = _lists(tree)
    return listed if isinstance(listed, dict) else {str(index): value for index, value in enumerate(listed)}


def _split(name: str) -> list[str]:
    """`a[b][]` -> ["a", "b", ""]; nothing for a name that PHP drops."""
    name = name.split("\x00", 1)[0]
    if name.startswith("["):
        name = "_" + name[1:]
    found = _HEAD.match(name)
    assert found is not None
    head, rest = found[1], found[2]
    keys = []
    while rest.startswith("["):
        inside, closed, after = rest[1:].partition("]")
        if not closed:
            break
        keys.append(inside.lstrip(" \t\r\n") if inside.isspace() else inside)
        rest = after
    if not keys and rest:  # a bracket that is never closed is part of the name, as an underscore
        head, rest = head + "_" + rest[1:], ""
    head = head.replace(".", "_").replace(" ", "_")
    return [head, *keys] if head else []


def _put(tree: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        slot = _slot(tree, key)
        if not isinstance(tree.get(slot), dict):
            tree[slot] = {}
        tree = tree[slot]
    tree[_slot(tree, keys[-1])] = value


def _slot(tree: dict[str, Any], key: str) -> str:
    """The key itself, or the next free number for `[]`."""
    if key:
        return key
    numbers = [int(name) for name in tree if name.isascii() and name.isdecimal()]
    return str(max(numbers) + 1 if numbers else 0)


def _lists(value: Any) -> Any:
    """Dicts whose keys count 0, 1, 2 become lists."""
    if not isinstance(value, dict):
        return value
    inner = [_lists(item) for item in value.values()]
    if value and list(value) == [str(index) for index in range(len(value))]:
        return inner
    return dict(zip(value, inner, strict=True))


def as_list(value: Any) -> list[Any]:
    """One value, a list, a comma list or a PHP array with numbered keys, as a list."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, list) else [value]


def as_object(name: str, value: Any) -> dict[str, Any]:
    """A nested parameter, or the same as a JSON text (`filters={"status":"active"}`).

    Raises:
        InvalidFields: names the parameter when it is neither.
    """
    if isinstance(value, str) and value.strip():
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            value = None
    if value in ("", []):
        return {}
    if not isinstance(value, dict):
        raise InvalidFields.of(name, f"Send {name}[key]=value, or a JSON object.")
    return value
