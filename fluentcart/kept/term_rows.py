"""The columns of a `TermTally`'s two tables; triggers write them, and nobody else."""

from __future__ import annotations

from django.db import models


class TermRow(models.Model):
    """How many rows in a bucket of a level a common search term finds."""

    level = models.CharField(max_length=8)
    bucket = models.BigIntegerField()
    term = models.CharField(max_length=100)
    count = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.count} with {self.term} in {self.level} {self.bucket}"


class TermDelta(models.Model):
    """What came or went since, with the text in which terms are looked for; on PostgreSQL only, for a while."""

    ids = models.BigIntegerField()
    text = models.TextField(null=True)  # noqa: DJ001 (NULL: more was written than is noted)
    delta = models.SmallIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.delta:+}"
