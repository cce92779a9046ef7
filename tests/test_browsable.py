"""The browsable page: what it shows, which forms it offers to whom, and that they work."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from accounts.capabilities import Role
from customers.models import Customer
from tests.callers import V2
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, UserFactory

HTML = {"HTTP_ACCEPT": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def browser(db):
    """A browser in which a user with a role is signed in, with CSRF checked as outside of tests."""

    def sign_in(role):
        client = Client(enforce_csrf_checks=True)
        client.force_login(UserFactory(role=role))
        return client

    return sign_in


def token_of(page):
    """The CSRF token that the page's script sends."""
    return re.search(r'"csrfToken": "(\w+)"', page.content.decode())[1]


def bodies_of(page):
    """What the forms are filled in with."""
    areas = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page.content.decode(), re.DOTALL)
    return [html.unescape(area).strip() for area in areas]


def methods_of(page):
    """The methods that the page has buttons for."""
    return set(re.findall(r'title="Make a (\w+) request', page.content.decode())) - {"GET"}


def test_a_list_is_shown_with_a_form_to_create(browser):
    CustomerFactory(email="ada@example.com")

    page = browser(Role.MANAGER).get(f"{V2}/customers", **HTML)

    assert page.status_code == 200
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert "ada@example.com" in page.content.decode()
    assert "<h1>List customers</h1>" in page.content.decode()
    (body,) = bodies_of(page)
    assert body.startswith('{\n  "email": "newcustomer@example.com"')
    assert methods_of(page) == {"POST"}


def test_a_detail_has_forms_for_what_the_caller_may_do(browser):
    customer = CustomerFactory()

    page = browser(Role.MANAGER).get(f"{V2}/customers/{customer.pk}", **HTML)

    assert methods_of(page) == {"PUT", "DELETE"}
    assert '"full_name": "John Doe Updated"' in bodies_of(page)[0]


def test_money_dates_and_related_records_are_legible(browser):
    customer = CustomerFactory()

    page = browser(Role.WORKER).get(f"{V2}/customers/{customer.pk}", **HTML).content.decode()

    assert re.search(r'"total_spent": \d+,  <span class="note nocode">[\d,.]+ USD</span>', page)
    assert re.search(r'"created_at": "[^"]+",  <span class="note nocode">\d+ \w+ \d{4}, \d\d:\d\d UTC</span>', page)
    assert f'"id": <a href="{V2}/customers/{customer.pk}">{customer.pk}</a>' in page
    assert f'<a href="{V2}/customers/{customer.pk}/orders">orders</a>' in page


def test_what_somebody_stored_is_shown_however_deep_and_never_as_markup(browser):
    deep: object = '<img src=x onerror=alert(1)> http://x.example/<b>?q="onclick=alert(1)'
    for _ in range(400):
        deep = {"a": deep}
    shallow = CustomerFactory(additional_info={"note": '<img src=x> https://x.example/?q="onclick=alert(1)'})

    pages = [
        browser(Role.WORKER).get(f"{V2}/customers/{pk}", **HTML).content.decode()
        for pk in (CustomerFactory(additional_info=deep).pk, shallow.pk)
    ]

    assert all("<img" not in page and "<b>?q" not in page for page in pages)
    assert not any(re.search(r"<[^>]*\sonclick=", page) for page in pages)


def test_a_reader_sees_no_forms(browser):
    customer = CustomerFactory()

    page = browser(Role.WORKER).get(f"{V2}/customers/{customer.pk}", **HTML)

    assert page.status_code == 200
    assert methods_of(page) == set()


def test_a_delete_that_takes_a_body_has_a_form(browser):
    customer = CustomerFactory()

    page = browser(Role.MANAGER).get(f"{V2}/customers/{customer.pk}/address", **HTML)

    assert methods_of(page) == {"POST", "PUT", "DELETE"}
    assert '"address": {\n    "id": 2\n  }' in bodies_of(page)[-1]


def test_an_action_that_takes_no_body_still_has_a_button(browser):
    customer = CustomerFactory()

    page = browser(Role.MANAGER).get(f"{V2}/customers/{customer.pk}/detach-user", **HTML)

    assert page.status_code == 404
    assert methods_of(page) == {"POST"}


def test_json_is_chosen_beforehand(browser):
    page = browser(Role.MANAGER).get(f"{V2}/customers", **HTML).content.decode()

    options = re.findall(r"<option value=\"([^\"]+)\"( selected)?>", page)
    assert options[0][0] == "application/json"
    assert not any(selected for _, selected in options[1:])


def test_a_form_writes(browser):
    client = browser(Role.MANAGER)
    token = token_of(client.get(f"{V2}/customers", **HTML))

    page = client.post(
        f"{V2}/customers",
        '{"email": "new@example.com", "full_name": "Jane Smith"}',
        content_type="application/json",
        HTTP_X_CSRFTOKEN=token,
        **HTML,
    )

    assert page.status_code == 201
    assert "Customer created successfully!" in page.content.decode()
    assert Customer.objects.get().email == "new@example.com"


def test_a_form_deletes_with_a_body(browser):
    customer = CustomerFactory()
    CustomerAddressFactory(customer=customer, is_primary=True)
    address = CustomerAddressFactory(customer=customer)
    client = browser(Role.MANAGER)
    token = token_of(client.get(f"{V2}/customers/{customer.pk}/address", **HTML))

    page = client.delete(
        f"{V2}/customers/{customer.pk}/address",
        f'{{"address": {{"id": {address.pk}}}}}',
        content_type="application/json",
        HTTP_X_CSRFTOKEN=token,
        **HTML,
    )

    assert page.status_code == 200
    assert customer.addresses.count() == 1


def test_a_write_without_the_token_is_refused(browser):
    page = browser(Role.MANAGER).post(
        f"{V2}/customers",
        '{"email": "new@example.com", "full_name": "Jane Smith"}',
        content_type="application/json",
        **HTML,
    )

    assert page.status_code == 403
    assert not Customer.objects.exists()


def test_what_was_refused_stands_in_the_form_to_be_mended(browser):
    client = browser(Role.MANAGER)
    token = token_of(client.get(f"{V2}/customers", **HTML))

    page = client.post(
        f"{V2}/customers",
        '{"email": "ada", "full_name": "<b>Ada</b>"}',
        content_type="application/json",
        HTTP_X_CSRFTOKEN=token,
        **HTML,
    )

    assert page.status_code == 400
    assert bodies_of(page) == ['{\n  "email": "ada",\n  "full_name": "<b>Ada</b>"\n}']
    assert "<b>Ada</b>" not in page.content.decode()


def test_malformed_json_still_gets_a_page(browser):
    client = browser(Role.MANAGER)
    token = token_of(client.get(f"{V2}/customers", **HTML))

    page = client.post(f"{V2}/customers", "{", content_type="application/json", HTTP_X_CSRFTOKEN=token, **HTML)

    assert page.status_code == 400
    assert "rest_invalid_json" in page.content.decode()


@pytest.mark.django_db
def test_an_anonymous_visitor_gets_401_and_a_way_to_log_in():
    page = Client().get(f"{V2}/customers?search=ada", **HTML)

    assert page.status_code == 401
    assert "WWW-Authenticate" not in page
    assert "/accounts/login/?next=/wp-json/fluent-cart/v2/customers%3Fsearch%3Dada" in page.content.decode()
    assert methods_of(page) == set()


def test_a_shopper_gets_403_without_a_word_about_the_record(browser):
    client = browser(Role.NONE)

    there, missing = (client.get(f"{V2}/customers/{pk}", **HTML) for pk in (CustomerFactory().pk, 999))

    assert there.status_code == missing.status_code == 403
    assert "not found" not in missing.content.decode()


def test_a_bare_cookie_reads_no_json(browser):
    refused = browser(Role.MANAGER).get(f"{V2}/customers", HTTP_ACCEPT="application/json")

    assert refused.status_code == 401


def test_drawing_forms_spends_no_rate(browser, settings):
    settings.RATE_LIMIT_ENABLED = True
    client = browser(Role.MANAGER)

    pages = [client.get(f"{V2}/customers", **HTML) for _ in range(3)]

    assert [page["X-RateLimit-Remaining"] for page in pages] == ["99", "98", "97"]
    created = client.post(
        f"{V2}/customers", "{}", content_type="application/json", HTTP_X_CSRFTOKEN=token_of(pages[0]), **HTML
    )
    assert created["X-RateLimit-Remaining"] == "49"


def test_a_missing_record_is_a_page_with_404(browser):
    page = browser(Role.MANAGER).get(f"{V2}/customers/999", **HTML)

    assert page.status_code == 404
    assert "Customer with ID 999 not found" in page.content.decode()


def test_the_page_has_no_inline_script_or_style(browser):
    page = browser(Role.MANAGER).get(f"{V2}/customers", **HTML).content.decode()

    scripts = re.findall(r"<script([^>]*)>", page)
    assert scripts
    assert all("src=" in attributes or "application/json" in attributes for attributes in scripts)
    assert "<style" not in page
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r"(src|href)=[\"']https?://", page)


def test_options_tell_the_methods_and_their_capabilities(api):
    answer = api("customers/view").send("OPTIONS", f"{V2}/customers")

    assert answer.status_code == 200
    assert answer.json() == {
        "methods": {
            "GET": {"summary": "List customers", "capabilities": ["customers/view"]},
            "POST": {"summary": "Create a customer", "capabilities": ["customers/manage"]},
        }
    }


def test_options_are_not_for_everybody(api):
    assert api.anonymous().send("OPTIONS", f"{V2}/customers").status_code == 401
    assert api("reports/view").send("OPTIONS", f"{V2}/customers").status_code == 403
