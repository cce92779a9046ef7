"""What each object of an answer is made of, as SQL whose column names are the keys of the JSON."""

from __future__ import annotations

CUSTOMER = """
    c.id, c.uuid, c.user_id, c.email, c.first_name, c.last_name,
    trim(c.first_name || ' ' || c.last_name) AS full_name, c.phone, c.status, c.notes, c.country,
    c.state, c.city, c.postcode, c.total_spent_cents AS total_spent, c.order_count,
    c.average_order_value_cents AS average_order_value, c.first_order_at AS first_order_date,
    c.last_order_at AS last_order_date, c.created_at, c.updated_at
"""
ORDER = """
    o.id, o.uuid, o.status, o.status AS order_status, o.payment_status, o.shipping_status, o.mode, o.type,
    o.fulfillment_type, o.customer_id, o.currency, o.subtotal_cents AS subtotal,
    o.discount_total_cents AS discount_total, o.shipping_total_cents AS shipping_total, o.tax_total_cents AS tax_total,
    o.total_amount_cents AS total_amount, o.total_paid_cents AS total_paid, o.total_refund_cents AS total_refund,
    o.payment_method, o.shipping_method, o.note, o.receipt_number, o.invoice_no, o.created_at, o.updated_at,
    o.completed_at, o.refunded_at
"""
# What an order shows of its customer; taken out of the row again by `lists.with_customer`.
ORDER_CUSTOMER = """
    c.email AS customer_email, c.first_name AS customer_first_name, c.last_name AS customer_last_name
"""
ITEM = """
    i.id, i.product_id, i.variation_id, i.title, i.variation_title, i.sku, i.quantity, i.unit_price_cents AS price,
    i.subtotal_cents AS subtotal, i.discount_total_cents AS discount_total, i.tax_amount_cents AS tax_amount,
    i.shipping_charge_cents AS shipping_charge, i.line_total_cents AS line_total, i.refund_total_cents AS refund_total,
    i.fulfilled_count AS fulfilled_quantity, i.restocked_count AS restocked_quantity, i.fulfillment_type,
    i.payment_type
"""
TRANSACTION = """
    id, uuid, type, parent_id, payment_method, gateway, status, amount_cents AS amount, currency,
    vendor_charge_id AS transaction_id, reason, created_at, updated_at
"""
NAMES = """
    name, split_part(name, ' ', 1) AS first_name,
    CASE WHEN strpos(name, ' ') > 0 THEN substr(name, strpos(name, ' ') + 1) ELSE '' END AS last_name
"""
ORDER_ADDRESS = f"""
    id, type, {NAMES}, email, phone, company_name, address_1, address_2, city, state, postcode, country
"""
ADDRESS = f"""
    id, customer_id, type, {NAMES}, email, phone, company_name, address_1, address_2, city, state, postcode, country,
    is_primary, label, created_at, updated_at
"""
REFUND = """
    id, order_id, amount_cents AS amount, currency, 'completed' AS status, vendor_charge_id AS refund_id,
    parent_id AS charge_id, payment_method, gateway, reason, created_at
"""
