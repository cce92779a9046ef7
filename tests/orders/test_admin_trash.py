"""Deleted orders in the admin: a list of their own, looked at, restored one by one or many; for whoever may."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts.capabilities import Role
from fluentcart.history.models import Activity, Verb
from orders.models import Order
from orders.services.delete import delete_order
from tests.admin_pages import messages_of, queries_of, staff
from tests.orders.factories import OrderFactory, VariationFactory
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db
ORDERS = "/admin/orders/order/"
TRASH = f"{ORDERS}?trash=only"


def page(order: Order, name: str = "change") -> str:
    return f"{ORDERS}{order.pk}/{name}/"


def deleted(**fields) -> Order:
    """A row in the trash."""
    return OrderFactory.create(deleted_at=timezone.now(), **fields)


def listed(client, url: str) -> list[int]:
    return [order.pk for order in client.get(url).context["cl"].result_list]


def test_the_trash_has_the_deleted_orders_and_no_others():
    there, gone, draft = OrderFactory(), deleted(), deleted(status="canceled")
    client = staff()

    assert listed(client, TRASH) == [draft.pk, gone.pk]
    assert listed(client, f"{TRASH}&status__exact=canceled") == [draft.pk]
    assert listed(client, f"{TRASH}&q={gone.customer.email}") == [gone.pk]
    assert listed(client, ORDERS) == [there.pk]


def test_a_deleted_order_is_looked_at_and_restored_with_its_pieces():
    client, variation = staff(), VariationFactory(stock=5)
    order = place(variation, quantity=2)
    delete_order(order_id=order.pk)
    html = client.get(page(order)).content.decode()
    before = counters(variation)

    r = client.post(page(order, "restore"), follow=True)

    order.refresh_from_db()
    assert (page(order, "restore") in html, page(order, "refund") in html, 'name="_save"' in html) == (
        True,
        False,
        False,
    )
    assert (before, counters(variation), order.deleted_at) == ((5, 0, 0), (3, 2, 0), None)
    assert messages_of(r) == [f"{order} was restored."]
    assert page(order, "restore") not in r.content.decode()
    assert "Restored from the trash" in r.content.decode()
    activity = Activity.objects.get(subject="order", subject_id=order.pk, verb=Verb.RESTORED)
    assert activity.actor == LogEntry.objects.get(change_message=f"{order} was restored.").user.login


def test_an_order_whose_pieces_were_sold_stays_deleted_and_the_page_says_why():
    client, variation = staff(), VariationFactory(stock=2)
    order = place(variation, quantity=2)
    delete_order(order_id=order.pk)
    place(variation, quantity=1)

    r = client.post(page(order, "restore"))

    assert r.context["form"].non_field_errors() == [
        f"Order with ID {order.pk} cannot be restored: too few pieces of variation {variation.pk} are left"
    ]
    order.refresh_from_db()
    assert order.deleted_at is not None


def test_many_are_restored_at_once_and_nothing_else_is_offered_there():
    client, one, two = staff(), deleted(), deleted()

    offered = [name for name, _ in client.get(TRASH).context["action_form"].fields["action"].choices if name]
    r = client.post(TRASH, {"action": "restore", "_selected_action": [one.pk, two.pk]}, follow=True)

    assert offered == ["restore"]
    assert messages_of(r) == ["2 orders restored."]
    assert Order.objects.count() == 2
    assert "restore" not in dict(client.get(ORDERS).context["action_form"].fields["action"].choices)


def test_whoever_may_not_restore_sees_no_trash():
    client, there, gone = staff(Role.WORKER), OrderFactory(), deleted()

    assert listed(client, TRASH) == [there.pk]
    assert "trash=only" not in client.get(ORDERS).content.decode()
    assert client.get(page(gone)).status_code == 302  # "doesn't exist", and back to the start
    assert client.post(page(gone, "restore")).status_code == 403
    gone.refresh_from_db()
    assert gone.deleted_at is not None


@pytest.mark.parametrize("step", ["mark-as-paid", "refund", "change-status", "add-note", "addresses", "delete"])
def test_nothing_else_is_done_to_a_deleted_order(step):
    client, gone = staff(), deleted()

    assert client.post(page(gone, step), {"note": "x", "post": "yes"}).status_code in {403, 404}
    assert client.post(page(gone), {"note": "x"}).status_code == 403
    gone.refresh_from_db()
    assert (gone.note, gone.status) == ("", "pending")


def test_an_order_that_is_there_is_not_restored():
    assert staff().post(page(OrderFactory(), "restore")).status_code == 404


def test_the_trash_costs_the_same_for_many():
    client = staff()
    deleted()
    few = queries_of(client, TRASH)
    for _ in range(8):
        deleted()

    assert queries_of(client, TRASH) == few
