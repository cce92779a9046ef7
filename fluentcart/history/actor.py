"""Who is acting: set at the edges, read by `history.record`, and handed from nobody to nobody."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from fluentcart.history.models import Via


@dataclass(frozen=True, slots=True)
class Actor:
    """Who it is, and by which credential: the name of an application password or of a command. Never a secret."""

    via: Via = Via.SYSTEM
    user_id: int | None = None
    login: str = ""
    credential: str = ""
    credential_uuid: UUID | None = None


SYSTEM = Actor()
_acting: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def current_actor() -> Actor:
    """Who is acting in this thread or task; SYSTEM when no edge has said."""
    return _acting.get()


def set_actor(actor: Actor) -> None:
    """Say who acts from now on, inside of an `acting_as` that ends it."""
    _acting.set(actor)


class acting_as:
    """Let somebody act, and nobody of theirs after it: threads serve one request after the other."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def __enter__(self) -> None:
        self.token = _acting.set(self.actor)

    def __exit__(self, *raised: object) -> None:
        _acting.reset(self.token)
