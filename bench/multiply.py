"""Makes a big shop of a small one inside PostgreSQL: each customer and order several times, under numbers of its own.

The demo's generator makes some thousands of orders a second; ten million by INSERT ... SELECT take minutes. A copy has
a last name, an address, and numbers of its own, so a search for a customer or an invoice finds as few rows as in the
small shop; titles of products and first names are found as often as their share of the rows is. Indexes and keys are
made after the rows, triggers are off meanwhile, and what they keep is counted at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# So many pieces of a table are copied one after the other, to show how far it is.
PIECES = 20
MARK = "(chr(97 + k / 26) || chr(97 + k % 26))"
UUID = "md5(random()::text || r.id || '-' || k)"
NAME = "substr(split_part(r.search_text, chr(10), 1), length(r.first_name) + 2)"
FIRST = "left(split_part(r.search_text, chr(10), 1), length(r.first_name))"


def copied(column: str, table: str) -> str:
    """A number of a copy: copies of neighbours stay neighbours, behind all numbers of the small shop."""
    return f"({{top[{table}]}} + (r.{column} - 1) * {{more}} + k)"


NUMBER = "({top[receipt]} + (r.receipt_number - 1) * {more} + k)"
SEQUENCE = "({top[orders_order]} + (substr(r.order_number, 9)::bigint - 1) * {more} + k)"
# Table -> the columns of a copy that differ, parents first. `r` is the row, `k` the number of the copy from 1.
TABLES: dict[str, dict[str, str]] = {
    "customers_customer": {
        "user_id": "NULL",
        "uuid": UUID,
        "email": f"regexp_replace(r.email, '@', '.' || {MARK} || '@')",
        "email_key": f"regexp_replace(r.email_key, '@', '.' || {MARK} || '@')",
        "last_name": f"{MARK} || r.last_name",
        "search_text": f"{FIRST} || ' ' || {MARK} || {NAME} || chr(10) || {MARK} || {NAME} || ' ' || {FIRST}"
        f" || chr(10) || regexp_replace(split_part(r.search_text, chr(10), 3), '@', '.' || {MARK} || '@')",
    },
    "customers_customeraddress": {"customer_id": copied("customer_id", "customers_customer")},
    "customers_customerlabel": {"customer_id": copied("customer_id", "customers_customer")},
    "orders_order": {
        "uuid": UUID,
        "customer_id": copied("customer_id", "customers_customer"),
        "order_number": f"left(r.order_number, 8) || {SEQUENCE}",
        "receipt_number": NUMBER,
        "invoice_no": r"CASE WHEN r.invoice_no = '' THEN ''"
        rf" ELSE regexp_replace(r.invoice_no, '\d+$', '') || {NUMBER} END",
        "search_text": r"CASE WHEN r.search_text = '' THEN ''"
        rf" ELSE regexp_replace(r.search_text, '\d+$', '') || {NUMBER} END",
    },
    "orders_orderitem": {"order_id": copied("order_id", "orders_order")},
    "orders_ordertransaction": {
        "uuid": UUID,
        "order_id": copied("order_id", "orders_order"),
        "parent_id": copied("parent_id", "orders_ordertransaction"),
    },
    "orders_orderaddress": {"order_id": copied("order_id", "orders_order")},
}


def multiply(times: int, advance: Callable[[int], object]) -> None:
    """Have each customer and order `times` times; `advance` is told how many more pieces are done, of `pieces()`."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor, without_keys(cursor, advance):
        top = {table: _one(cursor, f"SELECT max(id) FROM {table}") for table in TABLES}
        top["receipt"] = _one(cursor, "SELECT max(receipt_number) FROM orders_order")
        for table, differs in TABLES.items():
            _copy(cursor, table, differs, top, times - 1, advance)
        cursor.execute(
            "UPDATE orders_productvariation SET held_count = held_count * %s, committed_count = committed_count * %s",
            [times, times],
        )
        # Receipts and the orders of a year go on behind the greatest number.
        cursor.execute("UPDATE orders_numbercounter SET value = value + (SELECT max(id) FROM orders_order)")
    count_again()


def pieces() -> int:
    """How much `advance` is told in all."""
    return (PIECES + 1) * len(TABLES)


def count_again() -> None:
    """Sequences, and what triggers would have kept."""
    from django.core.management.color import no_style
    from django.db import connection, transaction

    from customers.kept import CUSTOMERS
    from customers.kept import TERMS as CUSTOMER_TERMS
    from customers.models import Customer, CustomerAddress, CustomerLabel
    from orders.kept import ORDERS
    from orders.kept import TERMS as ORDER_TERMS
    from orders.models import Order, OrderAddress, OrderItem, OrderTransaction

    models = [Customer, CustomerAddress, CustomerLabel, Order, OrderItem, OrderTransaction, OrderAddress]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    with transaction.atomic():
        for tally in (CUSTOMERS, ORDERS, CUSTOMER_TERMS, ORDER_TERMS):
            tally.fill(connection)


def _copy(
    cursor: Any, table: str, differs: dict[str, str], top: dict[str, int], more: int, advance: Callable[[int], object]
) -> None:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s",
        [table],
    )
    names = [name for (name,) in cursor.fetchall()]
    # Read from a copy with a key: the table itself grows, and has no index meanwhile.
    cursor.execute(f"CREATE TEMPORARY TABLE small ON COMMIT DROP AS SELECT * FROM {table}")
    cursor.execute("CREATE INDEX ON small (id)")
    cursor.execute("ANALYZE small")
    made = {"id": copied("id", table), **differs}
    values = ", ".join(made.get(name, f"r.{name}") for name in names).format(top=top, more=more)
    step = -(-top[table] // PIECES)
    for piece in range(PIECES):
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM small r"
            # Of the row, so that the copies of a row come after each other.
            f" CROSS JOIN LATERAL (SELECT generate_series(1, {more} + 0 * r.id::integer) AS k) AS copy"
            f" WHERE r.id > {piece * step} AND r.id <= {min((piece + 1) * step, top[table])}"
        )
        advance(1)
    cursor.execute("DROP TABLE small")


@contextmanager
def without_keys(cursor: Any, advance: Callable[[int], object]) -> Iterator[None]:
    """Without triggers, indexes and keys of the tables meanwhile; foreign keys come back as promised, not checked."""
    tables = ", ".join(f"'{table}'::regclass" for table in TABLES)
    touched = f"conrelid IN ({tables}) OR confrelid IN ({tables})"
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint"
        f" WHERE contype IN ('p', 'u', 'f') AND ({touched}) ORDER BY contype = 'f', contype = 'u'"
    )
    keys = cursor.fetchall()
    keys = [key for key in keys if key[2] == "f" or key[0] in TABLES]
    for table, name, _, _ in reversed(keys):
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(
        "SELECT indexrelid::regclass::text, indrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        f" WHERE indrelid IN ({tables})"
    )
    indexes = cursor.fetchall()
    for name, _, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
    for wanted in TABLES:
        for table, name, kind, definition in keys:
            if table == wanted and kind != "f":
                cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for _, table, definition in indexes:
            if table == wanted:
                cursor.execute(definition)
        cursor.execute(f"ALTER TABLE {wanted} ENABLE TRIGGER USER")
        advance(1)
    for table, name, kind, definition in keys:
        if kind == "f":
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition} NOT VALID')


def _one(cursor: Any, statement: str) -> int:
    cursor.execute(statement)
    (found,) = cursor.fetchone()
    return int(found)
