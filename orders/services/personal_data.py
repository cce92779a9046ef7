"""What the shop knows about a customer: told as a whole, or erased while the books stay as they are.

It stands here because customers cannot know orders. Which columns say something about a person is written on each
model (`history`), and nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.stored_answers import forget as forget_answers
from customers.errors import CustomerNotFound
from customers.models import (
    BusinessProfile,
    Contact,
    CreditCheck,
    Customer,
    CustomerAddress,
    CustomerLabel,
    CustomerStatus,
    searchable,
)
from fluentcart.deadlocks import tried_again
from fluentcart.history.erasure import forget
from fluentcart.history.models import Activity, Subject, Verb
from fluentcart.history.record import activity_of, write
from fluentcart.history.tracking import differences
from orders.kept import leave_no_texts
from orders.models import Order, OrderAddress, OrderItem, OrderTransaction
from orders.services.locks import lock_customers

Row = dict[str, Any]
# Derived from what is told anyway.
UNTOLD = ("email_key", "search_text", "trash")
USER_COLUMNS = ("id", "login", "email", "first_name", "last_name", "display_name", "registered_at")
ERASED_NAME = "Erased"
# SQLite reads no condition of more than a thousand parts.
TEXTS_AT_ONCE = 100
ERASED_DOMAIN = "erased.invalid"


@dataclass(frozen=True)
class Erasure:
    """What an erasure did: how many rows it wrote or removed, and the user account that was the customer's."""

    row_count: int
    user_id: int | None


@tried_again
@transaction.atomic
def export_customer(*, customer_id: int) -> Row:
    """Everything that is stored about a customer, as plain values; the history notes that it was told.

    Returns:
        {"customer", "user", "business", "addresses", "contacts", "labels", "credit_checks", "orders", "activities"};
        deleted orders are among the orders, each with its "items", "addresses", "transactions" and "activities".
        Money is in minor units. Nothing of it is a secret: of the user, no password.

    Raises:
        CustomerNotFound.
    """
    customer = lock_customers(customer_id).get(customer_id)
    if customer is None:
        raise CustomerNotFound(customer_id)
    own = {"customer_id": customer_id}
    told = {
        "customer": _told(Customer.objects.filter(pk=customer_id))[0],
        "user": User.objects.filter(customer=customer).values(*USER_COLUMNS).first(),
        "business": next(iter(_told(BusinessProfile.objects.filter(**own))), None),
        "addresses": _told(CustomerAddress.objects.filter(**own)),
        "contacts": _told(Contact.objects.filter(**own)),
        "labels": [*CustomerLabel.objects.filter(**own).order_by("pk").values_list("label__value", flat=True)],
        "credit_checks": _told(CreditCheck.objects.filter(**own)),
        "orders": _orders_of(customer_id),
        "activities": _told(Activity.objects.filter(subject=Subject.CUSTOMER, subject_id=customer_id)),
    }
    write([activity_of(Verb.EXPORTED, Subject.CUSTOMER, customer_id)])
    return told


def _told(rows: QuerySet[Any]) -> list[Row]:
    """Rows with all their columns, by their keys."""
    columns = [field.attname for field in rows.model._meta.concrete_fields if field.attname not in UNTOLD]
    return [*rows.order_by("pk").values(*columns)]


def _orders_of(customer_id: int) -> list[Row]:
    """All orders of a customer with their parts: five queries, however many there are."""
    orders = _told(Order.with_deleted.filter(customer_id=customer_id))
    parts = {
        "items": OrderItem.objects.filter(order__customer_id=customer_id),
        "addresses": OrderAddress.objects.filter(order__customer_id=customer_id),
        "transactions": OrderTransaction.objects.filter(order__customer_id=customer_id),
    }
    ids = Order.with_deleted.filter(customer_id=customer_id).values("pk")
    activities = Activity.objects.filter(subject=Subject.ORDER, subject_id__in=ids)
    grouped = {name: _grouped(_told(rows), "order_id") for name, rows in parts.items()}
    grouped["activities"] = _grouped(_told(activities), "subject_id")
    return [order | {name: rows[order["id"]] for name, rows in grouped.items()} for order in orders]


def _grouped(rows: Iterable[Row], key: str) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


@tried_again
@transaction.atomic
def erase_customer(*, customer_id: int) -> Erasure:
    """Make a customer nobody, for good, and keep the books.

    Erased are names, e-mail, phone, addresses (the book's and the orders' copies, but for the country, by which tax is
    told), contacts, company and tax number, notes and reasons, additional information, labels, the link to the user
    account, what the history says of any of it, stored answers, and the admin's own log. The customer becomes
    inactive, with an address that nobody has and that keeps the unique index true. Amounts, currencies, numbers,
    dates, statuses, terms and credit checks stay.

    A second time nothing is left to erase, and nothing is written. The user account itself is not touched: whoever
    it belongs to may be more than a customer here.

    Raises:
        CustomerNotFound.

    Locks the orders by id, then the customer.
    """
    orders = list(Order.with_deleted.select_for_update().filter(customer_id=customer_id).order_by("pk"))
    order_ids = [order.pk for order in orders]
    customer = lock_customers(customer_id).get(customer_id)
    if customer is None:
        raise CustomerNotFound(customer_id)
    user_id = customer.user_id
    count = _erase_answers(customer, orders)
    count += _erase_log(customer_id, order_ids) + _erase_lost_orders(customer)
    count += sum(_blank(rows) for rows in _books(customer_id, order_ids))
    for model in (CustomerAddress, Contact, CustomerLabel):
        count += model._default_manager.filter(customer_id=customer_id).delete()[0]
    plain = _make_nobody(customer)
    transaction.on_commit(leave_no_texts, robust=True)
    count += forget([customer_id], order_ids) + (plain is not None)
    if count:
        write([activity_of(Verb.ERASED, Subject.CUSTOMER, customer_id, plain)])
    return Erasure(row_count=count, user_id=user_id)


def _erase_answers(customer: Customer, orders: Collection[Order]) -> int:
    """Answers that are kept for requests with an Idempotency-Key: those in whose address or body somebody is named.

    By the e-mail addresses that the customer ever had, and by what is theirs alone: a bare id is part of others.
    """
    history = Activity.objects.filter(subject=Subject.CUSTOMER, subject_id=customer.pk, personal__email__isnull=False)
    former = [email for pair in history.values_list("personal__email", flat=True) for email in pair if email]
    prefixed = f"cust_{customer.pk}"
    texts = [customer.email, *former, customer.uuid, f'"{prefixed}"', f"/customers/{prefixed}/"]
    texts += [f"/customers/{customer.pk}/"]
    texts += [mark for order in orders for mark in (order.uuid, f"/orders/{order.pk}/")]
    chunks = (texts[start : start + TEXTS_AT_ONCE] for start in range(0, len(texts), TEXTS_AT_ONCE))
    return sum(forget_answers(texts=chunk) for chunk in chunks)


def _books(customer_id: int, order_ids: Collection[int]) -> list[QuerySet[Any]]:
    """Rows that stay, without what they say about the person."""
    return [
        BusinessProfile.objects.filter(customer_id=customer_id),
        Order.with_deleted.filter(pk__in=order_ids),
        OrderAddress.objects.filter(order_id__in=order_ids),
        OrderTransaction.objects.filter(order_id__in=order_ids),
    ]


def _blank(rows: QuerySet[Any]) -> int:
    """Empty the personal columns of rows, which are all texts; how many had something in them."""
    tracked = rows.model.history
    names = (*tracked.personal, *tracked.concealed)
    something = reduce(or_, (~Q(**{name: ""}) for name in names))
    return rows.filter(something).update(**dict.fromkeys(names, ""))


def _make_nobody(customer: Customer) -> dict[str, Any] | None:
    """Empty a locked customer; what changed that is not personal, or None when they were nobody already."""
    for name in Customer.history.personal:
        setattr(customer, name, "")
    customer.additional_info = {}
    customer.email = f"erased-{customer.uuid}@{ERASED_DOMAIN}"
    customer.first_name = ERASED_NAME
    customer.user = None
    customer.status = CustomerStatus.INACTIVE
    plain, personal = differences(customer)
    if not plain and not personal:
        return None
    customer.email_key = customer.email.casefold()
    customer.search_text = searchable(first_name=ERASED_NAME, last_name="", email=customer.email)
    customer.updated_at = timezone.now()
    names = [name for name in Customer.history.personal if name != "additional_info"]
    customer.save(update_fields=[*names, "additional_info", "user", "status", "email_key", "search_text", "updated_at"])
    return plain


def _erase_lost_orders(customer: Customer) -> int:
    """Of orders that went to another customer: the history until then, and addresses with this one's e-mail."""
    lost = Activity.objects.filter(subject=Subject.CUSTOMER, subject_id=customer.pk, verb=Verb.ORDER_LOST)
    count = 0
    for activity in lost.order_by("pk"):
        order_id = activity.changes["order_id"][0]
        count += forget([], [order_id], before_id=activity.pk)
        count += _blank(OrderAddress.objects.filter(order_id=order_id, email__iexact=customer.email))
    return count


def _erase_log(customer_id: int, order_ids: Collection[int]) -> int:
    """What the admin's log calls the customer and their parts, and the sentences that it keeps about them."""
    told: defaultdict[type[Model], set[int]] = defaultdict(set)
    told[Customer], told[BusinessProfile], told[Order] = {customer_id}, {customer_id}, set(order_ids)
    history = Activity.objects.filter(subject=Subject.CUSTOMER, subject_id=customer_id)
    parts: dict[str, type[Model]] = {"address_id": CustomerAddress, "contact_id": Contact}
    for key, model in parts.items():
        told[model] |= {*model._default_manager.filter(customer_id=customer_id).values_list("pk", flat=True)}
        for pair in history.filter(**{f"changes__{key}__isnull": False}).values_list(f"changes__{key}", flat=True):
            told[model] |= {pk for pk in pair if pk}
    count = 0
    for model, ids in told.items():
        kind = ContentType.objects.get_for_model(model)
        rows = LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in ids])
        rows = rows.exclude(object_repr=ERASED_NAME, change_message="")
        count += rows.update(object_repr=ERASED_NAME, change_message="")
    return count
