"""A small shop that the services wrote, for tests of the audit, and how to damage it past every service."""

from __future__ import annotations

from io import StringIO

from django.core.management import CommandError, call_command
from django.db import connection

from customers.services.addresses import create_address
from customers.services.customers import create_customer
from orders.audit import run
from orders.models import OrderItem, OrderTransaction
from orders.services.payment import mark_as_paid
from orders.services.refund import refund_order
from orders.services.status import update_statuses
from tests.callers import is_postgres
from tests.orders.factories import VariationFactory
from tests.orders.shop import place


class Shop:
    """A customer with three orders: two pieces paid, delivered, half returned; one pending; one given back."""

    def __init__(self, email="Ada@Example.com"):
        self.customer = create_customer(email=email, full_name="Ada Lovelace", creates_user=True)
        self.address = create_address(
            customer_id=self.customer.pk, name="Ada", address_1="1 St", city="Berlin", country="DE", postcode="10115"
        )
        self.variation = VariationFactory(stock=20, product__title="Éclair")
        self.product = self.variation.product
        self.sent = place(self.variation, customer=self.customer, quantity=2)
        self.open = place(self.variation, customer=self.customer, quantity=1)
        self.returned = place(self.variation, customer=self.customer, quantity=3)
        mark_as_paid(order_id=self.sent.pk)
        mark_as_paid(order_id=self.returned.pk)
        update_statuses(order_id=self.sent.pk, shipping_status="delivered")
        self.sent_item = OrderItem.objects.get(order=self.sent)
        self.open_item = OrderItem.objects.get(order=self.open)
        pieces = [{"id": self.sent_item.pk, "quantity": 1, "restock": True}]
        self.refund = refund_order(order_id=self.sent.pk, items=pieces)
        refund_order(order_id=self.returned.pk, amount_cents=7500)
        self.charge = OrderTransaction.objects.get(order=self.sent, type="charge")
        self.open_charge = OrderTransaction.objects.get(order=self.open)
        self.user = self.customer.user
        for name in ("sent", "open", "returned"):
            getattr(self, name).refresh_from_db()


def change(row, **columns):
    """Write columns past every service."""
    assert type(row)._base_manager.filter(pk=row.pk).update(**columns) == 1


def found():
    """What the audit finds: (check, id, field, found, expected)."""
    return [(each.check, each.id, each.field, each.found, each.expected) for each in run.audit()]


def audit_books(**options):
    """The command's exit status and its lines."""
    out, err = StringIO(), StringIO()
    try:
        call_command("audit_books", stdout=out, stderr=err, **options)
    except CommandError as error:
        return error.returncode, out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def a_refund(shop, **columns):
    """A refund of the sent order's charge that no service made."""
    columns = {"order": shop.sent, "parent": shop.charge, "type": "refund", "currency": "USD", **columns}
    return OrderTransaction.objects.create(**columns)


def without_checks(table, act):
    """Write what a check constraint refuses; for the rest of the test the table has none."""
    if not is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            act()
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
        return
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in [name for name, each in constraints.items() if each["check"]]:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {connection.ops.quote_name(name)}")
    act()


def without_index(name, act):
    """Write what a unique index refuses; for the rest of the test it is gone."""
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP INDEX {name}")
    act()
