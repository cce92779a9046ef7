"""Money that goes back, in three steps: reserve it, call the gateway without a lock, settle or release it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fluentcart.compiled import compiled, insert_all, update
from fluentcart.deadlocks import tried_again
from fluentcart.errors import InvalidFields, NotFound
from fluentcart.history.models import Verb
from fluentcart.history.record import made, record, write
from fluentcart.history.tracking import remember
from orders import states
from orders.errors import GatewayFailed, InvalidTransition
from orders.gateways.base import Gateway, GatewayRefused, GatewayUncertain, get_gateway
from orders.models import Order, OrderTransaction
from orders.services.locks import lock_order
from orders.services.payment import save_progress
from orders.services.refund_plan import ItemInput, plan_refund, split_plan
from orders.services.statistics import recount_customer
from orders.services.stock import StockLedger

log = logging.getLogger(__name__)

ORIGINAL = "original_payment_method"
MANUAL = "manual"
REFUND_METHODS = (ORIGINAL, MANUAL)


def refund_order(
    *,
    order_id: int,
    amount_cents: int | None = None,
    items: Sequence[ItemInput] | None = None,
    reason: str = "",
    refund_method: str = ORIGINAL,
    transaction_id: int | None = None,
    request_key: str = "",
) -> OrderTransaction:
    """Give money of an order back through the gateways that captured it. Call it outside of a transaction.

    Args, reserve errors: as `reserve_refund`.

    Returns:
        The settled refund, the first one when several charges share it; `requested_cents` is the whole, and
        `plan["shared_with"]` names the others.

    Raises:
        GatewayFailed: (code refund_failed) a gateway refused, and that part is released; or it did not answer, and
            that part stays pending until the command `settle_refunds` knows more. Other charges' parts are settled.

    Holds no lock while a gateway works.
    Source: orders document, "Refund Order"; decisions, "Refund in three steps".
    """
    refunds = reserve_refund(
        order_id=order_id,
        amount_cents=amount_cents,
        items=items,
        reason=reason,
        refund_method=refund_method,
        transaction_id=transaction_id,
        request_key=request_key,
    )
    failures: list[GatewayFailed] = []
    settled: list[OrderTransaction] = []
    for refund in refunds:
        try:
            # Whoever names the request may be asking again: the gateway is first asked what it knows.
            settled.append(finish(refund, is_retry=bool(request_key)))
        except GatewayFailed as failure:
            failures.append(failure)
    if failures:
        refunded_cents = sum(refund.amount_cents for refund in settled)
        details = failures[0].details | {"refunded_cents": refunded_cents}
        raise GatewayFailed(failures[0].message, outcome=details["outcome"], refunded_cents=refunded_cents)
    return settled[0]


@tried_again
@transaction.atomic(durable=True)
def reserve_refund(
    *,
    order_id: int,
    amount_cents: int | None = None,
    items: Sequence[ItemInput] | None = None,
    reason: str = "",
    refund_method: str = ORIGINAL,
    transaction_id: int | None = None,
    request_key: str = "",
) -> list[OrderTransaction]:
    """Set money of an order aside that gateways are about to give back.

    Args:
        order_id: an order with money that was paid and not given back; its status does not matter.
        amount_cents: above zero, in minor units; None takes the sum of `items`.
        items: lines {"id", "quantity", "restock"} that come back; None or empty spreads the amount over all lines.
        reason: shown to staff; may be empty.
        refund_method: original_payment_method (the gateway of each charge) or manual.
        transaction_id: primary key of the only charge to use; None takes the newest charges first.
        request_key: names the request; what an earlier one of that name reserved is returned as it stands now,
            instead of another reserve, unless all of it was released. "" for none.

    Returns:
        Pending `refund` rows, one for each charge that is needed. They count against what may still be refunded,
        and not yet in the order's totals; `settle_refund` or `release_refund` ends each.

    Raises:
        OrderNotFound, ChargeNotFound.
        InvalidFields: no amount and no items, a line or quantity that is not the order's, an unknown method.
        RefundFailed: nothing was paid, or not so much is left.

    Locks the order: two refunds of one order queue up, and neither can spend the same money.
    """
    if refund_method not in REFUND_METHODS:
        raise InvalidFields.of("refund_method", f"Use one of: {', '.join(REFUND_METHODS)}.")
    order = lock_order(order_id)
    if request_key and (begun := reserved_by(request_key)):
        return begun
    plan = plan_refund(order, amount_cents=amount_cents, items=items or [], charge_id=transaction_id)
    now = timezone.now()
    refunds = [
        OrderTransaction(
            order=order,
            parent=part.charge,
            type=states.TransactionType.REFUND.value,
            status=states.TransactionStatus.PENDING.value,
            amount_cents=part.amount_cents,
            currency=part.charge.currency,
            mode=part.charge.mode,
            payment_method=part.charge.payment_method,
            gateway=MANUAL if refund_method == MANUAL else part.charge.gateway or MANUAL,
            reason=reason,
            plan={"lines": part.lines},
            created_at=now,
            updated_at=now,
        )
        for part in split_plan(plan)
    ]
    refunds[0].request_key = request_key or None
    insert_all(refunds)
    if len(refunds) > 1:
        first, *others = refunds
        first.plan |= {"requested_cents": plan.amount_cents, "shared_with": [other.pk for other in others]}
        update(first, ["plan"])
    write([made(Verb.REFUND_RESERVED, refund) for refund in refunds])
    return refunds


def reserved_by(request_key: str) -> list[OrderTransaction]:
    """All rows of the refund that a request reserved, with their charges, as they stand now; its order is locked.

    Nothing, when the gateways refused all of it: the money is free again, and so is the name.
    """
    rows = OrderTransaction.objects.select_related("parent")
    first = rows.filter(request_key=request_key).first()
    if first is None:
        return []
    others = rows.filter(pk__in=first.plan.get("shared_with", [])).order_by("pk")
    found = [remember(refund) for refund in (first, *others)]
    if any(refund.status != states.TransactionStatus.FAILED for refund in found):
        return found
    first.request_key = None
    update(first, ["request_key"])
    return []


def finish(refund: OrderTransaction, *, is_retry: bool) -> OrderTransaction:
    """Carry out one row of a refund, or tell how an earlier request ended it.

    Raises:
        GatewayFailed: as `carry_out`; also for a row that was released before.
    """
    if refund.status == states.TransactionStatus.REFUNDED:
        return refund
    if refund.status == states.TransactionStatus.FAILED:
        message = f"The gateway {refund.gateway} refused the refund: {refund.failure}"
        raise GatewayFailed(message, outcome="refused", refunded_cents=0)
    return carry_out(refund, is_retry=is_retry)


def carry_out(refund: OrderTransaction, *, is_retry: bool = False) -> OrderTransaction:
    """Ask the gateway for a reserved refund and book what it answers.

    Args:
        refund: a pending row with `parent` loaded.
        is_retry: an earlier call had an uncertain end.

    Returns:
        The settled row.

    Raises:
        GatewayFailed: the row is released (refused) or stays pending (uncertain).
    """
    charge = refund.parent
    assert charge is not None, "the database demands it of every refund"
    try:
        reference = _gateway(refund.gateway, is_retry=is_retry).refund(
            charge_reference=charge.vendor_charge_id,
            amount_cents=refund.amount_cents,
            currency=refund.currency,
            idempotency_key=refund.uuid,
            is_retry=is_retry,
        )
    except GatewayRefused as error:
        release_refund(refund_id=refund.pk, failure=str(error))
        message = f"The gateway {refund.gateway} refused the refund: {error}"
        raise GatewayFailed(message, outcome="refused", refunded_cents=0) from error
    except GatewayUncertain as error:
        log.warning("Refund %s of order %s is uncertain: %s", refund.pk, refund.order_id, error)
        message = f"The gateway {refund.gateway} did not answer; the refund stays pending and will be settled"
        raise GatewayFailed(message, outcome="uncertain", refunded_cents=0) from error
    return settle_refund(refund_id=refund.pk, reference=reference)


def _gateway(name: str, *, is_retry: bool) -> Gateway:
    """A gateway that is not set up has made no refund, unless it was when an earlier call asked it.

    Raises:
        GatewayRefused, GatewayUncertain.
    """
    try:
        return get_gateway(name)
    except GatewayRefused as error:
        if is_retry:
            raise GatewayUncertain(str(error)) from error
        raise


def claim_refund(*, refund_id: int, untouched_since: datetime) -> bool:
    """Take a pending refund in hand, unless somebody did since then: one of several that settle at once gets it."""
    pending = OrderTransaction.objects.filter(
        pk=refund_id, status=states.TransactionStatus.PENDING, updated_at__lte=untouched_since
    )
    return pending.update(updated_at=timezone.now()) == 1


@tried_again
@transaction.atomic
def settle_refund(*, refund_id: int, reference: str) -> OrderTransaction:
    """Book a refund that a gateway has made: totals, statuses, lines, stock, statistics. Twice books once.

    Args:
        refund_id: primary key of a refund.
        reference: the gateway's id of it.

    Raises:
        NotFound: no such refund.
        InvalidTransition: it was released.

    Locks the order, the variations that get pieces back, the customer.
    Source: semantics 7.7, 3.3, 3.5; decisions, "Refund in three steps".
    """
    order, refund = _lock_refund(refund_id)
    if refund.status == states.TransactionStatus.REFUNDED:
        return refund
    if refund.status != states.TransactionStatus.PENDING:
        raise InvalidTransition(f"Refund with ID {refund_id} is {refund.status}")
    _end(refund, states.TransactionStatus.REFUNDED, vendor_charge_id=reference)
    ledger = StockLedger.lock([order.pk])
    by_id = {item.pk: item for item in ledger.items}
    for line in refund.plan["lines"]:
        ledger.refund(by_id[line["item_id"]], amount_cents=line["amount_cents"], restock_count=line["restock_count"])
    _book(order, refund)
    save_progress(order, ledger)
    record(Verb.REFUNDED, refund, parts={"order": order})
    recount_customer(customer_id=order.customer_id)
    return refund


@tried_again
@transaction.atomic
def release_refund(*, refund_id: int, failure: str) -> OrderTransaction:
    """Give up a reserved refund that the gateway refused: it fails, and its money can be refunded again.

    Args:
        refund_id: primary key of a refund.
        failure: what the gateway said.

    Raises:
        NotFound: no such refund.
        InvalidTransition: it was settled.

    Locks the order.
    """
    _, refund = _lock_refund(refund_id)
    if refund.status == states.TransactionStatus.REFUNDED:
        raise InvalidTransition(f"Refund with ID {refund_id} is settled")
    _end(refund, states.TransactionStatus.FAILED, failure=failure)
    record(Verb.REFUND_RELEASED, refund)
    return refund


def _lock_refund(refund_id: int) -> tuple[Order, OrderTransaction]:
    """A refund under its order's lock; a deleted order's refund must be ended too."""
    found = refund_by_id(pk=refund_id)
    order_ids = found.tuples("order_id")
    if not order_ids:
        raise NotFound("transaction", refund_id)
    order = lock_order(order_ids[0][0], with_deleted=True)
    refund = found.first()
    assert refund is not None, "its order is locked"
    return order, remember(refund)


@compiled
def refund_by_id(pk: Any) -> QuerySet[OrderTransaction]:
    """The refund with a primary key."""
    return OrderTransaction.objects.filter(pk=pk, type=states.TransactionType.REFUND)


def _end(refund: OrderTransaction, status: states.TransactionStatus, **columns: str) -> None:
    refund.status = status.value
    refund.updated_at = timezone.now()
    for column, text in columns.items():
        setattr(refund, column, text)
    update(refund, ["status", "updated_at", *columns])


def _book(order: Order, refund: OrderTransaction) -> None:
    """Totals and payment status of a locked order, in memory; `total_paid_cents` stays gross (semantics 7.7)."""
    order.total_refund_cents += refund.amount_cents
    order.updated_at = refund.updated_at
    if order.total_refund_cents >= order.total_paid_cents:
        order.payment_status = states.PaymentStatus.REFUNDED.value
        order.refunded_at = refund.updated_at
    else:
        order.payment_status = states.PaymentStatus.PARTIALLY_REFUNDED.value
