"""`?_fields=id,customer.email`: only some keys of each item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fluentcart.api.query import as_list

Paths = tuple[tuple[str, ...], ...]


def asked_fields(query: Mapping[str, Any]) -> Paths:
    """What `_fields=a,b.c` or `_fields[]=a` asks for; nothing when everything is wanted."""
    if not query.get("_fields"):
        return ()
    words = as_list(query["_fields"])
    return tuple(tuple(word.strip().split(".")) for word in words if isinstance(word, str) and word.strip())


def only(content: Any, paths: Paths) -> Any:
    """The content with these keys of each of its items; what is no object or list of objects stays."""
    if isinstance(content, list):
        return [only(item, paths) for item in content]
    if not isinstance(content, Mapping):
        return content
    kept: dict[str, Any] = {}
    for name in dict.fromkeys(path[0] for path in paths):
        if name in content:
            inner = _below(name, paths)
            kept[name] = only(content[name], inner) if inner else content[name]
    return kept


def _below(name: str, paths: Iterable[tuple[str, ...]]) -> Paths:
    """What is asked for inside a key; nothing when the whole of it is."""
    inside = tuple(path[1:] for path in paths if path[0] == name)
    return inside if all(inside) else ()
