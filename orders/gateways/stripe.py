"""Refunds through Stripe; needs the `stripe` extra and STRIPE_API_KEY."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from orders.gateways.base import GatewayRefused, GatewayUncertain

TIMEOUT_SECONDS = 20
# Stripe forgets idempotency keys after a day; the key is also kept on the refund, where a retry finds it.
KEY_FIELD = "refund_uuid"


class StripeGateway:
    """See `orders.gateways.base.Gateway`; a charge's reference is a charge (ch_) or a payment intent (pi_)."""

    def __init__(self, *, api_key: str, api_base: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Raises GatewayRefused when the library is missing."""
        try:
            import stripe
        except ImportError as error:
            raise GatewayRefused("The stripe library is not installed") from error
        self._stripe = stripe
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base} if api_base else {},
            http_client=stripe.RequestsClient(timeout=timeout_seconds),
            max_network_retries=0,
        )

    def refund(
        self, *, charge_reference: str, amount_cents: int, currency: str, idempotency_key: str, is_retry: bool = False
    ) -> str:
        """Stripe's id of the refund.

        Only a 4xx is a refusal: connection errors, timeouts, 5xx and answers that nobody can read are uncertain, and
        so is a 409, which another call with this key is given that is under way. In a retry, what says nothing about
        the refund (a wrong key, too many calls) leaves it as uncertain as it was.
        """
        stripe = self._stripe
        unanswered = (401, 403, 409, 429) if is_retry else (409,)
        try:
            if is_retry and (found := self._find(charge_reference, idempotency_key)):
                return found
            refund = self._client.v1.refunds.create(
                {
                    **_charge(charge_reference),
                    "amount": amount_cents,
                    "metadata": {KEY_FIELD: idempotency_key},
                },
                {"idempotency_key": idempotency_key},
            )
        except (stripe.APIConnectionError, stripe.IdempotencyError) as error:
            raise GatewayUncertain(_sentence(error)) from error
        except stripe.StripeError as error:
            status = error.http_status or 0
            if not 400 <= status < 500 or status in unanswered:
                raise GatewayUncertain(_sentence(error)) from error
            raise GatewayRefused(_sentence(error)) from error
        reference, status = getattr(refund, "id", None), getattr(refund, "status", None)
        if not reference or not status:
            raise GatewayUncertain("Stripe's answer is no refund")
        if status in ("failed", "canceled"):
            raise GatewayRefused(f"Stripe refund {reference} is {status}")
        return str(reference)

    def _find(self, charge_reference: str, idempotency_key: str) -> str | None:
        """The refund of this charge that an earlier call with the key made, if it did."""
        refunds = self._client.v1.refunds.list({**_charge(charge_reference), "limit": 100})
        for refund in refunds.auto_paging_iter():
            is_ours = getattr(refund.metadata, KEY_FIELD, None) == idempotency_key
            if is_ours and refund.status not in ("failed", "canceled"):
                return str(refund.id)
        return None


def _charge(reference: str) -> Any:
    return {"payment_intent" if reference.startswith("pi_") else "charge": reference}


def _sentence(error: Exception) -> str:
    return str(getattr(error, "user_message", None) or error) or type(error).__name__


def gateway() -> StripeGateway:
    """The gateway as the settings describe it.

    Raises:
        GatewayRefused: STRIPE_API_KEY is not set, or the library is missing.
    """
    if not settings.STRIPE_API_KEY:
        raise GatewayRefused("STRIPE_API_KEY is not set")
    return StripeGateway(api_key=settings.STRIPE_API_KEY, api_base=settings.STRIPE_API_BASE)
