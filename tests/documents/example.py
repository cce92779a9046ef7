"""One documented call with its answer as data, and the matcher that compares an answer with it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Shape = Any
"""What an answer looks like: a dict of documented keys (others may stand beside them), a list of exactly these
elements, `Each`, `int`, `float`, `str` or `bool` for a type, `OneOf`, `MOMENT`, `ABSENT`, or a literal value."""


@dataclass(frozen=True)
class Each:
    """A list of at least one element, each of which has the shape."""

    shape: Shape


@dataclass(frozen=True, init=False)
class OneOf:
    """One of the words of an enumeration."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)


class Marker:
    """A shape that is no type and no literal."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


MOMENT = Marker("YYYY-MM-DDTHH:MM:SSZ")
ABSENT = Marker("absent")

KINDS: dict[Any, str] = {
    int: "integer",
    float: "number",
    str: "string",
    bool: "boolean",
    MOMENT: "moment",
    type(None): "null",
}


def nothing() -> None:
    """The demo as it was loaded."""


@dataclass(frozen=True)
class Example:
    """A call that a document shows, or that its tables describe.

    Args:
        document: which one.
        name: the operation's title, and which of its examples this is.
        method, path: as the document's headings have them, with the path's parameters in braces.
        query, body: what is sent.
        status: of the answer.
        presupposes: brings a fresh demo into the state that the example starts from.
        answer: its shape.
        ids: values of the path's parameters; 1 where nothing else is said, as in the documents.
        role: who calls: "super_admin" or "none".
    """

    document: str
    name: str
    method: str
    path: str
    query: str = ""
    body: Any = None
    status: int = 200
    presupposes: Callable[[], None] = nothing
    answer: Shape = field(default_factory=dict)
    ids: Mapping[str, int | str] = field(default_factory=dict)
    role: str = "super_admin"

    def url(self, base: str) -> str:
        """Where to send it, under a dialect's base path."""
        parts = self.path.replace("{", "}").split("}")
        filled = "".join(str(self.ids.get(part, 1)) if index % 2 else part for index, part in enumerate(parts))
        return base + filled + (f"?{self.query}" if self.query else "")

    def judge(self, status: int, answer: Any) -> list[str]:
        """What is wrong with an answer, a line each; nothing when it is as documented."""
        wrong = [] if status == self.status else [f"status: {status} is not {self.status}"]
        return wrong + differences(self.answer, answer)


def calls_of(document: str) -> Callable[..., Example]:
    """A short way to write the examples of a document: `call("List Orders: curl", "GET /orders", answer=...)`."""

    def call(name: str, operation: str, **rest: Any) -> Example:
        method, path = operation.split(" ")
        return Example(document, name, method, path, **rest)

    return call


# --- The matcher -------------------------------------------------------------------------------


def differences(shape: Shape, value: Any, at: str = "") -> list[str]:
    """The paths at which `value` is not as `shape` says, each with what is there; keys beyond the shape's may be."""
    if isinstance(shape, dict):
        return _object_differences(shape, value, at)
    if isinstance(shape, Each):
        if not isinstance(value, list) or not value:
            return [f"{at or 'answer'}: {value!r} is not a list with something in it"]
        return _element_differences([shape.shape] * len(value), value, at)
    if isinstance(shape, list):
        if not isinstance(value, list) or len(value) != len(shape):
            return [f"{at or 'answer'}: {value!r} is not a list of {len(shape)}"]
        return _element_differences(shape, value, at)
    return [] if _agrees(shape, value) else [f"{at or 'answer'}: {value!r} is not {_described(shape)}"]


def _object_differences(shape: Mapping[str, Shape], value: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at or 'answer'}: {value!r} is not an object"]
    found = []
    for key, inner in shape.items():
        path = f"{at}.{key}" if at else key
        if inner is ABSENT:
            found += [f"{path}: should not be there"] if key in value else []
        elif key not in value:
            found.append(f"{path}: missing")
        else:
            found += differences(inner, value[key], path)
    return found


def _element_differences(shapes: list[Shape], values: list[Any], at: str) -> list[str]:
    pairs = enumerate(zip(shapes, values, strict=True))
    return [line for index, (shape, value) in pairs for line in differences(shape, value, f"{at}[{index}]")]


def _agrees(shape: Shape, value: Any) -> bool:
    """Whether a value is of a type, a word, a moment or literally the same; True is no integer."""
    if shape is MOMENT:
        return isinstance(value, str) and _is_moment(value)
    if isinstance(shape, OneOf):
        return isinstance(value, str) and value in shape.words
    if isinstance(shape, type):
        return type(value) is shape
    return type(value) is type(shape) and bool(value == shape)


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") == text


def _described(shape: Shape) -> str:
    if isinstance(shape, OneOf):
        return f"one of {', '.join(shape.words)}"
    return KINDS.get(shape, repr(shape)) if isinstance(shape, type) else repr(shape)


# --- What an example covers --------------------------------------------------------------------


def kind_of(shape: Shape) -> str:
    """The kind of a field in the words of the fact tables: "integer", "objects", ..."""
    if isinstance(shape, dict):
        return "object"
    if isinstance(shape, Each):
        return f"{kind_of(shape.shape)}s"
    if isinstance(shape, list):
        return f"{kind_of(shape[0])}s"
    if isinstance(shape, OneOf):
        return "string"
    return KINDS.get(shape) or KINDS[type(shape)]


def fields_of(shape: Shape, at: str = "") -> Iterator[tuple[str, str]]:
    """(path, kind) of every field of a body or an answer; `[]` stands for an element, `.` for nesting."""
    if isinstance(shape, dict):
        for key, inner in shape.items():
            if inner is not ABSENT:
                path = f"{at}.{key}" if at else key
                path += "[]" if isinstance(inner, list | Each) else ""
                yield path, kind_of(inner)
                yield from fields_of(inner, path)
    elif isinstance(shape, Each):
        yield from fields_of(shape.shape, at)
    elif isinstance(shape, list):
        for inner in shape:
            yield from fields_of(inner, at)


def query_fields(query: str) -> Iterator[str]:
    """The parameters of a query string as the documents name them: `filters.status`, `with`."""
    for name, _ in parse_qsl(query, keep_blank_values=True):
        parts = [part for part in name.replace("]", "").split("[") if part]
        yield from (".".join(parts[: end + 1]) for end in range(len(parts)))
