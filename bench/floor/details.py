"""Single customers and orders with what belongs to them, and the CSV of orders."""

from __future__ import annotations

import base64
import binascii
import csv
import datetime as dt
import hashlib
import hmac
import io
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bench.floor.columns import ADDRESS, CUSTOMER, ITEM, ORDER, ORDER_ADDRESS, ORDER_CUSTOMER, TRANSACTION
from bench.floor.database import Connection, rows
from bench.floor.lists import with_customer

ORDERS_MAX = 1000


def customer(
    connection: Connection, customer_id: int, related: Sequence[str], countries: Mapping[str, str]
) -> dict[str, Any] | None:
    """GET /customers/{id}, with orders and addresses when `related` names them; None when there is none."""
    values = {"id": customer_id}
    statement = f"SELECT {CUSTOMER}, c.additional_info::text FROM customers_customer c WHERE c.id = %(id)s"
    found = rows(connection, statement, values)
    if not found:
        return None
    return with_relations(connection, found[0], related, countries)


def with_relations(
    connection: Connection, row: dict[str, Any], related: Sequence[str], countries: Mapping[str, str]
) -> dict[str, Any]:
    """A customer's row with labels and what else was asked for."""
    values = {"id": row["id"]}
    row["country_name"] = countries.get(row["country"], "")
    row["additional_info"] = orjson.Fragment(row["additional_info"])
    row["labels"] = rows(
        connection,
        "SELECT k.id, k.label_id, l.value AS name FROM customers_customerlabel k"
        " JOIN customers_label l ON l.id = k.label_id WHERE k.customer_id = %(id)s ORDER BY k.label_id",
        values,
    )
    row["selected_labels"] = [label["label_id"] for label in row["labels"]]
    if "orders" in related:
        statement = (
            f"SELECT {ORDER} FROM orders_order o WHERE o.customer_id = %(id)s AND o.deleted_at IS NULL"
            f" ORDER BY o.id DESC LIMIT {ORDERS_MAX}"
        )
        row["orders"] = rows(connection, statement, values)
    if "addresses" in related:
        statement = (
            f"SELECT {ADDRESS} FROM customers_customeraddress WHERE customer_id = %(id)s ORDER BY is_primary DESC, id"
        )
        row["addresses"] = rows(connection, statement, values)
    return {"success": True, "data": {"customer": row}}


def order(connection: Connection, order_id: int) -> dict[str, Any] | None:
    """GET /orders/{id}: customer, lines with their products, transactions, addresses; None when there is none."""
    values = {"id": order_id}
    found = rows(
        connection,
        f"SELECT {ORDER}, {ORDER_CUSTOMER} FROM orders_order o JOIN customers_customer c ON c.id = o.customer_id"
        " WHERE o.id = %(id)s AND o.deleted_at IS NULL",
        values,
    )
    if not found:
        return None
    row = with_customer(found[0])
    row["order_items"] = rows(
        connection,
        f"SELECT {ITEM}, p.title AS product_title, v.sku AS product_sku FROM orders_orderitem i"
        " JOIN orders_product p ON p.id = i.product_id JOIN orders_productvariation v ON v.id = i.variation_id"
        " WHERE i.order_id = %(id)s ORDER BY i.id",
        values,
    )
    for item in row["order_items"]:
        sku = item.pop("product_sku") or ""
        item["product"] = {"id": item["product_id"], "title": item.pop("product_title"), "sku": sku}
    row["transactions"] = rows(
        connection, f"SELECT {TRANSACTION} FROM orders_ordertransaction WHERE order_id = %(id)s ORDER BY id", values
    )
    addresses = rows(
        connection, f"SELECT {ORDER_ADDRESS} FROM orders_orderaddress WHERE order_id = %(id)s ORDER BY type", values
    )
    by_type = {address["type"]: address for address in addresses}
    row |= {"order_addresses": addresses}
    row |= {f"{kind}_address": by_type.get(kind) for kind in ("billing", "shipping")}
    return {"success": True, "data": {"order": row}}


# --- The CSV behind an export link -------------------------------------------------------------------


def signed_ids(token: str, secret: str) -> list[int]:
    """The ids that an export link was signed for; [] when the signature does not fit.

    The token is Django's: base64 of zlib of JSON, a time, and an HMAC of both; the age is not looked at here.
    """
    value, _, signature = token.rpartition(":")
    key = hashlib.sha256(b"fluentcart.export.orders" + b"signer" + secret.encode()).digest()
    expected = base64.urlsafe_b64encode(hmac.digest(key, value.encode(), hashlib.sha256)).rstrip(b"=")
    if not hmac.compare_digest(expected, signature.encode()):
        return []
    packed = value.rpartition(":")[0]
    try:
        data = base64.urlsafe_b64decode(packed.lstrip(".") + "=" * (-len(packed.lstrip(".")) % 4))
    except binascii.Error:
        return []
    return list(orjson.loads(zlib.decompress(data) if packed.startswith(".") else data)["ids"])


def orders_csv(connection: Connection, ids: Sequence[int]) -> bytes:
    """GET /orders/export/{token}."""
    found = rows(
        connection,
        f"SELECT {ORDER}, c.email AS customer_email, trim(c.first_name || ' ' || c.last_name) AS customer_name"
        " FROM orders_order o JOIN customers_customer c ON c.id = o.customer_id"
        " WHERE o.id = ANY(%(ids)s) AND o.deleted_at IS NULL ORDER BY o.id",
        {"ids": ids},
    )
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if found:
        writer.writerow(found[0])
    writer.writerows([cell(value) for value in row.values()] for row in found)
    return buffer.getvalue().encode()


def cell(value: Any) -> Any:
    """A value as a spreadsheet should see it; no formulas."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
