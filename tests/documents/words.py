"""Words and envelopes that several documents share."""

from __future__ import annotations

from tests.documents.example import OneOf, Shape

ORDER_STATUS = OneOf("pending", "on-hold", "processing", "completed", "canceled", "failed")
PAYMENT_STATUS = OneOf("pending", "paid", "partially_paid", "failed", "refunded", "partially_refunded", "authorized")
PAGINATION = {"current_page": int, "per_page": int, "total": int, "total_pages": int}

ADDRESS = {
    **dict.fromkeys(("name", "email", "address_1", "address_2", "city", "state", "postcode", "country", "phone"), str),
    "id": int,
    "type": OneOf("billing", "shipping"),
    "is_primary": bool,
    "label": str,
}


def done(data: Shape, message: str | None = None) -> Shape:
    """A success, wrapped."""
    return {"success": True, "data": data} | ({"message": message} if message else {})


def refused(code: str, **more: Shape) -> Shape:
    """A refusal with the code of the error table."""
    return {"success": False, "code": code, "error": {"code": code}, **more}
