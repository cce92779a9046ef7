"""Receipt and invoice numbers."""

import pytest

from orders.models import NumberCounter
from orders.services.numbers import next_number, number_order
from tests.orders.factories import OrderFactory

pytestmark = pytest.mark.django_db


def test_numbers_increase_from_the_least():
    assert [next_number(name="receipt", at_least=1000) for _ in range(3)] == [1000, 1001, 1002]


def test_a_raised_least_is_jumped_to_and_a_lowered_one_ignored():
    assert [next_number(name="receipt", at_least=least) for least in (1, 10, 10, 1)] == [1, 10, 11, 12]


def test_names_count_apart():
    next_number(name="receipt")

    assert next_number(name="SO-2024") == 1
    assert dict(NumberCounter.objects.values_list("name", "value")) == {"receipt": 1, "SO-2024": 1}


def test_an_order_is_numbered_once():
    order = OrderFactory()

    number_order(order)
    number_order(order)

    order.refresh_from_db()
    assert (order.receipt_number, order.invoice_no) == (1, "INV-1")
    assert NumberCounter.objects.get().value == 1


def test_a_number_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        next_number(name="receipt")
