"""An address that goes into the book and onto an order: the order is locked first, as everywhere."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.callers import V2
from tests.customers.factories import CustomerAddressFactory
from tests.orders.factories import OrderFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

LOCK = re.compile(r'FROM "(\w+)" .*FOR UPDATE')


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_order_is_locked_before_the_customer(api, method):
    order = OrderFactory()
    address = CustomerAddressFactory(customer=order.customer, is_primary=True)
    body = {"id": address.pk, "name": "A", "email": "a@example.com", "address_1": "1", "city": "Rome", "country": "IT"}
    body |= {"state": "RM", "postcode": "00100", "order_id": order.pk}

    with CaptureQueriesContext(connection) as queries:
        r = api("customers/manage", "orders/manage").send(method, f"{V2}/customers/{order.customer_id}/address", body)

    assert r.status_code in (200, 201), r.content
    locked = [found[1] for query in queries if (found := LOCK.search(query["sql"]))]
    assert list(dict.fromkeys(locked))[:2] == ["orders_order", "customers_customer"]
