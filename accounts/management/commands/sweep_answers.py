"""`sweep_answers`: removes the stored answers of requests with an Idempotency-Key after their 24 hours."""

from __future__ import annotations

from typing import Any

from accounts.stored_answers import sweep
from fluentcart.commands import ShopCommand


class Command(ShopCommand):
    """Writes sweep in passing; this is for a shop in which nothing is written any more."""

    help = "Remove stored answers (Idempotency-Key) that are older than 24 hours."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep until nothing is left to sweep."""
        total = 0
        while swept := sweep():
            total += swept
        self.stdout.write(f"{total} stored answers removed.")
