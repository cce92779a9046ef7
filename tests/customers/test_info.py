"""Additional information and labels."""

from __future__ import annotations

import pytest

from customers.models import CustomerLabel
from customers.services.customers import update_additional_info
from fluentcart.errors import InvalidFields, NotFound
from tests.customers.factories import CustomerFactory, LabelFactory

pytestmark = pytest.mark.django_db


def labels_of(customer):
    return list(CustomerLabel.objects.filter(customer=customer).order_by("label_id").values_list("label_id", flat=True))


def test_top_level_keys_are_merged_and_null_removes():
    customer = CustomerFactory(additional_info={"company": "Old", "notes": "n", "deep": {"a": 1}})

    update_additional_info(customer_id=customer.pk, info={"company": "New", "notes": None, "deep": {"b": 2}})

    customer.refresh_from_db()
    assert customer.additional_info == {"company": "New", "deep": {"b": 2}}


def test_labels_are_set_to_exactly_these_and_kept_links_keep_their_id():
    customer, other = CustomerFactory(), CustomerFactory()
    first, second, third = LabelFactory.create_batch(3)
    CustomerLabel.objects.create(customer=customer, label=first)
    kept = CustomerLabel.objects.create(customer=customer, label=second)
    CustomerLabel.objects.create(customer=other, label=first)

    update_additional_info(customer_id=customer.pk, info={}, labels=[second.pk, third.pk, third.pk])

    assert labels_of(customer) == [second.pk, third.pk]
    assert CustomerLabel.objects.get(customer=customer, label=second).pk == kept.pk
    assert labels_of(other) == [first.pk]


def test_no_labels_takes_all_away():
    link = CustomerLabel.objects.create(customer=CustomerFactory(), label=LabelFactory())

    update_additional_info(customer_id=link.customer_id, info={}, labels=[])

    assert not CustomerLabel.objects.exists()


def test_an_unknown_label_leaves_labels_and_information_as_they_were():
    label = LabelFactory()
    customer = CustomerFactory(additional_info={"a": 1})

    with pytest.raises(InvalidFields) as refusal:
        update_additional_info(customer_id=customer.pk, info={"a": 2}, labels=[label.pk, 0, 2**63])

    assert refusal.value.fields == {
        "labels": ["Label with ID 0 not found.", "Label with ID 9223372036854775808 not found."]
    }
    customer.refresh_from_db()
    assert customer.additional_info == {"a": 1}
    assert labels_of(customer) == []


def test_labels_are_not_stored_beside_information_that_cannot_be():
    label, customer = LabelFactory(), CustomerFactory()

    with pytest.raises(InvalidFields) as refusal:
        update_additional_info(customer_id=customer.pk, info={"bad": "\ud800"}, labels=[label.pk])

    assert list(refusal.value.fields) == ["bad"]
    assert labels_of(customer) == []


def test_nothing_given_is_refused():
    with pytest.raises(InvalidFields) as refusal:
        update_additional_info(customer_id=CustomerFactory().pk, info={}, labels=None)

    assert refusal.value.fields == {"additional_info": ["Nothing to update."]}


def test_an_unknown_customer_is_not_found():
    with pytest.raises(NotFound):
        update_additional_info(customer_id=999, info={"a": 1})
