"""Folded texts, by which rows are found and kept apart: each follows from the texts beside it."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.models import User
from customers.models import Customer
from orders.audit.finding import Difference, Ids
from orders.audit.reading import among
from orders.models import Order, Product


def customers(ids: Ids = None) -> Iterator[Difference]:
    """The e-mail address; and the name in either order, the address and the company, a line each."""
    rows = among(Customer.objects.all(), ids).order_by("pk")
    columns = ("pk", "email_key", "search_text", "email", "first_name", "last_name", "profile__company_name")
    for customer_id, email_key, search_text, email, first, last, company in rows.values_list(*columns).iterator():
        lines = [f"{first} {last}", f"{last} {first}", email, company]
        text = "\n".join(lines if company else lines[:3])
        yield from _folded(customer_id, "email_key", email_key, email)
        yield from _folded(customer_id, "search_text", search_text, text)


def users(ids: Ids = None) -> Iterator[Difference]:
    """Login name and e-mail address; and both below the display name, a line each."""
    rows = among(User.objects.all(), ids).order_by("pk")
    columns = ("pk", "login_key", "login", "email_key", "email", "search_text", "display_name")
    for user_id, login_key, login, email_key, email, search_text, name in rows.values_list(*columns).iterator():
        yield from _folded(user_id, "login_key", login_key, login)
        yield from _folded(user_id, "email_key", email_key, email)
        yield from _folded(user_id, "search_text", search_text, f"{name}\n{login}\n{email}")


def products(ids: Ids = None) -> Iterator[Difference]:
    """The title."""
    rows = among(Product.objects.all(), ids).order_by("pk").values_list("pk", "search_text", "title")
    for product_id, search_text, title in rows.iterator():
        yield from _folded(product_id, "search_text", search_text, title)


def orders(ids: Ids = None) -> Iterator[Difference]:
    """The invoice number."""
    rows = among(Order.with_deleted.all(), ids).order_by("pk").values_list("pk", "search_text", "invoice_no")
    for order_id, search_text, invoice_no in rows.iterator():
        yield from _folded(order_id, "search_text", search_text, invoice_no)


def _folded(row_id: int, field: str, found: str, text: str) -> Iterator[Difference]:
    if found != text.casefold():
        yield Difference(row_id, field, found, text.casefold())
