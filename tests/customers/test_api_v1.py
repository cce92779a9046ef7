"""Customers over HTTP as the v1 document spells them: its sixteen operations, whole bodies."""

from __future__ import annotations

import datetime as dt

import pytest

from customers.models import Customer
from orders.services.statistics import recount_customer
from tests.callers import V1
from tests.customers.bodies import address_row, customer_row, refusal
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, UserFactory
from tests.orders.bodies import PAGINATION, order_scalars
from tests.orders.factories import OrderFactory

URL = f"{V1}/customers"
JANE = {
    "email": "newcustomer@example.com",
    "first_name": "Jane",
    "last_name": "Smith",
    "phone": "+1234567890",
    "status": "active",
    "additional_info": {"company": "Example Corp", "notes": "VIP customer"},
}


def written(customer, **changes) -> dict:
    """The body that answers a write; this document has no sentences."""
    return answered(customer=customer_row(customer, additional_info={}, **changes))


def answered(**data) -> dict:
    """A success."""
    return {"success": True, "data": data}


# --- Reading -----------------------------------------------------------------------------------


def test_a_list_has_every_documented_scalar_and_its_pagination(api):
    customer = CustomerFactory(phone="+1234567890")

    r = api("customers/view").get(URL)

    assert r.status_code == 200
    assert r.json() == answered(customers=[customer_row(customer, phone="+1234567890")], pagination=PAGINATION)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=grace", ["Grace"]),
        ("filters[status]=inactive", ["Grace"]),
        ("order_by=first_name&order_type=ASC", ["Ada", "Grace"]),
        ("per_page=1&page=2", ["Ada"]),
    ],
)
def test_the_list_takes_the_documents_parameters(api, query, found):
    CustomerFactory()
    CustomerFactory(first_name="Grace", last_name="Hopper", status="inactive")

    r = api("customers/view").get(f"{URL}?{query}")

    assert [row["first_name"] for row in r.json()["data"]["customers"]] == found


def test_a_customer_comes_with_addresses_primary_ones_first_and_without_labels(api):
    customer = CustomerFactory(additional_info={"company": "Example Corp"})
    second = CustomerAddressFactory(customer=customer)
    first = CustomerAddressFactory(customer=customer, is_primary=True)

    r = api("customers/view").get(f"{URL}/{customer.pk}")

    addresses = [address_row(first, is_primary=True), address_row(second)]
    info = {"company": "Example Corp"}
    assert r.json() == answered(customer=customer_row(customer, additional_info=info, addresses=addresses))


def test_related_data_cannot_be_asked_for(api):
    r = api("customers/view").get(f"{URL}/{CustomerFactory().pk}?with[]=orders")

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["with"])


def test_statistics_are_an_object(api):
    when = dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC)
    customer = CustomerFactory(
        total_spent_cents=5000, order_count=3, average_order_value_cents=1667, first_order_at=when, last_order_at=when
    )

    r = api("customers/view").get(f"{URL}/get-stats/{customer.pk}")

    assert r.json() == answered(
        stats={
            "total_spent": 5000,
            "order_count": 3,
            "average_order_value": 1667,
            "first_order_date": "2024-01-01T10:00:00Z",
            "last_order_date": "2024-01-01T10:00:00Z",
        }
    )


def test_all_orders_are_listed_newest_first_and_headers_tell_how_many(api):
    first = OrderFactory()
    second = OrderFactory(customer=first.customer)
    OrderFactory()

    r = api("customers/view").get(f"{URL}/{first.customer_id}/orders")

    assert r.json() == answered(orders=[order_scalars(second), order_scalars(first)])
    assert (r["X-WP-Total"], r["X-WP-TotalPages"]) == ("2", "1")


def test_a_page_of_the_orders_can_be_asked_for(api):
    first = OrderFactory()
    OrderFactory(customer=first.customer)

    r = api("customers/view").get(f"{URL}/{first.customer_id}/orders?page=2&per_page=1")

    assert r.json() == answered(orders=[order_scalars(first)])


def test_a_list_without_paging_is_cut_at_the_limit_and_says_so(api, settings):
    settings.UNPAGED_ROWS_MAX = 1
    order = OrderFactory(customer=OrderFactory().customer)

    r = api("customers/view").get(f"{URL}/{order.customer_id}/orders")

    assert r.json() == answered(orders=[order_scalars(order)])
    assert (r["X-WP-Total"], r["X-WP-TotalPages"]) == ("2", "2")


def test_the_later_documents_simple_list_is_no_route(api):
    r = api("customers/view").get(f"{URL}/{CustomerFactory().pk}/order")

    assert r.json() == refusal("rest_no_route", "No route was found matching the URL and request method.", 404)


def test_addresses_are_wrapped_and_have_their_names_in_two(api):
    address = CustomerAddressFactory(is_primary=True)

    r = api("customers/view").get(f"{URL}/{address.customer_id}/address")

    assert r.json() == answered(addresses=[address_row(address, is_primary=True)])


def test_users_that_are_no_customer_yet_are_listed(api):
    client = api("customers/manage")
    free = UserFactory(login="johndoe", email="john@example.com", display_name="John Doe")

    r = client.get(f"{URL}/attachable-user?search=john@")

    shown = {"id": free.pk, "display_name": "John Doe", "user_email": "john@example.com", "user_login": "johndoe"}
    assert r.json() == answered(users=[shown])


# --- Writing customers -------------------------------------------------------------------------


def test_the_documents_example_creates_a_customer(api):
    r = api("customers/manage").post(URL, JANE)

    customer = Customer.objects.get()
    assert r.status_code == 201
    assert r.json() == answered(customer=customer_row(customer, full_name="Jane Smith", **JANE))
    assert (customer.first_name, customer.additional_info) == ("Jane", JANE["additional_info"])


def test_an_update_changes_what_is_sent_and_nothing_else(api):
    customer = CustomerFactory(notes="kept", additional_info={"kept": 1})

    r = api("customers/manage").put(f"{URL}/{customer.pk}", {"first_name": "John", "phone": "+44"})

    customer.refresh_from_db()
    changes = {"first_name": "John", "full_name": "John Lovelace", "phone": "+44", "notes": "kept"}
    assert r.status_code == 200
    assert r.json() == answered(customer=customer_row(customer, additional_info={"kept": 1}, **changes))


def test_a_customer_that_is_sent_back_whole_takes_the_new_name_in_two(api):
    customer = CustomerFactory()
    client = api("customers/view", "customers/manage")
    shown = client.get(f"{URL}/{customer.pk}").json()["data"]["customer"]

    r = client.put(f"{URL}/{customer.pk}", shown | {"first_name": "John"})

    assert r.status_code == 200, r.content
    assert r.json()["data"]["customer"]["full_name"] == "John Lovelace"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "", "validation_error"),
        ("email", "nonsense", "invalid_email"),
        ("email", "TAKEN@example.com", "email_already_exists"),
        ("first_name", "", "validation_error"),
        ("first_name", None, "validation_error"),
        ("first_name", "a" * 256, "validation_error"),
        ("last_name", ["x"], "validation_error"),
        ("phone", "1" * 51, "validation_error"),
        ("status", "archived", "validation_error"),
        ("additional_info", "x", "validation_error"),
        ("country", "XX", "validation_error"),
        ("user_id", "x", "validation_error"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_bad_field_is_refused_by_name_and_nothing_is_stored(api, field, value, code):
    taken = CustomerFactory(email="taken@example.com")
    customer = CustomerFactory()
    before = list(Customer.objects.values())

    created = api("customers/manage").post(URL, JANE | {field: value})
    updated = api("customers/manage").put(f"{URL}/{customer.pk}", {field: value})

    for r in (created, updated):
        assert (r.status_code, r.json()["code"], list(r.json()["data"]["errors"])) == (400, code, [field])
        assert r.json()["error"] == {"code": code, "message": r.json()["message"]}
    assert list(Customer.objects.values()) == before
    assert taken.email == "taken@example.com"


def test_what_is_missing_is_named_in_the_one_error_body(api):
    r = api("customers/manage").post(URL, {"full_name": "Jane Smith"})

    fields = {"email": ["Email field is required."], "first_name": ["First Name field is required."]}
    assert r.status_code == 400
    assert r.json() == refusal("validation_error", "Validation failed", 400, fields=fields)


def test_additional_information_is_merged(api):
    customer = CustomerFactory(additional_info={"company": "Old", "kept": 1})

    r = api("customers/manage").put(f"{URL}/{customer.pk}/additional-info", {"company": "Updated Corp"})

    customer.refresh_from_db()
    info = {"company": "Updated Corp", "kept": 1}
    assert r.json() == answered(customer=customer_row(customer, additional_info=info))


def test_an_empty_additional_information_is_refused(api):
    r = api("customers/manage").put(f"{URL}/{CustomerFactory().pk}/additional-info", {})

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["additional_info"])


# --- Users, bulk, and routes beside the document ---------------------------------------------------


def test_a_user_is_attached_and_detached(api):
    customer, user = CustomerFactory(), UserFactory()
    client = api("customers/manage")

    attached = client.post(f"{URL}/{customer.pk}/attachable-user", {"user_id": user.pk})
    customer.refresh_from_db()
    assert attached.json() == answered(customer=customer_row(customer, user_id=user.pk))

    detached = client.post(f"{URL}/{customer.pk}/detach-user")
    customer.refresh_from_db()
    assert detached.json() == answered(customer=customer_row(customer))


@pytest.mark.parametrize("sent", [{}, {"user_id": 0}, {"user_id": "x"}, {"user_id": 999}], ids=str)
def test_attaching_nobody_is_refused_by_name(api, sent):
    r = api("customers/manage").post(f"{URL}/{CustomerFactory().pk}/attachable-user", sent)

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["user_id"])


@pytest.mark.parametrize("action", ["update_status", "delete", "export"])
def test_bulk_actions_answer_for_each_customer(api, action):
    customer = CustomerFactory()
    sent = {"action": action, "customer_ids": [customer.pk, 999], "data": {"status": "inactive"}}

    r = api.everything().post(f"{URL}/do-bulk-action", sent)

    error = {"code": "customer_not_found", "message": "Customer with ID 999 not found"}
    results = [{"customer_id": customer.pk, "success": True}, {"customer_id": 999, "success": False, "error": error}]
    data = r.json()["data"]
    export = data.pop("export", None)
    assert data == {"processed": 1, "failed": 1, "results": results}
    assert (export is not None) == (action == "export")


def test_an_export_links_to_its_own_version(api):
    customer = CustomerFactory()
    client = api("customers/manage", "customers/export")
    sent = {"action": "export", "customer_ids": [customer.pk]}
    link = client.post(f"{URL}/do-bulk-action", sent).json()["data"]["export"]["url"]

    r = client.get(link)

    assert f"{URL}/export/" in link
    assert customer.email in b"".join(r.streaming_content).decode()


def test_a_delete_and_a_recount_answer_without_the_other_documents_words(api):
    customer = CustomerFactory(order_count=3)

    recounted = api.everything().post(f"{URL}/{customer.pk}/recalculate-ltv")
    customer = recount_customer(customer_id=customer.pk)
    assert recounted.json() == written(customer)

    deleted = api.everything().delete(f"{URL}/{customer.pk}")
    assert deleted.json() == {"success": True, "message": "Customer deleted successfully"}
    assert not Customer.objects.exists()
