"""The admin's pages of business accounts: profile, contacts and credit checks, by the rules of the API."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry

from accounts.capabilities import Role
from customers.models import BusinessProfile, Contact, CreditCheck, Customer
from tests.admin_pages import errors_of, form_of, messages_of, queries_of, staff
from tests.customers.business import ContactFactory, ProfileFactory
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory

pytestmark = pytest.mark.django_db

CUSTOMERS = "/admin/customers/customer/"
PROFILES = "/admin/customers/businessprofile/"
CONTACTS = "/admin/customers/contact/"
CHECKS = "/admin/customers/creditcheck/"


@pytest.fixture
def admin():
    return staff()


@pytest.fixture
def profile():
    return ProfileFactory(
        credit_limit_cents=1_000_000, discount_rate_basis_points=250, tax_id="98-7654321", payment_terms="net_15"
    )


def page(row, where: str, name: str = "change") -> str:
    return f"{where}{row.pk}/{name}/"


def check_url(customer: Customer) -> str:
    return page(customer, CUSTOMERS, "credit-check")


def text_of(client, url: str) -> str:
    return client.get(url).content.decode()


# --- Who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "looks", "writes"),
    [
        pytest.param(Role.SUPER_ADMIN, 200, 200, id="super_admin"),
        pytest.param(Role.MANAGER, 200, 200, id="manager"),
        pytest.param(Role.WORKER, 200, 403, id="worker"),
        pytest.param(Role.ACCOUNTANT, 200, 403, id="accountant"),
        pytest.param(Role.NONE, 302, 302, id="nobody"),
    ],
)
def test_pages_open_by_the_capability_table(role, looks, writes, profile):
    contact = ContactFactory(customer=profile.customer)
    client = staff(role)
    seen = [PROFILES, CONTACTS, CHECKS, page(profile, PROFILES), page(contact, CONTACTS)]
    written = [f"{PROFILES}add/", f"{CONTACTS}add/", page(contact, CONTACTS, "delete")]

    assert {client.get(url).status_code for url in seen} == {looks}
    assert {client.get(url).status_code for url in written} == {writes}


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT])
def test_whoever_may_only_look_changes_nothing(role, profile):
    contact = ContactFactory(customer=profile.customer)
    client = staff(role)

    refused = [
        client.post(page(profile, PROFILES), {"company_name": "Eve"}),
        client.post(f"{CONTACTS}add/", {"customer": profile.pk, "name": "Eve"}),
        client.post(page(contact, CONTACTS), {"name": "Eve"}),
        client.post(page(contact, CONTACTS, "delete"), {"post": "yes"}),
        client.post(check_url(profile.customer)),
    ]

    assert {r.status_code for r in refused} == {403}
    assert BusinessProfile.objects.get().company_name == "Customer XYZ"
    assert Contact.objects.get().name == "Alice Johnson"
    assert not CreditCheck.objects.exists()


def test_whoever_may_only_look_sees_money_and_the_end_of_the_tax_number(profile):
    html = text_of(staff(Role.WORKER), page(profile, PROFILES))

    assert "10,000.00 USD" in html
    assert "2.5 %" in html
    assert "******4321" in html
    assert "98-7654321" not in html
    assert "98-7654321" in text_of(staff(Role.MANAGER), page(profile, PROFILES))


@pytest.mark.parametrize("where", [PROFILES, CHECKS])
def test_terms_and_checks_go_only_with_their_customer(admin, profile, where):
    admin.post(check_url(profile.customer))
    row = profile if where == PROFILES else CreditCheck.objects.get()

    assert admin.post(page(row, where, "delete"), {"post": "yes"}).status_code == 403
    assert CreditCheck.objects.count() == BusinessProfile.objects.count() == 1


# --- The customer's page -----------------------------------------------------------------------


def test_the_customer_s_page_shows_terms_and_what_is_due(admin, profile):
    OrderFactory(customer=profile.customer, total_amount_cents=250_000)

    html = text_of(admin, page(profile.customer, CUSTOMERS))

    assert "Customer XYZ</a>: Net 15, credit limit 10,000.00 USD, due now 2,500.00 USD, discount 2.5 %" in html
    assert f'href="{PROFILES}{profile.pk}/change/"' in html
    assert "Add business profile" not in html
    assert f'href="{CONTACTS}add/?customer={profile.pk}"' in html


def test_a_customer_without_a_profile_is_led_to_one(admin):
    customer = CustomerFactory()

    assert f'href="{PROFILES}add/?customer={customer.pk}"' in text_of(admin, page(customer, CUSTOMERS))


def test_the_customer_s_page_costs_the_same_for_many_contacts_and_checks(admin, profile):
    counts = []
    for more in (1, 8):
        ContactFactory.create_batch(more, customer=profile.customer)
        for _ in range(more):
            admin.post(check_url(profile.customer))
        counts.append(queries_of(admin, page(profile.customer, CUSTOMERS)))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("url", [PROFILES, CONTACTS, CHECKS])
def test_a_list_costs_the_same_for_many(admin, url):
    counts = []
    for more in (1, 8):
        for _ in range(more):
            customer = ContactFactory(customer=ProfileFactory().customer).customer
            admin.post(check_url(customer))
        counts.append(queries_of(admin, url))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("url", [PROFILES, CONTACTS])
def test_accounts_and_contacts_are_found_by_the_company(admin, url, profile):
    ContactFactory()
    ProfileFactory(company_name="Other")
    Customer.objects.filter(pk=profile.pk).update(search_text="ada lovelace customer xyz")
    contact = ContactFactory(customer=profile.customer)

    r = admin.get(url, {"q": "CUSTOMER  xyz"})

    assert [row.pk for row in r.context["cl"].result_list] == [profile.pk if url == PROFILES else contact.pk]


# --- Profile -----------------------------------------------------------------------------------


def test_a_profile_is_made_by_the_service_in_major_units(admin):
    customer = CustomerFactory()
    url = f"{PROFILES}add/?customer={customer.pk}"
    typed = {"company_name": " Wayne  Ent ", "currency": "eur", "credit_limit_cents": "5000.5"}

    r = admin.post(url, form_of(admin.get(url)) | typed | {"discount_rate_basis_points": "2.25", "website": "w.org"})

    assert r.status_code == 302, errors_of(r)
    made = BusinessProfile.objects.get()
    assert (made.customer, made.company_name, made.payment_terms) == (customer, "Wayne Ent", "net_30")
    assert (made.currency, made.credit_limit_cents, made.discount_rate_basis_points) == ("EUR", 500_050, 225)
    assert made.website == "https://w.org"
    customer.refresh_from_db()
    assert "wayne ent" in customer.search_text
    assert LogEntry.objects.get().object_id == str(customer.pk)


def test_a_customer_has_one_profile(admin, profile):
    url = f"{PROFILES}add/?customer={profile.pk}"

    r = admin.post(url, form_of(admin.get(url)) | {"company_name": "Other"})

    assert errors_of(r) == {"customer": ["Business profile with this Customer already exists."]}
    assert BusinessProfile.objects.get().company_name == "Customer XYZ"


def test_only_what_was_changed_of_a_profile_is_written(admin, profile):
    OrderFactory(customer=profile.customer)  # would keep a currency that is sent anew from changing
    form = form_of(admin.get(page(profile, PROFILES)))

    r = admin.post(page(profile, PROFILES), form | {"discount_rate_basis_points": "7.50", "payment_terms": "net_45"})

    assert r.status_code == 302, errors_of(r)
    profile.refresh_from_db()
    assert (profile.discount_rate_basis_points, profile.payment_terms) == (750, "net_45")
    assert (profile.currency, profile.credit_limit_cents, profile.tax_id) == ("USD", 1_000_000, "98-7654321")
    assert "Changed Payment terms and Discount rate" in str(LogEntry.objects.get())


def test_money_is_shown_as_it_is_typed(admin, profile):
    form = form_of(admin.get(page(profile, PROFILES)))

    shown = admin.get(page(profile, PROFILES)).content.decode()

    assert 'value="10000.00"' in shown
    assert 'value="2.5"' in shown
    assert form["currency"] == "USD"


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        pytest.param({"company_name": " "}, {"company_name": ["Name field is required."]}, id="no name"),
        pytest.param(
            {"currency": "ZZZ"}, {"currency": ["Currency must be an ISO 4217 code, such as USD."]}, id="no currency"
        ),
        pytest.param(
            {"website": "ftp://x.org"},
            {"website": ["Website must be an address that begins with http:// or https://."]},
            id="no web address",
        ),
        pytest.param({"credit_limit_cents": "1.005"}, {"credit_limit_cents": ["USD has 2 decimals."]}, id="decimals"),
        pytest.param(
            {"credit_limit_cents": "1.5", "currency": "JPY"}, {"credit_limit_cents": ["JPY has 0 decimals."]}, id="yen"
        ),
        pytest.param(
            {"credit_limit_cents": "-1"}, {"credit_limit_cents": ["Enter an amount such as 19.99."]}, id="below zero"
        ),
        pytest.param(
            {"credit_limit_cents": "10000000000000.01"},
            {"credit_limit_cents": ["Credit limit must not be negative, nor beyond what can be stored."]},
            id="too much",
        ),
        pytest.param(
            {"discount_rate_basis_points": "100.01"},
            {"discount_rate_basis_points": ["Ensure this value is less than or equal to 100."]},
            id="more than all",
        ),
    ],
)
def test_what_is_refused_stands_beside_its_field_and_nothing_is_kept(admin, profile, typed, errors):
    form = form_of(admin.get(page(profile, PROFILES))) | {"credit_limit_cents": "10000.00", "fax": "12"}

    r = admin.post(page(profile, PROFILES), form | typed)

    assert errors_of(r) == errors
    assert BusinessProfile.objects.values_list("fax", "currency", "credit_limit_cents").get() == ("", "USD", 1_000_000)


def test_a_limit_beside_another_currency_is_meant_in_that_one(admin, profile):
    form = form_of(admin.get(page(profile, PROFILES)))

    r = admin.post(page(profile, PROFILES), form | {"currency": "JPY", "credit_limit_cents": "10000"})

    assert r.status_code == 302, errors_of(r)
    profile.refresh_from_db()
    assert (profile.currency, profile.credit_limit_cents) == ("JPY", 10_000)


def test_the_currency_stays_while_something_is_due(admin, profile):
    OrderFactory(customer=profile.customer)
    form = form_of(admin.get(page(profile, PROFILES)))

    r = admin.post(page(profile, PROFILES), form | {"currency": "EUR"})

    sentence = f"Customer with ID {profile.pk} has open orders; the currency cannot change until they are paid."
    assert errors_of(r) == {"currency": [sentence]}
    profile.refresh_from_db()
    assert profile.currency == "USD"


# --- Contacts ----------------------------------------------------------------------------------


def test_a_contact_is_added_by_the_service_which_keeps_one_primary(admin, profile):
    first = ContactFactory(customer=profile.customer, is_primary=True)
    url = f"{CONTACTS}add/?customer={profile.pk}"

    r = admin.post(url, form_of(admin.get(url)) | {"name": "Sarah Davis", "is_primary": "on"})

    assert r.status_code == 302, errors_of(r)
    assert [(row.name, row.is_primary) for row in Contact.objects.order_by("pk")] == [
        (first.name, False),
        ("Sarah Davis", True),
    ]


def test_only_what_was_changed_of_a_contact_is_written(admin):
    contact = ContactFactory(is_primary=True, phone="12")
    form = form_of(admin.get(page(contact, CONTACTS)))

    r = admin.post(page(contact, CONTACTS), form | {"title": "CFO"})

    assert r.status_code == 302, errors_of(r)
    contact.refresh_from_db()
    assert (contact.title, contact.phone, contact.is_primary) == ("CFO", "12", True)


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"name": " "}, {"name": ["This field is required."]}),
        ({"email": "nobody"}, {"email": ["Enter a valid email address."]}),
    ],
)
def test_a_contact_that_cannot_be_accepted_is_refused(admin, typed, errors):
    contact = ContactFactory()

    r = admin.post(page(contact, CONTACTS), form_of(admin.get(page(contact, CONTACTS))) | typed)

    assert errors_of(r) == errors
    contact.refresh_from_db()
    assert (contact.name, contact.email) == ("Alice Johnson", "")


def test_the_oldest_contact_follows_a_primary_one_that_is_deleted(admin, profile):
    contact = ContactFactory(customer=profile.customer, is_primary=True)
    heir = ContactFactory(customer=profile.customer)

    r = admin.post(page(contact, CONTACTS, "delete"), {"post": "yes"})

    assert r.status_code == 302
    heir.refresh_from_db()
    assert heir.is_primary
    assert Contact.objects.count() == 1


# --- Credit checks -----------------------------------------------------------------------------


def test_the_button_runs_a_credit_check_and_the_pages_say_why(admin, profile):
    url = page(profile.customer, CUSTOMERS)

    r = admin.post(check_url(profile.customer), follow=True)

    check, html = CreditCheck.objects.get(), r.content.decode()
    assert r.redirect_chain[-1][0] == url
    assert messages_of(r) == ["Credit score 570 (poor); recommended limit 5,000.00 USD."]
    assert check.checked_by_id == int(admin.session["_auth_user_id"])
    assert "punctuality 100 of 200; utilisation 120 of 120" in html
    assert f'href="{CHECKS}?customer__id__exact={profile.pk}"' in html
    detail = text_of(admin, page(check, CHECKS))
    assert "<td>utilisation</td><td>120 of 120</td><td>balance 0.00 USD, limit 10,000.00 USD</td>" in detail
    profile.refresh_from_db()
    assert profile.credit_limit_cents == 1_000_000


def test_a_credit_check_is_run_by_a_post_and_with_a_token_only(profile):
    client = staff()
    client.handler.enforce_csrf_checks = True

    assert client.get(check_url(profile.customer)).status_code == 405
    assert client.post(check_url(profile.customer)).status_code == 403
    assert not CreditCheck.objects.exists()


def test_a_credit_check_of_nobody_leads_back_with_the_reason(admin):
    r = admin.post(f"{CUSTOMERS}999/credit-check/", follow=True)

    assert messages_of(r) == ["Customer with ID 999 not found"]


def test_ticked_customers_are_checked_together(admin, profile):
    other = CustomerFactory()
    form = {"action": "run_credit_checks", "_selected_action": [profile.pk, other.pk]}

    r = admin.post(CUSTOMERS, form, follow=True)

    assert messages_of(r) == ["2 customers checked."]
    assert {check.customer_id for check in CreditCheck.objects.all()} == {profile.pk, other.pk}


def test_the_checks_of_one_customer_are_listed(admin, profile):
    admin.post(check_url(profile.customer))
    admin.post(check_url(CustomerFactory()))

    r = admin.get(f"{CHECKS}?customer__id__exact={profile.pk}")

    assert [check.customer_id for check in r.context["cl"].result_list] == [profile.pk]


# --- Orders ------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["", "{pk}/change/"])
def test_an_order_shows_its_sales_order_number(admin, where):
    order = OrderFactory(order_number="SO-2024-017")

    assert "SO-2024-017" in text_of(admin, "/admin/orders/order/" + where.format(pk=order.pk))
