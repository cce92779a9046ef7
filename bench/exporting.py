"""Run with Django: all orders of the shop as CSV, as a link or the admin streams them, and the memory that it takes.

A process of its own; prints JSON.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import django
import orjson
import psutil  # type: ignore[import-untyped]

# What the first rows leave in caches and pools is no growth.
WARM_LINES = 10_000


def export_all() -> dict[str, Any]:
    """How many orders, how long, and how much more memory the process has at the end than after the first lines."""
    from fluentcart.api.exports import csv_response
    from fluentcart.compiled import Selection
    from orders.api.document.rows import OrderExportRow
    from orders.models import Order

    process, lines, warm_bytes, most_bytes = psutil.Process(), 0, 0, 0
    began = time.monotonic()
    chunks: Any = csv_response(OrderExportRow, lambda: Selection(Order.objects.all), "orders.csv").streaming_content
    for chunk in chunks:
        before, lines = lines, lines + chunk.count(b"\n")
        if before // WARM_LINES != lines // WARM_LINES:
            now_bytes = process.memory_info().rss
            warm_bytes = warm_bytes or now_bytes
            most_bytes = max(most_bytes, now_bytes)
    return {"orders": lines - 1, "seconds": time.monotonic() - began, "grown_mb": (most_bytes - warm_bytes) / 2**20}


def main() -> None:
    """exporting.py: the figures, as JSON."""
    django.setup()
    sys.stdout.buffer.write(orjson.dumps(export_all()))


if __name__ == "__main__":
    main()
