"""Which search terms many texts have, by a sample of them, so that they can be counted before anybody asks.

Knows no database.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

SAMPLE_TEXTS = 2000
# Terms that fewer texts have are counted soon enough when they are asked for.
SHARE_MIN = 0.02
# So many leave room among `terms.TERMS_MAX` for those that people ask for.
TERMS_MAX = 400
TERM_CHARS_MAX = 20
# Rows are compared with so many terms in one pass: in the meantime nobody folds, and on SQLite nobody writes.
TERMS_AT_ONCE = {"postgresql": 100, "sqlite": 20}
WORD = re.compile(r"\w+")


def foreseen(texts: Sequence[str], share: float = SHARE_MIN) -> list[str]:
    """What so many texts have of all that people type while they look for something; what most have comes first.

    People begin with the beginning of a word, and search boxes ask at each letter: `s`, `sm`, `smi`. What they type may
    go on after the word: `gmail.c`. Such a beginning is looked for anywhere in the texts, as a search does.

    Args:
        texts: folded, of rows from all over a table.
        share: of the texts that have a term, at least.
    """
    begun = Counter(term for text in texts for term in set(beginnings(text)))
    # What begins a word in hardly a text is not typed, though it may stand inside of many.
    counts = {term: sum(term in text for text in texts) for term, count in begun.items() if count > 1}
    common = (term for term, count in counts.items() if count >= share * len(texts))
    return sorted(common, key=lambda term: (-counts[term], term))[:TERMS_MAX]


def beginnings(text: str) -> Iterator[str]:
    """The terms of up to TERM_CHARS_MAX letters that begin where a word of a text does; none ends in a space."""
    for word in WORD.finditer(text):
        rest, _, _ = text[word.start() : word.start() + TERM_CHARS_MAX].partition("\n")
        yield from (rest[:length] for length in range(1, len(rest) + 1) if not rest[length - 1].isspace())
