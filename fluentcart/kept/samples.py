"""What this process knows of the texts that searches look in: a sample of each table's, taken anew now and then."""

from __future__ import annotations

from time import monotonic

from fluentcart.compiled.plans import Statement
from fluentcart.compiled.running import execute_aside
from fluentcart.kept.rarity import SAMPLE_SECONDS, Rarity, sample_of

# Alias and table -> when it was sampled, and what that told.
_known: dict[tuple[str, str], tuple[float, Rarity]] = {}


def rarity_of(table: str, using: str) -> Rarity:
    """What is known of `search_text` in a table of a PostgreSQL; sampled when that is too long ago.

    The search that is due for it takes some tens of milliseconds longer.
    """
    found = _known.get((using, table))
    if found is None or monotonic() - found[0] > SAMPLE_SECONDS:
        found = _known[using, table] = (monotonic(), sampled(table, using))
    return found[1]


def sampled(table: str, using: str) -> Rarity:
    """A sample."""
    rows = execute_aside(Statement.of(sample_of(table, "search_text"), 0, "postgresql"), using)
    _, has_letters, row_count = rows[0] if rows else ("", False, 0)
    return Rarity((text for text, _, _ in rows), is_ascii=not has_letters, row_count=row_count)
