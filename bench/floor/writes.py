"""Writes: the fewest statements that keep the service's rules, each write in one transaction.

What a framework would check of the input is not checked here; what the rules lock, hold and number is.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from bench.floor import details
from bench.floor.columns import CUSTOMER, REFUND
from bench.floor.database import Connection, one_value, rows
from orders.totals import spread_refund

Body = Mapping[str, Any]

CREATE_CUSTOMER = f"""
    WITH c AS (
        INSERT INTO customers_customer (
            user_id, email, email_key, first_name, last_name, phone, status, notes, country, state, city, postcode,
            additional_info, uuid, order_count, total_spent_cents, average_order_value_cents, search_text,
            created_at, updated_at)
        VALUES (%(user_id)s, %(email)s, %(email_key)s, %(first_name)s, %(last_name)s, '', %(status)s, %(notes)s,
            %(country)s, %(state)s, %(city)s, %(postcode)s, '{{}}', %(uuid)s, 0, 0, 0, %(search_text)s, now(), now())
        RETURNING *)
    SELECT {CUSTOMER}, c.additional_info::text FROM c
"""
LINES = """
    SELECT id, manage_stock, price_cents, fulfillment_type FROM orders_productvariation WHERE id = ANY(%(ids)s)
"""
LOCK_VARIATIONS = """
    SELECT id, available_count, backorders FROM orders_productvariation WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE
"""
# The counter is in the last statement, so nobody waits for longer than this.
CREATE_ORDER = """
    WITH moved AS (
        UPDATE orders_productvariation v
        SET available_count = available_count - line.held, held_count = held_count + line.held, updated_at = now()
        FROM (SELECT variation_id, sum(held)::int AS held
              FROM unnest(%(variation_ids)s::bigint[], %(held)s::int[]) AS u (variation_id, held)
              GROUP BY variation_id) AS line
        WHERE v.id = line.variation_id AND line.held > 0
    ), number AS (
        INSERT INTO orders_numbercounter (name, value) VALUES (%(counter)s, 1)
        ON CONFLICT (name) DO UPDATE SET value = orders_numbercounter.value + 1 RETURNING value
    ), o AS (
        INSERT INTO orders_order (
            uuid, status, payment_status, shipping_status, mode, type, fulfillment_type, customer_id, currency,
            subtotal_cents, discount_total_cents, shipping_total_cents, tax_total_cents, total_amount_cents,
            total_paid_cents, total_refund_cents, payment_method, shipping_method, note, invoice_no, order_number,
            search_text, created_at, updated_at)
        SELECT %(uuid)s, 'pending', 'pending', %(shipping_status)s, 'live', 'payment', %(fulfillment_type)s,
            %(customer_id)s, 'USD', %(total)s, 0, 0, 0, %(total)s, 0, 0, %(payment_method)s, '', %(note)s, '',
            %(year)s || lpad(value::text, greatest(3, length(value::text)), '0'), '', now(), now() FROM number
        RETURNING id
    ), items AS (
        INSERT INTO orders_orderitem (
            order_id, product_id, variation_id, title, variation_title, sku, fulfillment_type, payment_type, quantity,
            unit_price_cents, subtotal_cents, discount_total_cents, tax_amount_cents, shipping_charge_cents,
            line_total_cents, refund_total_cents, fulfilled_count, held_count, committed_count, restocked_count)
        SELECT o.id, v.product_id, v.id, p.title, v.title, coalesce(v.sku, ''), v.fulfillment_type, v.payment_type,
            u.quantity, v.price_cents, v.price_cents * u.quantity, 0, 0, 0, v.price_cents * u.quantity, 0, 0, u.held,
            0, 0
        FROM o, unnest(%(variation_ids)s::bigint[], %(quantities)s::int[], %(held)s::int[])
                WITH ORDINALITY AS u (variation_id, quantity, held, position)
            JOIN orders_productvariation v ON v.id = u.variation_id JOIN orders_product p ON p.id = v.product_id
        ORDER BY u.position
    ), addresses AS (
        INSERT INTO orders_orderaddress (
            order_id, type, name, email, phone, company_name, address_1, address_2, city, state, postcode, country)
        SELECT o.id, a.type, a.name, a.email, a.phone, a.company_name, a.address_1, a.address_2, a.city, a.state,
            a.postcode, a.country
        FROM o, customers_customeraddress a WHERE a.customer_id = %(customer_id)s AND a.is_primary
    ), charge AS (
        INSERT INTO orders_ordertransaction (
            order_id, uuid, type, status, amount_cents, currency, mode, payment_method, gateway, vendor_charge_id,
            reason, failure, plan, created_at, updated_at)
        SELECT o.id, %(charge_uuid)s, 'charge', 'pending', %(total)s, 'USD', 'live', %(payment_method)s, '', '', '',
            '', '{}', now(), now() FROM o
    ) SELECT id FROM o
"""
LOCK_ORDER = """
    SELECT id, customer_id, status, payment_status, fulfillment_type, currency, total_amount_cents, total_paid_cents,
        total_refund_cents, payment_method, note
    FROM orders_order WHERE id = %(id)s AND deleted_at IS NULL FOR UPDATE
"""
CAPTURE = """
    UPDATE orders_ordertransaction SET status = 'succeeded', gateway = 'manual', amount_cents = %(due)s,
        payment_method = coalesce(nullif(%(payment_method)s, ''), payment_method),
        vendor_charge_id = coalesce(nullif(%(transaction_id)s, ''), vendor_charge_id), updated_at = now()
    WHERE id = (SELECT id FROM orders_ordertransaction
        WHERE order_id = %(id)s AND type = 'charge' AND status = 'pending' ORDER BY id DESC LIMIT 1)
"""
SETTLE = """
    UPDATE orders_order SET total_paid_cents = total_amount_cents, payment_status = 'paid', paid_at = now(),
        payment_method = coalesce(nullif(%(payment_method)s, ''), payment_method), note = %(note)s, updated_at = now(),
        status = CASE WHEN fulfillment_type = 'digital' THEN 'completed' ELSE 'processing' END,
        completed_at = CASE WHEN fulfillment_type = 'digital' THEN now() END
    WHERE id = %(id)s
"""
COMMIT_STOCK = """
    WITH items AS (
        UPDATE orders_orderitem SET committed_count = committed_count + held_count, held_count = 0
        WHERE order_id = %(id)s AND fulfillment_type = 'digital' AND held_count > 0
        RETURNING variation_id, committed_count AS moved)
    UPDATE orders_productvariation v SET held_count = held_count - moved, committed_count = committed_count + moved
    FROM items WHERE v.id = items.variation_id
"""
RECOUNT = """
    UPDATE customers_customer c SET order_count = s.orders, total_spent_cents = s.spent,
        average_order_value_cents = (2 * s.spent + s.orders) / (2 * greatest(s.orders, 1)),
        first_order_at = s.first_at, last_order_at = s.last_at, updated_at = now()
    FROM (SELECT count(*) AS orders, coalesce(sum(total_paid_cents - total_refund_cents), 0)::bigint AS spent,
            min(created_at) AS first_at, max(created_at) AS last_at
        FROM orders_order WHERE customer_id = %(customer_id)s AND deleted_at IS NULL AND mode = 'live'
            AND payment_status IN ('paid', 'partially_paid', 'partially_refunded')) AS s
    WHERE c.id = %(customer_id)s
"""
LOCK_CUSTOMER = "SELECT id FROM customers_customer WHERE id = %(customer_id)s AND status = 'active' FOR UPDATE"
LOCK_ANY_CUSTOMER = "SELECT id FROM customers_customer WHERE id = %(customer_id)s FOR UPDATE"
NUMBER = """
    WITH number AS (
        INSERT INTO orders_numbercounter (name, value) VALUES ('receipt', 1)
        ON CONFLICT (name) DO UPDATE SET value = orders_numbercounter.value + 1 RETURNING value)
    UPDATE orders_order SET receipt_number = value, invoice_no = 'INV-' || value, search_text = 'inv-' || value
    FROM number WHERE id = %(id)s AND receipt_number IS NULL
"""
CHARGES = """
    SELECT c.id, c.currency, c.mode, c.payment_method, c.gateway,
        c.amount_cents - coalesce(sum(r.amount_cents) FILTER (WHERE r.status <> 'failed'), 0)::bigint AS left_cents
    FROM orders_ordertransaction c LEFT JOIN orders_ordertransaction r ON r.parent_id = c.id
    WHERE c.order_id = %(id)s AND c.type = 'charge' AND c.status = 'succeeded'
    GROUP BY c.id ORDER BY c.created_at DESC, c.id DESC
"""
LINES_LEFT = """
    SELECT id, line_total_cents + tax_amount_cents + shipping_charge_cents - refund_total_cents AS left_cents
    FROM orders_orderitem WHERE order_id = %(id)s ORDER BY id
"""
BOOK_REFUND = f"""
    WITH refund AS (
        INSERT INTO orders_ordertransaction (
            order_id, parent_id, uuid, type, status, amount_cents, currency, mode, payment_method, gateway,
            vendor_charge_id, reason, failure, plan, created_at, updated_at)
        VALUES (%(id)s, %(charge_id)s, %(uuid)s::varchar, 'refund', 'refunded', %(amount)s, %(currency)s, %(mode)s,
            %(payment_method)s, %(gateway)s, 'ref_' || %(uuid)s::varchar, %(reason)s, '', %(plan)s::jsonb, now(), now())
        RETURNING *
    ), lines AS (
        UPDATE orders_orderitem i SET refund_total_cents = refund_total_cents + u.amount
        FROM unnest(%(item_ids)s::bigint[], %(amounts)s::bigint[]) AS u (id, amount) WHERE i.id = u.id
    ), o AS (
        UPDATE orders_order SET total_refund_cents = total_refund_cents + %(amount)s, updated_at = now(),
            payment_status = CASE WHEN total_refund_cents + %(amount)s >= total_paid_cents THEN 'refunded'
                ELSE 'partially_refunded' END,
            refunded_at = CASE WHEN total_refund_cents + %(amount)s >= total_paid_cents THEN now()
                ELSE refunded_at END
        WHERE id = %(id)s
    ) SELECT {REFUND} FROM refund
"""


class Refused(Exception):
    """A rule of the shop says no; the answer's status is the argument."""


def create_customer(connection: Connection, body: Body, countries: Mapping[str, str]) -> dict[str, Any]:
    """POST /customers."""
    first_name, _, last_name = " ".join(body["full_name"].split()).partition(" ")
    email = body["email"]
    lines = (f"{first_name} {last_name}", f"{last_name} {first_name}", email)
    values = {
        "status": "active", "notes": "", "country": "", "state": "", "city": "", "postcode": "", **body,
        "first_name": first_name, "last_name": last_name, "email_key": email.casefold(),
        "search_text": "\n".join(lines).casefold(), "uuid": uuid.uuid4().hex,
    }  # fmt: skip
    with connection.transaction():
        user = (
            "SELECT id FROM accounts_user u WHERE email_key = %(email_key)s AND is_active AND role = ''"
            " AND NOT EXISTS (SELECT FROM customers_customer WHERE user_id = u.id) FOR NO KEY UPDATE"
        )
        values["user_id"] = one_value(connection, user, values)
        row = rows(connection, CREATE_CUSTOMER, values)[0]
    return details.with_relations(connection, row, (), countries) | {"message": "Customer created successfully!"}


def create_order(connection: Connection, body: Body) -> dict[str, Any] | None:
    """POST /orders; the addresses are the customer's primary ones."""
    quantities = {item["variation_id"]: item["quantity"] for item in body["items"]}
    with connection.transaction():
        lines = rows(connection, LINES, {"ids": list(quantities)})
        managed = [line["id"] for line in lines if line["manage_stock"]]
        for variation in rows(connection, LOCK_VARIATIONS, {"ids": managed}) if managed else ():
            if variation["available_count"] < quantities[variation["id"]] and not variation["backorders"]:
                raise Refused(400)
        if one_value(connection, LOCK_CUSTOMER, {"customer_id": body["customer_id"]}) is None:
            raise Refused(400)
        year = dt.datetime.now(dt.UTC).year
        is_physical = any(line["fulfillment_type"] == "physical" for line in lines)
        values = {
            "variation_ids": list(quantities),
            "quantities": list(quantities.values()),
            "held": [count if pk in managed else 0 for pk, count in quantities.items()],
            "total": sum(line["price_cents"] * quantities[line["id"]] for line in lines),
            "fulfillment_type": "physical" if is_physical else "digital",
            "shipping_status": "unshipped" if is_physical else "",
            "customer_id": body["customer_id"],
            "payment_method": body.get("payment_method", ""),
            "note": body.get("note", ""),
            "uuid": uuid.uuid4().hex,
            "charge_uuid": uuid.uuid4().hex,
            "counter": f"order {year}",
            "year": f"SO-{year}-",
        }
        order_id = one_value(connection, CREATE_ORDER, values)
    return details.order(connection, order_id)


def mark_as_paid(connection: Connection, order_id: int, body: Body) -> dict[str, Any] | None:
    """POST /orders/{id}/mark-as-paid."""
    with connection.transaction():
        found = rows(connection, LOCK_ORDER, {"id": order_id})
        if not found:
            return None
        order = found[0]
        if order["status"] == "canceled" or order["payment_status"] not in ("pending", "partially_paid"):
            raise Refused(409)
        values = {
            "id": order_id,
            "customer_id": order["customer_id"],
            "due": order["total_amount_cents"] - order["total_paid_cents"],
            "payment_method": body.get("payment_method", ""),
            "transaction_id": body.get("transaction_id", ""),
            "note": body.get("note", order["note"]),
        }
        connection.execute(CAPTURE, values)
        connection.execute(SETTLE, values)
        if order["fulfillment_type"] == "digital":
            connection.execute(COMMIT_STOCK, values)
        connection.execute(LOCK_ANY_CUSTOMER, values)
        connection.execute(RECOUNT, values)
        connection.execute(NUMBER, values)
    return details.order(connection, order_id)


def refund(connection: Connection, order_id: int, body: Body) -> dict[str, Any] | None:
    """POST /orders/{id}/refund of an amount that one charge can pay.

    One transaction: the manual gateway calls nobody, so nothing has to be reserved first.
    """
    values: dict[str, Any] = {"id": order_id, "reason": body.get("reason", ""), "amount": body["amount"]}
    with connection.transaction():
        found = rows(connection, LOCK_ORDER, values)
        if not found:
            return None
        order = found[0]
        charges = rows(connection, CHARGES, values)
        charge = next((row for row in charges if row["left_cents"] >= values["amount"]), None)
        if charge is None or order["total_paid_cents"] - order["total_refund_cents"] < values["amount"]:
            raise Refused(400)
        lines = rows(connection, LINES_LEFT, values)
        amounts = spread_refund(values["amount"], left_cents=[max(line["left_cents"], 0) for line in lines])
        planned = [
            {"item_id": line["id"], "amount_cents": amount, "quantity": 0, "restock_count": 0}
            for line, amount in zip(lines, amounts, strict=True)
            if amount
        ]
        values |= charge | {
            "id": order_id,
            "charge_id": charge["id"],
            "uuid": uuid.uuid4().hex,
            "gateway": charge["gateway"] or "manual",
            "item_ids": [line["id"] for line in lines],
            "amounts": amounts,
            "plan": orjson.dumps({"lines": planned}).decode(),
            "customer_id": order["customer_id"],
        }
        booked = rows(connection, BOOK_REFUND, values)[0]
        connection.execute(LOCK_ANY_CUSTOMER, values)
        connection.execute(RECOUNT, values)
    return {"success": True, "data": {"refund": booked}}
