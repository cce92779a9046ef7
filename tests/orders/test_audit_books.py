"""The command: what it prints and how it exits, what --fix writes and leaves, and what an audit may not touch."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from threading import Thread

import pytest
from django.apps import apps
from django.db import Error, connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, CustomerTally, CustomerTermTally
from orders.audit import run
from orders.models import NumberCounter, Order, OrderTermTally
from orders.services.statistics import recount_customer
from tests.orders.audit_damages import a_tally
from tests.orders.audit_shop import Shop, audit_books, change, found

ROOT = Path(__file__).resolve().parents[2]
AUDIT = ROOT / "orders" / "audit"
OURS = ("fluentcart", "accounts", "customers", "orders")
MODULES = {path.stem for path in AUDIT.glob("*.py")}
# A tally is filled anew by what filled it first; whether it is right is found out without that.
FILLED_BY = {"run": {"customers.kept", "orders.kept", "fluentcart.kept.tallies"}}
ALLOWED = {"accounts.models", "customers.models", "orders.models", "orders.audit"} | {
    f"orders.audit.{m}" for m in MODULES
}


@pytest.fixture
def shop(db):
    return Shop()


# --- Reports and exit status --------------------------------------------------------------------------------


def test_a_difference_is_a_line_and_exit_status_1(shop):
    change(shop.customer, order_count=7)

    assert audit_books() == (
        1,
        [f"statistics: customers_customer {shop.customer.pk} order_count: found 7, expected 1 (derived)"],
    )
    shop.customer.refresh_from_db()
    assert shop.customer.order_count == 7


def test_a_fact_comes_with_a_hint(shop):
    change(shop.address, is_primary=False)

    status, (line,) = audit_books()

    assert status == 1
    assert line.endswith("primary billing address: found 0, expected 1 (fact) Ask which one it is.")


def test_json_is_one_object_a_line(shop):
    change(shop.customer, first_order_at=None)
    change(shop.open, total_amount_cents=2600)

    status, lines = audit_books(is_json=True)

    assert status == 1
    order, customer = (json.loads(line) for line in lines)
    assert order == {
        "check": "order_sums",
        "table": "orders_order",
        "id": shop.open.pk,
        "field": "total_amount_cents",
        "found": 2600,
        "expected": 2500,
        "is_derived": False,
        "hint": "",
        "is_fixed": False,
    }
    assert (customer["check"], customer["found"], customer["is_derived"]) == ("statistics", None, True)
    assert customer["expected"].startswith(shop.sent.created_at.strftime("%Y-%m-%dT%H:%M:%S"))


# --- Fix ----------------------------------------------------------------------------------------------------


def damage_derived(shop):
    """One difference for each check of a derived figure."""
    change(shop.customer, order_count=7, search_text="x", live_order_count=7)
    CustomerTally.objects.create(level="day", bucket=20000101, status="active", count=3)
    a_tally()
    for model in (CustomerTermTally, OrderTermTally):
        model.objects.create(level="all", bucket=0, term="zzz", count=3)
    change(shop.variation, held_count=9)
    change(shop.user, login_key="x")
    change(shop.product, search_text="x")
    change(shop.sent, search_text="x")
    NumberCounter.objects.filter(name="receipt").update(value=0)
    NumberCounter.objects.exclude(name="receipt").delete()


def test_fix_writes_every_derived_figure_anew(shop):
    damage_derived(shop)
    derived = {check.name for check in run.CHECKS if check.is_derived}
    assert {each[0] for each in found()} == derived

    status, lines = audit_books(mends=True)

    assert (status, len(lines)) == (0, 13)
    assert all(line.endswith("(fixed)") for line in lines)
    assert found() == []


def test_fix_leaves_facts_alone_and_exits_with_1(shop):
    change(shop.sent, payment_status="paid", total_amount_cents=5001)
    change(shop.customer, order_count=7)
    facts = Order.objects.filter(pk=shop.sent.pk).values().get()

    status, lines = audit_books(mends=True)

    assert status == 1
    assert [line.rsplit("(")[-1] for line in lines] == ["fact)", "fact)", "fixed)"]
    assert Order.objects.filter(pk=shop.sent.pk).values().get() == facts
    assert {each[0] for each in found()} == {"order_sums", "payment_statuses"}


def test_fix_changes_nothing_else_of_a_row(shop):
    before = Customer.objects.filter(pk=shop.customer.pk).values().get()
    change(shop.customer, order_count=7, last_order_at=None)

    audit_books(mends=True)

    after = Customer.objects.filter(pk=shop.customer.pk).values().get()
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == before


def test_a_key_that_another_customer_has_is_left_and_said(shop):
    change(shop.customer, email_key="free")
    Customer.objects.create(email="ada@example.COM", email_key="ada@example.com", search_text="\n \nada@example.com")
    other = Customer.objects.exclude(pk=shop.customer.pk)
    other.update(search_text=" \n \nada@example.com")

    status, lines = audit_books(mends=True)

    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"customer_texts: customers_customer {shop.customer.pk} email_key: ")
    assert lines[0].endswith("(derived)")


def test_fix_goes_by_the_rows_of_its_own_moment(shop):
    change(shop.customer, order_count=7)
    stale = list(run.audit())
    change(shop.sent, mode="test")

    assert run.mend(stale) == []

    shop.customer.refresh_from_db()
    assert shop.customer.order_count == 0


def test_fix_never_lowers_a_counter(shop):
    NumberCounter.objects.filter(name="receipt").update(value=0)
    stale = list(run.audit())
    NumberCounter.objects.filter(name="receipt").update(value=50)

    assert run.mend(stale) == []

    assert NumberCounter.objects.get(name="receipt").value == 50


# --- Independence and isolation ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(AUDIT.glob("*.py")), ids=lambda path: path.stem)
def test_the_audit_calls_nothing_that_writes_the_figures(path):
    nodes = list(ast.walk(ast.parse(path.read_text())))
    assert not [name for node in nodes if isinstance(node, ast.Import) for name in node.names if "." in name.name]
    imported = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    ours = [node for node in imported if node.module.split(".")[0] in OURS]
    assert all(node.module in ALLOWED | FILLED_BY.get(path.stem, set()) for node in ours), path
    from_models = {name.name for node in ours if node.module.endswith(".models") for name in node.names}
    assert from_models <= {model.__name__ for model in apps.get_models()}


def test_a_wrong_recount_would_be_found(shop, monkeypatch):
    monkeypatch.setattr("orders.services.statistics.share", lambda amount, part, whole: amount * part // whole - 1)
    recount_customer(customer_id=shop.customer.pk)

    assert found() == [("statistics", shop.customer.pk, "average_order_value_cents", 2499, 2500)]


def test_every_check_is_explained():
    text = (ROOT / "docs" / "audit.md").read_text()

    for check in run.CHECKS:
        assert f"| `{check.name}` | {'derived' if check.is_derived else 'fact'} |" in text


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_the_audit_ends_its_own():
    Shop()

    assert audit_books() == (0, [])

    assert connection.get_autocommit()
    assert not connection.in_atomic_block
    change(Customer.objects.get(), order_count=7)
    assert audit_books(mends=True)[0] == 0
    assert Customer.objects.get().order_count == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_audit_sees_one_moment_and_cannot_write():
    shop = Shop()

    def write() -> None:
        change(shop.customer, order_count=7)
        connection.close()

    with run.snapshot():
        assert Customer.objects.get().order_count == 1
        writer = Thread(target=write)
        writer.start()
        writer.join()
        assert Customer.objects.get().order_count == 1
    assert Customer.objects.get().order_count == 7
    with pytest.raises(Error, match="read-only"), run.snapshot():
        change(shop.customer, order_count=1)


@pytest.mark.postgres
def test_fix_locks_the_rows_before_it_recounts(shop):
    change(shop.customer, order_count=7)
    findings = list(run.audit())

    with CaptureQueriesContext(connection) as queries:
        run.mend(findings)

    statements = [each["sql"] for each in queries if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert statements[0].startswith('SELECT "customers_customer"."id"')
    assert statements[0].endswith("ORDER BY 1 ASC FOR UPDATE")
    assert statements[-1].startswith('UPDATE "customers_customer"')
