"""A caller as the history names them."""

from __future__ import annotations

from typing import Any

from accounts.models import ApplicationPassword, User
from fluentcart.history.actor import SYSTEM, Actor
from fluentcart.history.models import Via


def actor_of(user: Any, credential: Any = None) -> Actor:
    """Who a request comes from.

    Args:
        user: the authenticated user; whoever is none is nobody.
        credential: the application password that let them in; without one it was a browser's session.
    """
    if not isinstance(user, User):
        return SYSTEM
    if isinstance(credential, ApplicationPassword):
        return Actor(Via.APPLICATION_PASSWORD, user.pk, user.login, credential.name, credential.uuid)
    return Actor(Via.SESSION, user.pk, user.login)
