"""Make an order: prices from the catalogue, addresses as snapshots, stock held, a charge waiting to be paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import AddressType, Customer, CustomerStatus
from fluentcart.compiled import insert, insert_all, new, update_all
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
from orders.services.numbers import number_sales_order, number_sales_order_early
from orders.services.payment import settle_free_order
from orders.services.shipping import chosen_offer
from orders.totals import OrderTotals, order_totals, spread_shipping


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
    # What locks nothing comes before the transaction: on SQLite all other writers wait from its beginning on.
    lines = read_lines(items)
    given = {AddressType.BILLING.value: billing_address, AddressType.SHIPPING.value: shipping_address}
    order = _draft(lines, payment_method=payment_method, shipping_method=shipping_method, note=note, mode=mode)
    drafts = Drafts(order, lines, _items(lines), _charge(order))
    try:
        return _place(drafts, customer_id=customer_id, given=given)
    except IntegrityError:
        read_lines(items)  # InvalidProduct, when one of them was deleted meanwhile
        raise


@dataclass(frozen=True, slots=True)
class Drafts:
    """An order as far as it is known before anything is locked.

    Args:
        items: one for each line.
        charge: what is to be paid, stored only when something is.
    """

    order: Order
    lines: Sequence[Line]
    items: Sequence[OrderItem]
    charge: OrderTransaction


@transaction.atomic
def _place(drafts: Drafts, *, customer_id: int, given: Mapping[str, Fields | None]) -> Order:
    """Lock what the order depends on, hold its stock, and store it."""
    order, lines = drafts.order, drafts.lines
    variations = lock_variations({line.variation.pk for line in lines if line.variation.manage_stock})
    order.customer = _orderable_customer(customer_id)
    addresses = snapshots(customer_id=customer_id, given=given)
    shipping_cents = _shipping_cents(order.shipping_method, lines, addresses)
    _hold(lines, drafts.items, variations)
    totals = order_totals(subtotals_cents=[line.subtotal_cents for line in lines], shipping_cents=shipping_cents)
    check_credit_limit(customer_id=customer_id, order_cents=totals.total_amount_cents, mode=order.mode)
    _save(drafts, totals, addresses)
    update_all(list(variations.values()), stock.VARIATION_COUNTERS)
    settle_free_order(order)
    # Before the number is taken: whoever wants the next one waits for this transaction.
    record(Verb.CREATED, order, parts={f"{address.type}_address": address for address in addresses})
    number_sales_order(order)
    return order


def _draft(
    lines: Sequence[Line], *, payment_method: str, shipping_method: str | None, note: str, mode: str | None
) -> Order:
    """The order without its customer, its sums and its number."""
    is_physical = any(line.is_physical for line in lines)
    return new(
        Order,
        payment_method=payment_method,
        shipping_method=shipping_method or "",
        note=note,
        mode=mode or settings.ORDER_MODE,
        currency=settings.SHOP_CURRENCY,
        fulfillment_type=(Fulfillment.PHYSICAL if is_physical else Fulfillment.DIGITAL).value,
        shipping_status=(states.ShippingStatus.UNSHIPPED if is_physical else states.ShippingStatus.NONE).value,
    )


def _items(lines: Sequence[Line]) -> list[OrderItem]:
    """The lines of the order, which hold no stock and carry no shipping yet."""
    return [
        new(
            OrderItem,
            product_id=line.variation.product_id,
            variation_id=line.variation.pk,
            title=line.variation.product.title,
            variation_title=line.variation.title,
            sku=line.variation.sku or "",
            fulfillment_type=line.variation.fulfillment_type,
            payment_type=line.variation.payment_type,
            quantity=line.quantity,
            unit_price_cents=line.variation.price_cents,
            subtotal_cents=line.subtotal_cents,
            line_total_cents=line.subtotal_cents,
        )
        for line in lines
    ]


def _charge(order: Order) -> OrderTransaction:
    """What is to be paid, without the amount."""
    return new(OrderTransaction, currency=order.currency, mode=order.mode, payment_method=order.payment_method)


def _orderable_customer(customer_id: int) -> Customer:
    """The customer, locked: an order cannot be made while the customer is being deleted."""
    customer = lock_customers(customer_id).get(customer_id)
    if customer is None:
        raise InvalidCustomer(customer_id)
    if customer.status != CustomerStatus.ACTIVE:
        raise InvalidCustomer(customer_id, "is inactive")
    return customer


def _shipping_cents(slug: str, lines: Sequence[Line], addresses: Sequence[OrderAddress]) -> int:
    """What the chosen method costs to the shipping address, or to the billing address when there is none."""
    if not slug:
        return 0
    by_type = {address.type: address for address in addresses}
    place = by_type.get(AddressType.SHIPPING) or by_type.get(AddressType.BILLING) or OrderAddress()
    shipped = [line.shipped for line in lines]
    return chosen_offer(slug=slug, lines=shipped, country=str(place.country), state=place.state).cost_cents


def _hold(lines: Sequence[Line], items: Sequence[OrderItem], variations: Mapping[int, ProductVariation]) -> None:
    """Hold the pieces of each line in the locked variations, in memory, and note it in its item.

    Two lines of one variation count together (semantics 3.5).
    """
    wrong = {}
    for index, (line, item) in enumerate(zip(lines, items, strict=True)):
        variation = variations.get(line.variation.pk)
        if variation is None or not variation.manage_stock:
            continue
        if line.quantity > variation.available_count and not variation.backorders:
            wrong[f"items[{index}].quantity"] = [f"Only {max(variation.available_count, 0)} left in stock."]
        stock.hold(variation, line.quantity)
        item.held_count = line.quantity
    if wrong:
        raise OutOfStock(wrong)


def _save(drafts: Drafts, totals: OrderTotals, addresses: Sequence[OrderAddress]) -> None:
    """Write the order with its lines, addresses and pending charge."""
    order, items, charge = drafts.order, drafts.items, drafts.charge
    order.subtotal_cents = totals.subtotal_cents
    order.shipping_total_cents = totals.shipping_total_cents
    order.total_amount_cents = totals.total_amount_cents
    order.created_at = order.updated_at = charge.created_at = charge.updated_at = timezone.now()
    number_sales_order_early(order)
    insert(order)
    charge.amount_cents = order.total_amount_cents
    rows: tuple[OrderItem | OrderAddress | OrderTransaction, ...] = (*items, *addresses, charge)
    for row in rows:
        row.order_id = order.pk
    if totals.shipping_total_cents:
        _spread_shipping(drafts, totals.shipping_total_cents)
    insert_all(items, addresses, [charge] if order.total_amount_cents else [])


def _spread_shipping(drafts: Drafts, shipping_cents: int) -> None:
    """What each physical line carries of it."""
    pairs = zip(drafts.lines, drafts.items, strict=True)
    physical = [item for line, item in pairs if line.is_physical]
    charges = spread_shipping(
        shipping_cents,
        line_totals_cents=[item.line_total_cents for item in physical],
        quantities=[item.quantity for item in physical],
    )
    for item, cents in zip(physical, charges, strict=True):
        item.shipping_charge_cents = cents
