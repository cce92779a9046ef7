"""Whatever people do in whatever order, the books agree: a random walk through every service, checked at each step."""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from types import SimpleNamespace

import pytest
from django.apps import apps

from customers.models import Customer, CustomerAddress
from customers.services import addresses, bulk, customers, users
from fluentcart.errors import DomainError
from orders.gateways.base import GATEWAYS, GatewayRefused, GatewayUncertain
from orders.models import Order, OrderItem, OrderTransaction, ProductVariation
from orders.services import create, delete, payment, reassign, refund, status, update
from orders.services.address import copy_address_to_order
from orders.services.customers import delete_customer
from tests.customers.factories import CustomerFactory, UserFactory
from tests.orders.factories import ShippingMethodFactory, VariationFactory

pytestmark = pytest.mark.django_db

STEPS = 120
PRICES_CENTS = (0, 0, 333, 2500)
COUNTED = ("paid", "partially_paid", "partially_refunded")
STATUSES = {
    "order_status": ("on-hold", "processing", "completed", "canceled"),
    "shipping_status": ("unshipped", "shipped", "delivered", "unshippable"),
    "payment_status": ("pending", "failed", "authorized", "paid", "refunded", "partially_paid"),
}


class Moody:
    """A gateway that gives back, refuses, or does not answer, as the walk's dice say."""

    def __init__(self, dice: random.Random):
        self.dice = dice

    def refund(self, *, idempotency_key: str, **_: object) -> str:
        """See Gateway."""
        if (mood := self.dice.random()) < 0.2:
            raise GatewayRefused("No.")
        if mood < 0.4:
            raise GatewayUncertain("No answer.")
        return f"re_{idempotency_key}"


class Walk:
    """One step after another: which service is called, with what, is drawn by lot."""

    def __init__(self, seed: int):
        self.dice = random.Random(seed)
        self.history: list[str] = []
        self.buried: Counter[int] = Counter()
        self.customers = [customer.pk for customer in CustomerFactory.create_batch(3)]
        self.users = [user.pk for user in UserFactory.create_batch(3)]
        self.variations = [
            VariationFactory.create(stock=stock, price_cents=price_cents, fulfillment_type=kind, backorders=stock == 5)
            for price_cents in PRICES_CENTS
            for kind, stock in (("physical", 30), ("digital", 30), ("physical", 5), ("physical", None))
        ]
        ShippingMethodFactory(slug="standard", rate_cents=501)
        self.pieces = {variation.pk: variation.available_count for variation in self.variations}

    def step(self) -> None:
        """Do one thing; a refusal must leave every row as it was."""
        act = self.dice.choice(self.acts)
        before = rows() if self.dice.random() < 0.5 else None
        self.history.append(act.__name__)
        try:
            act(self)
        except DomainError as error:
            self.history[-1] += f" -> {error.code}"
            # A gateway's failure is the one refusal that leaves something: the row of the attempt.
            if before is not None and error.details.get("reason") != "gateway":
                assert rows() == before

    # --- Drawing lots ---------------------------------------------------------------------------

    def an_order(self) -> int:
        return self.dice.choice([*Order.with_deleted.order_by("-pk").values_list("pk", flat=True)[:8], 999_999])

    def a_customer(self) -> int:
        return self.dice.choice([*self.customers, *self.customers, 999_999])

    def an_address(self) -> tuple[int, int]:
        rows = list(CustomerAddress.objects.values_list("customer_id", "pk"))
        return self.dice.choice([*rows, (self.a_customer(), 999_999)])

    def maybe(self, **fields):
        return {name: value for name, value in fields.items() if self.dice.random() < 0.5}

    # --- What can be done -----------------------------------------------------------------------

    def place(self):
        chosen = self.dice.sample(self.variations, self.dice.choice([1, 1, 2, 3]))
        create.create_order(
            customer_id=self.a_customer(),
            items=[
                {"product_id": v.product_id, "variation_id": v.pk, "quantity": self.dice.randint(1, 4)} for v in chosen
            ],
            mode=self.dice.choice(["live", "live", "test"]),
            **self.maybe(shipping_method="standard", billing_address={"city": "Rome"}),
        )

    def pay(self):
        order_id = self.an_order()
        payment.mark_as_paid(order_id=order_id, **self.maybe(note="", payment_method="cash"))
        if self.dice.random() < 0.5:
            OrderTransaction.objects.filter(order_id=order_id, type="charge").update(gateway="moody")

    def refund_amount(self):
        amount_cents = self.dice.choice([1, 100, 501, 2500, 5000])
        refund.refund_order(order_id=self.an_order(), amount_cents=amount_cents)

    def refund_rest(self):
        order_id = self.an_order()
        left = sum(order.net_paid_cents for order in Order.objects.filter(pk=order_id))
        refund.refund_order(order_id=order_id, amount_cents=left, refund_method="manual")

    def refund_lines(self):
        order_id = self.an_order()
        lines = list(OrderItem.objects.filter(order_id=order_id))
        items = [
            {"id": item.pk, "quantity": self.dice.randint(1, item.quantity), "restock": self.dice.random() < 0.7}
            for item in self.dice.sample(lines, self.dice.randint(1, len(lines)) if lines else 0)
        ]
        refund.refund_order(order_id=order_id, items=items, **self.maybe(amount_cents=self.dice.randint(1, 3000)))

    def settle(self):
        pending = OrderTransaction.objects.filter(type="refund", status="pending").select_related("parent")
        for row in pending.order_by("pk")[:1]:
            refund.carry_out(row, is_retry=True)

    def move(self):
        words = {axis: self.dice.choice(words) for axis, words in STATUSES.items()}
        status.update_statuses(order_id=self.an_order(), **self.maybe(**words, manage_stock=self.dice.random() < 0.7))

    def ship(self):
        word = self.dice.choice(STATUSES["shipping_status"])
        status.update_statuses(order_id=self.an_order(), shipping_status=word)

    def cancel(self):
        status.set_order_status(order_id=self.an_order(), status="canceled")

    def edit(self):
        fields = {"status": self.dice.choice(STATUSES["order_status"]), "billing_address": {"first_name": "Bo"}}
        update.update_order(order_id=self.an_order(), **self.maybe(**fields, note="hello"))

    def discard(self):
        delete.delete_order(order_id=self.an_order())

    def reassign(self):
        reassign.change_customer(order_id=self.an_order(), customer_id=self.a_customer())

    def reassign_to_new(self):
        email = f"walk{self.dice.randint(1, 9)}@example.com"
        order = reassign.create_and_change_customer(order_id=self.an_order(), email=email, first_name="New")
        self.customers.append(order.customer_id)

    def drop_customer(self):
        if len(self.customers) < 3:
            return
        customer_id = self.a_customer()
        buried: Counter[int] = Counter()
        for item in OrderItem.objects.filter(order__customer_id=customer_id, order__mode="live"):
            buried[item.variation_id] += item.committed_count
        delete_customer(customer_id=customer_id)
        self.buried += buried
        self.customers.remove(customer_id)

    def add_address(self):
        addresses.create_address(
            customer_id=self.a_customer(), name="A", address_1="1", city="Rome", country="IT", state="RM",
            postcode="00100", type=self.dice.choice(["billing", "shipping"]), is_primary=self.dice.random() < 0.5,
        )  # fmt: skip

    def copy_address(self):
        customer_id, address_id = self.an_address()
        copy_address_to_order(order_id=self.an_order(), customer_id=customer_id, address_id=address_id)

    def edit_address(self):
        customer_id, address_id = self.an_address()
        kind = self.dice.choice(["billing", "shipping"])
        changes = self.maybe(type=kind, is_primary=self.dice.random() < 0.5, city="Oslo")
        addresses.update_address(customer_id=customer_id, address_id=address_id, **changes)

    def prefer_address(self):
        customer_id, address_id = self.an_address()
        addresses.make_primary(customer_id=customer_id, address_id=address_id)

    def drop_address(self):
        customer_id, address_id = self.an_address()
        addresses.delete_address(customer_id=customer_id, address_id=address_id)

    def link(self):
        users.attach_user(customer_id=self.a_customer(), user_id=self.dice.choice(self.users), may_link_staff=False)

    def unlink(self):
        users.detach_user(customer_id=self.a_customer())

    def rename(self):
        email = f"walk{self.dice.randint(1, 9)}@example.com"
        customers.update_customer(customer_id=self.a_customer(), email=email)

    def toggle(self):
        word = self.dice.choice(["active", "active", "inactive"])
        bulk.bulk_set_status(customer_ids=[self.a_customer()], status=word)

    acts = (
        place, place, place, place, pay, pay, pay, refund_amount, refund_rest, refund_lines, refund_lines, settle,
        move, move, ship, ship, cancel, edit, discard, discard, reassign, reassign_to_new, drop_customer,
        add_address, add_address, add_address, copy_address, edit_address, edit_address, prefer_address,
        drop_address, link, unlink, rename, toggle,
    )  # fmt: skip


def rows() -> dict[str, list[tuple]]:
    """Every row of the shop."""
    models = [*apps.get_app_config("customers").get_models(), *apps.get_app_config("orders").get_models()]
    return {model.__name__: list(model._base_manager.order_by("pk").values_list()) for model in models}


# --- What must always hold ----------------------------------------------------------------------


def check_statistics() -> None:
    """Recounted here in plain Python, from semantics 3.6."""
    counted = defaultdict(list)
    for order in Order.with_deleted.filter(deleted_at=None, mode="live", payment_status__in=COUNTED):
        counted[order.customer_id].append(order)
    for customer in Customer.objects.all():
        orders = counted[customer.pk]
        spent_cents = sum(max(order.total_paid_cents - order.total_refund_cents, 0) for order in orders)
        average_cents = (2 * spent_cents + len(orders)) // (2 * len(orders)) if orders else 0
        days = [order.created_at for order in orders]
        assert (
            customer.order_count,
            customer.total_spent_cents,
            customer.average_order_value_cents,
            customer.first_order_at,
            customer.last_order_at,
        ) == (len(orders), spent_cents, average_cents, min(days, default=None), max(days, default=None))


def check_stock(walk: Walk) -> None:
    """No piece is made or lost, and each counter is the sum of the lines that stand behind it."""
    held: Counter[int] = Counter()
    committed: Counter[int] = Counter()
    for item in OrderItem.objects.select_related("order"):
        held[item.variation_id] += item.held_count
        committed[item.variation_id] += item.committed_count
        assert item.held_count + item.committed_count + item.restocked_count <= item.quantity
    for variation in ProductVariation.objects.all():
        found = (variation.available_count + variation.held_count + variation.committed_count, variation.held_count)
        assert found == (walk.pieces[variation.pk] - walk.buried[variation.pk], held[variation.pk])
        assert variation.committed_count == committed[variation.pk]
        assert variation.available_count >= 0 or variation.backorders


def check_money() -> None:
    """What was paid is what was charged; what was given back was paid; the lines and the order say the same."""
    for order in Order.with_deleted.prefetch_related("items", "transactions"):
        charges = {row.pk: row for row in order.transactions.all() if row.type == "charge"}
        refunds = [row for row in order.transactions.all() if row.type == "refund"]
        captured = sum(charge.amount_cents for charge in charges.values() if charge.status == "succeeded")
        settled = sum(row.amount_cents for row in refunds if row.status == "refunded")
        assert (order.total_paid_cents, order.total_refund_cents) == (captured, settled)
        assert settled + sum(row.amount_cents for row in refunds if row.status == "pending") <= captured
        for charge in charges.values():
            taken = [row.amount_cents for row in refunds if row.parent_id == charge.pk and row.status != "failed"]
            assert sum(taken) <= charge.amount_cents
        assert sum(item.refund_total_cents for item in order.items.all()) <= settled
        assert order.total_amount_cents == sum(
            item.line_total_cents + item.shipping_charge_cents for item in order.items.all()
        )
        expected = "refunded" if settled and settled >= captured else "partially_refunded" if settled else None
        assert expected in (None, order.payment_status)
        assert captured >= order.total_amount_cents or order.payment_status not in ("paid", "partially_refunded")


def check_addresses() -> None:
    """One primary address of each type that the customer has."""
    primaries = defaultdict(list)
    for customer_id, kind, is_primary in CustomerAddress.objects.values_list("customer_id", "type", "is_primary"):
        primaries[customer_id, kind].append(is_primary)
    assert all(sum(found) == 1 for found in primaries.values())


def check_numbers() -> None:
    """Every paid order has a receipt of its own; every order a sales number of its own."""
    orders = list(Order.with_deleted.order_by("pk"))
    receipts = [order.receipt_number for order in orders if order.receipt_number is not None]
    numbers = [order.order_number for order in orders]
    assert len(set(receipts)) == len(receipts)
    assert len(set(numbers)) == len(numbers)
    assert all(numbers)
    assert all(order.receipt_number is not None for order in orders if order.paid_at is not None)
    assert all((order.paid_at is None) == (not order.invoice_no) for order in orders)


@pytest.mark.parametrize("seed", range(3))
def test_the_books_agree_after_every_step(seed, monkeypatch):
    walk = Walk(seed)
    monkeypatch.setitem(GATEWAYS, "moody", "tests.orders.moody")
    monkeypatch.setitem(sys.modules, "tests.orders.moody", SimpleNamespace(gateway=lambda: Moody(walk.dice)))
    for _ in range(STEPS):
        walk.step()
        try:
            check_statistics()
            check_stock(walk)
            check_money()
            check_addresses()
            check_numbers()
        except AssertionError as error:
            error.add_note(f"seed {seed}: " + ", ".join(walk.history))
            raise
