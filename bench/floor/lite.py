"""The floor on SQLite: orders created without a framework, in the service's file, with its pragmas and its rules.

Only that: what reading costs on SQLite is compared with PostgreSQL. It answers by the same SQL as the floor does there.
Writers wait as SQLite has them wait, who begins next is left to chance.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import orjson

from bench.floor import details
from bench.floor.app import Answer, Floor
from bench.floor.database import Connection, one_value, rows
from bench.floor.writes import Body, Refused

# As the service's own connections (`fluentcart.settings`), and the foreign keys that Django has SQLite check.
PRAGMAS = (
    "PRAGMA foreign_keys=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;"
    "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=8000;"
)
WAIT_SECONDS = 20
NAMED = re.compile(r"%\((\w+)\)s")

LINES = """
    SELECT id, manage_stock, price_cents, fulfillment_type, available_count, backorders
    FROM orders_productvariation WHERE id IN (SELECT value FROM json_each(%(ids)s))
"""
CUSTOMER = "SELECT id FROM customers_customer WHERE id = %(customer_id)s AND status = 'active'"
HOLD = """
    UPDATE orders_productvariation SET available_count = available_count - %(held)s, held_count = held_count + %(held)s,
        updated_at = %(now)s WHERE id = %(id)s
"""
NUMBER = """
    INSERT INTO orders_numbercounter (name, value) VALUES (%(counter)s, 1)
    ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value
"""
ORDER = """
    INSERT INTO orders_order (
        uuid, status, payment_status, shipping_status, mode, type, fulfillment_type, customer_id, currency,
        subtotal_cents, discount_total_cents, shipping_total_cents, tax_total_cents, total_amount_cents,
        total_paid_cents, total_refund_cents, payment_method, shipping_method, note, invoice_no, order_number,
        search_text, created_at, updated_at)
    VALUES (%(uuid)s, 'pending', 'pending', %(shipping_status)s, 'live', 'payment', %(fulfillment_type)s,
        %(customer_id)s, 'USD', %(total)s, 0, 0, 0, %(total)s, 0, 0, %(payment_method)s, '', %(note)s, '',
        %(order_number)s, '', %(now)s, %(now)s)
    RETURNING id
"""
ITEMS = """
    INSERT INTO orders_orderitem (
        order_id, product_id, variation_id, title, variation_title, sku, fulfillment_type, payment_type, quantity,
        unit_price_cents, subtotal_cents, discount_total_cents, tax_amount_cents, shipping_charge_cents,
        line_total_cents, refund_total_cents, fulfilled_count, held_count, committed_count, restocked_count)
    SELECT %(order_id)s, v.product_id, v.id, p.title, v.title, coalesce(v.sku, ''), v.fulfillment_type, v.payment_type,
        u.value ->> 1, v.price_cents, v.price_cents * (u.value ->> 1), 0, 0, 0, v.price_cents * (u.value ->> 1), 0, 0,
        u.value ->> 2, 0, 0
    FROM json_each(%(lines)s) AS u CROSS JOIN orders_productvariation v ON v.id = u.value ->> 0
        CROSS JOIN orders_product p ON p.id = v.product_id
    ORDER BY u.key
"""
ADDRESSES = """
    INSERT INTO orders_orderaddress (
        order_id, type, name, email, phone, company_name, address_1, address_2, city, state, postcode, country)
    SELECT %(order_id)s, type, name, email, phone, company_name, address_1, address_2, city, state, postcode, country
    FROM customers_customeraddress WHERE customer_id = %(customer_id)s AND is_primary
"""
CHARGE = """
    INSERT INTO orders_ordertransaction (
        order_id, uuid, type, status, amount_cents, currency, mode, payment_method, gateway, vendor_charge_id,
        reason, failure, plan, created_at, updated_at)
    VALUES (%(order_id)s, %(charge_uuid)s, 'charge', 'pending', %(total)s, 'USD', 'live', %(payment_method)s, '', '',
        '', '', '{}', %(now)s, %(now)s)
"""
# What became of the order, as the history of the service tells it; what is about a person stands apart.
HISTORY = """
    INSERT INTO history_activity (
        subject, subject_id, verb, changes, personal, actor, via, credential, created_at)
    SELECT 'order', %(order_id)s, 'created', json_object(
            'status', json_array(NULL, 'pending'), 'payment_status', json_array(NULL, 'pending'),
            'shipping_status', json_array(NULL, %(shipping_status)s), 'mode', json_array(NULL, 'live'),
            'type', json_array(NULL, 'payment'), 'fulfillment_type', json_array(NULL, %(fulfillment_type)s),
            'customer_id', json_array(NULL, %(customer_id)s), 'currency', json_array(NULL, 'USD'),
            'subtotal_cents', json_array(NULL, %(total)s), 'total_amount_cents', json_array(NULL, %(total)s),
            'payment_method', json_array(NULL, %(payment_method)s)),
        json_object('note', json_array(NULL, %(note)s), 'addresses', json((
            SELECT json_group_array(json_array(type, name, email, phone, address_1, city, state, postcode, country))
            FROM orders_orderaddress WHERE order_id = %(order_id)s))),
        'bench', 'application_password', 'bench', %(now)s
"""


class Lite:
    """A connection that takes the statements that psycopg takes, as far as SQLite has what they ask for."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(
            path, timeout=WAIT_SECONDS, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES
        )
        self.connection.executescript(PRAGMAS)
        self.connection.row_factory = as_dict
        self.connection.create_function("strpos", 2, lambda text, part: text.find(part) + 1, deterministic=True)
        self.connection.create_function("split_part", 3, part_of, deterministic=True)

    def execute(self, statement: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run a statement."""
        return self.connection.execute(named(statement), values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A block that holds the lock of writers, and is committed unless something is raised in it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")


def as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    """Column -> value."""
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def part_of(text: str, separator: str, number: int) -> str:
    """PostgreSQL's split_part."""
    return (text.split(separator)[number - 1 : number] or [""])[0]


def utc(text: bytes) -> dt.datetime:
    """A time as Django stores it."""
    return dt.datetime.fromisoformat(text.decode()).replace(tzinfo=dt.UTC)


sqlite3.register_converter("datetime", utc)


@lru_cache
def named(statement: str) -> str:
    """psycopg's places in SQLite's spelling."""
    return NAMED.sub(r":\1", statement)


class LiteFloor(Floor):
    """Answers POST /orders; nothing else."""

    @property
    def connection(self) -> Connection:
        """This thread's connection, which is a `Lite`."""
        found: Lite | None = getattr(self.local, "connection", None)
        if found is None:
            found = self.local.connection = Lite(self.url.removeprefix("sqlite:///"))
        return cast(Connection, found)

    def read(self, words: list[str], query: list[tuple[str, str]]) -> Any:
        """GET: there is nothing."""
        return None

    def write(self, words: list[str], body: Any) -> Answer:
        """POST; None for what there is not."""
        return (201, create_order(self.connection, body)) if words == ["orders"] else (404, None)


def create_order(connection: Connection, body: Body) -> dict[str, Any] | None:
    """POST /orders; the addresses are the customer's primary ones."""
    quantities = {item["variation_id"]: item["quantity"] for item in body["items"]}
    with connection.transaction():
        lines = rows(connection, LINES, {"ids": orjson.dumps(list(quantities)).decode()})
        held = {line["id"]: quantities[line["id"]] for line in lines if line["manage_stock"]}
        if any(line["available_count"] < held.get(line["id"], 0) and not line["backorders"] for line in lines):
            raise Refused(400)
        if one_value(connection, CUSTOMER, {"customer_id": body["customer_id"]}) is None:
            raise Refused(400)
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        number = one_value(connection, NUMBER, {"counter": f"order {now.year}"})
        is_physical = any(line["fulfillment_type"] == "physical" for line in lines)
        values = {
            "lines": orjson.dumps([(pk, count, held.get(pk, 0)) for pk, count in quantities.items()]).decode(),
            "total": sum(line["price_cents"] * quantities[line["id"]] for line in lines),
            "fulfillment_type": "physical" if is_physical else "digital",
            "shipping_status": "unshipped" if is_physical else "",
            "customer_id": body["customer_id"],
            "payment_method": body.get("payment_method", ""),
            "note": body.get("note", ""),
            "uuid": uuid.uuid4().hex,
            "charge_uuid": uuid.uuid4().hex,
            "order_number": f"SO-{now.year}-{number:03d}",
            "now": str(now),
        }
        for pk, count in held.items():
            connection.execute(HOLD, {"id": pk, "held": count, "now": values["now"]})
        values["order_id"] = order_id = one_value(connection, ORDER, values)
        for statement in (ITEMS, ADDRESSES, CHARGE, HISTORY):
            connection.execute(statement, values)
    return details.order(connection, order_id)
