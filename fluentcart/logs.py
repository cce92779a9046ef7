"""Log lines: one a request, and whatever the code warns of, all with the request's id; as JSON or as plain text.

What callers send never gets in here: no bodies, query values, e-mail addresses, logins or passwords. A request is
told by the pattern of its route, and people by their ids.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any

import orjson
import structlog

from fluentcart.scrubbing import clean, scrubbed

# Of the request that this thread answers; "" between requests and in commands.
request_id: ContextVar[str] = ContextVar("request_id", default="")
STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)


def to_json(event: Any, **options: Any) -> bytes:
    """One line of JSON, without its end."""
    return orjson.dumps(event, default=str)


def add_request_id(logger: Any, name: str, event: Any) -> Any:
    """Structlog's processor: which request a line belongs to, when it belongs to one."""
    if found := request_id.get():
        event["request_id"] = found
    return event


def clean_event(logger: Any, name: str, event: Any) -> Any:
    """Structlog's processor: a message without what callers sent."""
    event["event"] = clean(str(event["event"]))
    return event


def json_formatter(*, whole: bool = False) -> logging.Formatter:
    """For Python's own loggers: what `LOG_FORMAT=json` makes of their lines, tracebacks included.

    Args:
        whole: nothing is taken out; for whoever develops (DEBUG).
    """
    render = structlog.processors.format_exc_info if whole else structlog.processors.ExceptionRenderer(scrubbed)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            render,
            *([] if whole else [clean_event]),
            STAMP,
            add_request_id,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: to_json(event).decode()),
        ],
    )


class LineLogger:
    """Writes lines to the error stream, each with one call of the system.

    Structlog's processors without its loggers, which take as long again for what this has none of: bound values.

    Args:
        log_format: "json" or "plain" (logfmt: `key=value`).
    """

    def __init__(self, log_format: str) -> None:
        self.stream = open(2, "ab", buffering=0, closefd=False)  # noqa: SIM115 - as long as the process
        plain = structlog.processors.LogfmtRenderer(key_order=["timestamp", "event"], bool_as_flag=False)
        json = structlog.processors.JSONRenderer(serializer=to_json)
        self.render: Any = json if log_format == "json" else lambda *event: str(plain(*event)).encode()

    def info(self, event: str, **fields: Any) -> None:
        """One line."""
        line = self.render(None, "info", STAMP(None, "info", {**fields, "event": event}))
        self.stream.write(line + b"\n")
