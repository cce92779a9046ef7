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

# Brackets with nothing or one space of C in them; and how PHP writes the whole numbers that it keeps as numbers.
_NO_KEY = frozenset(("", *" \t\n\v\f\r"))
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_INTEGER_MIN, _INTEGER_MAX = -(2**63), 2**63 - 1
_UNDERSCORES = str.maketrans(". [", "___")
# PHP lets no other spelling pass for a cookie with one of these prefixes, and reads queries by the same rule.
_OF_COOKIES = ("__Host-", "__Secure-")


def parse_query(text: str) -> dict[str, Any]:
    """A query string as nested dicts and lists of text.

    Raises:
        InvalidFields: more than 1,000 variables, or brackets nested deeper than 64.
    """
    if not text:
        return {}
    pairs = [pair.partition("=") for pair in text.split("&") if pair]
    return nest((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Names with brackets and their values, in order, as nested dicts and lists.

    A later value replaces an earlier one of the same name; `a[]` takes the next free number; text after the last
    bracket is dropped; dots and spaces in the first part become underscores. tests/api/test_query_php.py lets PHP
    itself judge.
    """
    tree = _Array()
    for count, (name, value) in enumerate(pairs, start=1):
        if count > VARIABLES_MAX:
            raise InvalidFields.of("query", TOO_MANY_VARIABLES)
        keys = _split(name)
        if isinstance(value, str) and "\x00" in value:
            raise InvalidFields.of(name or "query", "A NUL character is not allowed.")
        if len(keys) - 1 > DEPTH_MAX:
            raise InvalidFields.of(keys[0] or "query", f"Brackets are nested deeper than {DEPTH_MAX}.")
        if keys:
            _put(tree, keys, value)
    listed = _lists(tree)
    return listed if isinstance(listed, dict) else {str(index): value for index, value in enumerate(listed)}


class _Array(dict[str, Any]):
    """A PHP array while it grows: it knows which number `[]` takes next."""

    def __init__(self) -> None:
        super().__init__()
        self.largest: int | None = None

    def slot(self, key: str) -> str | None:
        """The key itself, or the next free number for `[]`; None when there is none, as after the largest integer."""
        if not key:
            number = 0 if self.largest is None else self.largest + 1
            key = str(number)
            if number > _INTEGER_MAX:
                return None
        if _INTEGER.fullmatch(key) and _INTEGER_MIN <= int(key) <= _INTEGER_MAX:
            self.largest = int(key) if self.largest is None else max(self.largest, int(key))
        return key


def _split(name: str) -> list[str]:
    """`a[b][]` -> ["a", "b", ""]; nothing for a name that PHP drops."""
    name = name.split("\x00", 1)[0].lstrip(" ")
    first, bracket, rest = name.partition("[")
    head = first.translate(_UNDERSCORES)
    if not head or _pretends(head, name):
        return []
    keys: list[str] = []
    while bracket:
        inside, closed, rest = rest.partition("]")
        if not closed:
            # A bracket that is never closed belongs to the first part; after another it counts for nothing.
            return [head, *keys] if keys else [name.translate(_UNDERSCORES)]
        keys.append("" if inside in _NO_KEY else inside)
        if not rest.startswith("["):
            break
        rest = rest[1:]
    return [head, *keys]


def _pretends(key: str, name: str) -> bool:
    """Whether a key has a cookie's prefix that its variable's name does not begin with."""
    return key.startswith(_OF_COOKIES) and any(key.startswith(it) and not name.startswith(it) for it in _OF_COOKIES)


def _put(tree: _Array, keys: list[str], value: Any) -> None:
    """Set what the keys lead to, with arrays on the way there; nothing from a key on that PHP does not take."""
    for key in keys[:-1]:
        slot = None if _pretends(key, keys[0]) else tree.slot(key)
        if slot is None:
            return
        inner = tree.get(slot)
        if not isinstance(inner, _Array):
            inner = tree[slot] = _Array()
        tree = inner
    if not _pretends(keys[-1], keys[0]) and (slot := tree.slot(keys[-1])) is not None:
        tree[slot] = value


def _lists(value: Any) -> Any:
    """Arrays whose keys count 0, 1, 2 become lists."""
    if not isinstance(value, _Array):
        return value
    inner = [_lists(item) for item in value.values()]
    if list(value) == [str(index) for index in range(len(value))]:
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
