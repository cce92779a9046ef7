"""What tests of the admin's pages do again and again."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.capabilities import Role
from tests.customers.factories import UserFactory


def staff(role: str = Role.SUPER_ADMIN) -> Client:
    """A browser in which somebody with this role is signed in."""
    client = Client()
    client.force_login(UserFactory.create(role=role))
    return client


def errors_of(response: Any) -> dict[str, list[str]]:
    """What the form of an admin page complains about."""
    return dict(response.context["adminform"].form.errors)


def messages_of(response: Any) -> list[str]:
    """The messages on top of the page that a redirect led to."""
    return [str(message) for message in response.context["messages"]]


def form_of(response: Any) -> dict[str, Any]:
    """The page's main form and its inlines as a browser would send them back untouched."""
    found: dict[str, Any] = {}
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *(form for form in inline.formset.forms)]
    for form in forms:
        for field in form:
            found |= _values(form, field)
    return found


def _values(form: Any, field: Any) -> dict[str, Any]:
    value = field.value()
    sent = {} if value is None or value is False else {field.html_name: "on" if value is True else value}
    if field.name in form.fields and form.fields[field.name].show_hidden_initial:
        sent[field.html_initial_name] = value
    if hasattr(value, "code"):
        sent[field.html_name] = value.code or ""
    return sent


def queries_of(client: Client, url: str) -> int:
    """How many queries a page costs; asked twice, since Django keeps what it learns about content types."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)
