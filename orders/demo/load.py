"""Loads a demo shop into empty tables: who, what, the orders, and last what follows from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.db import connection, models, transaction

from accounts.models import User
from customers.models import BusinessProfile, Contact, CreditCheck, Customer, CustomerAddress, CustomerLabel, Label
from orders.demo import business_rows, catalogue, customer_rows, order_rows
from orders.demo.customer_rows import Customers
from orders.demo.order_plans import OrderPlans, in_sequence, numbered
from orders.demo.order_rows import OrderBuilder
from orders.demo.people import People
from orders.demo.scenarios import Plan
from orders.demo.timeline import DOCUMENT_SINCE, Timeline
from orders.demo.writing import Row, Table, check_keys_at_once, finish
from orders.models import (
    NumberCounter,
    Order,
    OrderAddress,
    OrderItem,
    OrderTransaction,
    Product,
    ProductVariation,
    ShippingClass,
    ShippingMethod,
    ShippingZone,
)
from orders.services.numbers import RECEIPT, counter_of_year
from orders.states import COUNTED_PAYMENT_STATUSES

# Parents before children: this is also the order of writing.
MODELS: tuple[type[models.Model], ...] = (
    User,
    Customer,
    CustomerAddress,
    Label,
    CustomerLabel,
    BusinessProfile,
    Contact,
    CreditCheck,
    ShippingClass,
    ShippingZone,
    ShippingMethod,
    Product,
    ProductVariation,
    Order,
    OrderItem,
    OrderTransaction,
    OrderAddress,
)
CHUNK = 5000


def tables_in_use() -> list[str]:
    """Names of the things of which there are rows already, deleted orders included."""
    checked: tuple[type[models.Model], ...] = (*MODELS, NumberCounter)
    return [str(model._meta.verbose_name_plural) for model in checked if model._base_manager.exists()]


@transaction.atomic
def load_shop(*, customers: int, orders: int, seed: int, advance: Callable[[int], object]) -> None:
    """Fill empty tables with a shop; all of it or nothing.

    Args:
        customers: how many; at least the five whom the documents name.
        orders: how many; the first four are the documents'.
        seed: the same seed gives the same rows, but for times, which move with the clock.
        advance: told after each chunk how many more customers or orders are in.

    Rows are made and written in chunks, so that memory does not grow with the shop.
    Source: issue 2, `load_demo`; decisions, "Demo data".
    """
    timeline = Timeline(int(time.time()))
    people = People(seed)
    crowd = Customers(count=customers, people=people, timeline=timeline)
    builder = OrderBuilder(
        people=people, seed=seed, currency=settings.SHOP_CURRENCY, invoice_prefix=settings.INVOICE_PREFIX
    )
    check_keys_at_once()
    write_catalogue()
    write_customers(crowd, advance)
    write_business()
    plans = OrderPlans(count=orders, seed=seed, timeline=timeline, customers=crowd)
    write_orders(builder, numbered(in_sequence(iter(plans)), first_number=settings.MIN_RECEIPT_NUMBER), advance)
    write_stock(builder)
    write_statistics()
    write_counters(builder)
    finish(MODELS)


def write_catalogue() -> None:
    """Products with their variations, and how they are sent."""
    Table(ShippingClass, catalogue.CLASS_FIELDS).write(catalogue.CLASSES)
    Table(ShippingZone, catalogue.ZONE_FIELDS).write(catalogue.ZONES)
    Table(ShippingMethod, catalogue.METHOD_FIELDS).write(catalogue.METHODS)
    Table(Product, catalogue.PRODUCT_FIELDS).write(catalogue.product_rows(DOCUMENT_SINCE))
    Table(ProductVariation, catalogue.VARIATION_FIELDS).write(catalogue.variation_rows(DOCUMENT_SINCE))


def write_customers(crowd: Customers, advance: Callable[[int], object]) -> None:
    """Users, customers with their addresses, labels."""
    Table(Label, customer_rows.LABEL_FIELDS).write(crowd.label_rows())
    tables = (
        Table(User, customer_rows.USER_FIELDS),
        Table(Customer, customer_rows.CUSTOMER_FIELDS),
        Table(CustomerAddress, customer_rows.ADDRESS_FIELDS),
        Table(CustomerLabel, customer_rows.CARRIED_FIELDS),
    )
    for chunk in crowd.chunks(CHUNK):
        write_chunk(tables, chunk)
        advance(len(chunk.customers))


def write_business() -> None:
    """The business side of the document's customer."""
    Table(BusinessProfile, business_rows.PROFILE_FIELDS).write(business_rows.profile_rows(settings.SHOP_CURRENCY))
    Table(Contact, business_rows.CONTACT_FIELDS).write(business_rows.contact_rows())


def write_counters(builder: OrderBuilder) -> None:
    """Let the next receipt and the next order of a year follow the ones that are there."""
    values = {counter_of_year(year): last for year, last in builder.last_sequences.items()}
    values[RECEIPT] = max(builder.last_receipt, settings.MIN_RECEIPT_NUMBER - 1)
    NumberCounter.objects.bulk_create(NumberCounter(name=name, value=value) for name, value in values.items())


def write_orders(builder: OrderBuilder, plans: Iterator[Plan], advance: Callable[[int], object]) -> None:
    """Orders with their lines, transactions and addresses."""
    tables = (
        Table(Order, order_rows.ORDER_FIELDS),
        Table(OrderItem, order_rows.ITEM_FIELDS),
        Table(OrderTransaction, order_rows.TRANSACTION_FIELDS),
        Table(OrderAddress, order_rows.ORDER_ADDRESS_FIELDS),
    )
    for chunk in builder.chunks(plans, CHUNK):
        write_chunk(tables, chunk)
        advance(len(chunk.orders))


def write_chunk(tables: Iterable[Table], lists: Iterable[list[Row]]) -> None:
    """One list of rows into each table, in the order given."""
    for table, rows in zip(tables, lists, strict=True):
        table.write(rows)


def write_stock(builder: OrderBuilder) -> None:
    """Tell the variations what the lines hold of them."""
    table = connection.ops.quote_name(ProductVariation._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET held_count = %s, committed_count = %s WHERE id = %s",  # noqa: S608 - our own table
            [(stock.held, stock.committed, variation_id) for variation_id, stock in builder.stock.items()],
        )


def write_statistics() -> None:
    """Recount every customer in one statement (semantics 3.6); the average is rounded half up."""
    quote = connection.ops.quote_name
    words = sorted(status.value for status in COUNTED_PAYMENT_STATUSES)
    statement = f"""
        UPDATE {quote(Customer._meta.db_table)} AS c SET
            order_count = s.orders, total_spent_cents = s.total,
            average_order_value_cents = (2 * s.total + s.orders) / (2 * s.orders),
            first_order_at = s.first_at, last_order_at = s.last_at
        FROM (
            SELECT customer_id, COUNT(*) AS orders, MIN(created_at) AS first_at, MAX(created_at) AS last_at,
                CAST(SUM(total_paid_cents - total_refund_cents) AS BIGINT) AS total
            FROM {quote(Order._meta.db_table)}
            WHERE deleted_at IS NULL AND mode = 'live' AND payment_status IN ({", ".join(["%s"] * len(words))})
            GROUP BY customer_id
        ) AS s WHERE c.id = s.customer_id
    """  # noqa: S608 - names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(statement, words)
