"""Users and application passwords for tests."""

from __future__ import annotations

import base64
from typing import Any

import factory

from accounts import services
from accounts.limits import Limits
from accounts.models import ApplicationPassword, User, user_text


class UserFactory(factory.django.DjangoModelFactory):
    """A user without a role and without a login password."""

    class Meta:
        model = User

    login = factory.Sequence(lambda n: f"user{n}")
    login_key = factory.LazyAttribute(lambda user: user.login.casefold())
    email = factory.LazyAttribute(lambda user: f"{user.login.lower()}@example.com")
    email_key = factory.LazyAttribute(lambda user: user.email.casefold())
    display_name = factory.LazyAttribute(lambda user: user.login)
    search_text = factory.LazyAttribute(lambda user: user_text(user.display_name, user.login, user.email))
    password = "!"


def issue(user: User, name: str = "Tests", **limits: Any) -> tuple[ApplicationPassword, str]:
    """An application password of the user, held to limits, and its plaintext in groups of four."""
    return services.issue_application_password(user_id=user.pk, name=name, limits=Limits(**limits))  # type: ignore[typeddict-item]


def basic(login: str, password: str, charset: str = "utf-8") -> dict[str, str]:
    """An Authorization header, as the test client takes it."""
    encoded = base64.b64encode(f"{login}:{password}".encode(charset)).decode()
    return {"HTTP_AUTHORIZATION": f"Basic {encoded}"}
