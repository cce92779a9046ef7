"""What is measured: a table of endpoints, each with many different requests. Adding one is adding a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson

from bench.facts import Facts

V2 = "/wp-json/fluent-cart/v2"
V1 = "/wp-json/fluent-cart/v1"
B2B = "/api"
# wrk replaces it in every request with a number that no other request has; as long as what replaces it.
UNIQUE = "@unique-no@@"
# The name of the server whose floor that is.
LITE_FLOOR = "sqlite-floor"
VARIANTS = 1000
PAGES_NEAR = 20
# No more than answers are compared: that is when those that are not kept yet are counted.
COMMON_TERMS = {
    "customers": ("example.com", "a", "example", "an"),
    "orders": ("inv", "inv-1", "example.org", "@exam"),
}


@dataclass(frozen=True)
class Request:
    """One request; a body is JSON."""

    path: str
    method: str = "GET"
    body: str = ""


Variants = Callable[[Facts, Random], Iterator[Request]]


@dataclass(frozen=True)
class Endpoint:
    """A row of the table.

    Args:
        name: what `ENDPOINTS=` filters by and the report prints.
        variants: an endless stream of requests for a shop; the same random numbers give the same ones.
        prepare: statements, for SQLite and PostgreSQL alike, that run before each round.
        uses_up: each request can succeed once only, so none may come twice in a round.
        answers: the status of success.
    """

    name: str
    variants: Variants
    prepare: tuple[str, ...] = ()
    uses_up: bool = False
    answers: int = 200

    def requests(self, facts: Facts, count: int = VARIANTS) -> list[Request]:
        """So many of the variants; all that there are when each is used up."""
        found = self.variants(facts, Random(f"bench {self.name}"))
        return list(islice(found, len(facts.pool) if self.uses_up else count))

    @property
    def writes(self) -> bool:
        """Whether rows change."""
        return self.variants in WRITERS

    def is_answered_by(self, server: str) -> bool:
        """Whether a server, by its name, knows this endpoint."""
        return server != LITE_FLOOR or self.variants in ON_LITE_FLOOR


# --- Readers -------------------------------------------------------------------------------------


def get(path: str, *query: tuple[str, Any], dialect: str = V2) -> Request:
    """A GET."""
    return Request(f"{dialect}/{path}?{urlencode(query)}" if query else f"{dialect}/{path}")


def near_pages(resource: str, *query: tuple[str, Any], dialect: str = V2) -> Variants:
    """The first twenty pages of a list."""

    def variants(facts: Facts, random: Random) -> Iterator[Request]:
        while True:
            yield get(resource, *query, ("page", random.randint(1, PAGES_NEAR)), dialect=dialect)

    return variants


def deep_pages(resource: str, *query: tuple[str, Any]) -> Variants:
    """The last tenth of all pages of a whole list, ten a page."""

    def variants(facts: Facts, random: Random) -> Iterator[Request]:
        pages = (facts.order_count if resource == "orders" else facts.customer_count) // 10
        while True:
            yield get(resource, *query, ("page", random.randint(pages * 9 // 10, pages - 1)))

    return variants


def poor_customers(facts: Facts, random: Random) -> Iterator[Request]:
    """The last pages by what customers spent."""
    while True:
        page = max(facts.customer_count // 10 - random.randint(1, 20), 1)
        yield get("customers", ("order_by", "total_spent"), ("order_type", "DESC"), ("page", page))


def searches(resource: str, terms: str) -> Variants:
    """Searches for the terms of a kind that the facts keep."""

    def variants(facts: Facts, random: Random) -> Iterator[Request]:
        while True:
            yield get(resource, ("search", random.choice(facts.terms[terms])))

    return variants


def common_searches(resource: str) -> Variants:
    """Searches for terms that a large share of the rows have, each in its turn: their first twenty pages."""

    def variants(facts: Facts, random: Random) -> Iterator[Request]:
        for term in cycle(COMMON_TERMS[resource]):
            yield get(resource, ("search", term), ("page", random.randint(1, PAGES_NEAR)))

    return variants


def rich_customers(facts: Facts, random: Random) -> Iterator[Request]:
    """Active customers from an amount on, who spent most first."""
    while True:
        query = (("filters[status]", "active"), ("filters[total_spent_min]", random.randint(1, 20_000)))
        yield get(
            "customers", *query, ("order_by", "total_spent"), ("order_type", "DESC"), ("page", random.randint(1, 5))
        )


def orders_by_month(*query: tuple[str, Any]) -> Variants:
    """Orders of a status, of a month."""

    def variants(facts: Facts, random: Random) -> Iterator[Request]:
        while True:
            first, last = random.choice(facts.months)
            status = random.choice(("completed", "processing", "canceled"))
            dates = (("filters[date_from]", first), ("filters[date_to]", last))
            yield get("orders", ("filters[status]", status), *dates, *query)

    return variants


def one_customer(suffix: str = "", *query: tuple[str, Any], dialect: str = V2) -> Variants:
    """A customer, or what stands under one."""
    prefix = "cust_" if dialect == B2B else ""

    def variants(facts: Facts, random: Random) -> Iterator[Request]:
        while True:
            yield get(f"customers/{prefix}{random.choice(facts.customer_ids)}{suffix}", *query, dialect=dialect)

    return variants


def one_order(facts: Facts, random: Random) -> Iterator[Request]:
    """A single order."""
    while True:
        yield get(f"orders/{random.choice(facts.order_ids)}")


def exports(facts: Facts, random: Random) -> Iterator[Request]:
    """The CSV of a hundred orders, behind links that the service made."""
    yield from (Request(path) for path in cycle(facts.export_paths))


# --- Writers -------------------------------------------------------------------------------------


def post(path: str, body: Any) -> Request:
    """A POST of JSON under v2."""
    return Request(f"{V2}/{path}", "POST", orjson.dumps(body).decode())


def new_customers(facts: Facts, random: Random) -> Iterator[Request]:
    """Customers with addresses of their own."""
    while True:
        first, last = random.choice(facts.terms["name"]).title().split(" ", 1)
        place = {"country": "US", "state": "NY", "city": "New York", "postcode": "10001"}
        email = f"bench.{UNIQUE}@example.net"
        yield post("customers", {"email": email, "full_name": f"{first} {last}", "notes": "VIP customer", **place})


def order_body(customer_id: int, facts: Facts, random: Random) -> dict[str, Any]:
    """An order of one to three things."""
    chosen = sorted(random.sample(facts.variations, random.randint(1, 3)))
    items = [{"product_id": p, "variation_id": v, "quantity": random.randint(1, 2)} for v, p in chosen]
    return {"customer_id": customer_id, "items": items, "payment_method": "stripe", "note": "From the bench."}


def new_orders(facts: Facts, random: Random) -> Iterator[Request]:
    """Orders of many customers."""
    while True:
        yield post("orders", order_body(random.choice(facts.active_ids), facts, random))


def new_orders_of_one(facts: Facts, random: Random) -> Iterator[Request]:
    """Orders of one customer, who is locked by all of them."""
    while True:
        yield post("orders", order_body(facts.active_ids[0], facts, random))


def payments(facts: Facts, random: Random) -> Iterator[Request]:
    """Unpaid orders of the pool, each once."""
    body = {"payment_method": "manual", "transaction_id": "manual_123", "note": "Manual payment confirmation"}
    yield from (post(f"orders/{pk}/mark-as-paid", body) for pk in random.sample(facts.pool, len(facts.pool)))


def refunds(facts: Facts, random: Random) -> Iterator[Request]:
    """A little money of paid orders of the pool, over and over."""
    while True:
        yield post(f"orders/{random.choice(facts.pool)}/refund", {"amount": 25, "reason": "Customer requested refund"})


WRITERS = (new_customers, new_orders, new_orders_of_one, payments, refunds)
# What the floor on SQLite answers (`bench/floor/lite.py`).
ON_LITE_FLOOR = (new_orders, new_orders_of_one)
POOL = "(SELECT id FROM bench_pool)"
# Enough of everything, however long the bench runs.
FULL_STOCK = ("UPDATE orders_productvariation SET available_count = 1000000000 WHERE manage_stock",)
NO_REFUNDS = (
    f"DELETE FROM orders_ordertransaction WHERE type = 'refund' AND order_id IN {POOL}",
    "UPDATE orders_orderitem SET refund_total_cents = 0, restocked_count = 0, held_count = 0, committed_count = 0"
    f" WHERE order_id IN {POOL}",
)
UNPAID = (
    *NO_REFUNDS,
    "UPDATE orders_order SET status = 'pending', payment_status = 'pending', total_paid_cents = 0,"
    " total_refund_cents = 0, receipt_number = NULL, invoice_no = '', search_text = '', paid_at = NULL,"
    f" completed_at = NULL, refunded_at = NULL WHERE id IN {POOL}",
    "UPDATE orders_ordertransaction SET status = 'pending', gateway = '', vendor_charge_id = ''"
    f" WHERE type = 'charge' AND order_id IN {POOL}",
)
PAID = (
    *NO_REFUNDS,
    "UPDATE orders_order SET status = 'processing', payment_status = 'paid', total_paid_cents = total_amount_cents,"
    f" total_refund_cents = 0, refunded_at = NULL WHERE id IN {POOL}",
    "UPDATE orders_ordertransaction SET status = 'succeeded', gateway = 'manual', amount_cents ="
    " (SELECT o.total_amount_cents FROM orders_order o WHERE o.id = orders_ordertransaction.order_id)"
    f" WHERE type = 'charge' AND order_id IN {POOL}",
)
RELATED = (("with[]", "orders"), ("with[]", "addresses"))

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("customers-list", near_pages("customers")),
    Endpoint("customers-search-name", searches("customers", "name")),
    Endpoint("customers-search-email", searches("customers", "email")),
    Endpoint("customers-search-broad", searches("customers", "first_name")),
    Endpoint("customers-search-common", common_searches("customers")),
    Endpoint("customers-by-spent", rich_customers),
    Endpoint("customers-deep-page", deep_pages("customers")),
    Endpoint("customers-last-by-spent", poor_customers),
    Endpoint("customer", one_customer()),
    Endpoint("customer-with-orders", one_customer("", *RELATED)),
    Endpoint("customer-orders", one_customer("/orders")),
    Endpoint("orders-list", near_pages("orders")),
    Endpoint("orders-search-invoice", searches("orders", "invoice")),
    Endpoint("orders-search-customer", searches("orders", "name")),
    Endpoint("orders-search-product", searches("orders", "product")),
    Endpoint("orders-search-common", common_searches("orders")),
    Endpoint("orders-by-status-date", orders_by_month()),
    Endpoint("orders-newest-of-month", orders_by_month(("order_by", "created_at"))),
    Endpoint("orders-by-status", near_pages("orders", ("filters[status]", "on-hold"))),
    Endpoint("orders-by-payment", near_pages("orders", ("filters[payment_status]", "partially_refunded"))),
    Endpoint("orders-deep-page", deep_pages("orders")),
    Endpoint("order", one_order),
    Endpoint("orders-export-100", exports),
    Endpoint("v1-customers-list", near_pages("customers", dialect=V1)),
    Endpoint("v1-orders-list", near_pages("orders", dialect=V1)),
    Endpoint("b2b-customers-list", near_pages("customers", dialect=B2B)),
    Endpoint("b2b-customer-orders", one_customer("/orders", dialect=B2B)),
    Endpoint("b2b-customer-analytics", one_customer("/analytics", dialect=B2B)),
    Endpoint("customer-create", new_customers, answers=201),
    Endpoint("order-create", new_orders, FULL_STOCK, answers=201),
    Endpoint("order-create-one-customer", new_orders_of_one, FULL_STOCK, answers=201),
    Endpoint("order-mark-as-paid", payments, UNPAID, uses_up=True),
    Endpoint("order-refund", refunds, PAID),
)


def chosen(words: str) -> list[Endpoint]:
    """The endpoints whose name has one of the words, all without words; in the order of the table.

    A word between "=" is a whole name: "=customer=" is not "customer-orders" too.

    Raises:
        ValueError: nothing is called that.
    """
    wanted = words.replace(",", " ").split()
    found = [endpoint for endpoint in ENDPOINTS if not wanted or any(word in f"={endpoint.name}=" for word in wanted)]
    if not found:
        raise ValueError(f"No endpoint is called {words!r}. There are: {', '.join(row.name for row in ENDPOINTS)}.")
    return found
