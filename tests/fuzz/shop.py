"""The shop that strangers' input meets: a small demo, an administrator who may do everything, and rates that last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.core import signing
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import TestCase, override_settings

from accounts.models import User
from tests.documents.states import pending_orders
from tests.documents.test_examples import sign_up

CUSTOMERS, ORDERS = 12, 30
# Order 1 is paid, 2 and 3 are not.
CUSTOMER_IDS, ORDER_IDS = (1, 2, 456), (1, 2, 3)
RATES = dict.fromkeys(("list", "create", "update", "delete"), "1000000/h")


@override_settings(RATE_LIMIT_ENABLED=True, RATES=RATES, WRONG_PASSWORDS_MAX=1_000_000)
class FuzzTest(TestCase):
    """The demo is loaded once for each class."""

    headers: ClassVar[dict[str, str]]
    tokens: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        """Called as by a server, the service would close the connection whose transaction is to be undone."""
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
            cls.addClassCleanup(signal.connect, close_old_connections)
        super().setUpClass()

    @classmethod
    def setUpTestData(cls) -> None:
        """Load the demo, and let the administrator in."""
        with override_settings(EMBEDDED=True):
            call_command("load_demo", customers=CUSTOMERS, orders=ORDERS, verbosity=0)
        pending_orders(2, 3)
        cls.headers = {"Authorization": sign_up("super_admin")}
        user_id = User.objects.get(login="super-admin-caller").pk
        cls.tokens = {
            name: signing.dumps({"user": user_id, "ids": [1, 2]}, salt=f"fluentcart.export.{name}")
            for name in ("customers", "orders")
        }

    def rows(self, path: str) -> list[dict[str, Any]]:
        """What the variables of a path may be, so that it leads to a row: by their names."""
        prefix = "cust_" if path.startswith("/api/") else ""
        contact_id = "cont_101" if prefix else 101
        common = {"product_id": 456, "contact_id": contact_id, "token": self.tokens[resource_of(path)]}
        return [
            common | {"customer_id": f"{prefix}{customer_id}" if prefix else customer_id, "order_id": order_id}
            for customer_id, order_id in zip(CUSTOMER_IDS, ORDER_IDS, strict=True)
        ]


def resource_of(path: str) -> str:
    """Whose rows an export of this path has."""
    return "orders" if "/orders" in path else "customers"


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens in the database inside is undone after it."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # transactions that insist on being outermost may be inside
    with block:
        yield
        transaction.set_rollback(True)
