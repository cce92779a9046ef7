"""Two requests at once, and the locks that keep them apart: on PostgreSQL only, SQLite has one writer."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, CustomerAddress
from customers.services.addresses import create_address, make_primary, update_address
from customers.services.bulk import bulk_set_status
from customers.services.customers import create_customer, update_additional_info, update_customer
from customers.services.users import attach_user, detach_user
from fluentcart.errors import DomainError
from tests.customers.factories import CustomerAddressFactory, CustomerFactory, UserFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

PLACE: dict[str, Any] = {"name": "John", "address_1": "1 St", "city": "Berlin", "country": "DE", "postcode": "10115"}


def at_once(*acts):
    """Run all acts at the same moment, each on a connection of its own. Returns the code of each, or "done"."""
    barrier = threading.Barrier(len(acts))
    outcomes = [""] * len(acts)

    def run(index, act):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=10)
            act()
            outcomes[index] = "done"
        except DomainError as refusal:
            outcomes[index] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(outcomes)


def test_one_email_in_two_spellings_at_once_makes_one_customer():
    outcomes = at_once(
        lambda: create_customer(email="ada@example.com", full_name="Ada"),
        lambda: create_customer(email="ADA@Example.com", full_name="Ada"),
    )

    assert outcomes == ["done", "email_already_exists"]
    assert Customer.objects.count() == 1


def test_two_customers_who_want_one_email_at_once():
    first, second = CustomerFactory.create_batch(2)

    outcomes = at_once(
        lambda: update_customer(customer_id=first.pk, email="ada@example.com"),
        lambda: update_customer(customer_id=second.pk, email="Ada@example.com"),
    )

    assert outcomes == ["done", "email_already_exists"]


def test_one_user_for_two_customers_at_once():
    user = UserFactory()
    first, second = CustomerFactory.create_batch(2)

    outcomes = at_once(
        lambda: attach_user(customer_id=first.pk, user_id=user.pk, may_link_staff=False),
        lambda: attach_user(customer_id=second.pk, user_id=user.pk, may_link_staff=False),
    )

    assert outcomes == ["done", "invalid_user"]
    assert Customer.objects.filter(user=user).count() == 1


def test_two_primaries_at_once_leave_one():
    customer = CustomerFactory()
    first, second = CustomerAddressFactory.create_batch(2, customer=customer)

    outcomes = at_once(
        lambda: make_primary(customer_id=customer.pk, address_id=first.pk),
        lambda: make_primary(customer_id=customer.pk, address_id=second.pk),
        lambda: create_address(customer_id=customer.pk, is_primary=True, **PLACE),
    )

    assert outcomes == ["done"] * 3
    assert CustomerAddress.objects.filter(customer=customer, is_primary=True).count() == 1


def test_two_first_addresses_at_once_leave_one_primary():
    customer = CustomerFactory()

    outcomes = at_once(*[lambda: create_address(customer_id=customer.pk, **PLACE)] * 3)

    assert outcomes == ["done"] * 3
    assert CustomerAddress.objects.filter(is_primary=True).count() == 1


def test_information_that_two_send_at_once_is_all_kept():
    customer = CustomerFactory()

    at_once(
        lambda: update_additional_info(customer_id=customer.pk, info={"a": 1}),
        lambda: update_additional_info(customer_id=customer.pk, info={"b": 2}),
    )

    customer.refresh_from_db()
    assert customer.additional_info == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "act",
    [
        lambda customer, address, user: update_customer(customer_id=customer.pk, full_name="A B"),
        lambda customer, address, user: update_additional_info(customer_id=customer.pk, info={"a": 1}),
        lambda customer, address, user: attach_user(customer_id=customer.pk, user_id=user.pk, may_link_staff=False),
        lambda customer, address, user: detach_user(customer_id=customer.pk),
        lambda customer, address, user: create_address(customer_id=customer.pk, **PLACE),
        lambda customer, address, user: update_address(customer_id=customer.pk, address_id=address.pk, city="X"),
        lambda customer, address, user: make_primary(customer_id=customer.pk, address_id=address.pk),
        lambda customer, address, user: bulk_set_status(customer_ids=[customer.pk], status="active"),
    ],
    ids=["update", "info", "attach", "detach", "create address", "update address", "make primary", "bulk"],
)
def test_the_customer_is_locked_before_anything_else_is_asked(act):
    address = CustomerAddressFactory()
    user = UserFactory()

    with CaptureQueriesContext(connection) as queries:
        act(address.customer, address, user)

    first = next(query["sql"] for query in queries if query["sql"].startswith("SELECT"))
    assert 'FROM "customers_customer"' in first
    assert "FOR UPDATE" in first


def test_the_user_is_locked_after_the_customer():
    customer, user = CustomerFactory(), UserFactory()

    with CaptureQueriesContext(connection) as queries:
        attach_user(customer_id=customer.pk, user_id=user.pk, may_link_staff=False)

    locks = [query["sql"] for query in queries if "FOR " in query["sql"]]
    assert [sql.rsplit("FOR ", 1)[1] for sql in locks] == ["UPDATE", "NO KEY UPDATE"]
    assert 'FROM "accounts_user"' in locks[1]


def test_bulk_locks_in_the_order_of_ids():
    ids = [customer.pk for customer in CustomerFactory.create_batch(3)]

    with CaptureQueriesContext(connection) as queries:
        bulk_set_status(customer_ids=ids[::-1], status="inactive")

    (lock,) = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert lock.startswith('SELECT "customers_customer"."id", ')
    assert lock.endswith('ORDER BY "customers_customer"."id" ASC FOR UPDATE')
