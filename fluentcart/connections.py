"""Which connection a client keeps silent on, and how the server learns that it ended.

The server says of a request only its client's address, not its port. So the connection is found among all of this
process by what Linux knows of each: when bytes last came in and went out. Elsewhere none is found, and a client that
neither sends nor leaves keeps the thread that reads its body. Only connections of the same address are looked at:
whoever comes from elsewhere loses none for somebody's slow body.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

DESCRIPTORS = "/proc/self/fd"
# In struct tcp_info of linux/tcp.h: the milliseconds since bytes last went out and came in; packets with data sent.
SENT_OFFSET, RECEIVED_OFFSET, PACKETS_OFFSET, INFO_BYTES = 44, 52, 156, 160
# The state, which is the first byte there: neither a listening socket nor one whose client has ended.
ESTABLISHED = 1
# Bytes reach the thread that waits for them so soon after they came in.
DELIVERED_WITHIN_SECONDS = 0.05


def end_silent_connections(port: int, client: str, since: float) -> None:
    """Let the server see the end of a client's connection that owes the rest of a request since some time.

    Idle connections, on which the last word was ours, end first: they may be ended at any time, and one may be more
    than idle. Then one that is owed an answer ends, if it is the only one. A request whose answer takes as long looks
    the same: with two that do, none is ended, and the caller asks again.

    Args:
        port: of ours, to which it is connected.
        client: the address at the other end, as the server knows it; with a proxy in between, the proxy's.
        since: when the last byte was read, by `time.monotonic`.
    """
    with ExitStack() as found:
        silent = [found.enter_context(one) for one in connections(port, client)]
        words = [last_word(one, since) for one in silent]
        ends = "ours" if "ours" in words else "theirs"
        if ends == "ours" or words.count("theirs") == 1:
            for connection, word in zip(silent, words, strict=True):
                if word == ends:
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RD)  # the server can still answer


def last_word(connection: socket.socket, since: float) -> str:
    """Whose bytes were the last ones on a connection: "ours", "theirs" (or in doubt), or "" if any came since."""
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_BYTES)
        sent_ms_ago, received_ms_ago, packets = (
            struct.unpack_from("I", info, offset)[0] for offset in (SENT_OFFSET, RECEIVED_OFFSET, PACKETS_OFFSET)
        )
    except (OSError, struct.error):
        return ""
    if time.monotonic() - received_ms_ago / 1000 > since + DELIVERED_WITHIN_SECONDS:
        return ""
    return "ours" if packets and sent_ms_ago < received_ms_ago else "theirs"


def connections(port: int, client: str) -> Iterator[socket.socket]:
    """A client's connections to a port of this process, as sockets of the caller's."""
    seen: set[str] = set()  # our own copies come up, too
    with suppress(OSError):
        for name in os.listdir(DESCRIPTORS):
            with suppress(OSError):
                target = os.readlink(f"{DESCRIPTORS}/{name}")
                if target.startswith("socket:") and target not in seen:
                    seen.add(target)
                    found = socket.socket(fileno=os.dup(int(name)))
                    if is_connection(found, port, client):
                        yield found
                    else:
                        found.close()


def is_connection(found: socket.socket, port: int, client: str) -> bool:
    """Whether a socket is an open TCP connection of this client to this port of ours."""
    is_tcp = found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM
    if not is_tcp or found.getsockname()[1] != port:
        return False
    if found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED:
        return False
    return is_same_address(found.getpeername()[0], client)


def is_same_address(one: str, other: str) -> bool:
    """Whether two texts name one address; IPv4 within IPv6 (`::ffff:127.0.0.1`) is IPv4, and no address is nobody's."""
    try:
        return unmapped(one) == unmapped(other)
    except ValueError:
        return False


def unmapped(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address, as IPv4 where it is IPv4 within IPv6.

    Raises:
        ValueError: it is no address.
    """
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address
