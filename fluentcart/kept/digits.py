"""An index of the numbers that stand in texts, by five digits at a time; PostgreSQL only.

An index of trigrams has a list for each three digits, of which there are but a thousand: the lists grow with the shop,
and whichever of a number's are read are long. Of five digits there are a hundred thousand.
"""

from __future__ import annotations

import re

from fluentcart.compiled.plans import unseen
from fluentcart.kept.indexes import PostgresIndex

PIECE_DIGITS = 5
RUNS = re.compile(f"[0-9]{{{PIECE_DIGITS},}}")
# PostgreSQL keeps the plan of a PL/pgSQL function for a session, and plans one in SQL for each row that is written.
FUNCTION = f"""\
CREATE OR REPLACE FUNCTION fluentcart_digits(whole text) RETURNS integer[]
 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE found integer[]; piece text;
BEGIN
  FOR place IN 1 .. length(whole) - {PIECE_DIGITS - 1} LOOP
    piece := substr(whole, place, {PIECE_DIGITS});
    IF piece ~ '^[0-9]{{{PIECE_DIGITS}}}$' THEN found := array_append(found, piece::integer); END IF;
  END LOOP;
  RETURN found;
END $$"""


def digit_index(table: str) -> PostgresIndex:
    """The index of a table's `search_text`; rows without a text are not in it.

    What is written goes where it belongs at once: a text has few numbers, and each search would read all that waits.
    """
    return PostgresIndex(
        table,
        f"{table}_digits",
        "fluentcart_digits(search_text)",
        "search_text <> ''",
        method="USING gin ",
        storage=" WITH (fastupdate = off)",
        functions=(FUNCTION,),
    )


def digits_of(part: str) -> list[int]:
    """Numbers of five digits that every text has in which a part stands; none for a part that is hardly a number.

    Of each run of digits so many that they cover it, from its beginning and to its end.
    """
    return sorted({int(piece) for run in RUNS.findall(part) for piece in _pieces(run)})


def _pieces(run: str) -> set[str]:
    last = len(run) - PIECE_DIGITS
    return {run[place : place + PIECE_DIGITS] for place in (*range(0, last, PIECE_DIGITS), last)}


def with_digits(column: str) -> str:
    """PostgreSQL's condition that a column has numbers that `digits_of` found."""
    return f"{column} <> '' AND fluentcart_digits({column}) @> {unseen('integer[]')}"
