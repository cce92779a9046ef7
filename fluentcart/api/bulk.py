"""Bulk routes at the edge: what they take, and the documented answer for each id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework import serializers

from fluentcart.api.inputs import Id
from fluentcart.api.rows import Field, Row, boolean, integer, text
from fluentcart.bulk import BulkResult

RunBulk = Callable[[list[int], Mapping[str, Any]], Sequence[BulkResult]]


@dataclass(frozen=True)
class BulkAction:
    """One word of a bulk route.

    Args:
        run: does it to the ids with the request's `data`.
        capability: what the caller must hold on top of the route's own; a capability follows the effect.
        rate_class: counted in this class too ("bulk counts as update, and as delete when it deletes").
        lock: locks what it does to all ids at once, when one transaction holds it all (Idempotency-Key); None where
            it does so by itself.
    """

    run: RunBulk
    capability: str | None = None
    rate_class: str | None = None
    lock: Callable[[list[int]], None] | None = None


class IdList(serializers.ListField):
    """1 to 100 ids."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=Id(), min_length=1, max_length=settings.BULK_IDS_MAX, **options)
        self.error_messages["empty"] = "At least one id is needed."
        self.error_messages["min_length"] = "At least one id is needed."
        self.error_messages["max_length"] = f"At most {settings.BULK_IDS_MAX} ids are taken at once."


class BulkErrorRow(Row):
    """Why one id failed."""

    code = text(example="customer_not_found")
    message = text(example="Customer with ID 999 not found")


class ExportLinkRow(Row):
    """Where the exported rows can be fetched, by the same user, for an hour."""

    url = text(help="Needs the credentials of the user who asked for it.")
    format = text(example="csv")
    filename = text(example="orders.csv")
    expires_at = Field({"type": "string", "format": "date-time"})


def bulk_body(results: Sequence[BulkResult], id_name: str) -> dict[str, Any]:
    """`{processed, failed, results}`: processed are the successes, and both add up to the distinct ids."""
    rows = [_result_row(result, id_name) for result in results]
    failed = sum(not result.is_success for result in results)
    return {"processed": len(rows) - failed, "failed": failed, "results": rows}


def _result_row(result: BulkResult, id_name: str) -> dict[str, Any]:
    row: dict[str, Any] = {id_name: result.id, "success": result.is_success}
    if result.error is not None:
        row["error"] = {"code": result.error.code, "message": result.error.message}
    return row


def bulk_row(id_name: str, title: str) -> type[Row]:
    """The field table of a bulk answer whose results name their id `id_name`."""
    result = type(
        f"{title}Result",
        (Row,),
        {
            "__doc__": "What became of one id.",
            id_name: integer(example=1),
            "success": boolean(example=True),
            "error": Field({"$row": BulkErrorRow}, optional=True),
        },
    )
    return type(
        title,
        (Row,),
        {
            "__doc__": "How many succeeded and failed, and what became of each id.",
            "processed": integer(example=3),
            "failed": integer(example=0),
            "results": Field({"type": "array", "items": {"$row": result}}),
            "export": Field({"$row": ExportLinkRow}, optional=True, help="Only for the action `export`."),
        },
    )
