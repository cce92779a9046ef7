"""A status for many customers, and the helper that acts on each id by itself."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from customers.services.bulk import bulk_find, bulk_set_status
from fluentcart.bulk import run_each
from fluentcart.errors import InvalidFields, NotFound
from tests.customers.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def test_each_id_once_and_unknown_ones_fail_by_themselves():
    first, second, other = CustomerFactory.create_batch(3)

    results = bulk_set_status(customer_ids=[second.pk, 0, first.pk, second.pk, 2**63], status="inactive")

    assert [(result.id, result.error and result.error.code) for result in results] == [
        (second.pk, None),
        (0, "customer_not_found"),
        (first.pk, None),
        (2**63, "customer_not_found"),
    ]
    statuses = dict(Customer.objects.values_list("pk", "status"))
    assert statuses == {first.pk: "inactive", second.pk: "inactive", other.pk: "active"}


def test_an_unchanged_status_counts_as_done():
    (result,) = bulk_set_status(customer_ids=[CustomerFactory().pk], status="active")

    assert result.is_success


@pytest.mark.parametrize("status", ["archived", "", "Active"])
def test_an_unknown_status_changes_nobody(status):
    customer = CustomerFactory()

    with pytest.raises(InvalidFields) as refusal:
        bulk_set_status(customer_ids=[customer.pk], status=status)

    assert refusal.value.fields == {"status": ["Status must be one of: active, inactive."]}


def test_one_customer_takes_as_many_queries_as_nine():
    counts = []
    for size in (1, 9):
        ids = [customer.pk for customer in CustomerFactory.create_batch(size)]
        with CaptureQueriesContext(connection) as queries:
            bulk_set_status(customer_ids=ids, status="inactive")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_looking_says_who_exists():
    customer = CustomerFactory()

    results = bulk_find(customer_ids=[999, customer.pk, customer.pk])

    assert [(result.id, result.is_success) for result in results] == [(999, False), (customer.pk, True)]


def test_a_refusal_undoes_its_own_id_only():
    first, second, third = CustomerFactory.create_batch(3)

    def deactivate(customer_id):
        Customer.objects.filter(pk=customer_id).update(status="inactive")
        if customer_id == second.pk:
            raise NotFound("customer", customer_id)

    results = run_each([first.pk, second.pk, third.pk, first.pk], deactivate)

    assert [result.is_success for result in results] == [True, False, True]
    assert list(Customer.objects.order_by("pk").values_list("status", flat=True)) == ["inactive", "active", "inactive"]


def test_a_defect_is_not_taken_for_a_refusal():
    with pytest.raises(ZeroDivisionError):
        run_each([1], lambda _: 1 // 0)
