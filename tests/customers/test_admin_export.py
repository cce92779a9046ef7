"""Customers as CSV from the admin's list: what the filters leave, harmless to spreadsheets, for who may."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.capabilities import Role
from fluentcart.admin import exporting
from fluentcart.watch import BrokenOff
from tests.admin_pages import staff
from tests.customers.factories import CustomerFactory

pytestmark = pytest.mark.django_db
URL = "/admin/customers/customer/export/"


def exported(client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{URL}{query}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer["Content-Disposition"] == 'attachment; filename="customers.csv"'
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_a_customer_is_a_row_with_money_in_major_units_and_times_in_utc():
    made = dt.datetime(2026, 3, 10, 2, 30, tzinfo=dt.UTC)
    ada = CustomerFactory(
        email="ada@example.com", first_name="Ada", last_name="Lovelace", phone="", country="GB", city="London",
        total_spent_cents=123456, average_order_value_cents=61728, order_count=2, first_order_at=made, created_at=made,
    )  # fmt: skip

    (row,) = exported(staff(Role.MANAGER))

    assert row == {
        "id": str(ada.pk), "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace", "phone": "",
        "status": "active", "country": "GB", "state": ada.state, "city": "London", "postcode": ada.postcode,
        "order_count": "2", "total_spent": "1234.56", "average_order_value": "617.28", "currency": "USD",
        "first_order_at": "2026-03-10T02:30:00Z", "last_order_at": "", "created_at": "2026-03-10T02:30:00Z",
    }  # fmt: skip


def test_what_a_spreadsheet_would_run_is_made_harmless():
    CustomerFactory(first_name="=HYPERLINK(1)", last_name="@x", phone="+1")

    (row,) = exported(staff())

    assert (row["first_name"], row["last_name"], row["phone"]) == ("'=HYPERLINK(1)", "'@x", "'+1")


def test_search_and_filters_of_the_list_hold_in_the_file():
    ada = CustomerFactory(first_name="Ada", status="active")
    CustomerFactory(first_name="Ada", status="inactive")
    CustomerFactory(first_name="Bob", status="active")

    assert [row["id"] for row in exported(staff(), "?q=ada&status__exact=active")] == [str(ada.pk)]
    assert staff().get(f"{URL}?nonsense=1").status_code == 302


def test_the_list_leads_to_the_export_with_its_own_filters():
    page = staff().get("/admin/customers/customer/?status__exact=active").content.decode()

    assert f'href="{URL}?status__exact=active"' in page


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT])
def test_whoever_may_not_take_customers_along_does_not(role):
    client = staff(role)

    assert client.get(URL).status_code == 403
    assert "Export customers" not in client.get("/admin/customers/customer/").content.decode()


def test_rows_are_read_in_chunks(monkeypatch):
    monkeypatch.setattr(exporting, "CHUNK_ROWS", 2)
    CustomerFactory.create_batch(5)
    client = staff()

    with CaptureQueriesContext(connection) as captured:
        rows = exported(client)

    assert len(rows) == 5
    assert sum(query["sql"].endswith("LIMIT 2") for query in captured) == 4  # 2, 2, 1 and none


def test_the_script_that_shows_progress_is_told_the_total_and_the_end():
    CustomerFactory.create_batch(3, status="active")
    CustomerFactory(status="inactive")
    query = "?status__exact=active"
    plain = staff().get(f"{URL}{query}")

    told = staff().get(f"{URL}{query}", HTTP_PREFER="count=exact")

    assert told["X-WP-Total"] == "3"
    assert told.getvalue() == plain.getvalue() + exporting.END
    assert "X-WP-Total" not in plain


def test_a_file_that_breaks_off_lacks_the_end(monkeypatch):
    CustomerFactory()

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
