"""Exit 0 when this host's own service answers /healthz with 200; for Docker's HEALTHCHECK."""

from __future__ import annotations

import http.client
import os
import sys


def host_header() -> str:
    """A Host that ALLOWED_HOSTS accepts, whatever the shop is called."""
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip()
    return "127.0.0.1" if first in ("", "*") else first.removeprefix(".")


def main() -> int:
    """0 when healthy, 1 when not."""
    port = int(os.environ.get("PORT") or 8000)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    # Behind a proxy that ends TLS (HTTPS=on), plain HTTP would only be sent on to https.
    headers = {"Host": host_header(), "X-Forwarded-Proto": "https"}
    try:
        connection.request("GET", "/healthz", headers=headers)
        status = connection.getresponse().status
    except OSError as error:
        sys.stderr.write(f"No answer on port {port}: {error}\n")
        return 1
    if status != 200:
        sys.stderr.write(f"/healthz answered {status}\n")
    return int(status != 200)


if __name__ == "__main__":
    sys.exit(main())
