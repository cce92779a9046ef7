"""Kinds of damage to the shop of audit_shop, each with everything that the audit says of it."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from customers.models import BusinessProfile, CustomerTally, CustomerTermTally
from orders.models import NumberCounter, OrderItem, OrderTally, OrderTermTally, OrderTransaction
from tests.orders.audit_shop import a_refund, change, without_checks, without_index

YEAR = dt.datetime.now(dt.UTC).year
HOUR = dt.timedelta(hours=1)

DAMAGES = {
    "a line's price": (
        lambda s: change(s.sent_item, unit_price_cents=2501),
        lambda s: [("lines", s.sent_item.pk, "subtotal_cents", 5000, 5002)],
    ),
    "a line's total": (
        lambda s: change(s.sent_item, line_total_cents=4999),
        lambda s: [("lines", s.sent_item.pk, "line_total_cents", 4999, 5000)],
    ),
    "an order's subtotal": (
        lambda s: change(s.open, subtotal_cents=2501),
        lambda s: [
            ("order_sums", s.open.pk, "subtotal_cents", 2501, 2500),
            ("order_sums", s.open.pk, "total_amount_cents", 2500, 2501),
        ],
    ),
    "an order's discount, shipping and tax": (
        lambda s: change(s.open, discount_total_cents=3, shipping_total_cents=2, tax_total_cents=1),
        lambda s: [
            ("order_sums", s.open.pk, "discount_total_cents", 3, 0),
            ("order_sums", s.open.pk, "shipping_total_cents", 2, 0),
            ("order_sums", s.open.pk, "tax_total_cents", 1, 0),
        ],
    ),
    "an order's total": (
        lambda s: change(s.open, total_amount_cents=2600),
        lambda s: [("order_sums", s.open.pk, "total_amount_cents", 2600, 2500)],
    ),
    "an order whose lines are gone": (
        lambda s: s.open_item.delete(),
        lambda s: [
            ("order_sums", s.open.pk, "subtotal_cents", 2500, 0),
            ("lineless_orders", s.open.pk, "items", 0, "at least 1"),
            ("variations", s.variation.pk, "held_count", 4, 3),
        ],
    ),
    "a charge's amount": (
        lambda s: change(s.charge, amount_cents=4000),
        lambda s: [("payments", s.sent.pk, "total_paid_cents", 5000, 4000)],
    ),
    "a charge that settled without the order": (
        lambda s: change(s.open_charge, status="succeeded"),
        lambda s: [("payments", s.open.pk, "total_paid_cents", 0, 2500)],
    ),
    "a refund's amount": (
        lambda s: change(s.refund, amount_cents=2600),
        lambda s: [("payments", s.sent.pk, "total_refund_cents", 2500, 2600)],
    ),
    "a reserve that spends money twice": (
        lambda s: a_refund(s, amount_cents=2501),
        lambda s: [
            ("refunds_of_orders", s.sent.pk, "settled and pending refunds", 5001, "at most 5000"),
            ("refunds_of_charges", s.charge.pk, "settled and pending refunds", 5001, "at most 5000"),
        ],
    ),
    "a refund above its own charge": (
        lambda s: (
            change(s.charge, amount_cents=2499),
            OrderTransaction.objects.create(order=s.sent, status="succeeded", amount_cents=2501, currency="USD"),
        ),
        lambda s: [("refunds_of_charges", s.charge.pk, "settled and pending refunds", 2500, "at most 2499")],
    ),
    "a refund of another order's charge": (
        lambda s: change(s.refund, parent=s.open_charge),
        lambda s: [
            (
                "refunded_charges",
                s.refund.pk,
                "parent_id",
                s.open_charge.pk,
                "a settled charge of the same order and currency",
            )
        ],
    ),
    "a line that gave back more than it cost": (
        lambda s: without_checks("orders_orderitem", lambda: change(s.sent_item, refund_total_cents=5001)),
        lambda s: [
            ("refunds_of_lines", s.sent_item.pk, "refund_total_cents", 5001, "at most 5000"),
            ("line_refunds_of_orders", s.sent.pk, "refunds of its lines", 5001, "at most 2500"),
        ],
    ),
    "a line that gave back more than the order": (
        lambda s: change(s.sent_item, refund_total_cents=2501),
        lambda s: [("line_refunds_of_orders", s.sent.pk, "refunds of its lines", 2501, "at most 2500")],
    ),
    "a reserve that nobody ended": (
        lambda s: setattr(s, "old", a_refund(s, amount_cents=1, created_at=timezone.now() - 1.01 * HOUR)),
        lambda s: [("old_reserves", s.old.pk, "status", "pending", "refunded or failed")],
    ),
    "a reserve of the last hour is no damage": (
        lambda s: a_refund(s, amount_cents=1, created_at=timezone.now() - 0.99 * HOUR),
        lambda s: [],
    ),
    "a payment status": (
        lambda s: change(s.sent, payment_status="paid"),
        lambda s: [("payment_statuses", s.sent.pk, "payment_status", "paid", "partially_refunded")],
    ),
    "a date of payment that is missing": (
        lambda s: change(s.sent, paid_at=None),
        lambda s: [
            ("dates", s.sent.pk, "paid_at", None, "a date"),
            ("receipts", s.sent.pk, "receipt_number", s.sent.receipt_number, None),
        ],
    ),
    "a date of sending that is missing": (
        lambda s: change(s.sent, shipped_at=None),
        lambda s: [("dates", s.sent.pk, "shipped_at", None, "a date")],
    ),
    "a date of delivery that was not reached": (
        lambda s: change(s.open, delivered_at=s.sent.paid_at),
        lambda s: [("dates", s.open.pk, "delivered_at", s.sent.paid_at, None)],
    ),
    "a date of completion that is missing": (
        lambda s: change(s.sent, status="completed"),
        lambda s: [("dates", s.sent.pk, "completed_at", None, "a date")],
    ),
    "a date of refund that is missing": (
        lambda s: change(s.returned, refunded_at=None),
        lambda s: [("dates", s.returned.pk, "refunded_at", None, "a date")],
    ),
    "a receipt that is missing": (
        lambda s: change(s.sent, receipt_number=None, invoice_no="", search_text=""),
        lambda s: [("receipts", s.sent.pk, "receipt_number", None, "a number")],
    ),
    "an invoice without receipt": (
        lambda s: change(s.open, invoice_no="INV-9", search_text="inv-9"),
        lambda s: [("receipts", s.open.pk, "invoice_no", "INV-9", "")],
    ),
    "an invoice of another receipt": (
        lambda s: change(s.sent, invoice_no="INV-9", search_text="inv-9"),
        lambda s: [("receipts", s.sent.pk, "invoice_no", "INV-9", f"ends with {s.sent.receipt_number}")],
    ),
    "a number given twice": (
        lambda s: without_index("order_number_unique", lambda: change(s.open, order_number=s.sent.order_number)),
        lambda s: [("repeated_numbers", s.open.pk, "order_number", s.sent.order_number, "a number of its own")],
    ),
    "a number of no order": (
        lambda s: change(s.open, order_number=""),
        lambda s: [("sales_numbers", s.open.pk, "order_number", "", f"SO-{YEAR}-NNN")],
    ),
    "a number of another year": (
        lambda s: change(s.open, order_number="SO-1999-001"),
        lambda s: [
            ("sales_numbers", s.open.pk, "order_number", "SO-1999-001", f"SO-{YEAR}-NNN"),
            ("counters", "order 1999", "value", None, 1),
        ],
    ),
    "the receipt counter behind": (
        lambda s: NumberCounter.objects.filter(name="receipt").update(value=1),
        lambda s: [("counters", "receipt", "value", 1, 2)],
    ),
    "a year's counter behind a longer number": (
        lambda s: change(s.open, order_number=f"SO-{YEAR}-1000"),
        lambda s: [("counters", f"order {YEAR}", "value", 3, 1000)],
    ),
    "pieces held by nobody": (
        lambda s: change(s.variation, held_count=7, committed_count=0),
        lambda s: [
            ("variations", s.variation.pk, "held_count", 7, 4),
            ("variations", s.variation.pk, "committed_count", 0, 1),
        ],
    ),
    "a line with more pieces than were ordered": (
        lambda s: change(s.sent_item, restocked_count=2),
        lambda s: [("ledgers", s.sent_item.pk, "held, committed and restocked pieces", 3, "at most 2")],
    ),
    "a deleted order that still holds": (
        lambda s: change(s.open, deleted_at=timezone.now()),
        lambda s: [("ledgers", s.open_item.pk, "held_count", 1, 0)],
    ),
    "a deleted test order with pieces committed": (
        lambda s: (
            change(s.returned, deleted_at=timezone.now(), mode="test"),
            OrderItem.objects.filter(order=s.returned).update(held_count=0, committed_count=3),
            change(s.variation, held_count=1, committed_count=4),
        ),
        lambda s: [("ledgers", s.returned.items.get().pk, "committed_count", 3, 0)],
    ),
    "a line that was sent and does not say so": (
        lambda s: change(s.sent_item, fulfilled_count=1),
        lambda s: [("fulfilled_lines", s.sent_item.pk, "fulfilled_count", 1, 2)],
    ),
    "a customer's statistics": (
        lambda s: change(
            s.customer, order_count=3, total_spent_cents=2501, average_order_value_cents=2, first_order_at=None
        ),
        lambda s: [
            ("statistics", s.customer.pk, "order_count", 3, 1),
            ("statistics", s.customer.pk, "total_spent_cents", 2501, 2500),
            ("statistics", s.customer.pk, "average_order_value_cents", 2, 2500),
            ("statistics", s.customer.pk, "first_order_at", None, s.sent.created_at),
        ],
    ),
    "a test order among the statistics": (
        lambda s: change(s.sent, mode="test"),
        lambda s: [
            ("statistics", s.customer.pk, "order_count", 1, 0),
            ("statistics", s.customer.pk, "total_spent_cents", 2500, 0),
            ("statistics", s.customer.pk, "average_order_value_cents", 2500, 0),
            ("statistics", s.customer.pk, "first_order_at", s.sent.created_at, None),
            ("statistics", s.customer.pk, "last_order_at", s.sent.created_at, None),
        ],
    ),
    "a customer without primary address": (
        lambda s: change(s.address, is_primary=False),
        lambda s: [("primary_addresses", s.customer.pk, "primary billing address", 0, 1)],
    ),
    "a customer's key": (
        lambda s: change(s.customer, email_key="Ada@Example.com"),
        lambda s: [("customer_texts", s.customer.pk, "email_key", "Ada@Example.com", "ada@example.com")],
    ),
    "a company that nobody finds": (
        lambda s: BusinessProfile.objects.create(customer=s.customer, company_name="Engines Ltd"),
        lambda s: [
            (
                "customer_texts",
                s.customer.pk,
                "search_text",
                "ada lovelace\nlovelace ada\nada@example.com",
                "ada lovelace\nlovelace ada\nada@example.com\nengines ltd",
            )
        ],
    ),
    "a user's keys": (
        lambda s: change(s.user, login_key="x", email_key="y"),
        lambda s: [
            ("user_texts", s.user.pk, "login_key", "x", s.user.login.casefold()),
            ("user_texts", s.user.pk, "email_key", "y", "ada@example.com"),
        ],
    ),
    "a product's text": (
        lambda s: change(s.product, search_text="Éclair"),
        lambda s: [("product_texts", s.product.pk, "search_text", "Éclair", "éclair")],
    ),
    "an order's text": (
        lambda s: change(s.sent, search_text=""),
        lambda s: [("order_texts", s.sent.pk, "search_text", "", f"inv-{s.sent.receipt_number}")],
    ),
    "a customer's count of orders": (
        lambda s: change(s.customer, live_order_count=7),
        lambda s: [("live_order_counts", s.customer.pk, "live_order_count", 7, 3)],
    ),
    "customers who are counted and not there": (
        lambda s: CustomerTally.objects.create(level="day", bucket=20000101, status="active", count=3),
        lambda s: [("customer_tallies", "day 20000101 active", "count", 3, 0)],
    ),
    "orders that are counted and not there": (
        lambda s: a_tally(),
        lambda s: [("order_tallies", "day 20000101 pending paid", "count", 3, 0)],
    ),
    "customers whom a common term finds and who are not there": (
        lambda s: CustomerTermTally.objects.create(level="all", bucket=0, term="zzz", count=3),
        lambda s: [("customer_terms", "all 0 zzz", "count", 3, 0)],
    ),
    "orders that a common term finds and that are not there": (
        lambda s: OrderTermTally.objects.create(level="all", bucket=0, term="zzz", count=3),
        lambda s: [("order_terms", "all 0 zzz", "count", 3, 0)],
    ),
}


def a_tally():
    """Three orders of a day on which there are none."""
    OrderTally.objects.create(level="day", bucket=20000101, status="pending", payment_status="paid", count=3)
