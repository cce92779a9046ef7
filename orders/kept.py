"""What the database keeps about orders: how many there are, whose they are, and indexes of what a search looks in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from customers.kept import TERMS as CUSTOMER_TERMS
from fluentcart.kept.digits import digit_index
from fluentcart.kept.indexes import POSTGRES_DAY, PostgresIndex
from fluentcart.kept.installing import Kept, calling, drop_triggers, triggers
from fluentcart.kept.noting import Owner
from fluentcart.kept.tallies import DAY, IDS, LEVELS, Tally
from fluentcart.kept.terms import TermTally
from fluentcart.kept.texts import TextIndex

ORDERS = Tally(
    source="orders_order",
    name="orders_ordertally",
    keys=("status", "payment_status"),
    facts={"ids": IDS, "day": DAY},
    fact_columns=("created_at",),
    levels=LEVELS,
    live="{row}.deleted_at IS NULL",
    live_columns=("deleted_at",),
)
# By their own text and their customer's; what titles of products find is not kept.
TERMS = TermTally(
    source="orders_order",
    name="orders_ordertermtally",
    live="{row}.deleted_at IS NULL",
    live_columns=("deleted_at",),
    owner=Owner("customers_customer", "customer_id"),
)


@dataclass(frozen=True)
class OrderCounts:
    """`live_order_count` of each customer: all orders that are not deleted.

    A writer changes the row of the order's customer, which `create_order`, `delete_order` and `change_customer` lock
    anyway; so it makes nobody wait who would not wait without it.
    """

    name: str = "orders_live"

    @property
    def tables(self) -> tuple[str, ...]:
        """See Kept."""
        return ("orders_order", "customers_customer")

    def statements(self, connection: Any, make: str) -> list[str]:
        """See Kept."""
        return self._on_sqlite(make) if connection.vendor == "sqlite" else self._on_postgres(make)

    def removal(self, connection: Any) -> list[str]:
        """See Kept."""
        return drop_triggers(connection, f"{self.name}_")

    def is_there(self, connection: Any, make: str) -> bool:
        """See Kept."""
        found = triggers(connection, f"{self.name}_")
        return len(found) == (4 if connection.vendor == "sqlite" else 3) and all(name.endswith(make) for name in found)

    def fill(self, connection: Any) -> None:
        """Count all orders anew; to be called in a transaction."""
        counted = (
            "SELECT count(*) FROM orders_order o WHERE o.customer_id = customers_customer.id AND o.deleted_at IS NULL"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE customers_customer SET live_order_count = ({counted}) WHERE live_order_count <> ({counted})"
            )

    def _on_postgres(self, make: str) -> list[str]:
        def change(sign: str, customer: str, count: str, rows: str = "") -> str:
            return (
                f"UPDATE customers_customer c SET live_order_count = c.live_order_count {sign} {count}"
                f"{rows} WHERE c.id = {customer};"
            )

        def function(name: str, body: str) -> str:
            return (
                f"CREATE OR REPLACE FUNCTION {self.name}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
                f" BEGIN {body} RETURN NULL; END $$"
            )

        def of_all(rows: str, sign: str) -> str:
            counted = f"SELECT customer_id, count(*) AS n FROM {rows} WHERE deleted_at IS NULL GROUP BY customer_id"
            return change(sign, "a.customer_id", "a.n", f" FROM ({counted} ORDER BY customer_id) AS a")

        one = (
            f"IF OLD.deleted_at IS NULL THEN {change('-', 'OLD.customer_id', '1')} END IF;"
            f" IF NEW.deleted_at IS NULL THEN {change('+', 'NEW.customer_id', '1')} END IF;"
        )
        changed = (
            "OLD.customer_id IS DISTINCT FROM NEW.customer_id"
            " OR (OLD.deleted_at IS NULL) IS DISTINCT FROM (NEW.deleted_at IS NULL)"
        )

        def trigger(name: str, when: str) -> str:
            return calling(f"{self.name}_{name}", make, when)

        return [
            function("added", of_all("added", "+")),
            function("removed", of_all("removed", "-")),
            function("changed", one),
            trigger("added", "AFTER INSERT ON orders_order REFERENCING NEW TABLE AS added FOR EACH STATEMENT"),
            trigger("removed", "AFTER DELETE ON orders_order REFERENCING OLD TABLE AS removed FOR EACH STATEMENT"),
            trigger("changed", f"AFTER UPDATE ON orders_order FOR EACH ROW WHEN ({changed})"),
        ]

    def _on_sqlite(self, make: str) -> list[str]:
        def trigger(name: str, when: str, row: str, sign: str, also: str = "") -> str:
            change = (
                f"UPDATE customers_customer SET live_order_count = live_order_count {sign} 1"
                f" WHERE id = {row}.customer_id;"
            )
            return (
                f"CREATE TRIGGER {self.name}_{name}_{make} {when} ON orders_order"
                f" WHEN {row}.deleted_at IS NULL{also} BEGIN {change} END"
            )

        changed = (
            " AND (OLD.customer_id IS NOT NEW.customer_id OR (OLD.deleted_at IS NULL) IS NOT (NEW.deleted_at IS NULL))"
        )
        update = "AFTER UPDATE OF customer_id, deleted_at"
        return [
            trigger("added", "AFTER INSERT", "NEW", "+"),
            trigger("removed", "AFTER DELETE", "OLD", "-"),
            trigger("left", update, "OLD", "-", changed),
            trigger("came", update, "NEW", "+", changed),
        ]


# The newest orders of a day, of one status or of any (`orders/lists.py`).
DAY_INDEXES = tuple(
    PostgresIndex("orders_order", f"orderday_{name}", f"{before}{POSTGRES_DAY}, id", "deleted_at IS NULL")
    for name, before in {"any": "", "status": "status, ", "payment": "payment_status, "}.items()
)


def leave_no_texts() -> None:
    """Have what triggers noted of customers' and orders' texts folded, so that nothing of it stands there any more.

    To be called when a transaction has ended: it waits for others who fold, and they may wait for rows.
    """
    try:
        CUSTOMER_TERMS.fold()
    finally:
        TERMS.fold()


def kept() -> tuple[Kept, ...]:
    """All of it."""
    texts = (TextIndex("orders_order"), digit_index("orders_order"), TextIndex("orders_product"))
    return (ORDERS, OrderCounts(), TERMS, *texts, *DAY_INDEXES)
