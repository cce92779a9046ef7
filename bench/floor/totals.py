"""What the database keeps for the service, read by hand: totals, and the place of a deep page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from time import monotonic
from typing import Any

from bench.floor.database import Connection, one_value, rows
from fluentcart.kept.terms import KNOWN_SECONDS

TERMS = {"customers_customer": "customers_customertermtally", "orders_order": "orders_ordertermtally"}
TALLIES = {"customers_customer": "customers_customertally", "orders_order": "orders_ordertally"}
# Buckets of 2**13 ids, 2**7 of them in a coarse one; of 2**8 minor units, 2**8 of them in a coarse one.
IDS_BITS, COARSE_BITS, SPENT_BITS = 13, 5, 8
JUMP_FROM = 1000


def level(name: str, wanted: str) -> str:
    """What the tallies call a level: all rows together have one of their own."""
    return name if wanted else f"+{name}"


def kept_total(connection: Connection, table: str, wanted: str, values: Mapping[str, Any]) -> int:
    """How many rows a list has; `wanted` begins with AND, or is empty."""
    found: int = one_value(
        connection,
        f"SELECT coalesce(sum(n), 0)::bigint FROM ("
        f"SELECT t.count AS n FROM {TALLIES[table]} t"
        f" WHERE t.level = '{level('all', wanted)}' AND t.bucket = 0 {wanted}"
        f" UNION ALL SELECT t.delta FROM {TALLIES[table]}delta t WHERE true {wanted}) AS kept",
        values,
    )
    return found


def unseen(sql: str, kind: str) -> str:
    """SQL whose values PostgreSQL cannot know beforehand, so that it keeps the plan, as the service has it."""
    return re.sub(r"%\(.*?\)s", rf"(SELECT \g<0>::{kind})", sql)


def days_with_rows(connection: Connection, wanted: str, values: Mapping[str, Any]) -> dict[str, int]:
    """Day -> how many orders, from `first_day` to `last_day`, which are numbers such as 20240131; latest first."""
    between, of = unseen("BETWEEN %(first_day)s AND %(last_day)s", "bigint"), unseen(wanted, "varchar")
    found = rows(
        connection,
        "SELECT day, sum(n)::bigint AS count FROM ("
        "SELECT t.bucket AS day, t.count AS n FROM orders_ordertally t"
        f" WHERE t.level = '{level('day', wanted)}' AND t.bucket {between} {of}"
        f" UNION ALL SELECT t.day, t.delta FROM orders_ordertallydelta t WHERE t.day {between} {of}) AS kept"
        " GROUP BY day HAVING sum(n) > 0 ORDER BY day DESC",
        values,
    )
    return {
        f"{row['day'] // 10_000}-{row['day'] // 100 % 100:02d}-{row['day'] % 100:02d}": row["count"] for row in found
    }


def newest_of_days(connection: Connection, days: Mapping[str, int], wanted: str, values: dict[str, Any]) -> list[int]:
    """Ids of a page of the orders of some days, newest id first.

    As many as are wanted of the latest days that have so many, and those of the others that are newer.
    """
    upto = values["size"] + values["offset"]
    sums = accumulate(days.values())
    enough = next((place for place, count in enumerate(sums, 1) if count >= upto), len(days))
    of, limit = unseen(wanted, "varchar"), unseen("LIMIT %(upto)s", "bigint")

    def newest(which: str, also: str = "") -> str:
        return (
            f"SELECT newest.id FROM unnest({unseen(which, 'date[]')}) AS days (day) CROSS JOIN LATERAL ("
            " SELECT t.id FROM orders_order t WHERE t.deleted_at IS NULL"
            f" AND (t.created_at AT TIME ZONE 'UTC')::date = days.day {of} {also} ORDER BY t.id DESC {limit}) AS newest"
        )

    least = f"SELECT CASE WHEN count(*) = {unseen('%(upto)s', 'bigint')} THEN min(id) ELSE 0 END AS id FROM latest"
    found: list[int] = one_value(
        connection,
        f"WITH latest AS MATERIALIZED ({newest('%(latest)s')} ORDER BY newest.id DESC {limit}),"
        f" least AS MATERIALIZED ({least}) SELECT ARRAY(SELECT id FROM (SELECT id FROM latest"
        f" UNION ALL {newest('%(others)s', 'AND t.id > (SELECT least.id FROM least)')}) AS found"
        f" ORDER BY id DESC {unseen('LIMIT %(size)s OFFSET %(offset)s', 'bigint')})",
        {**values, "latest": list(days)[:enough], "others": list(days)[enough:], "upto": upto},
    )
    return found


def deep_ids(connection: Connection, table: str, live: str, wanted: str, values: Mapping[str, Any]) -> list[int]:
    """Ids of a page far down a list, newest id first: the coarse bucket, the bucket, and then rows."""
    coarse, skipped = _bucket(connection, table, ("id18", f"ids >> {COARSE_BITS}"), (0, 2**62), wanted, values)
    first, rest = coarse << COARSE_BITS, {**values, "offset": values["offset"] - skipped}
    last = first + (1 << COARSE_BITS) - 1
    fine, skipped = _bucket(connection, table, ("ids", "ids"), (first, last), wanted, rest)
    found: list[int] = one_value(
        connection,
        f"SELECT ARRAY(SELECT t.id FROM {table} t WHERE {live} {wanted} AND t.id < %(below)s"
        " ORDER BY t.id DESC LIMIT %(size)s OFFSET %(offset)s)",
        {**rest, "below": (fine + 1) << IDS_BITS, "offset": rest["offset"] - skipped},
    )
    return found


# Table -> the terms that are kept, looked for again when the service would.
KEPT_TERMS: dict[str, tuple[float, set[str]]] = {}


def is_kept(connection: Connection, table: str, term: str) -> bool:
    """Whether the database keeps the total of a term."""
    since, terms = KEPT_TERMS.get(table, (0.0, set[str]()))
    if not since or monotonic() - since > KNOWN_SECONDS:
        found = rows(connection, f"SELECT term FROM {TERMS[table]} WHERE level = 'all' AND bucket = 0", {})
        terms = {str(row["term"]) for row in found}
        KEPT_TERMS[table] = (monotonic(), terms)
    return term in terms


def common_ids(
    connection: Connection, table: str, having: str, values: Mapping[str, Any]
) -> tuple[int, list[int]] | None:
    """Total and ids of a page of the rows that have the term `folded`, newest id first; None when it is not kept."""
    coarse = _having(connection, table, ("id18", f"ids >> {COARSE_BITS}"), (0, 2**62), values)
    ids: list[int] = []
    left, wanted = values["offset"], values["size"]
    for bucket, count in coarse:
        if left >= count or wanted <= 0:
            left -= min(left, count)
            continue
        first = bucket << COARSE_BITS
        for inner, inner_count in _having(connection, table, ("ids", "ids"), (first, first + 31), values):
            if left >= inner_count or wanted <= 0:
                left -= min(left, inner_count)
                continue
            found = one_value(
                connection,
                f"SELECT ARRAY(SELECT t.id FROM {table} t WHERE {having} AND t.id >= %(low)s AND t.id < %(high)s"
                " ORDER BY t.id DESC LIMIT %(size)s OFFSET %(offset)s)",
                {**values, "low": inner << IDS_BITS, "high": (inner + 1) << IDS_BITS, "size": wanted, "offset": left},
            )
            ids += found
            wanted, left = wanted - len(found), 0
    return (sum(count for _, count in coarse), ids) if coarse else None


def _having(
    connection: Connection, table: str, level: tuple[str, str], between: tuple[int, int], values: Mapping[str, Any]
) -> list[tuple[int, int]]:
    """(bucket, count) of the rows that have a term."""
    name, of_delta = level
    found = rows(
        connection,
        "SELECT bucket, sum(n)::bigint AS count FROM ("
        f"SELECT t.bucket, t.count AS n FROM {TERMS[table]} t"
        f" WHERE t.level = '{name}' AND t.term = %(folded)s AND t.bucket BETWEEN %(low)s AND %(high)s"
        f" UNION ALL SELECT {of_delta}, t.delta FROM {TERMS[table]}delta t"
        f" WHERE strpos(t.text, %(folded)s) > 0 AND {of_delta} BETWEEN %(low)s AND %(high)s) AS kept"
        f" WHERE EXISTS (SELECT 1 FROM {TERMS[table]} WHERE level = 'all' AND bucket = 0 AND term = %(folded)s)"
        f" AND NOT EXISTS (SELECT 1 FROM {TERMS[table]}delta WHERE text IS NULL)"
        " GROUP BY bucket HAVING sum(n) > 0 ORDER BY bucket DESC",
        {**values, "low": between[0], "high": between[1]},
    )
    return [(row["bucket"], row["count"]) for row in found]


def _bucket(
    connection: Connection,
    table: str,
    facts: tuple[str, str],
    between: tuple[int, int],
    wanted: str,
    values: Mapping[str, Any],
) -> tuple[int, int]:
    """The bucket in which the row after `offset` others stands, and how many stand before the bucket."""
    name, of_delta = facts
    found = rows(
        connection,
        "SELECT bucket, before FROM (SELECT bucket, sum(n)::bigint AS own,"
        " coalesce(sum(sum(n)) OVER (ORDER BY bucket DESC) - sum(n), 0)::bigint AS before FROM ("
        f"SELECT t.bucket, t.count AS n FROM {TALLIES[table]} t"
        f" WHERE t.level = '{level(name, wanted)}' AND t.bucket BETWEEN %(low)s AND %(high)s {wanted}"
        f" UNION ALL SELECT {of_delta}, t.delta FROM {TALLIES[table]}delta t"
        f" WHERE {of_delta} BETWEEN %(low)s AND %(high)s {wanted}) AS kept GROUP BY bucket) AS places"
        " WHERE before + own > %(offset)s ORDER BY bucket DESC LIMIT 1",
        {**values, "low": between[0], "high": between[1]},
    )
    return (found[0]["bucket"], found[0]["before"]) if found else (0, 0)


def spent_total(connection: Connection, wanted: str, values: Mapping[str, Any], low: int) -> int:
    """How many customers spent an amount or more: coarse buckets, buckets below them, and the rest of one by index."""
    first = -(-low >> SPENT_BITS)
    coarse = -(-first >> SPENT_BITS)
    bounds = {"low": low, "first": first, "first_cents": first << SPENT_BITS, "coarse": coarse}
    found: int = one_value(
        connection,
        "SELECT coalesce(sum(n), 0)::bigint FROM ("
        "SELECT t.count AS n FROM customers_customertally t"
        f" WHERE t.level = '{level('spents', wanted)}' AND t.bucket >= %(coarse)s {wanted}"
        " UNION ALL SELECT t.count FROM customers_customertally t"
        f" WHERE t.level = '{level('spent', wanted)}'"
        f" AND t.bucket >= %(first)s AND t.bucket < %(coarse)s << {SPENT_BITS} {wanted}"
        f" UNION ALL SELECT t.delta FROM customers_customertallydelta t WHERE t.spent >= %(first)s {wanted}"
        " UNION ALL SELECT count(*) FROM customers_customer t"
        f" WHERE t.total_spent_cents >= %(low)s AND t.total_spent_cents < %(first_cents)s {wanted}) AS kept",
        {**values, **bounds},
    )
    return found
