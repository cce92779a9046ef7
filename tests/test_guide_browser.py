"""The documentation in a real browser: readable everywhere, usable by keyboard, and its calls can be tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from fluentcart.guide import CHAPTERS
from tests.browsing import DESKTOP, PHONE, browsing
from tests.serving import Served, serving

pytestmark = [pytest.mark.once, pytest.mark.slow]

PAGES = ["/docs/", *(f"/docs/{chapter}/" for chapter in CHAPTERS), "/docs/v2/"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with demo data."""
    with serving(tmp_path_factory.mktemp("docs"), WORKERS="1") as served:
        yield served


@pytest.fixture(scope="module")
def password(shop: Served) -> str:
    """Ada's application password."""
    return shop.create_user("ada")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for this module."""
    with browsing() as opened:
        yield opened


@pytest.fixture
def complaints() -> list[str]:
    """What the browser writes into its console: refused scripts and styles, missing files, errors."""
    return []


@pytest.fixture
def page(chromium: Browser, shop: Served, complaints: list[str]) -> Iterator[Page]:
    """A tab on a desktop."""
    with chromium.new_context(viewport=DESKTOP, base_url=shop.url) as context:
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        yield tab


def contrast(page: Page, selector: str) -> float:
    """The contrast of an element's text with what is behind it, as WCAG counts it."""
    measured = page.locator(selector).first.evaluate(
        """element => {
            const light = (colour) => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).slice(0, 3).map((value) => {
                    const share = value / 255;
                    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            // A thin layer of colour counts as what shows through it.
            const isThin = (colour) => Number(colour.match(/rgba\\(.*, ([\\d.]+)\\)/)?.[1] ?? 1) < 0.5;
            let behind = element;
            while (behind && isThin(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
            const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind ?? document.body).backgroundColor]
                .map(light).sort((one, other) => other - one);
            return (a + 0.05) / (b + 0.05);
        }"""
    )
    return float(measured)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_can_be_read(page: Page, complaints: list[str], scheme: Literal["light", "dark"]):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(PHONE)
    for where in PAGES:
        page.goto(where)

        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
        assert contrast(page, "main h1") >= 7, where
        assert contrast(page, "main p") >= 4.5, where
    expect(page.locator(".opblock").first).to_be_visible()
    assert contrast(page, ".opblock-summary-method") >= 4.5
    assert contrast(page, ".opblock-summary-description") >= 4.5
    assert complaints == []


def test_on_a_phone_the_menu_opens_by_keyboard(page: Page):
    page.set_viewport_size(PHONE)
    page.goto("/docs/")
    link = page.get_by_role("link", name="Errors", exact=True)
    expect(link).to_be_hidden()

    page.locator("#menu summary").focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Errors")


def test_the_first_stop_of_the_keyboard_leads_past_the_menu(page: Page):
    page.goto("/docs/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_be_focused()


def test_a_call_is_tried_with_an_application_password(page: Page, password: str, complaints: list[str]):
    page.goto("/docs/v2/")
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(password)
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Apply credentials").first.click()
    page.get_by_role("button", name="Close").first.click()

    page.get_by_role("button", name="GET /wp-json/fluent-cart/v2/customers", exact=False).first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    answer = page.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").nth(1)).to_contain_text("200")
    expect(answer).to_contain_text('"total": 1000')
    assert complaints == []


def test_a_wrong_password_is_told_beside_the_call(page: Page):
    page.goto("/docs/v2/")
    page.get_by_role("button", name="GET /wp-json/fluent-cart/v2/customers", exact=False).first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table .response-col_status").nth(1)).to_contain_text("401")
