"""What the requests are made of: ids, terms and dates of the shop that is driven."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson


@dataclass
class Facts:
    """Samples of a loaded shop.

    Args:
        login, password: the caller, an administrator.
        terms: kind of search -> texts that find something.
        months: first and last day of each month in which there are orders.
        variations: (variation id, product id) of what can be ordered.
        pool: orders that the bench may pay and refund as it likes.
        newest: table -> its greatest id when the shop was loaded; what is above came from the bench.
        export_paths: links to CSV files; the service makes them, once it runs.
    """

    login: str
    password: str
    customer_count: int
    order_count: int
    customer_ids: list[int]
    active_ids: list[int]
    order_ids: list[int]
    terms: dict[str, list[str]]
    months: list[tuple[str, str]]
    variations: list[tuple[int, int]]
    pool: list[int]
    newest: dict[str, int]
    export_paths: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Facts:
        """From the file that `write` made."""
        return cls(**orjson.loads(path.read_bytes()))

    def write(self, path: Path) -> None:
        """Into a JSON file."""
        path.write_bytes(orjson.dumps(asdict(self)))
