"""The states that the documents' examples start from, put into a fresh demo (decisions, "Demo data")."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from customers.models import Customer, CustomerAddress
from orders.models import Order, OrderItem, OrderTransaction
from orders.services.statistics import recount_customer
from orders.states import OrderStatus, PaymentStatus, ShippingStatus, TransactionStatus

SPARE_CUSTOMER = 456
BUSINESS_CUSTOMER = 456


@transaction.atomic
def pending_orders(*order_ids: int) -> None:
    """Orders that nobody has paid and nothing of which was sent."""
    orders = Order.objects.filter(pk__in=order_ids)
    orders.update(
        status=OrderStatus.PENDING.value,
        payment_status=PaymentStatus.PENDING.value,
        shipping_status=ShippingStatus.UNSHIPPED.value,
        total_paid_cents=0,
        total_refund_cents=0,
        receipt_number=None,
        invoice_no="",
        search_text="",
        **dict.fromkeys(("paid_at", "shipped_at", "delivered_at", "completed_at", "refunded_at")),
    )
    OrderItem.objects.filter(order__in=order_ids).update(fulfilled_count=0)
    charges = OrderTransaction.objects.filter(order__in=order_ids)
    charges.update(status=TransactionStatus.PENDING.value, vendor_charge_id="")
    for customer_id in sorted(set(orders.values_list("customer_id", flat=True))):
        recount_customer(customer_id=customer_id)


def pending_order() -> None:
    """Order 1 waits for its payment."""
    pending_orders(1)


def pending_order_2() -> None:
    """Order 2, which is customer 1's, waits for its payment: its addresses may be changed."""
    pending_orders(2)


def three_pending_orders() -> None:
    """Orders 1, 2 and 3 wait for their payments."""
    pending_orders(1, 2, 3)


def no_customer_999() -> None:
    """Nobody is customer 999; a large demo has one."""
    Order.with_deleted.filter(customer=999).update(customer=SPARE_CUSTOMER)
    Customer.objects.filter(pk=999).delete()


def no_order_999() -> None:
    """Nothing is order 999; a large demo has one."""
    OrderTransaction.objects.filter(order=999, parent__isnull=False).delete()
    Order.with_deleted.filter(pk=999).delete()


def customers_without_orders() -> None:
    """Customers 1, 2 and 3 never ordered anything, so that they may be deleted."""
    Order.with_deleted.filter(customer__in=[1, 2, 3]).update(customer=SPARE_CUSTOMER)


def customer_with_user() -> None:
    """User 2 is customer 1."""
    Customer.objects.filter(user=2).update(user=None)
    Customer.objects.filter(pk=1).update(user=User.objects.get(pk=2))


def second_billing_address() -> None:
    """Address 2 is a billing address, as "Set Primary Address" has it; the list of addresses has it as shipping."""
    CustomerAddress.objects.filter(pk=2).update(type="billing")


def business_notes() -> None:
    """Somebody took the note about customer 456 that the B2B document shows."""
    Customer.objects.filter(pk=BUSINESS_CUSTOMER).update(notes="High-value customer with consistent orders")


def business_with_open_order() -> None:
    """Something is due on customer 456's newest order."""
    newest = Order.objects.filter(customer=BUSINESS_CUSTOMER).latest("pk")
    pending_orders(newest.pk)
