"""Make an order: prices from the catalogue, addresses as snapshots, stock held, a charge waiting to be paid."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from customers.models import AddressType, Customer, CustomerStatus
from fluentcart.compiled import insert, insert_all, update_all
from fluentcart.history.models import Verb
from fluentcart.history.record import record
from orders import states
from orders.errors import InvalidCustomer, OutOfStock
from orders.models import Fulfillment, Order, OrderAddress, OrderItem, OrderTransaction, ProductVariation
from orders.services import stock
from orders.services.accounts import check_credit_limit
from orders.services.address import Fields, snapshots
from orders.services.catalog import Line, LineInput, read_lines
from orders.services.locks import lock_customers, lock_variations
from orders.services.numbers import number_sales_order
from orders.services.payment import settle_free_order
from orders.services.shipping import chosen_offer
from orders.totals import OrderTotals, order_totals, spread_shipping


@transaction.atomic
def create_order(
    *,
    customer_id: int,
    items: Sequence[LineInput],
    billing_address: Fields | None = None,
    shipping_address: Fields | None = None,
    payment_method: str = "",
    note: str = "",
    shipping_method: str | None = None,
    mode: str | None = None,
) -> Order:
    """A new order, pending and unpaid; one that costs nothing is paid at once.

    Args:
        customer_id: an active customer.
        items: at least one line of `product_id`, `variation_id` and `quantity`; the price is the catalogue's.
        billing_address, shipping_address: fields as in `address.merged`; None copies the customer's primary.
        payment_method: a word that is recorded; no gateway is called (C68).
        note: free text.
        shipping_method: a method's slug; shipping is charged only when it is given.
        mode: live or test; None means the shop's setting.

    Returns:
        The order, saved, with `customer` loaded. Money is in minor units of the shop's currency.

    Raises:
        InvalidCustomer: unknown or inactive.
        InvalidProduct, SubscriptionLine, OutOfStock, InvalidFields: with the path of the line or field.
        CreditLimitExceeded: of a business account, where the shop's settings say that limits hold.

    Locks the variations whose stock is managed, then the customer, last the counter of order numbers.
    Source: orders document, "Create Order"; semantics 3.5, 6.1, C48; decisions, "Money and stock".
    """
    lines = read_lines(items)
    variations = lock_variations({line.variation.pk for line in lines if line.variation.manage_stock})
    customer = _orderable_customer(customer_id)
    given = {AddressType.BILLING.value: billing_address, AddressType.SHIPPING.value: shipping_address}
    addresses = snapshots(customer_id=customer_id, given=given)
    shipping_cents = _shipping_cents(shipping_method, lines, addresses)
    held = _held_counts(lines, variations)
    totals = order_totals(subtotals_cents=[line.subtotal_cents for line in lines], shipping_cents=shipping_cents)
    check_credit_limit(customer_id=customer_id, order_cents=totals.total_amount_cents, mode=mode)
    order = Order(
        customer=customer,
        payment_method=payment_method,
        shipping_method=shipping_method or "",
        note=note,
        mode=mode or settings.ORDER_MODE,
    )
    _save(order, totals, lines, held, addresses)
    update_all(list(variations.values()), stock.VARIATION_COUNTERS)
    settle_free_order(order)
    # Before the number is taken: whoever wants the next one waits for this transaction.
    record(Verb.CREATED, order, parts={f"{address.type}_address": address for address in addresses})
    number_sales_order(order)
    return order


def _orderable_customer(customer_id: int) -> Customer:
    """The customer, locked: an order cannot be made while the customer is being deleted."""
    customer = lock_customers(customer_id).get(customer_id)
    if customer is None:
        raise InvalidCustomer(customer_id)
    if customer.status != CustomerStatus.ACTIVE:
        raise InvalidCustomer(customer_id, "is inactive")
    return customer


def _shipping_cents(slug: str | None, lines: Sequence[Line], addresses: Sequence[OrderAddress]) -> int:
    """What the chosen method costs to the shipping address, or to the billing address when there is none."""
    if not slug:
        return 0
    by_type = {address.type: address for address in addresses}
    place = by_type.get(AddressType.SHIPPING) or by_type.get(AddressType.BILLING) or OrderAddress()
    shipped = [line.shipped for line in lines]
    return chosen_offer(slug=slug, lines=shipped, country=str(place.country), state=place.state).cost_cents


def _held_counts(lines: Sequence[Line], variations: dict[int, ProductVariation]) -> list[int]:
    """Hold the pieces of each line in the locked variations, in memory; how many each line holds.

    Two lines of one variation count together (semantics 3.5).
    """
    held, wrong = [], {}
    for index, line in enumerate(lines):
        variation = variations.get(line.variation.pk)
        if variation is None or not variation.manage_stock:
            held.append(0)
            continue
        if line.quantity > variation.available_count and not variation.backorders:
            wrong[f"items[{index}].quantity"] = [f"Only {max(variation.available_count, 0)} left in stock."]
        stock.hold(variation, line.quantity)
        held.append(line.quantity)
    if wrong:
        raise OutOfStock(wrong)
    return held


def _save(
    order: Order,
    totals: OrderTotals,
    lines: Sequence[Line],
    held: Sequence[int],
    addresses: Sequence[OrderAddress],
) -> None:
    """Write the order with its lines, addresses and pending charge."""
    is_physical = any(line.is_physical for line in lines)
    order.currency = settings.SHOP_CURRENCY
    order.fulfillment_type = Fulfillment.PHYSICAL if is_physical else Fulfillment.DIGITAL
    order.shipping_status = states.ShippingStatus.UNSHIPPED if is_physical else states.ShippingStatus.NONE
    order.subtotal_cents = totals.subtotal_cents
    order.shipping_total_cents = totals.shipping_total_cents
    order.total_amount_cents = totals.total_amount_cents
    order.updated_at = order.created_at
    insert(order)
    for address in addresses:
        address.order = order
    charges = []
    if order.total_amount_cents:
        charge = OrderTransaction(
            order=order,
            amount_cents=order.total_amount_cents,
            currency=order.currency,
            mode=order.mode,
            payment_method=order.payment_method,
        )
        charges.append(charge)
    insert_all(_items(order, lines, held, totals.shipping_total_cents), addresses, charges)


def _items(order: Order, lines: Sequence[Line], held: Sequence[int], shipping_cents: int) -> list[OrderItem]:
    charges = iter(
        spread_shipping(
            shipping_cents,
            line_totals_cents=[line.subtotal_cents for line in lines if line.is_physical],
            quantities=[line.quantity for line in lines if line.is_physical],
        )
    )
    return [
        OrderItem(
            order=order,
            product=line.variation.product,
            variation=line.variation,
            title=line.variation.product.title,
            variation_title=line.variation.title,
            sku=line.variation.sku or "",
            fulfillment_type=line.variation.fulfillment_type,
            payment_type=line.variation.payment_type,
            quantity=line.quantity,
            unit_price_cents=line.variation.price_cents,
            subtotal_cents=line.subtotal_cents,
            line_total_cents=line.subtotal_cents,
            shipping_charge_cents=next(charges) if line.is_physical else 0,
            held_count=count,
        )
        for line, count in zip(lines, held, strict=True)
    ]
