"""Run with Django: bring a database up to date, load the data set once, say what is in it. A process of its own."""

from __future__ import annotations

import argparse
import calendar
import datetime as dt
import hashlib
import sys
from pathlib import Path
from random import Random
from typing import Any

import django
import orjson

ROOT = Path(__file__).resolve().parent.parent
LOGIN = "bench"
POOL_MAX = 8000
SAMPLE = 1000
GENERATED_ORDERS_MAX = 100_000
# Written by the bench and by nobody else; children before parents, each with the column that names its parent.
GROWING = (
    ("orders_ordertransaction", "order_id", "orders_order"),
    ("orders_orderitem", "order_id", "orders_order"),
    ("orders_orderaddress", "order_id", "orders_order"),
    ("orders_order", "id", "orders_order"),
    ("customers_customer", "id", "customers_customer"),
)


def migrations() -> dict[str, str]:
    """Migration file -> digest: a shop that was loaded under other migrations has to be loaded anew."""
    files = sorted(ROOT.glob("*/migrations/0*.py"))
    return {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}


def query(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def run(*statements: str) -> None:
    """Statements without rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


# --- Loading -------------------------------------------------------------------------------------


def is_loaded(customers: int, orders: int, mark: Path) -> bool:
    """Whether the data set is there already.

    Raises:
        SystemExit: there are rows, and they are not those of this size, or stand in older tables.
    """
    from django.db import connection

    from orders.demo.load import tables_in_use

    if "bench_pool" not in connection.introspection.table_names():
        if in_use := tables_in_use():
            sys.exit(f"The database is in use ({', '.join(in_use)}); the bench loads only into an empty one.")
        return False
    known = orjson.loads(mark.read_bytes()) if mark.exists() else {}
    now = migrations()
    if known.get("size") != [customers, orders] or any(
        now.get(path) != digest for path, digest in known["migrations"].items()
    ):
        sys.exit(
            "The database was loaded with another size or other migrations. Remove it (bench/README.md) and run again."
        )
    return True


def load(customers: int, orders: int, mark: Path) -> None:
    """The shop, with a bar; and the pool of orders that the bench may change."""
    fill(customers, orders)
    run(
        "CREATE TABLE bench_pool (id BIGINT PRIMARY KEY)",
        "INSERT INTO bench_pool SELECT o.id FROM orders_order o WHERE o.id > 456 AND o.mode = 'live'"
        " AND o.deleted_at IS NULL AND o.total_amount_cents >= 1000 AND (SELECT count(*) FROM orders_ordertransaction t"
        " WHERE t.order_id = o.id AND t.type = 'charge') = 1"
        # Spread over the whole table, the same ones every time.
        f" ORDER BY (o.id * 7919) % 1000003 LIMIT {min(POOL_MAX, orders // 5)}",
    )
    mark.write_bytes(orjson.dumps({"size": [customers, orders], "migrations": migrations()}))


def fill(customers: int, orders: int) -> None:
    """The demo's generator, by COPY; on PostgreSQL a big shop is made of the small one (`bench.multiply`)."""
    from django.db import connection
    from tqdm import tqdm

    from bench.multiply import multiply, pieces
    from orders.demo.load import load_shop

    times = orders // GENERATED_ORDERS_MAX if connection.vendor == "postgresql" else 1
    small = {"customers": customers // max(times, 1), "orders": orders // max(times, 1)}
    with tqdm(total=sum(small.values()), desc=f"Loading {connection.vendor}", unit="row", file=sys.stderr) as bar:
        load_shop(**small, seed=1, advance=bar.update)
    if times > 1:
        with tqdm(total=pieces(), desc=f"Making {times} of each", unit="piece", file=sys.stderr) as bar:
            multiply(times, bar.update)


def tidy_up() -> None:
    """What autovacuum would have done by the time that such a shop is in production; what earlier runs left is gone."""
    from django.db import connection

    run("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def password() -> str:
    """A new application password of the administrator `bench`, in place of an earlier one."""
    from accounts import services
    from accounts.models import ApplicationPassword, User

    user = User.objects.filter(login_key=LOGIN).first()
    if user is None:
        user = services.create_user(login=LOGIN, email="bench@example.invalid", role="super_admin")
    ApplicationPassword.objects.filter(user=user).delete()
    return services.issue_application_password(user_id=user.pk, name="bench")[1]


# --- What is in it -------------------------------------------------------------------------------


def sampled(table: str, columns: str, where: str, random: Random) -> list[tuple[Any, ...]]:
    """Rows from all over a table."""
    top = query(f"SELECT max(id) FROM {table}")[0][0]
    ids = sorted(random.sample(range(1, top + 1), min(top, SAMPLE * 2)))
    marks = ", ".join(["%s"] * len(ids))
    return query(f"SELECT {columns} FROM {table} WHERE id IN ({marks}) AND {where} ORDER BY id", *ids)[:SAMPLE]


def months() -> list[tuple[str, str]]:
    """First and last day of every whole month of the last year."""
    today, found = dt.datetime.now(dt.UTC).date(), []
    for back in range(1, 13):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        last = calendar.monthrange(year, month + 1)[1]
        found.append((f"{year}-{month + 1:02d}-01", f"{year}-{month + 1:02d}-{last}"))
    return found


def facts() -> Any:
    """Samples for the requests; the same shop gives the same ones."""
    from bench.facts import Facts

    random = Random("bench facts")
    people = sampled("customers_customer", "id, first_name, last_name, email, status", "last_name <> ''", random)
    orders = sampled("orders_order", "id, invoice_no", "deleted_at IS NULL", random)
    return Facts(
        login=LOGIN,
        password=password(),
        customer_count=query("SELECT count(*) FROM customers_customer")[0][0],
        order_count=query("SELECT count(*) FROM orders_order WHERE deleted_at IS NULL")[0][0],
        customer_ids=[row[0] for row in people],
        active_ids=[row[0] for row in people if row[4] == "active"],
        order_ids=[row[0] for row in orders],
        terms={
            "name": [f"{row[1]} {row[2]}" for row in people],
            "first_name": sorted({row[1] for row in people}),
            "email": [row[3] for row in people],
            "invoice": [row[1] for row in orders if row[1]],
            "product": [row[0] for row in query("SELECT title FROM orders_product WHERE status = 'published'")],
        },
        months=months(),
        variations=query(
            "SELECT v.id, v.product_id FROM orders_productvariation v JOIN orders_product p ON p.id = v.product_id"
            " WHERE v.is_active AND v.payment_type = 'onetime' AND p.status = 'published' ORDER BY v.id"
        ),
        pool=[row[0] for row in query("SELECT id FROM bench_pool ORDER BY id")],
        newest={table: query(f"SELECT max(id) FROM {table}")[0][0] for table in {row[2] for row in GROWING}},
    )


def clear_leftovers(kept: Path) -> None:
    """Take away what an earlier run, perhaps one that was stopped, has added."""
    if kept.exists():
        newest = orjson.loads(kept.read_bytes())["newest"]
        run(*(f"DELETE FROM {table} WHERE {column} > {int(newest[parent])}" for table, column, parent in GROWING))


def main() -> None:
    """Migrate, load, and write facts.json and countries.json into a folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--orders", type=int, required=True)
    arguments = parser.parse_args()
    django.setup()
    from django.core.management import call_command
    from django_countries import countries

    call_command("migrate", verbosity=0)
    mark = arguments.folder / "loaded.json"
    if not is_loaded(arguments.customers, arguments.orders, mark):
        load(arguments.customers, arguments.orders, mark)
    clear_leftovers(arguments.folder / "facts.json")
    tidy_up()
    facts().write(arguments.folder / "facts.json")
    (arguments.folder / "countries.json").write_bytes(orjson.dumps({code: str(name) for code, name in countries}))


if __name__ == "__main__":
    main()
