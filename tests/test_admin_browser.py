"""The admin as a shop's staff use it, in a real browser: with a mouse or keys alone, on a desk or a phone.

`make screenshots` runs this file with SCREENSHOTS set, and then the pictures of the README are made anew.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import browsing
from tests.serving import Served, serving

pytestmark = [pytest.mark.once, pytest.mark.slow]
PASSWORD = "a long password"
PATIENCE_MS = 30_000  # two cores may have much to do
expect.set_options(timeout=PATIENCE_MS)
PAGES = (
    "", "customers/customer/", "customers/customer/1/change/", "customers/customer/add/", "orders/order/",
    "orders/order/4/change/", "orders/order/4/refund/", "orders/order/4/addresses/", "orders/order/4/change-status/",
    "orders/order/add/", "orders/product/", "orders/product/1/change/", "orders/product/import/",
    "orders/productvariation/?stock=low", "accounts/user/", "accounts/user/1/change/",
    "accounts/user/1/application-passwords/issue/", "orders/order/?trash=only", "orders/order/4/mark-as-paid/",
    "orders/order/4/change-customer/", "orders/order/4/new-customer/", "orders/order/4/add-note/",
    "orders/order/4/delete/", "customers/customer/1/add-note/", "customers/customeraddress/1/change/",
    "customers/label/", "customers/businessprofile/add/", "orders/shippingzone/", "orders/shippingmethod/1/change/",
)  # fmt: skip
# Everything that Tab should reach, in the order of the document; of a group of radio buttons the chosen one.
REACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
  .filter(one => one.tabIndex >= 0 && !one.disabled && one.type !== 'hidden')
  .filter(one => one.checkVisibility({visibilityProperty: true}))
  .filter(one => !(one.type === 'radio' && !one.checked) && !one.matches('.select2-search__field'))"""
# After Tab: which of them has the focus, what it is, how wide the frame around it is, whether it can be seen.
FOCUSED = f"""() => {{
  const one = document.activeElement, place = ({REACHABLE})().indexOf(one), style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  return [place, one.outerHTML.slice(0, 120), style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth];
}}"""
# A form may begin in its first field; the walk begins at the top of the page.
TO_THE_TOP = "document.body.tabIndex = -1; document.body.focus()"
PARTS_MAX = 10  # a field for a day and a time has several that Tab goes through


# Contrast as WCAG 2 counts it, of an element's text with the background that is seen behind it.
CONTRAST = """element => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = element, back = [0, 0, 0, 0];
  while (behind && (back[3] ?? 1) === 0) {
    back = parse(getComputedStyle(behind).backgroundColor);
    behind = behind.parentElement;
  }
  const style = getComputedStyle(element);
  const front = parse(element instanceof SVGElement ? style.fill : style.color);
  const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[Served]:
    """The demo shop, served, with a manager of everything who may sign in."""
    with serving(tmp_path_factory.mktemp("shop"), WORKERS="1", FLUENTCART_RATE_LIMIT="off") as served:
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
    context = browser.new_context(timezone_id="America/New_York")
    page = context.new_page()
    page.goto(f"{shop.url}/accounts/login/?next=/admin/")
    page.get_by_label("Login").fill("grace")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{shop.url}/admin/")
    state = context.storage_state()
    context.close()
    return state


def opened(browser: Browser, session: Any, **options) -> BrowserContext:
    """A browser in which grace is signed in; it holds every page to the policy that comes with it."""
    options.setdefault("viewport", {"width": 1280, "height": 800})
    context = browser.new_context(storage_state=session, timezone_id="America/New_York", **options)
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def page(browser, session, shop) -> Iterator[Page]:
    """A page of grace's; what its console complains about fails the test."""
    context = opened(browser, session)
    found = context.new_page()
    complaints: list[str] = []
    found.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    found.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    context.close()
    assert complaints == []


def picture(page: Page, name: str, *, full_page: bool = False) -> None:
    """Keep what is seen as one of the README's pictures, when those are being made."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=full_page)


def choose(page: Page, field: str, term: str, shown: str) -> None:
    """Find something in a field that completes what is typed, with keys alone."""
    page.locator(f"#id_{field} + .select2 .select2-selection").focus()
    page.keyboard.press("Enter")
    page.keyboard.type(term)
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text(shown)
    page.keyboard.press("Enter")


def test_staff_find_a_customer_by_part_of_a_name_and_see_all_on_one_page(page, shop):
    page.goto(f"{shop.url}/admin/customers/customer/")
    page.locator("#searchbar").fill("ohn do")
    page.keyboard.press("Enter")
    page.get_by_role("row", name=re.compile("customer@example.com")).get_by_role("link", name="John Doe").click()

    content = page.locator("#content")
    for heading in ("At a glance", "Orders", "Addresses", "Person"):
        expect(content.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(content).to_contain_text("50.00 USD")
    expect(content).to_contain_text("INV-4")
    expect(content).to_contain_text("123 Main St")
    expect(content).to_contain_text("Jan. 15, 2024, 9:30 a.m.")  # 14:30 UTC in New York
    expect(page.locator("footer")).to_contain_text("Times are shown in America/New_York.")
    picture(page, "admin-customer")

    page.goto(f"{shop.url}/admin/customers/customer/?q=customer@exam")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_staff_take_an_order_are_paid_and_give_money_and_goods_back(page, shop):
    page.goto(f"{shop.url}/admin/orders/productvariation/?q=MUG-WHT")
    available = page.locator("#result_list tbody tr .field-available_count")
    before = int(available.inner_text())

    page.goto(f"{shop.url}/admin/")
    page.get_by_role("link", name="Take an order").click()
    choose(page, "customer", "customer@example.com", "John Doe")
    choose(page, "lines-0-variation", "MUG-WHT", "Enamel Mug - White")
    page.locator("#id_lines-0-quantity").fill("2")
    page.get_by_role("button", name="Make order").click()
    expect(page.locator(".messagelist")).to_contain_text("was made")
    order_url = page.url

    page.get_by_role("link", name="Mark as paid").click()
    expect(page.locator("#content")).to_contain_text("Due: 29.00 USD")
    page.get_by_role("button", name="Mark as paid").click()
    expect(page.locator(".messagelist")).to_contain_text("is paid: 29.00 USD")

    page.get_by_role("link", name="Refund").click()
    page.get_by_label("Pieces of 2 x Enamel Mug").fill("1")
    page.get_by_label("Put them back into stock").check()
    page.get_by_role("button", name="Refund").click()
    expect(page.locator(".messagelist")).to_contain_text("14.50 USD of")
    assert page.url == order_url

    page.goto(f"{shop.url}/admin/orders/productvariation/?q=MUG-WHT")
    assert int(available.inner_text()) == before - 1
    shop.manage("audit_books")


def test_staff_change_the_status_of_many_orders_at_once(page, shop):
    page.goto(f"{shop.url}/admin/orders/order/?status__exact=processing&waits=to_ship")
    boxes = page.locator("#result_list .action-select")
    numbers = page.locator("#result_list th.field-numbers a").all_inner_texts()[:3]
    for place in range(3):
        boxes.nth(place).check()
    page.get_by_label("Action:").select_option(label="Change status of selected orders to the one beside")
    page.locator("select[name=status]").select_option("on-hold")
    page.get_by_role("button", name="Go").click()

    expect(page.locator(".messagelist")).to_contain_text("3 orders set to on-hold.")
    page.goto(f"{shop.url}/admin/orders/order/?status__exact=on-hold&waits=to_ship")
    assert set(numbers) <= set(page.locator("#result_list th.field-numbers a").all_inner_texts())


def test_an_application_password_opens_the_api_until_it_is_revoked(page, shop):
    page.goto(f"{shop.url}/admin/accounts/user/?q=grace")
    page.get_by_role("link", name="grace", exact=True).last.click()
    page.get_by_role("link", name="Issue application password").click()
    page.get_by_label("Application").fill("till")
    page.get_by_role("button", name="Issue").click()
    password = page.locator("#application-password").inner_text()
    url = f"{shop.url}/wp-json/fluent-cart/v2/customers?per_page=1"
    assert requests.get(url, auth=("grace", password), timeout=10).status_code == 200

    page.get_by_role("link", name="Back to grace").click()
    page.get_by_role("row", name=re.compile("till")).get_by_role("checkbox").check()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert requests.get(url, auth=("grace", password), timeout=10).status_code == 401


def test_staff_import_products_and_see_how_far_it_is(page, shop, tmp_path):
    rows = ["slug,title,sku,variation,price,available,manage_stock"]
    rows += [f"tea-{row},Tea {row},TEA-{row},,4.50,10,yes" for row in range(300)]
    good, bad = tmp_path / "tea.csv", tmp_path / "bad.csv"
    good.write_text("\n".join(rows))
    bad.write_text("\n".join([*rows, "tea-x,Tea,TEA-1,,4.505,10,maybe"]))

    page.goto(f"{shop.url}/admin/orders/product/")
    page.get_by_role("link", name="Import products").click()
    page.get_by_label("CSV file").set_input_files(bad)
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator(".errornote")).to_contain_text("Nothing was imported: 1 of 301 rows of bad.csv")
    reasons = page.locator(".import-errors tbody tr")
    expect(reasons.filter(has_text="price")).to_contain_text("302")
    picture(page, "admin-import")

    page.get_by_role("link", name="Choose another file").click()
    page.get_by_label("CSV file").set_input_files(good)
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("#content")).to_contain_text("300 would be new")
    assert len(page.locator(".import-steps progress").all()) == 4  # after 100, 200 and 300 rows, and at the end
    page.get_by_role("button", name="Import").click()
    expect(page.locator(".messagelist")).to_contain_text("The import is done.")

    page.goto(f"{shop.url}/admin/orders/product/?q=TEA-299")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_staff_take_the_customers_of_a_search_along(page, shop):
    page.goto(f"{shop.url}/admin/customers/customer/?q=john+doe")
    listed = page.locator("#result_list tbody tr").count()

    with page.expect_download() as download:
        page.get_by_role("link", name="Export customers").click()

    with download.value.path().open() as file:
        found = list(csv.DictReader(file))
    assert len(found) == listed > 0
    assert "customer@example.com" in [row["email"] for row in found]


def test_the_start_page_says_what_waits_and_leads_there(page, shop):
    page.goto(f"{shop.url}/admin/")
    expect(page.get_by_role("img", name="Revenue by day in USD")).to_be_visible()
    picture(page, "admin-start")
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("table", name="Revenue by day in USD").locator("tbody tr")).to_have_count(30)

    page.get_by_role("link", name=re.compile("Low on stock")).click()

    expect(page.locator("#result_list tbody tr").first).to_be_visible()


def test_keys_alone_lead_everywhere(browser, shop):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{shop.url}/admin/")
    page.get_by_label("Login").focus()
    page.keyboard.type("grace")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/admin/")

    page.keyboard.press("Tab")  # the first thing that keys reach leads past the navigation
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    assert outline_px(page) >= 2
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reached = [focused_text(page)]
    while "Take an order" not in reached[-1] and len(reached) < 10:
        page.keyboard.press("Tab")
        reached.append(focused_text(page))
        assert outline_px(page) >= 2, reached[-1]
    assert re.match(r"\d+ orders?", reached[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/order/add/")

    choose(page, "customer", "customer@example.com", "John Doe")
    unreachable = page.evaluate("""() => [...document.querySelectorAll('#content [onclick], #content [role=button]')]
        .filter(one => !one.matches('a[href], button, input, [tabindex]')).map(one => one.outerHTML)""")
    nameless = page.evaluate("""() => [...document.querySelectorAll('#content :is(input, select, textarea)')]
        .filter(one => one.type !== 'hidden' && one.type !== 'submit' && !one.labels?.length
            && !one.ariaLabel && !one.getAttribute('aria-labelledby') && !one.closest('.select2'))
        .map(one => one.name)""")
    context.close()
    assert (unreachable, nameless) == ([], [])


def tabbed(page: Page) -> list[list[Any]]:
    """Where Tab leads from the top of a page, until it has been on as many things as there are to reach."""
    page.evaluate(TO_THE_TOP)
    count = page.evaluate(f"({REACHABLE})().length")
    found: list[list[Any]] = []
    for _ in range(count + PARTS_MAX):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if not found or found[-1][0] != now[0]:
            found.append(now)
        if len(found) == count:
            break
    return found


def test_tab_reaches_everything_on_every_page_in_order_and_is_seen(page, shop):
    out_of_order, frameless, unseen = [], [], []
    for path in PAGES:
        page.goto(f"{shop.url}/admin/{path}")
        found = tabbed(page)
        out_of_order += [(path, at, *one[:2]) for at, one in enumerate(found) if one[0] != at][:3]
        frameless += [(path, html) for _, html, outline_px, _ in found if outline_px < 2]
        unseen += [(path, html) for _, html, _, is_seen in found if not is_seen]

    assert (out_of_order, frameless, unseen) == ([], [], [])


def test_enter_sends_a_form_and_a_note_is_written_with_keys_alone(page, shop):
    page.goto(f"{shop.url}/admin/customers/customer/1/add-note/")
    page.get_by_label("Note").focus()
    page.keyboard.type("Rings twice.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add note")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("A note was added")
    expect(page.locator("#content")).to_contain_text("Rings twice.")

    page.goto(f"{shop.url}/admin/orders/order/4/new-customer/")
    page.get_by_label("Email").focus()
    page.keyboard.type("grace.h@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("Grace")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("who is a new customer")


def test_a_deleted_order_is_found_and_restored_with_keys_alone(page, shop):
    def enter(locator: Any, url: str) -> None:
        locator.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(url)

    page.goto(f"{shop.url}/admin/orders/order/?status__exact=canceled&payment_status__exact=pending")
    enter(page.locator("#result_list tbody th a").first, "**/change/**")
    number = page.url.partition("/change/")[0].rpartition("/")[2]
    enter(page.get_by_role("link", name="Delete", exact=True), "**/delete/**")
    enter(page.get_by_role("button", name="Yes, I’m sure"), "**/orders/order/?**")
    expect(page.locator(".messagelist")).to_contain_text("deleted")

    enter(page.get_by_role("link", name="Deleted orders"), "**trash=only**")
    enter(page.locator(f"#result_list tbody th a[href*='/{number}/change']").first, "**/change/**")
    enter(page.get_by_role("link", name="Restore", exact=True), "**/restore/**")
    enter(page.get_by_role("button", name="Restore", exact=True), "**/change/**")

    expect(page.locator(".messagelist")).to_contain_text("was restored.")


def focused_text(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText || document.activeElement.value || ''"))


def outline_px(page: Page) -> float:
    """How wide the frame around the focused element is; 0 when none is drawn."""
    return float(
        page.evaluate("""() => {
        const style = getComputedStyle(document.activeElement);
        return style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
    }""")
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_read_on_a_phone_in_both_colours(browser, session, shop, scheme):
    context = opened(browser, session, viewport={"width": 375, "height": 740}, color_scheme=scheme)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(f"{page.url}: {message.text}") if message.type == "error" else 0)
    wide, pale = [], []
    for path in PAGES:
        page.goto(f"{shop.url}/admin/{path}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
        pale += [f"{path}: {text}" for text in pale_texts(page)]
        if path == "" and scheme == "dark":
            picture(page, "admin-phone-dark")
    context.close()
    assert (wide, pale, refused) == ([], [], [])


def pale_texts(page: Page) -> list[str]:
    """What is hard to read: text below 4.5 to 1, and bars of the chart below 3 to 1 (WCAG 2, 1.4.3 and 1.4.11)."""
    found = page.evaluate(f"""() => {{
        const contrast = {CONTRAST};
        const seen = one => one.getClientRects().length && getComputedStyle(one).visibility !== 'hidden';
        const tags = 'a, p, td, th, label, strong, h2, summary, figcaption';
        const words = [...document.querySelectorAll(`#content :is(${{tags}})`)]
            .filter(one => seen(one) && [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
        const bars = [...document.querySelectorAll('#content svg rect')];
        return [...words.map(one => [one, 4.5]), ...bars.map(one => [one, 3])]
            .map(([one, least]) => [one, least, contrast(one)]).filter(([, least, found]) => found < least)
            .map(([one, , found]) => `${{one.tagName}} ${{one.textContent.trim().slice(0, 30)}} ${{found.toFixed(2)}}`);
    }}""")
    return [str(text) for text in found]


def test_a_browsable_page_works_under_its_policy(page, shop):
    page.goto(f"{shop.url}/wp-json/fluent-cart/v2/customers/2")
    page.locator("textarea[name=_content]").first.fill('{"notes": "from the browsable page"}')
    page.get_by_role("button", name="PUT").click()

    expect(page.locator(".response-info")).to_contain_text("from the browsable page")


def test_one_gives_an_application_less_than_one_has_and_comes_back_to_it(page, shop):
    there = "https://app.example/done"
    page.route(f"{there}*", lambda route: route.fulfill(body="Thank you", content_type="text/plain"))
    page.goto(f"{shop.url}/wp-admin/authorize-application.php?app_name=Till&success_url={there}")
    page.get_by_text("Limit what it may do").click()
    page.get_by_label("orders/view").check()
    page.get_by_label("Only from these addresses").fill("127.0.0.1")
    page.get_by_role("button", name="Yes, I approve").click()
    page.wait_for_url(f"{there}?*")
    sent = parse_qs(urlsplit(page.url).query)

    def ask(path: str) -> int:
        signed = (sent["user_login"][0], sent["password"][0])
        return requests.get(f"{shop.url}/wp-json/fluent-cart/v2/{path}", auth=signed, timeout=30).status_code

    assert (ask("orders"), ask("customers")) == (200, 403)
