"""What a customer may be told, and what is left of them when they are erased."""

import json

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.models import Q

from accounts.capabilities import Role
from accounts.models import StoredAnswer
from customers.errors import CustomerNotFound
from customers.models import Contact, Customer, CustomerAddress, CustomerLabel
from customers.services.addresses import create_address, delete_address
from customers.services.business import update_business
from customers.services.contacts import create_contact
from customers.services.customers import create_customer, update_additional_info, update_customer
from customers.services.notes import note_customer
from fluentcart.history.models import Activity
from orders.audit import run
from orders.errors import CustomerHasOrders
from orders.models import Order, OrderAddress, OrderTransaction
from orders.services.customers import delete_customer
from orders.services.delete import delete_order
from orders.services.notes import note_order
from orders.services.payment import mark_as_paid
from orders.services.personal_data import erase_customer, export_customer
from orders.services.reassign import change_customer
from orders.services.status import update_statuses
from tests.admin_pages import staff
from tests.callers import V2
from tests.customers.factories import CustomerFactory, LabelFactory, UserFactory
from tests.orders.shop import place

pytestmark = pytest.mark.django_db
# A part of everything that is personal below: found anywhere, something was not erased.
SECRET = "zyx"
CUSTOMERS = "/admin/customers/customer/"


@pytest.fixture
def person():
    """A customer of whom the shop knows everything that it can know, with a paid and a deleted order."""
    user = UserFactory()
    customer = create_customer(
        email="Zyx@Zyx.example.com", full_name="Zyx Zyxson", phone="zyx 1", notes="zyx likes tea", city="Zyxtown",
        country="IT", state="MI", postcode="zyx22", user_id=user.pk, additional_info={"plan": "zyx"},
    )  # fmt: skip
    pk = customer.pk
    label = LabelFactory(value="VIP")
    update_additional_info(customer_id=pk, info={"more": ["zyx"]}, labels=[label.pk])
    update_business(customer_id=pk, company_name="Zyx Ltd", tax_id="zyx-99", fax="zyx", website="https://zyx.org")
    create_contact(customer_id=pk, name="Carl Zyx", email="c@zyx.org", phone="zyx")
    place_of = {"name": "Zyx", "address_1": "Zyx St 1", "city": "Zyx", "country": "VA", "postcode": "00120"}
    create_address(customer_id=pk, **place_of, phone="zyx")
    gone = create_address(customer_id=pk, **place_of)
    delete_address(customer_id=pk, address_id=gone.pk)
    note_customer(customer_id=pk, note="zyx called")
    paid = place(customer=customer, note="for zyx", shipping_address={"name": "Zyx", "city": "Zyx", "country": "IT"})
    mark_as_paid(order_id=paid.pk)
    note_order(order_id=paid.pk, note="zyx is at home")
    OrderTransaction.objects.filter(order=paid).update(reason="zyx asked", failure="zyx")
    deleted = place(customer=customer, note="zyx")
    update_statuses(order_id=deleted.pk, order_status="on-hold")
    delete_order(order_id=deleted.pk)
    for row, message in ((customer, "zyx"), (paid, "belongs to zyx now"), (gone, "zyx")):
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk or gone_id(pk)),
            object_repr="zyx",
            action_flag=CHANGE,
            change_message=message,
        )
    return Customer.objects.get(pk=pk)


def gone_id(customer_id):
    """The id of the address that was deleted."""
    return Activity.objects.get(subject_id=customer_id, verb="address_deleted").changes["address_id"][0]


def places_of(text):
    """ "table.column" of every column of every table in which a text is, in any case."""
    while connection.run_on_commit:  # a test's own transaction does not end
        connection.run_on_commit.pop(0)[1]()
    found = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.CharField | models.TextField | models.JSONField):
                continue
            for value in model._base_manager.values_list(field.attname, flat=True):
                if text in json.dumps(value, default=str).casefold():
                    found.add(f"{model._meta.db_table}.{field.column}")
    return found


def books():
    """What must not change when somebody is erased."""
    orders = Order.with_deleted.order_by("pk").values(
        "status", "payment_status", "currency", "total_amount_cents", "total_paid_cents", "order_number",
        "receipt_number", "invoice_no", "paid_at", "deleted_at", "created_at",
    )  # fmt: skip
    money = OrderTransaction.objects.order_by("pk").values("amount_cents", "status", "vendor_charge_id")
    countries = OrderAddress.objects.order_by("pk").values_list("type", "country")
    statistics = Customer.objects.order_by("pk").values("country", "total_spent_cents", "order_count")
    return [*orders], [*money], [*countries], [*statistics]


class TestErasure:
    def test_nothing_personal_is_left_in_any_table(self, person):
        assert len(places_of(SECRET)) > 30

        erase_customer(customer_id=person.pk)

        assert places_of(SECRET) == set()

    def test_the_books_stay_and_agree(self, person):
        before = books()

        erase_customer(customer_id=person.pk)

        assert books() == before
        assert list(run.audit()) == []

    def test_the_customer_is_nobody(self, person):
        erase_customer(customer_id=person.pk)

        left = Customer.objects.get(pk=person.pk)
        assert (left.full_name, left.email, left.user_id, left.status) == (
            "Erased",
            f"erased-{person.uuid}@erased.invalid",
            None,
            "inactive",
        )
        assert left.additional_info == {}
        for model in (CustomerAddress, Contact, CustomerLabel):
            assert not model.objects.exists()

    def test_the_history_still_tells_what_was_done(self, person):
        before = list(Activity.objects.order_by("pk").values_list("pk", "verb", "changes", "created_at"))

        erase_customer(customer_id=person.pk)

        *kept, last = Activity.objects.order_by("pk").values_list("pk", "verb", "changes", "created_at")
        assert kept == before
        assert last[1:3] == ("erased", {"status": ["active", "inactive"], "user_id": [person.user_id, None]})

    def test_a_second_time_writes_nothing(self, person):
        erase_customer(customer_id=person.pk)
        count = Activity.objects.count()

        erasure = erase_customer(customer_id=person.pk)

        assert (erasure.row_count, erasure.user_id, Activity.objects.count()) == (0, None, count)

    def test_what_is_learned_afterwards_is_erased_too(self, person):
        erase_customer(customer_id=person.pk)
        update_customer(customer_id=person.pk, notes="zyx again")

        assert erase_customer(customer_id=person.pk).row_count > 0
        assert places_of(SECRET) == set()

    def test_stored_answers_that_name_the_person_are_gone(self, person, api):
        order = Order.objects.get(customer=person)
        caller, other = api.everything(), CustomerFactory()
        sent = [
            ("put", f"{V2}/customers/{person.pk}", {"email": "zyx2@zyx.org"}),
            ("post", f"{V2}/customers/{person.pk}/notes", {"note": "zyx"}),
            ("post", f"{V2}/orders/{order.pk}/notes", {"note": "zyx"}),
            ("post", f"{V2}/notes/attach", {"order_id": order.pk, "note": "zyx"}),
            ("put", f"/api/customers/cust_{person.pk}", {"phone": "zyx"}),
            ("put", f"{V2}/customers/{other.pk}", {"city": "Oslo"}),
        ]
        for number, (method, path, body) in enumerate(sent):
            r = caller.send(method, path, body, HTTP_IDEMPOTENCY_KEY=f"key-{number}")
            assert r.status_code in (200, 201), r.content
        assert StoredAnswer.objects.count() == len(sent)

        erase_customer(customer_id=person.pk)

        assert StoredAnswer.objects.get().path.endswith(f"/customers/{other.pk}")
        assert places_of(SECRET) == set()

    def test_other_people_are_left_alone(self, person):
        other = create_customer(email="grace@example.com", full_name="Grace Hopper", notes="tea")
        order = place(customer=other, note="ring", billing_address={"name": "Grace Hopper"})
        theirs = Q(subject="customer", subject_id=other.pk) | Q(subject="order", subject_id=order.pk)
        before = dict(Activity.objects.filter(theirs).values_list("pk", "personal"))

        erase_customer(customer_id=person.pk)

        other.refresh_from_db()
        assert (other.full_name, other.notes) == ("Grace Hopper", "tea")
        assert order.addresses.get().name == "Grace Hopper"
        assert dict(Activity.objects.filter(theirs).values_list("pk", "personal")) == before

    def test_an_order_that_went_to_somebody_else_keeps_what_is_theirs(self, person):
        order = place(customer=person, note="zyx", billing_address={"name": "Zyx", "email": "ZYX@zyx.example.com"})
        other = CustomerFactory()
        change_customer(order_id=order.pk, customer_id=other.pk)
        note_order(order_id=order.pk, note="the new one called")

        erase_customer(customer_id=person.pk)

        told = Activity.objects.filter(subject="order", subject_id=order.pk).order_by("pk")
        assert [row.note for row in told if row.verb == "noted"] == ["the new one called"]
        assert told[0].personal == {}
        assert set(OrderAddress.objects.filter(order=order).values_list("name", "email")) == {("", "")}

    def test_nobody_cannot_be_erased(self):
        with pytest.raises(CustomerNotFound):
            erase_customer(customer_id=999)


def test_who_is_deleted_for_good_is_forgotten_by_the_history():
    customer = create_customer(email="zyx@example.com", full_name="Zyx")
    order = place(customer=customer, note="zyx")
    update_statuses(order_id=order.pk, order_status="on-hold")

    delete_customer(customer_id=customer.pk)

    assert places_of(SECRET) == set()
    assert list(Activity.objects.filter(verb="removed").values_list("subject", "subject_id")) == [
        ("order", order.pk),
        ("customer", customer.pk),
    ]


def test_who_could_not_be_deleted_is_not_forgotten():
    customer = create_customer(email="zyx@example.com", full_name="Zyx")
    mark_as_paid(order_id=place(customer=customer).pk)

    with pytest.raises(CustomerHasOrders):
        delete_customer(customer_id=customer.pk)

    assert Activity.objects.filter(subject="customer").get().personal["first_name"] == [None, "Zyx"]


class TestExport:
    def test_everything_is_told(self, person):
        told = export_customer(customer_id=person.pk)

        assert told["customer"]["email"] == "Zyx@Zyx.example.com"
        assert told["user"]["id"] == person.user_id
        assert told["business"]["tax_id"] == "zyx-99"
        assert [row["name"] for row in told["addresses"]] == ["Zyx"]
        assert [row["name"] for row in told["contacts"]] == ["Carl Zyx"]
        assert told["labels"] == ["VIP"]
        assert [row["deleted_at"] is None for row in told["orders"]] == [True, False]
        assert [len(row["items"]) for row in told["orders"]] == [1, 1]
        assert told["orders"][0]["transactions"][0]["reason"] == "zyx asked"
        assert {row["verb"] for row in told["orders"][0]["activities"]} == {"created", "paid", "noted"}
        assert "zyx called" in str(told["activities"])

    def test_no_password_is_told(self, person):
        assert "password" not in str(export_customer(customer_id=person.pk))

    def test_the_history_notes_that_it_was_told(self, person):
        export_customer(customer_id=person.pk)

        assert Activity.objects.latest("pk").verb == "exported"


class TestCommands:
    @pytest.mark.parametrize("by", ["id", "email"])
    def test_the_export_is_json_and_nothing_else(self, person, capsys, by):
        call_command("export_personal_data", str(person.pk) if by == "id" else "zyx@zyx.EXAMPLE.com")

        told = json.loads(capsys.readouterr().out)
        assert told["customer"]["id"] == person.pk
        last = Activity.objects.latest("pk")
        assert (last.via, last.credential, last.actor) == ("command", "export_personal_data", "")

    def test_erasing_says_what_it_did(self, person, capsys):
        call_command("erase_personal_data", str(person.pk), "--no-input")

        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith(f"Customer {person.pk}: ")
        assert lines[1].startswith(f"The user account {person.user_id} is no longer linked")
        assert Activity.objects.latest("pk").credential == "erase_personal_data"

    def test_without_a_yes_nothing_is_erased(self, person, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda question: "no")

        with pytest.raises(CommandError, match="Nothing was erased"):
            call_command("erase_personal_data", str(person.pk))

        assert Customer.objects.get(pk=person.pk).email == person.email

    @pytest.mark.parametrize("command", ["export_personal_data", "erase_personal_data"])
    @pytest.mark.parametrize("named", ["999", "nobody@example.com", str(2**70)])
    def test_nobody_is_named(self, command, named):
        with pytest.raises(CommandError, match="There is no customer"):
            call_command(command, named)


class TestAdmin:
    def test_the_export_is_a_file(self, person):
        r = staff().post(CUSTOMERS, {"action": "export_personal_data", "_selected_action": [person.pk]})

        assert (r.status_code, r["Content-Disposition"]) == (200, 'attachment; filename="personal-data.json"')
        assert [told["customer"]["id"] for told in json.loads(r.content)] == [person.pk]

    def test_erasing_asks_first(self, person):
        client = staff()
        asked = client.post(CUSTOMERS, {"action": "erase_personal_data", "_selected_action": [person.pk]})
        assert "There is no way back" in asked.content.decode()
        assert places_of(SECRET) != set()

        client.post(CUSTOMERS, {"action": "erase_personal_data", "_selected_action": [person.pk], "erase": "yes"})

        assert places_of(SECRET) == set()
        assert Activity.objects.latest("pk").via == "session"

    @pytest.mark.parametrize("action", ["export_personal_data", "erase_personal_data"])
    def test_only_the_administrator_may(self, person, action):
        client = staff(Role.MANAGER)
        count = Activity.objects.count()

        client.post(CUSTOMERS, {"action": action, "_selected_action": [person.pk], "erase": "yes"})

        assert f'value="{action}"' not in client.get(CUSTOMERS).content.decode()
        assert Activity.objects.count() == count
        assert Customer.objects.get(pk=person.pk).email == person.email

    def test_a_page_shows_the_timeline(self, person):
        page = staff().get(f"{CUSTOMERS}{person.pk}/change/").content.decode()

        assert "Note added" in page
        assert "zyx called" in page

    def test_an_orders_page_shows_it_and_takes_a_note(self, person):
        order = Order.objects.get(customer=person)
        client = staff()

        client.post(f"/admin/orders/order/{order.pk}/add-note/", {"note": "rings <b>twice</b>"})

        page = client.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
        assert "Marked as paid" in page
        assert "rings &lt;b&gt;twice&lt;/b&gt;" in page
        last = Activity.objects.latest("pk")
        assert (last.verb, last.via, last.actor_id is None) == ("noted", "session", False)
