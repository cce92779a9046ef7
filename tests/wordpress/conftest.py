"""Who calls as WordPress clients do: with an application password, or with a session and a nonce."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.capabilities import Role
from tests.accounts.factories import UserFactory, basic, issue

NONCE_PAGE = "/wp-admin/admin-ajax.php?action=rest-nonce"


@pytest.fixture
def ada(db):
    """An administrator."""
    return UserFactory(login="ada", email="ada@example.com", role=Role.SUPER_ADMIN)


@pytest.fixture
def bob(db):
    """Somebody without a role."""
    return UserFactory(login="bob", email="bob@example.com", display_name="Bob Roe")


@pytest.fixture
def signed():
    """A client that sends a user's application password with every request."""

    def sign(user, name="Tests", **limits):
        return Client(**basic(user.login, issue(user, name, **limits)[1]))

    return sign


@pytest.fixture
def browser():
    """A browser with a user's session, with CSRF checked as outside of tests."""

    def sign_in(user):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def nonce_of():
    """The nonce that a browser fetches as @wordpress/api-fetch does."""
    return lambda client: client.get(NONCE_PAGE).content.decode()
