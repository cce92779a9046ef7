"""Settle refunds whose gateway call had an uncertain end: ask again with the same key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from history.commands import ActingCommand
from orders import states
from orders.errors import GatewayFailed
from orders.models import OrderTransaction
from orders.services.refund import carry_out


class Command(ActingCommand):
    """Run it every few minutes; a refund that is being made right now is too young for it."""

    help = "Ask the gateways again about refunds that are still pending, and settle or release them."

    def add_arguments(self, parser: CommandParser) -> None:
        """How old a pending refund must be."""
        parser.add_argument(
            "--older-than", type=int, default=300, metavar="SECONDS", help="leave younger ones alone (default: 300)"
        )

    def handle(self, *, older_than: int, **options: Any) -> None:
        """One line for each refund; what stays uncertain is tried at the next run."""
        before = timezone.now() - timedelta(seconds=older_than)
        pending = OrderTransaction.objects.filter(
            type=states.TransactionType.REFUND, status=states.TransactionStatus.PENDING, created_at__lte=before
        )
        for refund in pending.select_related("parent").order_by("pk"):
            self.stdout.write(f"Refund {refund.pk} of order {refund.order_id}: {self._ask(refund)}")

    def _ask(self, refund: OrderTransaction) -> str:
        try:
            carry_out(refund, is_retry=True)
        except GatewayFailed as error:
            return error.message
        return "settled"
