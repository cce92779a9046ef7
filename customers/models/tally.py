"""Where the database counts customers (`customers/kept.py`); triggers write these tables, and nobody else."""

from __future__ import annotations

from django.db import models

from fluentcart.kept.term_rows import TermDelta, TermRow


class CustomerTally(models.Model):
    """How many customers of a status a bucket of a level has."""

    level = models.CharField(max_length=8)
    bucket = models.BigIntegerField()
    status = models.CharField(max_length=20)
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "bucket", "status"], name="customer_tally_bucket"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.status} in {self.level} {self.bucket}"


class CustomerTallyDelta(models.Model):
    """What came or went since; on PostgreSQL only, for a while."""

    ids = models.BigIntegerField()
    day = models.IntegerField()
    spent = models.BigIntegerField()
    status = models.CharField(max_length=20)
    delta = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.delta:+} {self.status}"


class CustomerTermTally(TermRow):
    """How many customers in a bucket of a level a common search term finds; see fluentcart/kept/terms.py."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "bucket", "term"], name="customer_term_tally_bucket"),
        ]
        indexes = [models.Index(fields=["term", "level", "bucket"], name="customer_term_tally_term")]


class CustomerTermTallyDelta(TermDelta):
    """What came or went since, with the text of each."""
