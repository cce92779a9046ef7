"""Which documents are served under which base path, and the examples to run there."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.documents import b2b, customers_v1, customers_v2, orders
from tests.documents.example import Example

V1 = "/wp-json/fluent-cart/v1"
V2 = "/wp-json/fluent-cart/v2"
B2B = "/api"


class Run(NamedTuple):
    """An example under a base path."""

    base: str
    example: Example

    @property
    def label(self) -> str:
        """The dialect, the document and the example."""
        return f"{self.base.rsplit('/', 1)[-1]} | {self.example.document} | {self.example.name}"

    @property
    def slug(self) -> str:
        """The same as a part of a function's name."""
        return re.sub(r"\W+", "_", self.label).strip("_").lower()


SERVED = (
    (V2, customers_v2.EXAMPLES),
    (V2, orders.EXAMPLES),
    (V1, customers_v1.EXAMPLES),
    (V1, orders.EXAMPLES),
    (B2B, b2b.EXAMPLES),
)
RUNS = [Run(base, example) for base, examples in SERVED for example in examples]
