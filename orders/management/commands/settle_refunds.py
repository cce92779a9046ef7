"""Settle refunds whose gateway call had an uncertain end: ask again with the same key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from fluentcart.errors import DomainError
from fluentcart.history.commands import ActingCommand
from orders import states
from orders.models import OrderTransaction
from orders.services.refund import carry_out, claim_refund


class Command(ActingCommand):
    """Run it every few minutes; a refund that is being made right now is too young for it."""

    help = "Ask the gateways again about refunds that are still pending, and settle or release them."

    def add_arguments(self, parser: CommandParser) -> None:
        """How long nobody may have asked about a pending refund."""
        parser.add_argument(
            "--older-than",
            type=int,
            default=300,
            metavar="SECONDS",
            help="leave those alone that were asked about since (default: 300)",
        )

    def handle(self, *, older_than: int, **options: Any) -> None:
        """One line for each refund; what stays uncertain is tried at the next run."""
        before = timezone.now() - timedelta(seconds=older_than)
        pending = OrderTransaction.objects.filter(
            type=states.TransactionType.REFUND, status=states.TransactionStatus.PENDING, updated_at__lte=before
        )
        for refund in pending.select_related("parent").order_by("pk"):
            if not claim_refund(refund_id=refund.pk, untouched_since=before):
                continue
            self.stdout.write(f"Refund {refund.pk} of order {refund.order_id}: {self._ask(refund)}")

    def _ask(self, refund: OrderTransaction) -> str:
        try:
            carry_out(refund, is_retry=True)
        except DomainError as error:  # or it was ended meanwhile
            return error.message
        return "settled"
