"""Users and application passwords for tests."""

from __future__ import annotations

import factory

from accounts import services
from accounts.models import ApplicationPassword, User


class UserFactory(factory.django.DjangoModelFactory):
    """A user without a role and without a login password."""

    class Meta:
        model = User

    login = factory.Sequence(lambda n: f"user{n}")
    login_key = factory.LazyAttribute(lambda user: user.login.casefold())
    email = factory.LazyAttribute(lambda user: f"{user.login.lower()}@example.com")
    email_key = factory.LazyAttribute(lambda user: user.email.casefold())
    display_name = factory.LazyAttribute(lambda user: user.login)
    password = "!"


def issue(user: User, name: str = "Tests") -> tuple[ApplicationPassword, str]:
    """An application password of the user, and its plaintext in groups of four."""
    return services.issue_application_password(user_id=user.pk, name=name)
