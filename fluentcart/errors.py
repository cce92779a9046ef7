"""What can be refused, said without a word about HTTP: a code, a sentence, and perhaps fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FieldErrors = Mapping[str, Any]


class DomainError(Exception):
    """A refusal that a caller can understand and mend.

    Args:
        message: the whole sentence, with the id it is about.
        summary: a short sentence for the places where a document shows one; the message when not given.
        fields: field name -> list of sentences, where the refusal is about fields of the request.
        details: anything else that helps (plain JSON values).

    The class attribute `code` names the refusal in the vocabulary of the API documents; each dialect
    decides which HTTP status a code gets (`fluentcart/api/dialects.py`).
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        summary: str | None = None,
        fields: FieldErrors | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.summary = summary or message
        self.fields = dict(fields or {})
        self.details = dict(details or {})


class NotFound(DomainError):
    """No such record, or none that belongs to the record named in the path."""

    def __init__(self, noun: str, record_id: object) -> None:
        title = noun.replace("_", " ").capitalize()
        super().__init__(
            f"{title} with ID {record_id} not found",
            code=f"{noun}_not_found",
            summary=f"{title} not found",
        )


class InvalidFields(DomainError):
    """One or more fields of the request cannot be accepted; `fields` says which and why."""

    code = "validation_error"

    def __init__(self, fields: FieldErrors, *, code: str | None = None) -> None:
        super().__init__("Validation failed", code=code, fields=fields)

    @classmethod
    def of(cls, field: str, *sentences: str, code: str | None = None) -> InvalidFields:
        """The same for a single field."""
        return cls({field: list(sentences)}, code=code)
