"""Exports of the admin in a real browser: progress that moves, the whole file at its end, and ways out of it."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import browsing
from tests.serving import Served, serving

pytestmark = [pytest.mark.once, pytest.mark.slow]
PASSWORD = "a long password"
CUSTOMERS, ORDERS = 2500, 3000  # more than a portion of each
# Keeps what the progress bar says whenever it moves, and what is read aloud.
WATCH = """() => {
  window.seen = []; window.aloud = [];
  const bar = document.querySelector('#export progress'), told = document.getElementById('export-told');
  new MutationObserver(() => window.seen.push([bar.value, bar.max])).observe(bar, {attributes: true});
  new MutationObserver(() => window.aloud.push(told.textContent)).observe(told, {childList: true});
}"""
LISTS = {
    "customers": ("customers/customer/", "SELECT count(*) FROM customers_customer"),
    "orders": ("orders/order/", "SELECT count(*) FROM orders_order WHERE deleted_at IS NULL"),
}
EXPORT = re.compile(r"/export/\??$")


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[Served]:
    """A shop with some portions of customers and of orders."""
    with serving(tmp_path_factory.mktemp("shop"), WORKERS="1", FLUENTCART_RATE_LIMIT="off", DEMO="on") as served:
        served.manage("flush", "--no-input")
        served.manage("load_demo", "--customers", str(CUSTOMERS), "--orders", str(ORDERS))
        arguments = ("create_user", "grace", "--email", "grace@example.com", "--role", "super_admin")
        served.manage(*arguments, "--password-stdin", stdin=PASSWORD)
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="module")
def session(browser, shop) -> Any:
    """What a browser keeps of grace's signing in."""
    with browser.new_context(base_url=shop.url) as context:
        page = context.new_page()
        page.goto("/accounts/login/?next=/admin/")
        page.get_by_label("Login").fill("grace")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        return context.storage_state()


def opened(browser: Browser, session: Any, shop: Served, **options) -> BrowserContext:
    """A browser in which grace is signed in."""
    return browser.new_context(storage_state=session, base_url=shop.url, **options)


@pytest.fixture
def page(browser, session, shop) -> Iterator[Page]:
    """A page of grace's; what its console complains about fails the test."""
    with opened(browser, session, shop) as context:
        found = context.new_page()
        complaints: list[str] = []
        found.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        found.on("pageerror", lambda error: complaints.append(str(error)))
        yield found
    assert complaints == []


def rows_of(path: Path) -> list[dict[str, str]]:
    """What a spreadsheet finds in a file."""
    assert b"\0" not in path.read_bytes()
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def slowed(page: Page, bytes_per_second: int) -> None:
    """Have answers come no faster."""
    conditions = {"offline": False, "latency": 0, "downloadThroughput": bytes_per_second, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


@pytest.mark.parametrize("name", LISTS)
def test_progress_moves_to_the_total_and_the_whole_file_is_saved(page, shop, name):
    path, counting = LISTS[name]
    with closing(sqlite3.connect(shop.database)) as database:
        ((total,),) = database.execute(counting)
    page.goto(f"/admin/{path}")
    page.evaluate(WATCH)

    with page.expect_download() as download:
        page.get_by_role("link", name=f"Export {name}").click()

    expect(page.locator("#export")).to_have_text(re.compile(rf"Saved {name}\.csv: {total:,} rows\."))
    assert download.value.suggested_filename == f"{name}.csv"
    assert len({row["id"] for row in rows_of(download.value.path())}) == total
    seen = [value for value, most in page.evaluate("seen") if most == total]
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert seen[-1] == total
    aloud = page.evaluate("aloud")
    assert aloud[0] == f"Counting {name}…"
    assert aloud[-1] == f"Saved {name}.csv: {total:,} rows."
    assert 3 <= len(aloud) <= 12  # tenths, and not every row


def test_lines_within_a_cell_are_no_rows_of_their_own(page):
    page.goto("/admin/orders/order/?status__exact=processing")
    page.locator("#result_list tbody th a").first.click()
    number = page.url.partition("/change/")[0].rpartition("/")[2]
    page.get_by_label("Note").fill('Ring "twice",\nthen\nknock.')
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"/admin/orders/order/?q={number}&status__exact=processing")

    with page.expect_download() as download:
        page.get_by_role("link", name="Export orders").click()

    expect(page.locator("#export-shown")).to_have_text("Saved orders.csv: 1 row.")
    assert [row["note"].splitlines() for row in rows_of(download.value.path())] == [['Ring "twice",', "then", "knock."]]


def test_an_export_is_begun_and_cancelled_with_keys_alone(page):
    page.goto("/admin/orders/order/")
    slowed(page, 50_000)
    downloads: list[Any] = []
    page.on("download", lambda download: downloads.append(download))
    link = page.get_by_role("link", name="Export orders")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#export-shown")).to_have_text(re.compile(r"^[1-9][0-9,]* of [0-9,]+ orders"))
    cancel = page.locator("#export").get_by_role("button", name="Cancel")
    for _ in range(4):
        page.keyboard.press("Tab")
        if cancel.evaluate("one => one === document.activeElement"):
            break
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#export-told")).to_have_text(re.compile(r"^Cancelled after [0-9,]+ orders; nothing was saved"))
    expect(cancel).to_be_hidden()
    expect(link).to_be_focused()
    assert downloads == []


def test_a_file_that_broke_off_is_not_saved(page):
    page.goto("/admin/customers/customer/")
    downloads: list[Any] = []
    page.on("download", lambda download: downloads.append(download))
    broken = {"X-WP-Total": "3", "Content-Type": "text/csv"}
    page.route(EXPORT, lambda route: route.fulfill(headers=broken, body="id\r\n1\r\n2\r\n"))

    page.get_by_role("link", name="Export customers").click()

    expect(page.locator("#export-told")).to_have_text("Broke off after 2 customers; nothing was saved.")
    assert downloads == []


def test_a_file_too_long_for_a_page_is_left_to_the_browser(page):
    page.goto("/admin/customers/customer/")
    long = {"X-WP-Total": "1000001", "Content-Type": "text/csv"}

    def answer(route: Any) -> None:
        if "prefer" in route.request.headers:
            route.fulfill(headers=long, body="id\r\n")
        else:
            route.continue_()

    page.route(EXPORT, answer)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export customers").click()

    expect(page.locator("#export-told")).to_have_text("Left to the browser: see its downloads.")
    assert len(rows_of(download.value.path())) == CUSTOMERS


def test_whoever_is_no_longer_signed_in_is_asked_to(page):
    page.goto("/admin/customers/customer/")
    page.context.clear_cookies()

    page.get_by_role("link", name="Export customers").click()

    page.wait_for_url("**/login/?next=/admin/customers/customer/export/")


def test_without_scripts_the_link_is_a_download(browser, session, shop):
    with opened(browser, session, shop, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/admin/customers/customer/")
        expect(page.locator("#export")).to_be_hidden()
        with page.expect_download() as download:
            page.get_by_role("link", name="Export customers").click()

        assert len(rows_of(download.value.path())) == CUSTOMERS
