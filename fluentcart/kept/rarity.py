"""Which parts of a search term are rare among a table's texts, by a sample of them. Knows no database.

An index of trigrams keeps a list of rows for each three letters, and the lists of common ones grow with the shop: it
takes longer to intersect all of a term's lists than to look at the few rows that its rarest letters leave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

SAMPLE_TEXTS = 1000
# Of fewer texts nothing is to be learnt, and no list is long.
TEXTS_MIN = 200
# How long a sample is good for: shares change slowly, and whatever they are, the same rows are found.
SAMPLE_SECONDS = 600
PIECE_CHARS = 3
PIECES_MAX = 5
# The list of a piece that more texts have than this is not worth reading.
COMMON_SHARE = 0.1
# A sample is sure enough of what so many of its texts have.
LARGE_SHARE = 0.05
# Pieces that more texts than this have together leave too much to look at.
LEFT_SHARE = 0.003


def sample_of(table: str, column: str) -> str:
    """PostgreSQL's statement for some texts from all over a table.

    Found by their keys, which takes as long in a big table as in a small one; for keys that are free there is no text.
    Beside each stands whether PostgreSQL takes letters beyond ASCII for such, and the greatest key.
    """
    return (
        f"SELECT t.{column}, 'é' ~ '[[:alpha:]]', top_id"
        " FROM (SELECT DISTINCT 1 + floor(random() * top.id)::bigint AS id, top.id AS top_id"
        f" FROM (SELECT max(id) AS id FROM {table}) AS top, generate_series(1, {SAMPLE_TEXTS})) AS chosen"
        f" JOIN {table} t ON t.id = chosen.id"
    )


class Rarity:
    """What a sample of texts tells; by bits, of which each text has one.

    Args:
        texts: folded, as the table has them.
        is_ascii: the database takes no other letters for letters, as one of the locale C.
        row_count: how many rows the table has, at most.
    """

    def __init__(self, texts: Iterable[str], *, is_ascii: bool, row_count: int = 0) -> None:
        self.is_ascii, self.row_count = is_ascii, row_count
        self.texts = list(texts)
        self.texts_with: defaultdict[str, int] = defaultdict(int)
        for number, text in enumerate(self.texts):
            bit = 1 << number
            for piece in {piece for _, piece in self.pieces(text)}:
                self.texts_with[piece] |= bit

    @property
    def count(self) -> int:
        """How many texts there are."""
        return len(self.texts)

    def is_common(self, part: str, count: int) -> bool:
        """Whether a folded part surely stands in so many texts of the table, and in a large share of them.

        What few texts have all pieces of, few texts have; only of other parts each text is looked through.
        """
        if self.count < TEXTS_MIN:
            return False
        wanted = max(LARGE_SHARE * self.count, count * self.count / max(self.row_count, 1))
        left = (1 << self.count) - 1
        for _, piece in self.pieces(part):
            left &= self.texts_with.get(piece, 0)
            if left.bit_count() < wanted:
                return False
        return 0 < wanted <= sum(part in text for text in self.texts)

    def rarest(self, part: str) -> list[str] | None:
        """A few pieces of a folded part, in their order in it, that hardly a text has all of.

        None when the whole part serves an index as well: it is short, its letters are common, or too little is known.
        No two of the pieces overlap, so whatever contains the part has all of them in this order.
        """
        if self.count < TEXTS_MIN:
            return None
        known = ((place, self.texts_with.get(piece, 0)) for place, piece in self.pieces(part))
        rare = [(place, texts) for place, texts in known if texts.bit_count() <= COMMON_SHARE * self.count]
        chosen: list[int] = []
        left = (1 << self.count) - 1
        while rare and len(chosen) < PIECES_MAX and (left or len(chosen) < 2):
            place, texts = min(rare, key=lambda row: ((left & row[1]).bit_count(), row[1].bit_count()))
            chosen.append(place)
            left &= texts
            rare = [row for row in rare if abs(row[0] - place) >= PIECE_CHARS]
        if len(chosen) < 2 or left.bit_count() > LEFT_SHARE * self.count:
            return None
        return [part[place : place + PIECE_CHARS] for place in sorted(chosen)]

    def pieces(self, text: str) -> Iterator[tuple[int, str]]:
        """Where three letters or digits stand together, or two at a word's end; with a space for whatever else.

        Not at a word's beginning: there an index looks for the word's first letter alone too, which is common.
        """
        plain = "".join(letter if self.is_letter(letter) else " " for letter in text)
        for place in range(len(plain) - PIECE_CHARS + 1):
            piece = plain[place : place + PIECE_CHARS]
            if " " not in piece[:2]:
                yield place, piece

    def is_letter(self, letter: str) -> bool:
        """Whether the database has trigrams of it."""
        return letter.isalnum() and (letter.isascii() or not self.is_ascii)
