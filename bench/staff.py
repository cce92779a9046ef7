"""`make bench-staff`: every page of the admin in a big shop: how long it takes, and how PostgreSQL runs its queries.

Starts PostgreSQL and loads the shop as `make bench` does; the pages are opened by a process of its own, with Django.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.staff_pages import Site, pages

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"10k": (10_000, 100_000), "100k": (100_000, 1_000_000)}
# Beside customers and orders: as many as would hurt whoever reads them all.
USERS, PRODUCTS, PROFILES = 100_000, 20_000, 20_000
BATCH_ROWS = 5000
GROWING_ROWS = 50_000
SLOW_MS = 150
EXPORT_LINES = 3000  # of a file that would have a million
# What is no page: a step that is only posted, a deleted row that would have no page, an order that is not deleted.
OTHER_STATUSES = {302, 403, 404, 405}


def main() -> int:
    """The exit status: 1 when a page did not open, or a query reads a big table from end to end."""
    parser = argparse.ArgumentParser(prog="make bench-staff", description="Times the admin's pages in a big shop.")
    parser.add_argument("--size", choices=SIZES, default="100k", help="customers; ten orders each")
    parser.add_argument("--pages", default="", help="only those whose name has one of these words")
    parser.add_argument("--bin-dir", type=Path, help="programs of an installed PostgreSQL; default: the wheel's")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    return inside(arguments) if arguments.inside else outside(arguments)


def outside(arguments: argparse.Namespace) -> int:
    """Start PostgreSQL, load the shop once, and have the pages opened."""
    from bench import clusters
    from bench.__main__ import run_module
    from bench.servers import environment

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a plain kill still ends the server
    customers, orders = SIZES[arguments.size]
    folder = ROOT / "var" / "bench" / f"staff-{arguments.size}"
    folder.mkdir(parents=True, exist_ok=True)
    with clusters.postgres(folder, arguments.bin_dir) as url:
        env = environment(folder / "var", DATABASE_URL=url)
        run_module("bench.shop", str(folder), f"--customers={customers}", f"--orders={orders}", env=env)
        options = ["--inside", f"--size={arguments.size}", f"--pages={arguments.pages}", f"--rounds={arguments.rounds}"]
        shown = {name: os.environ[name] for name in ("SHOW_SQL",) if name in os.environ}
        return subprocess.run([sys.executable, "-m", "bench.staff", *options], cwd=ROOT, env=env | shown).returncode


def inside(arguments: argparse.Namespace) -> int:
    """Open every page; the exit status."""
    import django

    django.setup()
    from bench.plans import row_counts

    grow()
    # The catalogue and the business accounts do not grow with the orders: PostgreSQL may choose to read them all.
    counts = {table: rows for table, rows in row_counts().items() if rows > GROWING_ROWS}
    shop = site()
    words = arguments.pages.split()
    chosen = [page for page in pages(shop) if not words or any(word in page[0] for word in words)]
    wrong = 0
    print(f"{'page':<72}{'status':>7}{'p50 ms':>9}{'SQL':>5}  read from end to end")
    for name, url in chosen:
        wrong += show(name, *measured(shop.user, url, counts, rounds=arguments.rounds))
    for name, url, data in steps():
        if not words or any(word in name for word in words):
            wrong += show(name, *measured(shop.user, url, counts, rounds=arguments.rounds, data=data))
    print(f"{len(chosen)} pages; {wrong} with something wrong.")
    return 1 if wrong else 0


def show(name: str, status: int, p50_ms: float, found: list[Mapping[str, Any]]) -> bool:
    """A page's line; whether something is wrong with it."""
    scanned = sorted({table for statement in found for table in statement["scanned"]})
    is_open = status == 302 if name.startswith("post ") else status == 200 or status in OTHER_STATUSES
    marks = [*([] if is_open else ["!! did not open"]), *(f"!! {table}" for table in scanned)]
    slow = " slow" if p50_ms > SLOW_MS else ""
    print(f"{name[:71]:<72}{status:>7}{p50_ms:>9.1f}{len(found):>5}  {' '.join(marks)}{slow}", flush=True)
    if os.environ.get("SHOW_SQL"):
        for statement in found:
            print("      ", statement["sql"][:2000], "\n          ->", "; ".join(statement["plan"]))
    return bool(marks)


def measured(
    user: Any, url: str, counts: Mapping[str, int], *, rounds: int, data: Mapping[str, Any] | None = None
) -> tuple[int, float, list[Any]]:
    """Status, median time in ms and the explained statements of a page; what it wrote is taken back."""
    from django.test import Client

    from bench.plans import explained

    client = Client(raise_request_exception=False, headers={"Host": "127.0.0.1"})
    client.force_login(user)
    times_ms = []

    def opened() -> int:
        answer = client.get(url) if data is None else client.post(url, dict(data))
        if answer.streaming:
            deque(islice(answer.streaming_content, EXPORT_LINES), maxlen=0)  # type: ignore[attr-defined]
        return int(answer.status_code)

    with taken_back():
        opened()  # the first one warms
    for _ in range(rounds):
        with taken_back():
            began = time.perf_counter()
            status = opened()
            times_ms.append((time.perf_counter() - began) * 1000)
    with taken_back(), explained(counts) as found:
        opened()
    return status, statistics.median(times_ms), found


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction that leaves nothing."""
    from django.db import transaction

    block: Any = transaction.atomic()
    block._from_testcase = True  # a refund insists on transactions of its own; Django's tests say this for it
    with block:
        yield
        transaction.set_rollback(True)


def grow() -> None:
    """Users, products and business accounts, once."""
    from django.db import connection, transaction

    from accounts.models import User

    if User.objects.filter(login_key="shopper1").exists():
        return
    with transaction.atomic():
        grow_users()
        grow_catalogue()
        grow_business()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def grow_users() -> None:
    """Shoppers without a customer."""
    from accounts.models import User

    users = [User(login=f"Shopper{n}", email=f"Shopper{n}@example.net", password="!") for n in range(1, USERS + 1)]
    for n, user in enumerate(users, start=1):
        user.display_name = f"Shopper {n}"
        user.derive()
    User.objects.bulk_create(users, BATCH_ROWS)


def grow_catalogue() -> None:
    """Products of two variations."""
    from orders.models import Product, ProductVariation

    products = [
        Product(title=f"Article {n}", slug=f"article-{n}", search_text=f"article {n}") for n in range(1, PRODUCTS + 1)
    ]
    variations = [
        ProductVariation(product=product, sku=f"ART-{product.pk}-{size}", title=size, price_cents=1000)
        for product in Product.objects.bulk_create(products, BATCH_ROWS)
        for size in ("small", "large")
    ]
    ProductVariation.objects.bulk_create(variations, BATCH_ROWS)


def grow_business() -> None:
    """Business accounts with a contact each."""
    from customers.models import BusinessProfile, Contact, Customer

    keys = list(Customer.objects.filter(profile=None).order_by("-pk").values_list("pk", flat=True)[:PROFILES])
    profiles = [BusinessProfile(customer_id=pk, company_name=f"Company {pk}") for pk in keys]
    BusinessProfile.objects.bulk_create(profiles, BATCH_ROWS)
    contacts = [Contact(customer_id=pk, name=f"Ada of {pk}") for pk in keys]
    Contact.objects.bulk_create(contacts, BATCH_ROWS)


def site() -> Site:
    """The admin, a row of each model from the middle of its table, and what is searched for."""
    from django.contrib import admin

    from accounts.models import User
    from customers.models import Customer
    from orders.models import Order

    keys: dict[str, Any] = {}
    for model in admin.site._registry:
        newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        if newest is not None:
            upper_half = model._default_manager.filter(pk__gte=int(newest) // 2).order_by("pk")
            keys[model._meta.label_lower] = upper_half.values_list("pk", flat=True).first()
    customer = Customer.objects.get(pk=keys["customers.customer"])
    order = Order.objects.filter(pk__gte=keys["orders.order"]).exclude(invoice_no="").order_by("pk")[0]
    shopper = User.objects.get(login_key="shopper777")
    # A term of one or two letters is looked for in every text, as the README's "Search" says.
    terms = {
        "": ("Article 77",),
        "customers.customer": (customer.email, customer.full_name, customer.first_name, str(customer.pk)),
        "customers.businessprofile": (customer.email, customer.first_name),
        "customers.contact": (customer.email, customer.first_name),
        "orders.order": (order.invoice_no, customer.email, customer.first_name, "Mug", str(order.pk)),
        "orders.product": ("Article 777", "ART-777", "mug"),
        "orders.productvariation": ("Article 777", "ART-777", "mug"),
        "accounts.user": (shopper.email, "hopper 777", "Shopper"),
    }
    return Site(admin.site, User.objects.filter(role="super_admin").order_by("pk")[0], keys, terms)


def steps() -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """(name, address, form) of what staff do to an order or a customer; each is taken back."""
    from django.utils import timezone

    from customers.models import Customer
    from orders.models import Order

    orders, customer = Order.objects.filter(mode="live"), Customer.objects.order_by("-pk")[1000]
    unpaid = orders.filter(payment_status="pending", status="pending").order_by("-pk")[50]
    paid = orders.filter(payment_status="paid", status="processing", total_paid_cents__gt=100).order_by("-pk")[50]
    gone = Order.with_deleted.filter(deleted_at__isnull=False).order_by("-pk").first()
    order, of_customer = "/admin/orders/order/", f"/admin/customers/customer/{customer.pk}/"
    yield "post mark-as-paid", f"{order}{unpaid.pk}/mark-as-paid/", {}
    yield "post refund", f"{order}{paid.pk}/refund/", {"amount": "0.50", "refund_method": "manual"}
    yield "post change-status", f"{order}{paid.pk}/change-status/", {"order_status": "on-hold"}
    yield "post change-customer", f"{order}{unpaid.pk}/change-customer/", {"customer": customer.pk}
    yield "post add-note to an order", f"{order}{paid.pk}/add-note/", {"note": "x"}
    yield "post delete of an order", f"{order}{unpaid.pk}/delete/", {"post": "yes"}
    if gone:
        yield "post restore", f"{order}{gone.pk}/restore/", {}
        yield "look at a deleted order", f"{order}{gone.pk}/change/", None
    yield "post add-note to a customer", f"{of_customer}add-note/", {"note": "x"}
    many = {"action": "change_status", "status": "on-hold", "_selected_action": [paid.pk, unpaid.pk]}
    query = urlencode({"created_at__gte": timezone.now() - dt.timedelta(days=1)})
    yield "post status of many", f"{order}?{query}", many


if __name__ == "__main__":
    sys.exit(main())
