"""Takes out of log lines what callers sent: addresses, passwords, tokens.

A traceback keeps files, lines, the code there and the kinds of errors. Messages are left out, for they quote values: a
database's says which key it refused, `int()` which text. What an error says of our own code stays: the name of a
constraint, the attribute that is not there.
"""

from __future__ import annotations

import errno
import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

# What a message of somebody else's code may hold; ours hold no values. Each keeps its first group.
_PERSONAL = (
    re.compile(r"()[\w.+'-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"((?:bearer|basic|digest)\s+)[^\s'\",]+", re.IGNORECASE),
    re.compile(r"(\w+://)[^\s/@]+@"),
    re.compile(
        r"((?:password|passwd|secret|token|api[_-]?key|authorization|cookie)\w*['\"]?\s*[:=]\s*)[^\s,;&]+", re.I
    ),
    re.compile(r"()\b(?:sk|rk|pk|whsec)_\w{6,}"),
)
LEFT_OUT = "[left out]"
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def clean(text: str) -> str:
    """A message without what looks like an address, a password or a token."""
    for pattern in _PERSONAL:
        text = pattern.sub(rf"\1{LEFT_OUT}", text)
    return text


def scrubbed(exc_info: ExcInfo) -> str:
    """A traceback without the messages of its errors."""
    return "".join(_told(exc_info[1], frozenset())).rstrip("\n")


def _told(error: BaseException, seen: frozenset[int]) -> Iterator[str]:
    """An error and what it came of, the first one first, as Python writes them."""
    seen |= {id(error)}
    cause, context = error.__cause__, error.__context__
    if cause is not None and id(cause) not in seen:
        yield from (*_told(cause, seen), CAUSE)
    elif context is not None and not error.__suppress_context__ and id(context) not in seen:
        yield from (*_told(context, seen), CONTEXT)
    frames = traceback.extract_tb(error.__traceback__)
    yield from ("Traceback (most recent call last):\n", *frames.format(), f"{_kind(error, frames)}\n")
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from ("\nOne of the group:\n", *_told(each, seen))


def _kind(error: BaseException, frames: traceback.StackSummary) -> str:
    """The class of an error, with what it says of the code and the tables and not of values."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    details = ", ".join(f"{key} {value}" for key, value in _details(error, frames).items() if value)
    return f"{name} ({details})" if details else name


def _details(error: BaseException, frames: traceback.StackSummary) -> dict[str, Any]:
    """Words that are the schema's, the system's or the code's own."""
    found = {"sqlstate": getattr(error, "sqlstate", None), "sqlite": getattr(error, "sqlite_errorname", None)}
    if (diagnosis := getattr(error, "diag", None)) is not None:
        found |= {"table": diagnosis.table_name, "constraint": diagnosis.constraint_name}
    if isinstance(error, OSError) and error.errno:
        found["errno"] = errno.errorcode.get(error.errno)
    if (
        isinstance(error, AttributeError | NameError)
        and frames
        and error.name
        and error.name in (frames[-1].line or "")
    ):
        found["name"] = error.name
    return found


class ByRoute(logging.Filter):
    """Tells a request by its route where Django would tell its path, in which callers may write."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it is always wanted."""
        request = getattr(record, "request", None)
        if request is not None and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            route = match.route if match else "no route"
            record.args = tuple(route if arg in (request.path, request.get_full_path()) else arg for arg in record.args)
        return True


class PlainFormatter(logging.Formatter):
    """Lines for people.

    Args:
        whole: nothing is taken out; for whoever develops (DEBUG).
    """

    def __init__(self, fmt: str, *, whole: bool = False) -> None:
        super().__init__(fmt)
        self.whole = whole

    def formatException(self, ei: Any) -> str:
        """A traceback."""
        return super().formatException(ei) if self.whole else scrubbed(ei)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself."""
        line = super().formatMessage(record)
        return line if self.whole else clean(line)
