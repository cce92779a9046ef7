"""When things happen in the demo shop: everything moves with `now`, but what the documents date themselves."""

from __future__ import annotations

import datetime

from orders.demo.scenarios import DAY

# The customers document: the first order of customer 1, the last one, and the last change of the customer.
DOCUMENT_FIRST = int(datetime.datetime(2024, 1, 1, 10, tzinfo=datetime.UTC).timestamp())
DOCUMENT_SECOND = int(datetime.datetime(2024, 1, 15, 14, 30, tzinfo=datetime.UTC).timestamp())
# The B2B document: since when customer 456 is one.
DOCUMENT_SINCE = int(datetime.datetime(2023, 6, 15, tzinfo=datetime.UTC).timestamp())
TWO_YEARS = 730 * DAY
# Above 1: the shop grows, so that later weeks have more orders than earlier ones.
GROWTH = 1.4


class Timeline:
    """Two years that end now. Orders and customers are spread over them, the higher id the later."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.start = now - TWO_YEARS

    def order_time(self, index: int, count: int, jitter: float) -> int:
        """When the order of this index was made; `jitter` in [0, 1) moves it within its own share of the time."""
        return self.start + int(TWO_YEARS * ((index + jitter) / count) ** (1 / GROWTH))

    def index_at(self, moment: int, count: int) -> int:
        """How many of `count` orders were made before a moment: the inverse of `order_time`."""
        return int(count * max((moment - self.start) / TWO_YEARS, 0) ** GROWTH)

    def customer_time(self, index: int, count: int) -> int:
        """When the customer of this index came; the first ones before the first order."""
        return self.start - 30 * DAY + int((TWO_YEARS + 29 * DAY) * (index / count) ** (1 / GROWTH))
