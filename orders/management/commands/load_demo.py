"""`manage.py load_demo`: fills an empty shop with demo data, and refuses to touch any other."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from tqdm import tqdm

from fluentcart.commands import ShopCommand
from orders.demo.load import load_shop, tables_in_use

CUSTOMERS_MIN, ORDERS_MIN = 5, 4


class Command(ShopCommand):
    """Decisions, "Demo data": only the embedded database, or empty tables with DEMO=on; never beside real rows."""

    help = "Loads a believable shop into an empty database: customers, orders over two years, products, users."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How large the shop is, and which of the possible ones."""
        parser.add_argument("--customers", type=int, default=1000, metavar="N", help="how many customers (1000)")
        parser.add_argument("--orders", type=int, default=5000, metavar="M", help="how many orders (5000)")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed makes the same shop (1)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing, and succeed, when there are rows")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, or say why not.

        Raises:
            CommandError: too few rows asked for, another database than the embedded one, or rows in it.
        """
        customers, orders = options["customers"], options["orders"]
        if customers < CUSTOMERS_MIN or orders < ORDERS_MIN:
            raise CommandError(f"The demo has at least {CUSTOMERS_MIN} customers and {ORDERS_MIN} orders.")
        if not settings.EMBEDDED and not settings.DEMO:
            raise CommandError(
                "DATABASE_URL names a real database. Set DEMO=on to load demo data into its empty tables."
            )
        if in_use := tables_in_use():
            if not options["if_empty"]:
                raise CommandError(
                    f"There is data already ({', '.join(in_use)}); demo data goes only into empty tables."
                )
            if options["verbosity"] > 1:
                self.stdout.write("There is data already: no demo data was loaded.")
            return
        with tqdm(total=customers + orders, desc="Demo data", unit="row", file=sys.stderr) as bar:
            load_shop(customers=customers, orders=orders, seed=options["seed"], advance=bar.update)
        if options["verbosity"] > 0:
            self.stdout.write(f"Loaded {customers} customers and {orders} orders.")
