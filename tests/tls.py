"""An https address in front of a service of a test's own, as the proxy in front of a real one ends TLS."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import requests

from tests.serving import ANSWER_SECONDS

OPENSSL_SECONDS = 30
# What belongs to one connection and is not passed on (RFC 9110, "Connection"); requests has unpacked the body.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length", "te", "upgrade"}


@dataclass(frozen=True)
class Door:
    """An https address, and the certificate that its callers have to believe."""

    url: str
    certificate: Path


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key, made by openssl."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", str(certificate), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
        timeout=OPENSSL_SECONDS,
    )
    return certificate, key


@contextmanager
def tls_door(target: str, folder: Path) -> Iterator[Door]:
    """Pass on what comes to a free port of 127.0.0.1 over TLS to `target`, and say that it came over TLS."""
    certificate, key = make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            """Ask the service, and answer with what it answers."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            sent |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": self.client_address[0]}
            answer = requests.request(
                self.command, target + self.path, headers=sent, data=body, allow_redirects=False, timeout=ANSWER_SECONDS
            )
            self.send_response(answer.status_code)
            for name, value in answer.raw.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Door(f"https://127.0.0.1:{server.server_port}", certificate)
        finally:
            server.shutdown()
