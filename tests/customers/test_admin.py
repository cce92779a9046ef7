"""The admin's pages of customers, addresses and labels: the same rules as the API, shown to people."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry

from accounts.capabilities import Role
from customers.models import Customer, CustomerAddress, CustomerLabel, Label
from customers.services.customers import create_customer
from fluentcart.history.models import Activity, Verb
from tests.admin_pages import errors_of, form_of, messages_of, queries_of, staff
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, LabelFactory, UserFactory
from tests.orders.factories import OrderFactory

pytestmark = pytest.mark.django_db

CUSTOMERS = "/admin/customers/customer/"
ADDRESSES = "/admin/customers/customeraddress/"
LABELS = "/admin/customers/label/"
FOUND = "/admin/customers/customer/attachable-users/?app_label=customers&model_name=customer&field_name=user"
NEW = {"email": "ada@example.com", "first_name": "Ada", "status": "active", "additional_info": "{}"}


@pytest.fixture
def admin():
    return staff()


@pytest.fixture
def ada():
    return CustomerFactory(email="ada@example.com", total_spent_cents=123456, order_count=3)


def page(customer: Customer, name: str = "change") -> str:
    return f"{CUSTOMERS}{customer.pk}/{name}/"


def act(client, action: str, *customers: Customer, **more):
    form = {"action": action, "_selected_action": [customer.pk for customer in customers]} | more
    return client.post(CUSTOMERS, form, follow=True)


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        pytest.param(Role.SUPER_ADMIN, [200, 200, 200, 200, 200], id="super_admin"),
        pytest.param(Role.MANAGER, [200, 200, 200, 200, 200], id="manager"),
        pytest.param(Role.WORKER, [200, 200, 403, 403, 403], id="worker"),
        pytest.param(Role.ACCOUNTANT, [200, 200, 403, 403, 403], id="accountant"),
        pytest.param(Role.NONE, [302] * 5, id="nobody"),
    ],
)
def test_pages_open_by_the_capability_table(role, statuses, ada):
    client = staff(role)
    urls = [CUSTOMERS, page(ada), f"{CUSTOMERS}add/", page(ada, "delete"), LABELS]

    assert [client.get(url).status_code for url in urls] == statuses


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT])
def test_whoever_may_only_look_changes_nothing(role, ada):
    client = staff(role)

    assert "Ada" in client.get(page(ada)).content.decode()
    assert client.post(page(ada), NEW | {"first_name": "Eve"}).status_code == 403
    assert client.post(page(ada, "delete"), {"post": "yes"}).status_code == 403
    act(client, "mark_inactive", ada)
    act(client, "delete_selected", ada, post="yes")
    ada.refresh_from_db()
    assert (ada.first_name, ada.status) == ("Ada", "active")


def test_the_list_shows_money_with_its_currency(admin, ada):
    assert "1,234.56 USD" in admin.get(CUSTOMERS).content.decode()


@pytest.mark.parametrize("term", ["LOVELACE Élodie", "élodie lovelace", "ELODIE@example", "id"])
def test_a_customer_is_found_by_name_address_or_id_in_any_case(admin, term, ada):
    elodie = create_customer(email="elodie@example.com", full_name="Élodie Lovelace")

    r = admin.get(CUSTOMERS, {"q": elodie.pk if term == "id" else term})

    assert [customer.pk for customer in r.context["cl"].result_list] == [elodie.pk]


@pytest.mark.parametrize("query", ["status__exact=inactive", "customer_labels__label__id__exact={label}"])
def test_the_list_is_filtered(admin, query, ada):
    label = LabelFactory()
    other = CustomerFactory(status="inactive")
    CustomerLabel.objects.create(customer=other, label=label)

    r = admin.get(f"{CUSTOMERS}?{query.format(label=label.pk)}")

    assert [customer.pk for customer in r.context["cl"].result_list] == [other.pk]


@pytest.mark.parametrize("url", [CUSTOMERS, ADDRESSES, LABELS])
def test_a_list_costs_the_same_for_many(admin, url):
    counts = []
    for more in (1, 8):
        for _ in range(more):
            address = CustomerAddressFactory()
            CustomerLabel.objects.create(customer=address.customer, label=LabelFactory())
        counts.append(queries_of(admin, url))

    assert counts[0] == counts[1]


def test_a_customer_s_page_costs_the_same_for_many_rows(admin, ada):
    counts = []
    for more in (1, 8):
        CustomerAddressFactory.create_batch(more, customer=ada)
        OrderFactory.create_batch(more, customer=ada)
        for _ in range(more):
            CustomerLabel.objects.create(customer=ada, label=LabelFactory())
        counts.append(queries_of(admin, page(ada)))

    assert counts[0] == counts[1]


def test_the_page_shows_the_newest_orders_and_leads_to_all(admin, ada):
    orders = OrderFactory.create_batch(21, customer=ada)
    gone = OrderFactory(customer=ada, deleted_at=ada.created_at)

    html = admin.get(page(ada)).content.decode()

    shown = [f"/admin/orders/order/{order.pk}/change/" in html for order in (*orders, gone)]
    assert shown == [False, *[True] * 20, False]
    assert f"/admin/orders/order/?customer__id__exact={ada.pk}" in html


def test_a_new_customer_is_stored_by_the_service_with_labels_and_user(admin):
    label, user = LabelFactory(), UserFactory(email="ADA@example.com")

    r = admin.post(f"{CUSTOMERS}add/", NEW | {"country": "US", "state": "ny", "labels": [label.pk]})

    ada = Customer.objects.get()
    assert r.headers["Location"] == CUSTOMERS
    assert (ada.email_key, ada.state, ada.user) == ("ada@example.com", "NY", user)
    assert "ada" in ada.search_text
    assert [carried.label for carried in ada.customer_labels.all()] == [label]
    assert LogEntry.objects.get().object_id == str(ada.pk)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        pytest.param({"email": "ADA@example.com"}, {"email": ["Email already exists."]}, id="taken in capitals"),
        pytest.param({"email": ""}, {"email": ["This field is required."]}, id="no e-mail"),
        pytest.param(
            {"additional_info": "[1]"}, {"additional_info": ['Enter an object: {"key": "value"}.']}, id="list"
        ),
    ],
)
def test_a_refused_customer_comes_back_with_the_reason(admin, ada, changes, errors):
    r = admin.post(f"{CUSTOMERS}add/", NEW | changes)

    assert errors_of(r) == errors
    assert Customer.objects.count() == 1
    assert LogEntry.objects.count() == 0


def test_what_the_service_refuses_is_shown_and_nothing_is_kept(admin, ada):
    label = LabelFactory()

    r = admin.post(page(ada), form_of(admin.get(page(ada))) | {"state": "XX", "country": "US", "labels": [label.pk]})

    ada.refresh_from_db()
    assert list(errors_of(r)) == ["state"]
    assert (str(ada.country), ada.state, ada.customer_labels.count()) == ("", "", 0)


def test_only_what_was_changed_is_written(admin):
    user = UserFactory()
    ada = create_customer(email="ada@example.com", full_name="Ada L", user_id=user.pk, additional_info={"a": 1, "b": 2})

    r = admin.post(page(ada), form_of(admin.get(page(ada))) | {"phone": "12", "additional_info": '{"b": 3}'})

    ada.refresh_from_db()
    assert r.status_code == 302, errors_of(r)
    assert (ada.phone, ada.user, ada.last_name, ada.additional_info) == ("12", user, "L", {"b": 3})


@pytest.mark.parametrize("takes_another", [True, False], ids=["another user", "no user"])
def test_a_user_is_taken_away_or_replaced(admin, takes_another):
    ada = create_customer(email="ada@example.com", full_name="Ada", user_id=UserFactory().pk)
    other = UserFactory() if takes_another else None
    form = form_of(admin.get(page(ada))) | {"user": other.pk if other else ""}

    admin.post(page(ada), form)

    ada.refresh_from_db()
    assert ada.user == other


def test_only_the_administrator_finds_and_links_staff(ada):
    boss, shopper = UserFactory(role=Role.WORKER, login="boss1"), UserFactory(login="boss2")
    manager, admin = staff(Role.MANAGER), staff()

    found = {
        client: {row["id"] for row in client.get(f"{FOUND}&term=BOSS").json()["results"]} for client in (manager, admin)
    }
    r = manager.post(page(ada), form_of(manager.get(page(ada))) | {"user": boss.pk})

    assert found == {manager: {str(shopper.pk)}, admin: {str(boss.pk), str(shopper.pk)}}
    assert list(errors_of(r)) == ["user"]
    assert staff(Role.WORKER).get(FOUND).status_code == 403


def test_a_customer_whose_orders_must_stay_is_not_deleted(admin, ada):
    OrderFactory(customer=ada, paid=True)

    r = admin.post(page(ada, "delete"), {"post": "yes"}, follow=True)

    assert messages_of(r) == [f"Customer with ID {ada.pk} has orders that cannot be deleted"]
    assert Customer.objects.get() == ada
    assert LogEntry.objects.count() == 0


def test_bulk_deletion_asks_and_then_says_what_became_of_each(admin, ada):
    OrderFactory(customer=ada, paid=True)
    other = CustomerFactory()

    asked = act(admin, "delete_selected", ada, other)
    r = act(admin, "delete_selected", ada, other, post="yes")

    assert "Are you sure" in asked.content.decode()
    assert messages_of(r) == [
        "1 customer deleted.",
        f"{ada}: Customer with ID {ada.pk} has orders that cannot be deleted.",
    ]
    assert Customer.objects.get() == ada
    assert LogEntry.objects.get().object_id == str(other.pk)


def test_actions_set_the_status_and_recount(admin, ada):
    assert messages_of(act(admin, "mark_inactive", ada)) == ["1 customer marked as inactive."]
    act(admin, "recalculate_statistics", ada)

    ada.refresh_from_db()
    assert (ada.status, ada.total_spent_cents, ada.order_count) == ("inactive", 0, 0)


# --- Addresses ---------------------------------------------------------------------------------


def test_an_address_is_added_by_the_service_which_keeps_one_primary(admin, ada):
    first = CustomerAddressFactory(customer=ada, is_primary=True)
    form = form_of(admin.get(f"{ADDRESSES}add/?customer={ada.pk}"))
    place = {"name": "Ada", "address_1": "1 Rue", "city": "Paris", "country": "FR", "postcode": "75001"}

    r = admin.post(f"{ADDRESSES}add/", form | place | {"is_primary": "on"})

    assert r.status_code == 302, errors_of(r)
    assert [address.pk == first.pk for address in ada.addresses.order_by("is_primary")] == [True, False]


def test_an_address_is_judged_by_its_country(admin, ada):
    address = CustomerAddressFactory(customer=ada, is_primary=True)
    url = f"{ADDRESSES}{address.pk}/change/"

    r = admin.post(url, form_of(admin.get(url)) | {"state": "", "postcode": ""})

    assert set(errors_of(r)) == {"state", "postcode"}
    address.refresh_from_db()
    assert address.state == "NY"


def test_the_last_address_stays(admin, ada):
    address = CustomerAddressFactory(customer=ada)

    r = admin.post(f"{ADDRESSES}{address.pk}/delete/", {"post": "yes"}, follow=True)

    assert messages_of(r) == ["The last address of a customer cannot be deleted."]
    assert CustomerAddress.objects.get() == address


def test_a_label_is_made(admin):
    admin.post(f"{LABELS}add/", {"value": "VIP"})

    assert Label.objects.get().value == "VIP"


def test_a_note_is_added_to_the_timeline_with_its_author(admin, ada):
    assert page(ada, "add-note") in admin.get(page(ada)).content.decode()

    r = admin.post(page(ada, "add-note"), {"note": "Prefers the back door."}, follow=True)

    assert messages_of(r) == [f"A note was added to {ada}."]
    html = r.content.decode()
    assert "Prefers the back door." in html[html.index("timeline") :]
    (note,) = Activity.objects.filter(subject="customer", subject_id=ada.pk, verb=Verb.NOTED)
    assert note.actor == LogEntry.objects.get(change_message=f"A note was added to {ada}.").user.login


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "This field is required."), ("x" * 5001, "Ensure this value has at most 5000 characters (it has 5001).")],
    ids=["nothing", "too_long"],
)
def test_a_note_that_is_none_is_refused(admin, ada, text, complaint):
    r = admin.post(page(ada, "add-note"), {"note": text})

    assert dict(r.context["form"].errors) == {"note": [complaint]}
    assert not Activity.objects.filter(verb=Verb.NOTED).exists()


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT])
def test_whoever_may_only_look_adds_no_note(role, ada):
    client = staff(role)

    assert client.post(page(ada, "add-note"), {"note": "x"}).status_code == 403
    assert page(ada, "add-note") not in client.get(page(ada)).content.decode()
    assert staff().get("/admin/customers/customer/999999/add-note/").status_code == 404


@pytest.mark.django_db
def test_an_address_of_thousands_of_digits_is_nobodys(admin):
    assert admin.get(f"{CUSTOMERS}{'9' * 5000}/change/").status_code == 302
