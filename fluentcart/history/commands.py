"""The base of management commands that write: what they do is theirs in the history."""

from __future__ import annotations

from typing import Any

from fluentcart.commands import ShopCommand
from fluentcart.history.actor import Actor, acting_as
from fluentcart.history.models import Via


class ActingCommand(ShopCommand):
    """A command that acts under its own name."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """See BaseCommand."""
        name = type(self).__module__.rpartition(".")[2]
        with acting_as(Actor(via=Via.COMMAND, credential=name)):
            return super().execute(*args, **options)
