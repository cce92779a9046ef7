"""Who may call which action: tables of capabilities, shut by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission

from accounts.capabilities import ALL_CAPABILITIES

if TYPE_CHECKING:  # the settings name NobodyPolicy, and views read the settings while they are imported
    from rest_framework.request import Request
    from rest_framework.views import APIView

NOT_LOGGED_IN = "You are not currently logged in."
NOT_ALLOWED = "Sorry, you are not allowed to do that."
# Stands in a table where a capability would: whoever is signed in, with a role or without one. What they may
# see of others is then decided by the view.
SIGNED_IN = "signed_in"
KNOWN = ALL_CAPABILITIES | {SIGNED_IN}


def holds(user: Any, *capabilities: str) -> bool:
    """Whether the user holds any of the capabilities; False for anonymous callers and without capabilities."""
    held: frozenset[str] = getattr(user, "capabilities", frozenset())
    if not held.isdisjoint(capabilities):
        return True
    return SIGNED_IN in capabilities and bool(getattr(user, "is_authenticated", False))


def required(user: Any, *capabilities: str) -> None:
    """Go on only when the user holds any of the capabilities (semantics 4.3, mode "any").

    For what a request would do beyond its route (decisions: "a capability follows the effect").

    Raises:
        NotAuthenticated: nobody is signed in.
        PermissionDenied: somebody is, and holds none of them. Says nothing about any record.
    """
    if holds(user, *capabilities):
        return
    if not getattr(user, "is_authenticated", False):
        raise NotAuthenticated(NOT_LOGGED_IN)
    raise PermissionDenied(NOT_ALLOWED, code="insufficient_permissions")


class RoutePolicy(BasePermission):
    """A route table: action -> capabilities, any one of which opens it.

    An action that is missing is refused to everybody. A capability that does not exist stops the start.
    OPTIONS (`metadata`) is open to those who may call at least one action of the table.
    """

    any_of: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for action, capabilities in cls.any_of.items():
            if isinstance(capabilities, str) or (unknown := set(capabilities) - KNOWN):
                named = capabilities if isinstance(capabilities, str) else ", ".join(sorted(unknown))
                raise ValueError(f"{cls.__name__}.{action}: {named!r} is not a tuple of known capabilities")

    @classmethod
    def capabilities_for(cls, action: str | None) -> tuple[str, ...]:
        """Which capabilities open the action; none for an action that is not in the table."""
        if action == "metadata":
            return tuple({capability for row in cls.any_of.values() for capability in row})
        return cls.any_of.get(action or "", ())

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Refuses by raising, so that no authenticator decides between 401 and 403."""
        required(request.user, *self.capabilities_for(getattr(view, "action", None)))
        return True


class UserPolicy(RoutePolicy):
    """Users as WordPress's own routes show them (wordpress-conventions); only the administrator sees others."""

    any_of = {
        "list": (SIGNED_IN,),
        "me": (SIGNED_IN,),
        "retrieve": (SIGNED_IN,),
    }


class ApplicationPasswordPolicy(RoutePolicy):
    """Application passwords: their user's own, and the administrator's (decisions, "Who may do what")."""

    any_of = {
        "list": (SIGNED_IN,),
        "create": (SIGNED_IN,),
        "retrieve": (SIGNED_IN,),
        "introspect": (SIGNED_IN,),
        "update": (SIGNED_IN,),
        "destroy": (SIGNED_IN,),
        "destroy_all": (SIGNED_IN,),
    }


class NobodyPolicy(BasePermission):
    """What a view without a policy gets: nobody may call it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Refuses everybody."""
        required(request.user)
        return False  # pragma: no cover - `required` without capabilities always raises
