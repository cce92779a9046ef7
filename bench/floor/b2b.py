"""The B2B document's lists and report; money in major units, two decimals, as the bench's shop has it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from bench.floor.database import Connection, Rows, rows
from bench.floor.lists import page_ids
from bench.floor.totals import JUMP_FROM, deep_ids, kept_total

Query = Mapping[str, str]
CURRENCY = "USD"  # the shop's, and so that of an account without a profile
DAY = dt.timedelta(days=1)

NAME = "coalesce(nullif(p.company_name, ''), trim(c.first_name || ' ' || c.last_name))"
PROFILE = "LEFT JOIN customers_businessprofile p ON p.customer_id = c.id"
ACCOUNT = f"""
    c.id AS key, 'cust_' || c.id AS id, {NAME} AS name, c.email, nullif(c.phone, '') AS phone,
    nullif(p.website, '') AS website, coalesce(p.payment_terms, 'net_30') AS payment_terms,
    coalesce(p.credit_limit_cents, 0) / 100.0::float8 AS credit_limit,
    coalesce(p.customer_since, c.created_at) AS customer_since, c.status = 'active' AS is_active,
    c.created_at, c.updated_at
"""
PLACE = """
    nullif(address_1, '') AS line1, nullif(address_2, '') AS line2, nullif(city, '') AS city,
    nullif(state, '') AS state, nullif(postcode, '') AS postal_code, nullif(country, '') AS country
"""
SALES_ORDER = """
    o.id AS key, 'so_' || o.id AS id, nullif(o.order_number, '') AS order_number,
    CASE WHEN o.status IN ('canceled', 'failed') OR o.shipping_status NOT IN ('shipped', 'delivered')
        THEN o.status ELSE o.shipping_status END AS status,
    o.created_at AS order_date, o.shipped_at AS ship_date, o.delivered_at AS delivery_date,
    o.total_amount_cents / 100.0::float8 AS total_amount, o.currency
"""
OPEN = "o.status NOT IN ('canceled', 'failed') AND o.total_amount_cents > o.total_paid_cents"
DUE = "o.total_amount_cents - o.total_paid_cents"
COUNTED = "o.payment_status IN ('paid', 'partially_paid', 'partially_refunded')"
NET = "o.total_paid_cents - o.total_refund_cents"
THEIRS = """
    FROM orders_order o WHERE o.customer_id = %(id)s AND o.mode = 'live' AND o.deleted_at IS NULL
    AND o.currency = %(currency)s
"""


def window(query: Query) -> tuple[int, int]:
    """Page and rows a page."""
    return int(query.get("page", 1)), min(int(query.get("limit", 20)), 100)


def listed(found: Rows, number: int, size: int, total: int) -> dict[str, Any]:
    """A page in its envelope."""
    meta = {"total": total, "page": number, "limit": size, "hasMore": number * size < total}
    return {"data": found, "meta": meta}


def customers(connection: Connection, query: Query) -> dict[str, Any]:
    """GET /customers."""
    number, size = window(query)
    values = {"size": size, "offset": (number - 1) * size}
    total = kept_total(connection, "customers_customer", "", values)
    if values["offset"] >= JUMP_FROM:
        ids = deep_ids(connection, "customers_customer", "true", "", values)
    else:
        ids = page_ids(connection, "customers_customer", "", "t.id DESC", values)
    found = rows(
        connection,
        f"SELECT {ACCOUNT} FROM customers_customer c {PROFILE} WHERE c.id = ANY(%(ids)s) ORDER BY c.id DESC",
        {"ids": ids},
    )
    places = rows(
        connection,
        f"SELECT customer_id, type, {PLACE} FROM customers_customeraddress"
        " WHERE customer_id = ANY(%(ids)s) AND is_primary AND type IN ('billing', 'shipping')",
        {"ids": ids},
    )
    due = rows(
        connection,
        f"SELECT o.customer_id, (sum({DUE}) FILTER (WHERE {OPEN}))::bigint AS cents FROM orders_order o"
        " LEFT JOIN customers_businessprofile p ON p.customer_id = o.customer_id"
        f" WHERE o.customer_id = ANY(%(ids)s) AND o.mode = 'live' AND o.deleted_at IS NULL"
        f" AND o.currency = coalesce(p.currency, '{CURRENCY}') GROUP BY o.customer_id",
        {"ids": ids},
    )
    place_of = {(row.pop("customer_id"), row.pop("type")): row for row in places}
    balances = {row["customer_id"]: row["cents"] or 0 for row in due}
    for row in found:
        key = row.pop("key")
        row["billing_address"] = place_of.get((key, "billing"))
        row["shipping_address"] = place_of.get((key, "shipping"))
        row["current_balance"] = balances.get(key, 0) / 100
    return listed(found, number, size, total)


def orders(connection: Connection, customer_id: int, query: Query) -> dict[str, Any] | None:
    """GET /customers/{id}/orders; None when there is no such customer."""
    number, size = window(query)
    values = {"id": customer_id, "size": size, "offset": (number - 1) * size}
    customer = rows(connection, "SELECT live_order_count FROM customers_customer WHERE id = %(id)s", values)
    if not customer:
        return None
    found = rows(
        connection,
        f"SELECT {SALES_ORDER} FROM orders_order o WHERE o.customer_id = %(id)s AND o.deleted_at IS NULL"
        " ORDER BY o.id DESC LIMIT %(size)s OFFSET %(offset)s",
        values,
    )
    ids = [row["key"] for row in found]
    counts = rows(
        connection,
        "SELECT order_id, count(*) AS n FROM orders_orderitem WHERE order_id = ANY(%(ids)s) GROUP BY order_id",
        {"ids": ids},
    )
    places = rows(
        connection,
        f"SELECT order_id, {PLACE} FROM orders_orderaddress WHERE order_id = ANY(%(ids)s) AND type = 'shipping'",
        {"ids": ids},
    )
    count_of = {row["order_id"]: row["n"] for row in counts}
    place_of = {row.pop("order_id"): row for row in places}
    for row in found:
        key = row.pop("key")
        row["items_count"] = count_of.get(key, 0)
        row["shipping_address"] = place_of.get(key)
    return listed(found, number, size, customer[0]["live_order_count"])


def analytics(connection: Connection, customer_id: int) -> dict[str, Any] | None:
    """GET /customers/{id}/analytics, of all time; None when there is no such customer."""
    found = rows(
        connection,
        f"SELECT 'cust_' || c.id AS id, {NAME} AS name, coalesce(p.currency, '{CURRENCY}') AS currency,"
        " coalesce(p.customer_since, c.created_at) AS since, coalesce(p.credit_limit_cents, 0) AS limit_cents,"
        " coalesce(nullif(regexp_replace(coalesce(p.payment_terms, 'net_30'), '[^0-9]', '', 'g'), '')::int, 0) AS days"
        f" FROM customers_customer c {PROFILE} WHERE c.id = %(id)s",
        {"id": customer_id},
    )
    if not found:
        return None
    account, now = found[0], dt.datetime.now(dt.UTC)
    values = {"id": customer_id, "currency": account["currency"], "grace": (account["days"] + 1) * DAY, "now": now}
    sums = rows(
        connection,
        f"SELECT coalesce(sum({NET}) FILTER (WHERE {COUNTED}), 0)::bigint AS lifetime,"
        f" count(*) FILTER (WHERE {COUNTED}) AS count, min(o.created_at) FILTER (WHERE {COUNTED}) AS first_at,"
        f" max(o.created_at) FILTER (WHERE {COUNTED}) AS last_at,"
        f" coalesce(sum({DUE}) FILTER (WHERE {OPEN}), 0)::bigint AS balance,"
        f" coalesce(sum({DUE}) FILTER (WHERE {OPEN} AND o.created_at <= %(now)s - %(grace)s), 0)::bigint AS overdue,"
        " count(*) FILTER (WHERE o.paid_at IS NOT NULL) AS paid,"
        " count(*) FILTER (WHERE o.paid_at < o.created_at + %(grace)s) AS on_time,"
        f" avg(o.paid_at - o.created_at) AS payment_time {THEIRS}",
        values,
    )[0]
    months = rows(
        connection,
        f"SELECT to_char(date_trunc('month', o.created_at), 'YYYY-MM') AS month, count(*) AS orders,"
        f" sum({NET})::bigint AS cents {THEIRS} AND {COUNTED} GROUP BY 1 ORDER BY 1 DESC",
        values,
    )
    products = rows(
        connection,
        "SELECT 'prod_' || i.product_id AS product_id, p.title AS product_name, sum(i.quantity) AS quantity_ordered,"
        " sum(i.line_total_cents)::bigint AS cents FROM orders_orderitem i JOIN orders_product p ON p.id = i.product_id"
        f" WHERE i.order_id IN (SELECT o.id {THEIRS} AND {COUNTED}) GROUP BY i.product_id, p.title"
        " ORDER BY cents DESC, quantity_ordered DESC, i.product_id LIMIT 5",
        values,
    )
    for row in months:
        row["avg_order_value"] = half_up(row["cents"], row["orders"]) / 100
        row["revenue"] = row.pop("cents") / 100
    for row in products:
        row["revenue"] = row.pop("cents") / 100
    return {"data": report(account, sums, now) | {"order_history": months, "top_products": products}}


def report(account: Mapping[str, Any], sums: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """The figures that follow from the sums about an account's orders."""
    first, last = (None if sums[name] is None else (now - sums[name]) // DAY for name in ("first_at", "last_at"))
    lifetime, average = sums["lifetime"] / 100, half_up(sums["lifetime"], sums["count"]) / 100
    limit, balance, time = account["limit_cents"], sums["balance"], sums["payment_time"]
    utilization = round(balance * 100 / limit, 1) if limit else 100.0 if balance else 0.0
    return {
        "customer": {"id": account["id"], "name": account["name"]},
        "currency": account["currency"],
        "overview": {
            "lifetime_value": lifetime,
            "total_orders": sums["count"],
            "avg_order_value": average,
            "last_order_date": sums["last_at"],
            "customer_since": account["since"],
            "days_since_last_order": last,
        },
        "financial_summary": {
            "total_revenue": lifetime,
            "current_balance": balance / 100,
            "credit_limit": limit / 100,
            "credit_utilization": utilization,
            "avg_payment_days": None if time is None else (time + DAY / 2) // DAY,
        },
        "customer_segment": segment(sums["count"], first, last, sums["lifetime"]),
        "risk_score": risk(sums, limit, first or 0),
    }


def half_up(part: int, whole: int) -> int:
    """A share in whole minor units; 0 of nothing."""
    return (2 * part + whole) // (2 * whole) if whole else 0


def segment(count: int, first: int | None, last: int | None, lifetime_cents: int) -> str:
    """What kind of customer it is."""
    if first is None or last is None or (first < 30 and count < 3):
        return "new"
    if last >= 90:
        return "inactive" if last >= 180 else "at_risk"
    return "high_value" if lifetime_cents >= 1_000_000 else "regular"


def risk(sums: Mapping[str, Any], limit_cents: int, history_days: int) -> str:
    """Of the credit score: its five factors, each half up."""
    paid, balance = sums["paid"], sums["balance"]
    score = 300 + (half_up(200 * sums["on_time"], paid) if paid else 100)
    score += half_up(120 * max(limit_cents - balance, 0), limit_cents) if limit_cents else 0 if balance else 60
    score += half_up(100 * min(history_days, 365), 365) + half_up(80 * min(sums["count"], 24), 24)
    score += half_up(50 * (balance - sums["overdue"]), balance) if balance else 50
    return "low" if score >= 700 else "medium" if score >= 650 else "high"
