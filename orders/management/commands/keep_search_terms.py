"""`keep_search_terms`: counts the search terms that many customers and orders have before anybody asks for them."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from customers.lists import COMMON as CUSTOMERS
from fluentcart.commands import ShopCommand
from orders.lists import COMMON as ORDERS


class Command(ShopCommand):
    """Safe to run at any time: writers go on. The database keeps each total from then on (ADR 9)."""

    help = "Count the search terms that many customers or orders have, so that nobody waits for it who asks for one."

    def handle(self, *args: Any, **options: Any) -> None:
        """A line for each list.

        Raises:
            CommandError: (exit status 1) another process takes terms up right now.
        """
        for name, search in (("Customers", CUSTOMERS), ("Orders", ORDERS)):
            with tqdm(desc=name, unit="term", file=sys.stderr) as bar:

                def show(done: int, of: int, bar: Any = bar) -> None:
                    bar.total, bar.n = of, done
                    bar.refresh()

                taken = search.foresee(show)
            if taken is None:
                raise CommandError(f"{name}: search terms are taken up by another process. Run it again.", returncode=1)
            self.stdout.write(f"{name}: {taken} more search terms are kept.")
