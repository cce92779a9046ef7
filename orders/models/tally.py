"""Where the database counts orders (`orders/kept.py`); triggers write these tables, and nobody else."""

from __future__ import annotations

from django.db import models

from fluentcart.kept.term_rows import TermDelta, TermRow


class OrderTally(models.Model):
    """How many orders that are not deleted, of two statuses, a bucket of a level has."""

    level = models.CharField(max_length=8)
    bucket = models.BigIntegerField()
    status = models.CharField(max_length=20)
    payment_status = models.CharField(max_length=20)
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "bucket", "status", "payment_status"], name="order_tally_bucket"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.status}, {self.payment_status} in {self.level} {self.bucket}"


class OrderTallyDelta(models.Model):
    """What came or went since; on PostgreSQL only, for a while."""

    ids = models.BigIntegerField()
    day = models.IntegerField()
    status = models.CharField(max_length=20)
    payment_status = models.CharField(max_length=20)
    delta = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.delta:+} {self.status}, {self.payment_status}"


class OrderTermTally(TermRow):
    """How many orders in a bucket of a level a common search term finds; see fluentcart/kept/terms.py."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "bucket", "term"], name="order_term_tally_bucket"),
        ]
        indexes = [models.Index(fields=["term", "level", "bucket"], name="order_term_tally_term")]


class OrderTermTallyDelta(TermDelta):
    """What came or went since, with the text of each."""
