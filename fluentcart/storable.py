"""What both databases can store and compare: the range of a key, and the characters of a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ID_MAX = 2**63 - 1


def storable_ids(ids: Iterable[int]) -> list[int]:
    """The distinct ids that a database can compare, ascending; others match no row anyway."""
    return sorted({record_id for record_id in ids if 0 < record_id <= ID_MAX})


def is_storable(value: Any) -> bool:
    """Whether every text in a JSON value is valid Unicode without NUL, as PostgreSQL demands."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, Mapping):
        return all(is_storable(key) and is_storable(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_storable, value))
    return True
