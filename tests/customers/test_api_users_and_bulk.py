"""WordPress users of customers, and bulk actions, over HTTP as the v2 document spells them."""

from __future__ import annotations

import csv
import datetime as dt
import io

import psycopg
import pytest
from django.core import signing
from django.db import OperationalError
from django.utils import timezone

from customers.api.rows import CustomerExportRow
from customers.models import Customer
from tests.callers import V2
from tests.customers.bodies import customer_row, refusal
from tests.customers.factories import CustomerFactory, UserFactory

URL = f"{V2}/customers"


# --- Users -------------------------------------------------------------------------------------


def test_users_that_are_no_customer_yet_are_listed(api):
    client = api("customers/manage")
    CustomerFactory(user=UserFactory())
    UserFactory(role="worker")
    free = UserFactory(login="johndoe", email="john@example.com", display_name="John Doe")

    r = client.get(f"{URL}/attachable-user?search=JOHN")

    shown = {"id": free.pk, "display_name": "John Doe", "user_email": "john@example.com", "user_login": "johndoe"}
    assert r.json() == {"success": True, "data": {"users": [shown], "pagination": PAGINATION}}


PAGINATION = {"current_page": 1, "per_page": 1000, "total": 1, "total_pages": 1}


def test_a_user_is_attached(api):
    customer, user = CustomerFactory(), UserFactory()

    r = api("customers/manage").post(f"{URL}/{customer.pk}/attachable-user", {"user_id": user.pk})

    customer.refresh_from_db()
    assert r.status_code == 200
    assert r.json() == {
        "success": True,
        "data": {
            "message": "User attached successfully",
            "customer": customer_row(customer, user_id=user.pk),
        },
    }


def test_a_customer_with_a_user_gets_no_second_one(api):
    customer, user = CustomerFactory(user=UserFactory()), UserFactory()

    r = api("customers/manage").post(f"{URL}/{customer.pk}/attachable-user", {"user_id": user.pk})

    assert (r.status_code, r.json()["code"]) == (400, "invalid_user")
    assert r.json()["data"]["message"] == "Can not attach user"
    assert Customer.objects.get().user_id == customer.user_id


@pytest.mark.parametrize("role", ["worker", "super_admin"])
def test_staff_are_linked_by_the_administrator_only(api, role):
    customer, staff = CustomerFactory(), UserFactory(role=role)
    path = f"{URL}/{customer.pk}/attachable-user"

    refused = api.all_but("is_super_admin").post(path, {"user_id": staff.pk})
    allowed = api.everything().post(path, {"user_id": staff.pk})

    assert (refused.status_code, allowed.status_code) == (400, 200)


@pytest.mark.parametrize("body", [{}, {"user_id": None}, {"user_id": "x"}, {"user_id": [1]}, {"user_id": 0}], ids=str)
def test_attaching_nobody_is_refused_by_name(api, body):
    r = api("customers/manage").post(f"{URL}/{CustomerFactory().pk}/attachable-user", body)

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, ["user_id"])


def test_a_user_is_detached_and_detaching_again_is_no_error(api):
    customer = CustomerFactory(user=UserFactory())
    client = api("customers/manage")

    first, second = [client.post(f"{URL}/{customer.pk}/detach-user") for _ in range(2)]

    customer.refresh_from_db()
    body = {"message": "User detached successfully", "customer": customer_row(customer)}
    assert first.json() == second.json() == {"success": True, "data": body}
    assert customer.user_id is None


# --- Bulk --------------------------------------------------------------------------------------


def test_the_documents_example_sets_a_status(api):
    made = [CustomerFactory().pk for _ in range(3)]

    r = api("customers/manage").post(
        f"{URL}/do-bulk-action", {"action": "update_status", "customer_ids": made, "data": {"status": "inactive"}}
    )

    results = [{"customer_id": pk, "success": True} for pk in made]
    assert r.status_code == 200
    assert r.json() == {"success": True, "data": {"processed": 3, "failed": 0, "results": results}}
    assert set(Customer.objects.values_list("status", flat=True)) == {"inactive"}


def test_the_plugins_spelling_sets_a_status_too(api):
    customer = CustomerFactory()
    body = {"action": "change_customer_status", "customer_ids": [customer.pk], "new_status": "inactive"}

    api("customers/manage").post(f"{URL}/do-bulk-action", body)

    assert Customer.objects.get().status == "inactive"


def test_an_unknown_id_fails_alone_and_a_repeated_one_counts_once(api):
    customer = CustomerFactory()
    body = {"action": "update_status", "customer_ids": [customer.pk, 999, customer.pk], "data": {"status": "inactive"}}

    r = api("customers/manage").post(f"{URL}/do-bulk-action", body)

    error = {"code": "customer_not_found", "message": "Customer with ID 999 not found"}
    assert r.json()["data"] == {
        "processed": 1,
        "failed": 1,
        "results": [
            {"customer_id": customer.pk, "success": True},
            {"customer_id": 999, "success": False, "error": error},
        ],
    }


def test_a_bulk_delete_needs_the_capability_to_delete(api):
    customer = CustomerFactory()
    body = {"action": "delete", "customer_ids": [customer.pk]}

    refused = api("customers/manage").post(f"{URL}/do-bulk-action", body)
    assert (refused.status_code, Customer.objects.count()) == (403, 1)

    api("customers/manage", "customers/delete").post(f"{URL}/do-bulk-action", body)
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"action": "explode"}, "action"),
        ({"action": None}, "action"),
        ({"action": ["delete"]}, "action"),
        ({"customer_ids": []}, "customer_ids"),
        ({"customer_ids": "1,2"}, "customer_ids"),
        ({"customer_ids": None}, "customer_ids"),
        ({"customer_ids": list(range(1, 102))}, "customer_ids"),
        ({"data": {"status": "archived"}}, "data.status"),
        ({"data": {"status": ["active"]}}, "data.status"),
        ({"data": {}}, "data.status"),
        ({"data": 5}, "data"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bulk_action_that_is_not_understood_is_refused_by_name(api, change, field):
    customer = CustomerFactory()
    body = {"action": "update_status", "customer_ids": [customer.pk], "data": {"status": "inactive"}} | change

    r = api.everything().post(f"{URL}/do-bulk-action", body)

    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])
    assert Customer.objects.get().status == "active"


@pytest.mark.parametrize("bad", [0, -1, "abc", 2**63, 1.5, None, [1]], ids=str)
def test_a_bad_id_among_the_ids_is_named(api, bad):
    r = api.everything().post(f"{URL}/do-bulk-action", {"action": "delete", "customer_ids": [1, bad]})

    assert r.status_code == 400
    assert all(name.startswith("customer_ids") for name in r.json()["data"]["errors"])


# --- Export ------------------------------------------------------------------------------------


def export(client, *ids):
    """Ask for an export and return the answer's data."""
    r = client.post(f"{URL}/do-bulk-action", {"action": "export", "customer_ids": list(ids)})
    assert r.status_code == 200, r.content
    return r.json()["data"]


def test_an_export_answers_per_id_and_its_link_streams_csv(api):
    customer = CustomerFactory(first_name="=cmd()", notes="@evil")
    client = api("customers/manage", "customers/export")

    data = export(client, customer.pk, 999)
    r = client.get(data["export"]["url"])

    assert (data["processed"], data["failed"], data["export"]["format"]) == (1, 1, "csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(r.streaming_content).decode())))
    assert r["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["id"] for row in rows] == [str(customer.pk)]
    assert (rows[0]["first_name"], rows[0]["notes"]) == ("'=cmd()", "'@evil")


def test_an_export_that_cannot_be_read_is_no_file_that_looks_whole(api, monkeypatch):
    client = api("customers/manage", "customers/export")
    link = export(client, CustomerFactory().pk)["export"]["url"]

    def away(*args, **kwargs):
        raise OperationalError from psycopg.errors.AdminShutdown()

    monkeypatch.setattr(CustomerExportRow, "read", away)
    r = client.get(link)

    assert (r.status_code, r.json()["code"]) == (503, "service_unavailable")


def test_an_export_needs_its_capability(api):
    customer = CustomerFactory()

    r = api("customers/manage").post(f"{URL}/do-bulk-action", {"action": "export", "customer_ids": [customer.pk]})

    assert (r.status_code, r.json()["code"]) == (403, "insufficient_permissions")


def test_a_link_opens_nothing_for_anybody_else(api):
    link = export(api("customers/manage", "customers/export"), CustomerFactory().pk)["export"]["url"]

    other = api("customers/manage", "customers/export").get(link)
    nobody = api.anonymous().get(link)

    message = "This export link is not valid, or has expired."
    assert other.json() == refusal("export_not_found", message, 404)
    assert nobody.status_code == 401


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 404)])
def test_a_link_expires_after_an_hour(api, monkeypatch, minutes, status):
    client = api("customers/manage", "customers/export")
    link = export(client, CustomerFactory().pk)["export"]["url"]
    later = (timezone.now() + dt.timedelta(minutes=minutes)).timestamp()
    monkeypatch.setattr(signing.time, "time", lambda: later)

    assert client.get(link).status_code == status


def test_a_forged_link_is_not_found(api):
    assert api("customers/export").get(f"{URL}/export/nonsense:1:2").status_code == 404
