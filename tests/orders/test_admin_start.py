"""The admin's start page: figures of today and of thirty days, what waits, for whom, at which cost."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.capabilities import Role
from fluentcart.admin.paging import BoundedPaginator
from orders import start_page, waiting
from orders.chart import HEIGHT, WIDTH, bars
from orders.models import Order, ProductVariation
from tests.admin_pages import queries_of, staff
from tests.orders.factories import OrderFactory, VariationFactory

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """The clock stands at noon, UTC."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    cache.clear()


def paid(cents, *, refunded_cents=0, **fields):
    """An order that earned money."""
    fields.setdefault("payment_status", "paid")
    return OrderFactory(
        total_amount_cents=cents, total_paid_cents=cents, total_refund_cents=refunded_cents, **fields
    )  # fmt: skip


def test_todays_orders_begin_at_midnight_where_the_viewer_is():
    for hours_ago in (1, 11, 13):
        OrderFactory(created_at=NOON - dt.timedelta(hours=hours_ago), total_amount_cents=100, currency="USD")

    in_utc = start_page.todays_orders()
    with timezone.override(ZoneInfo("America/New_York")):  # 08:00 there: midnight was eight hours ago
        in_new_york = start_page.todays_orders()

    assert (in_utc.count, in_utc.sums_cents) == (2, {"USD": 200})
    assert (in_new_york.count, in_new_york.sums_cents) == (1, {"USD": 100})


def test_revenue_is_what_was_paid_and_kept_by_day_and_currency():
    paid(1000, created_at=NOON, currency="USD")
    paid(500, refunded_cents=200, created_at=NOON - dt.timedelta(days=1), currency="USD",
         payment_status="partially_refunded")  # fmt: skip
    paid(700, created_at=NOON, currency="JPY")
    paid(900, created_at=NOON, currency="USD", mode="test")
    paid(900, created_at=NOON, currency="USD", deleted_at=NOON)
    paid(900, created_at=NOON - dt.timedelta(days=30), currency="USD")
    OrderFactory(created_at=NOON, currency="USD", total_amount_cents=900)

    dollars, yen = start_page.recent_revenue()

    assert (dollars.currency, len(dollars.days), dollars.total_cents) == ("USD", 30, 1300)
    assert [dollars.days[dt.date(2026, 3, 9)], dollars.days[dt.date(2026, 3, 10)]] == [300, 1000]
    assert next(iter(dollars.days)) == dt.date(2026, 2, 9)
    assert (yen.currency, yen.total_cents) == ("JPY", 700)


def test_what_waits_is_counted_to_a_hundred_and_no_further(monkeypatch):
    OrderFactory.create_batch(3, status="pending", payment_status="pending")
    monkeypatch.setattr(start_page, "WAITING_ROWS_MAX", 1)

    assert start_page.waiting_orders()["unpaid"] == 2
    assert "<strong>1+</strong> <span>Not paid yet" in staff().get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("fields", "is_found"),
    [
        ({"status": "processing", "payment_status": "paid", "shipping_status": "unshipped"}, True),
        ({"status": "processing", "payment_status": "partially_refunded", "shipping_status": "unshipped"}, True),
        ({"status": "processing", "payment_status": "paid", "shipping_status": "shipped"}, False),
        ({"status": "processing", "payment_status": "pending", "shipping_status": "unshipped"}, False),
        ({"status": "canceled", "payment_status": "paid", "shipping_status": "unshipped"}, False),
    ],
)
def test_to_ship_is_what_is_paid_open_and_still_here(fields, is_found):
    OrderFactory(**fields)

    assert waiting.to_ship(Order.objects.all()).exists() is is_found


def test_low_stock_is_of_what_is_sold_and_counted():
    low = VariationFactory(manage_stock=True, available_count=waiting.LOW_STOCK_COUNT)
    VariationFactory(manage_stock=True, available_count=waiting.LOW_STOCK_COUNT + 1)
    VariationFactory(manage_stock=False, available_count=0)
    VariationFactory(manage_stock=True, available_count=0, is_active=False)

    assert list(waiting.low_on_stock(ProductVariation.objects.all())) == [low]


def test_the_numbers_lead_to_lists_of_the_same_rows():
    order = OrderFactory(status="pending", payment_status="pending")
    OrderFactory(status="processing", payment_status="paid")
    client = staff()

    listed = client.get("/admin/orders/order/?waits=unpaid").context["cl"].result_list

    assert [row.pk for row in listed] == [order.pk]
    assert b'href="/admin/orders/order/?waits=unpaid"' in client.get("/admin/").content


def test_the_start_page_shows_orders_only_to_those_who_may_see_them():
    paid(123456, created_at=NOON, currency="USD")

    seen = staff(Role.WORKER).get("/admin/").content.decode()

    assert "Revenue of the last 30 days: 1,234.56 USD" in seen
    assert "Take an order" not in seen  # a worker may look and ship


def test_the_chart_says_in_words_what_it_draws():
    paid(123456, created_at=NOON, currency="USD")

    page = staff().get("/admin/").content.decode()

    assert '<svg viewBox="0 0 600 160" role="img"' in page
    assert "the best day was March 10, 2026 with 1,234.56 USD" in page
    assert '<tr><th scope="row">March 10, 2026</th><td>1,234.56 USD</td></tr>' in page
    assert page.count('<th scope="row">') == 30
    assert "style=" not in page  # a strict Content-Security-Policy would refuse it
    assert "<script>" not in page


def test_the_highest_bar_fills_the_chart_and_a_poor_day_is_still_seen():
    days = {dt.date(2026, 3, day): cents for day, cents in ((1, 100_000), (2, 1), (3, 0))}

    drawn = bars(days)

    assert [(bar.y, bar.height) for bar in drawn] == [(0, HEIGHT), (HEIGHT - 1, 1), (HEIGHT, 0)]
    assert [bar.x for bar in drawn] == [2, WIDTH / 3 + 2, 2 * WIDTH / 3 + 2]


def test_the_start_page_costs_the_same_with_many_orders():
    client = staff()
    paid(1000, created_at=NOON)
    one = queries_of(client, "/admin/")

    for days_ago in range(9):
        paid(1000, created_at=NOON - dt.timedelta(days=days_ago))

    assert queries_of(client, "/admin/") == one


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [("America/New_York", "March 9, 2026, 10:30 p.m."), ("Europe/../../etc/passwd", "March 10, 2026, 2:30 a.m."),
     ("", "March 10, 2026, 2:30 a.m.")],
    ids=["New York", "no zone", "nothing said"],
)  # fmt: skip
def test_times_are_shown_in_the_zone_of_the_browser(cookie, shown):
    order = OrderFactory(created_at=dt.datetime(2026, 3, 10, 2, 30, tzinfo=dt.UTC))
    client = staff()
    client.cookies["timezone"] = cookie

    page = client.get(f"/admin/orders/order/{order.pk}/change/").content.decode()

    assert shown in page
    assert f"Times are shown in {cookie if cookie == 'America/New_York' else 'UTC'}." in page
    assert timezone.get_current_timezone_name() == "UTC"  # and the next request starts anew


def test_a_list_counts_to_its_bound_and_shows_no_more(monkeypatch):
    monkeypatch.setattr("fluentcart.admin.paging.COUNTED_ROWS_MAX", 3)
    OrderFactory.create_batch(5)

    pages = BoundedPaginator(Order.objects.order_by("pk"), 2)

    assert (pages.count, pages.num_pages, pages.is_bounded) == (3, 2, True)
    assert "The first 3 orders; there are more." in staff().get("/admin/orders/order/").content.decode()


def test_a_list_within_the_bound_says_how_many_there_are():
    OrderFactory.create_batch(2)

    page = staff().get("/admin/orders/order/").content.decode()

    assert "2 orders" in page
    assert "there are more" not in page


def test_select_all_does_not_take_more_than_a_browser_can_wait_for(monkeypatch):
    monkeypatch.setattr("fluentcart.admin.ACTION_ROWS_MAX", 2)
    orders = OrderFactory.create_batch(3, status="pending")
    body = {"action": "change_status", "status": "canceled", "select_across": "1", "_selected_action": [orders[0].pk]}

    page = staff().post("/admin/orders/order/", body, follow=True).content.decode()

    assert "An action takes at most 2 rows." in page
    assert set(Order.objects.values_list("status", flat=True)) == {"pending"}
