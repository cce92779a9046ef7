"""The body of a request as a server hands it over: whole and in time, or an error; and of a length that Django knows.

A server tells a body that was cut off by its end alone, and a shorter body can mean something else: a form that ends
with `amount=25` was perhaps `amount=2500`. A chunked body has no length to compare with. JSON shows by itself where it
ends; of a form in chunks `fluentcart/api/parsing.py` asks for its length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fluentcart.slowness import TimedStream

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

# In the environment of a request whose body came in chunks.
CHUNKED = "fluentcart.chunked"
# There too: the stream of a body, which knows whether it was waited for to the end.
STREAM = "fluentcart.stream"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class BodyCutOff(OSError):
    """The connection ended before all of the body that was announced; Django makes it an UnreadablePostError."""


class WholeBody:
    """A body of known length, as far as Django reads it.

    Args:
        stream: the server's; what it reads is shorter than asked for only where the body ends.
        length_bytes: what Content-Length announced.
    """

    def __init__(self, stream: TimedStream, length_bytes: int) -> None:
        self.stream = stream
        self.left_bytes = length_bytes

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all that are left.

        Raises:
            BodyCutOff: fewer came than were announced.
        """
        wanted = self.left_bytes if size < 0 else min(size, self.left_bytes)
        return self.checked(self.stream.read(wanted), wanted)

    def readline(self, size: int = -1) -> bytes:
        """A line, or so many bytes of it.

        Raises:
            BodyCutOff: nothing came where something was announced.
        """
        wanted = self.left_bytes if size < 0 else min(size, self.left_bytes)
        return self.checked(self.stream.readline(wanted), min(wanted, 1))

    def checked(self, data: bytes, least_bytes: int) -> bytes:
        """What was read, counted."""
        if len(data) < least_bytes:
            raise BodyCutOff("The body is shorter than its Content-Length.")
        self.left_bytes -= len(data)
        return data


def whole_bodies(application: Application, bytes_max: int, seconds_max: int) -> Application:
    """A WSGI application whose bodies are whole and in time; one in chunks has the length that is just too long.

    Args:
        bytes_max: what a body may have. A chunked body is read no further than one byte more.
        seconds_max: how long it is waited for, by one thread of the process at a time.
    """

    def handle(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH")
        if not length and "HTTP_TRANSFER_ENCODING" not in environ:
            return application(environ, start_response)
        port, client = int(environ["SERVER_PORT"]), environ.get("REMOTE_ADDR", "")
        stream = TimedStream(environ["wsgi.input"], seconds_max, port, client)
        if length:
            environ["wsgi.input"] = WholeBody(stream, int(length))
        else:
            environ["wsgi.input"] = stream
            environ[CHUNKED] = True
            if not environ.get("CONTENT_TYPE", "").lower().startswith(FORMS):
                environ["CONTENT_LENGTH"] = str(bytes_max + 1)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            """The rest of a body that was not waited for would be taken for the next request."""
            if stream.refusal is not None:
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *error)

        environ[STREAM] = stream
        return application(environ, start)

    return handle
