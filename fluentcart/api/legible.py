"""An answer's JSON for people: money and moments in words beside the raw values, related records as links."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import Resolver404, URLResolver, get_resolver, resolve
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from fluentcart.api.rows import Row
from fluentcart.money import exponent, is_currency

INDENT = "  "
# A key that holds records of a list -> the list's last word in the address.
KINDS = {f"{kind}{end}": f"{kind}s" for kind in ("customer", "order", "product") for end in ("", "s")}


@dataclass(frozen=True)
class Meaning:
    """What the keys of an answer mean, from the field tables that made it.

    Args:
        minor, major: keys that hold money, in minor and in major units.
        moments: keys that hold times in UTC.
        base: path of the dialect, with a slash at its end.
        kind: which list an `id` belongs to that stands in no named object ("customers"), or "".
    """

    minor: frozenset[str]
    major: frozenset[str]
    moments: frozenset[str]
    base: str
    kind: str

    @classmethod
    def of(cls, rows: Iterable[type[Row]], path: str) -> Meaning:
        """Of an answer made of these tables, at this address."""
        found = set(reachable(rows))
        fields = [(name, field) for row in found for name, field in row.fields.items()]
        base = mounted_at(path)
        own = path.removeprefix(base).strip("/").split("/")
        return cls(
            minor=frozenset(name for name, field in fields if field.unit == "minor"),
            major=frozenset(name for name, field in fields if field.unit == "major"),
            moments=frozenset(name for name, field in fields if field.schema.get("format") == "date-time"),
            base=base,
            kind=own[0] if len(own) <= 2 else "",  # what lies deeper is a list of something else
        )


def reachable(rows: Iterable[type[Row]]) -> Iterator[type[Row]]:
    """Tables, and the tables of what stands inside their rows."""
    for row in rows:
        yield row
        inner = [found for field in row.fields.values() for found in tables_of(field.schema)]
        yield from reachable(inner)


def tables_of(schema: Any) -> Iterator[type[Row]]:
    """The tables that a field's schema names."""
    if isinstance(schema, dict):
        if "$row" in schema:
            yield schema["$row"]
        for inner in schema.values():
            yield from tables_of(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from tables_of(inner)


# --- JSON as HTML --------------------------------------------------------------------------------


def legible(text: str, meaning: Meaning) -> SafeString:
    """An answer's JSON as HTML text, indented, with notes and links."""
    data = json.loads(text, parse_float=Decimal)
    shown, _ = _value(data, meaning, "", "", meaning.kind, settings.SHOP_CURRENCY)
    return mark_safe(shown)  # noqa: S308 (each piece is escaped where it is made)


def _value(value: Any, meaning: Meaning, indent: str, key: str, kind: str, currency: str) -> tuple[str, str]:
    """A value as HTML and the note beside it; `kind` and `currency` are those of the object around it."""
    if isinstance(value, dict):
        own = value.get("currency")
        currency = own if isinstance(own, str) and is_currency(own) else currency
        parts = [
            (f"{_text(name)}: ", *_value(each, meaning, indent + INDENT, name, KINDS.get(name, kind_below(name, kind)),
                                         currency))
            for name, each in value.items()
        ]  # fmt: skip
        return _lines("{", parts, "}", indent), ""
    if isinstance(value, list):
        parts = [("", *_value(each, meaning, indent + INDENT, "", kind, currency)) for each in value]
        return _lines("[", parts, "]", indent), ""
    shown = str(value) if isinstance(value, Decimal) else _text(value)
    link = link_of(key, value, meaning, kind)
    return f'<a href="{escape(link)}">{shown}</a>' if link else shown, note_of(key, value, meaning, currency)


def kind_below(name: str, kind: str) -> str:
    """The kind of what stands under a key that names none: the envelope's `data` changes nothing."""
    return kind if name in ("data", "id") else ""


def _lines(opening: str, parts: list[tuple[str, str, str]], closing: str, indent: str) -> str:
    """An object or a list, a part a line, notes behind the commas."""
    if not parts:
        return opening + closing
    last = len(parts) - 1
    inner = [
        f"{indent}{INDENT}{name}{shown}{',' if index < last else ''}{_noted(note)}"
        for index, (name, shown, note) in enumerate(parts)
    ]
    return "\n".join([opening, *inner, f"{indent}{closing}"])


def _noted(note: str) -> str:
    return f'  <span class="note nocode">{escape(note)}</span>' if note else ""


def _text(value: Any) -> str:
    """JSON as text between tags. Quotes stay, for there they end nothing, and `urlize` finds addresses by them."""
    written = json.dumps(value, ensure_ascii=False)
    return escape(written).replace("&quot;", '"').replace("&#x27;", "'")


# --- What stands beside, and where it leads ------------------------------------------------------


def note_of(key: str, value: Any, meaning: Meaning, currency: str) -> str:
    """Money as 1,234.50 USD, a moment as 15 Jan 2024, 14:30 UTC; "" for anything else."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if is_number and key in meaning.minor:
        return f"{Decimal(value).scaleb(-exponent(currency)):,f} {currency}"
    if is_number and key in meaning.major:
        return f"{value:,} {currency}"
    if isinstance(value, str) and key in meaning.moments:
        with contextlib.suppress(ValueError):
            moment = datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")
            return f"{moment.day} {moment:%b %Y, %H:%M} UTC"
    return ""


def link_of(key: str, value: Any, meaning: Meaning, kind: str) -> str:
    """The address of the record that a value names; "" when it names none, or none is there in this dialect."""
    named = KINDS.get(key.removesuffix("_id"), "") if key.endswith("_id") else kind if key == "id" else ""
    if not named or isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    path = f"{meaning.base}{named}/{value}"
    return path if is_readable(path) else ""


def is_readable(path: str) -> bool:
    """Whether an address is one of a record or list that can be looked at."""
    try:
        found = resolve(path)
    except Resolver404:
        return False
    return "get" in getattr(found.func, "actions", {})


def mount_of(path: str) -> URLResolver | None:
    """Where the routes of the dialect of an address hang; None where no dialect is spoken."""
    mounts = (each for each in get_resolver().url_patterns if isinstance(each, URLResolver))
    return next((mount for mount in mounts if path.startswith(f"/{mount.pattern}")), None)


def mounted_at(path: str) -> str:
    """The path under which the routes of an address hang, with a slash at both ends."""
    mount = mount_of(path)
    return f"/{mount.pattern}" if mount else "/"


def related(path: str) -> list[dict[str, str]]:
    """What can be looked at below a record: `/customers/7` leads to its orders and addresses."""
    mount = mount_of(path)
    own = path.removeprefix(mounted_at(path)).strip("/").split("/")
    if mount is None or len(own) != 2:
        return []
    routes = (str(each.pattern).removesuffix(r"/?\Z") for each in mount.url_patterns)
    names = dict.fromkeys(route.rpartition("/")[2] for route in routes if route.startswith(f"^{own[0]}/"))
    below = {name: f"{path.rstrip('/')}/{name}" for name in names if name.replace("-", "").isalpha()}
    return [{"name": name, "url": url} for name, url in below.items() if is_readable(url)]
