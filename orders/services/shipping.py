"""Shipping methods read from the database, for the rules in `orders/shipping.py` to judge."""

from __future__ import annotations

from collections.abc import Sequence

from fluentcart.errors import InvalidFields
from orders.models import ShippingMethod
from orders.services.catalog import LineInput, read_lines
from orders.shipping import Offer, ShippedLine, in_order, listed_cost, method_cost, method_serves, offers


def list_methods(
    *, country: str | None = None, state: str | None = None, items: Sequence[LineInput] | None = None
) -> list[Offer]:
    """The enabled methods, or those that send to a country, with their cost.

    Args:
        country: an ISO code in any case; None lists the methods of every zone.
        state: the state of that country; only looked at with a country.
        items: lines to compute the costs for; None shows each method's plain rate.

    Raises:
        InvalidProduct, InvalidFields: as `read_lines`.

    Two queries at most. Source: orders document, "Get Shipping Methods"; semantics C61.
    """
    lines = [line.shipped for line in read_lines(items)] if items is not None else None
    found = []
    for method in enabled_methods():
        if country and not method_serves(method, country=country.upper(), state=state or ""):
            continue
        cost_cents = _cost(method, lines)
        if cost_cents is not None:
            found.append(Offer(method, cost_cents))
    return in_order(found)


def _cost(method: ShippingMethod, lines: Sequence[ShippedLine] | None) -> int | None:
    if lines is None:
        return listed_cost(method)
    physical = [line for line in lines if line.is_physical]
    return method_cost(method, physical) if physical else None


def quote(*, items: Sequence[LineInput], country: str, state: str = "", postcode: str = "") -> list[Offer]:
    """The methods that can send these items to a place, with their cost in minor units; perhaps none.

    Args:
        items: lines as in `create_order`; stock is not looked at.
        country: an ISO code in any case.
        state: compared without regard to case.
        postcode: taken because the document sends it; no method depends on one.

    Raises:
        InvalidProduct, InvalidFields: as `read_lines`.

    Two queries. Source: orders document, "Calculate Shipping"; semantics 7.11.
    """
    lines = [line.shipped for line in read_lines(items)]
    return offers(enabled_methods(), lines=lines, country=country.upper(), state=state)


def chosen_offer(*, slug: str, lines: Sequence[ShippedLine], country: str, state: str) -> Offer:
    """The offer of one method for an order.

    Raises:
        InvalidFields: under "shipping_method": unknown, disabled, or it does not send these lines there.
    """
    methods = enabled_methods()
    if slug not in {method.slug for method in methods}:
        raise InvalidFields.of("shipping_method", f'There is no shipping method "{slug}".')
    for offer in offers(methods, lines=lines, country=country.upper(), state=state):
        if offer.method.slug == slug:
            return offer
    raise InvalidFields.of("shipping_method", f'The shipping method "{slug}" does not apply to this order.')


def enabled_methods() -> list[ShippingMethod]:
    """Every method that is switched on, with its zone; one query."""
    return list(ShippingMethod.objects.select_related("zone").filter(is_enabled=True))
