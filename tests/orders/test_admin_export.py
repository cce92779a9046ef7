"""Orders as CSV from the admin's list: what search and filters leave, money in the order's currency, for who may."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.capabilities import Role
from fluentcart.admin import exporting
from fluentcart.watch import BrokenOff
from tests.admin_pages import staff
from tests.orders.factories import OrderFactory

pytestmark = pytest.mark.django_db
URL = "/admin/orders/order/export/"


def exported(client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{URL}{query}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer["Content-Disposition"] == 'attachment; filename="orders.csv"'
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_an_order_is_a_row_with_money_in_its_currency_and_times_in_utc():
    made = dt.datetime(2026, 3, 10, 2, 30, tzinfo=dt.UTC)
    order = OrderFactory(
        customer__first_name="Ada", customer__last_name="Lovelace", customer__email="ada@example.com",
        status="completed", payment_status="partially_refunded", shipping_status="delivered", currency="USD",
        subtotal_cents=123456, discount_total_cents=456, shipping_total_cents=500, tax_total_cents=7,
        total_amount_cents=123507, total_paid_cents=123507, total_refund_cents=5, payment_method="cash",
        shipping_method="courier", note="=1+1", order_number="SO-2026-1", invoice_no="INV-1", receipt_number=1,
        created_at=made, paid_at=made,
    )  # fmt: skip

    (row,) = exported(staff(Role.MANAGER))

    assert row == {
        "id": str(order.pk), "order_number": "SO-2026-1", "invoice_no": "INV-1",
        "customer_id": str(order.customer_id), "customer_name": "Ada Lovelace", "customer_email": "ada@example.com",
        "status": "completed", "payment_status": "partially_refunded", "shipping_status": "delivered",
        "mode": "live", "currency": "USD", "subtotal": "1234.56", "discount": "4.56", "shipping": "5.00",
        "tax": "0.07", "total": "1235.07", "paid": "1235.07", "refunded": "0.05", "payment_method": "cash",
        "shipping_method": "courier", "note": "'=1+1", "created_at": "2026-03-10T02:30:00Z",
        "paid_at": "2026-03-10T02:30:00Z", "shipped_at": "", "delivered_at": "", "completed_at": "",
        "refunded_at": "",
    }  # fmt: skip


def test_yen_have_no_decimals():
    OrderFactory(currency="JPY", total_amount_cents=500)

    assert exported(staff())[0]["total"] == "500"


def test_search_and_filters_of_the_list_hold_in_the_file():
    ada = OrderFactory(customer__first_name="Ada", status="canceled")
    OrderFactory(customer__first_name="Ada")
    OrderFactory(customer__first_name="Bob", status="canceled")
    gone = OrderFactory(deleted_at=timezone.now())

    assert [row["id"] for row in exported(staff(), "?q=ada&status__exact=canceled")] == [str(ada.pk)]
    assert [row["id"] for row in exported(staff(), "?trash=only")] == [str(gone.pk)]
    assert (
        f'href="{URL}?status__exact=canceled"'
        in staff().get("/admin/orders/order/?status__exact=canceled").content.decode()
    )


@pytest.mark.parametrize("role", [Role.WORKER])
def test_whoever_may_not_take_orders_along_does_not(role):
    client = staff(role)

    assert client.get(URL).status_code == 403
    assert "Export orders" not in client.get("/admin/orders/order/").content.decode()


def test_a_chunk_is_one_query_however_many_customers(monkeypatch):
    monkeypatch.setattr(exporting, "CHUNK_ROWS", 2)
    OrderFactory.create_batch(5)
    client = staff()

    with CaptureQueriesContext(connection) as captured:
        rows = exported(client)

    assert len(rows) == 5
    assert sum(query["sql"].endswith("LIMIT 2") for query in captured) == 4  # 2, 2, 1 and none
    assert not [query for query in captured if 'FROM "customers_customer" WHERE' in query["sql"]]


def test_the_script_that_shows_progress_is_told_the_total_and_the_end():
    OrderFactory.create_batch(3, status="processing")
    OrderFactory(status="completed")
    query = "?status__exact=processing"
    plain = staff().get(f"{URL}{query}")

    told = staff().get(f"{URL}{query}", HTTP_PREFER="count=exact")

    assert told["X-WP-Total"] == "3"
    assert told.getvalue() == plain.getvalue() + exporting.END
    assert "X-WP-Total" not in plain


def test_a_file_that_breaks_off_lacks_the_end(monkeypatch):
    OrderFactory()

    def broken(*args):
        yield from [["x" * 100]] * 400  # more than is sent in one piece
        raise OSError

    monkeypatch.setattr(exporting, "export_rows", broken)
    told = staff().get(URL, HTTP_PREFER="count=exact")

    came = []
    with pytest.raises(BrokenOff):
        came.extend(told.streaming_content)
    assert came
    assert set(b"".join(came).splitlines()) == {b"x" * 100}
