"""What the database keeps about customers: how many there are, or have a common term, and an index for searches."""

from __future__ import annotations

from fluentcart.kept.installing import Kept
from fluentcart.kept.tallies import DAY, IDS, LEVELS, Tally
from fluentcart.kept.terms import TermTally
from fluentcart.kept.texts import TextIndex

# 256 minor units are one bucket of money, and 256 of those a coarser one.
SPENT_BITS = 8
_SPENT = f"({{row}}.total_spent_cents >> {SPENT_BITS})"

CUSTOMERS = Tally(
    source="customers_customer",
    name="customers_customertally",
    keys=("status",),
    facts={"ids": IDS, "day": DAY, "spent": {"postgresql": _SPENT, "sqlite": _SPENT}},
    fact_columns=("created_at", "total_spent_cents"),
    levels={**LEVELS, "spent": "spent", "spents": f"spent >> {SPENT_BITS}"},
)
TERMS = TermTally(source="customers_customer", name="customers_customertermtally")


def kept() -> tuple[Kept, ...]:
    """All of it."""
    return CUSTOMERS, TERMS, TextIndex("customers_customer")
