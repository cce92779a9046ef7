"""Requests written byte by byte, for what no HTTP client would send."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    """What came back: 0 as the status when the connection was closed without a word."""

    status: int
    text: str


class Line:
    """A connection from an address of this host to a service on a port of 127.0.0.1."""

    def __init__(self, port: int, client: str = "127.0.0.1") -> None:
        place = ("127.0.0.1", port)
        self.socket = socket.create_connection(place, timeout=PATIENCE_SECONDS, source_address=(client, 0))

    def send(self, data: bytes) -> None:
        """Send; a server that has refused already may have closed."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def send_end(self) -> None:
        """Say that nothing more comes, and go on listening; a server that refused what came may have hung up before."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def answer(self) -> Answer:
        """The first answer, once it is whole; waits no longer than PATIENCE_SECONDS for each piece."""
        data = b""
        while not is_whole(data):
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            data += piece
        status = data.split(b" ", 2)[1] if data else b"0"
        return Answer(int(status), data.decode("latin-1"))


def is_whole(data: bytes) -> bool:
    """Whether an answer with a Content-Length is there, body included."""
    head, gap, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if gap and line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return False


@contextmanager
def line_to(port: int, client: str = "127.0.0.1") -> Iterator[Line]:
    """A connection that is closed in the end."""
    line = Line(port, client)
    try:
        yield line
    finally:
        line.socket.close()


def ask(port: int, data: bytes, *, then_end: bool = False) -> Answer:
    """The answer to some bytes on a connection of their own."""
    with line_to(port) as line:
        line.send(data)
        if then_end:
            line.send_end()
        return line.answer()
