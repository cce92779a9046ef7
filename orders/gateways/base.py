"""What a payment gateway has to do for a refund, how it may fail, and which gateways there are."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast


class GatewayRefused(Exception):
    """The gateway will not give the money back; in no call with this key did it move. The text says why, for staff."""


class GatewayUncertain(Exception):
    """Nobody knows whether the money moved: no answer, or a broken one. Ask again with the same key."""


class Gateway(Protocol):
    """Gives money back. Holds no rows and no locks; may take seconds."""

    def refund(
        self, *, charge_reference: str, amount_cents: int, currency: str, idempotency_key: str, is_retry: bool = False
    ) -> str:
        """Give back a part of a charge.

        Args:
            charge_reference: the gateway's own id of the charge.
            amount_cents: above zero, in minor units.
            currency: ISO 4217, upper case.
            idempotency_key: asking twice with one key gives back once.
            is_retry: an earlier call with this key had an uncertain end, perhaps long ago.

        Returns:
            The gateway's own id of the refund.

        Raises:
            GatewayRefused, GatewayUncertain.
        """


# Name -> module with a `gateway()`; imported when first used, since the libraries of some are extras.
GATEWAYS = {"manual": "orders.gateways.manual", "stripe": "orders.gateways.stripe"}


def get_gateway(name: str) -> Gateway:
    """The gateway that captured a charge, ready to be called.

    Raises:
        GatewayRefused: there is none of that name, or it is not set up.
    """
    if name not in GATEWAYS:
        raise GatewayRefused(f'There is no gateway "{name}"')
    return cast(Gateway, import_module(GATEWAYS[name]).gateway())
