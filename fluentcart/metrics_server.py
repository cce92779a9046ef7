"""Serves /metrics on a port of its own, METRICS_HOST and METRICS_PORT; tools/serve.py starts it beside the server.

It counts nothing itself: it reads the files that the server's processes count in. One caller at a time is enough.
"""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import AF_INET, AF_INET6
from typing import Any

IDLE_SECONDS = 10


class Page(BaseHTTPRequestHandler):
    """Answers GET /metrics, and nothing else."""

    timeout = IDLE_SECONDS
    server_version, sys_version = "fluentcart", ""

    def do_GET(self) -> None:
        """The text, for whoever has METRICS_TOKEN when there is one."""
        from django.db import connections

        from fluentcart import health

        if self.path.partition("?")[0] != "/metrics":
            self.answer(404, b"Only /metrics is here.\n")
        elif not health.may_see_metrics(self.headers.get("Authorization", "")):
            self.answer(401, health.REFUSED.encode())
        else:
            self.answer(200, health.metrics_text(), health.TEXT_FORMAT)
            connections.close_all()  # none is kept open between two scrapes

    def answer(self, status: int, body: bytes, kind: str = "text/plain") -> None:
        """Send it."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: scrapes come every few seconds."""


def main() -> None:
    """Serve until the process is told to end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fluentcart.settings")
    import django
    from django.conf import settings

    django.setup()
    host = settings.METRICS_HOST

    class Server(HTTPServer):
        address_family = AF_INET6 if ":" in host else AF_INET

    Server((host, settings.METRICS_PORT), Page).serve_forever()


if __name__ == "__main__":
    main()
