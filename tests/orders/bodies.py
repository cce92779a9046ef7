"""The exact bodies that the orders document's objects have, from rows; times as they are in the row."""

from __future__ import annotations

from typing import Any

from orders.models import Order, OrderAddress, OrderItem, OrderTransaction, Product, ProductVariation
from tests.customers.bodies import stamp

PAGINATION = {"current_page": 1, "per_page": 10, "total": 1, "total_pages": 1}


def order_scalars(order: Order) -> dict[str, Any]:
    """What every answer shows of an order."""
    return {
        "id": order.pk,
        "uuid": order.uuid,
        "status": order.status,
        "order_status": order.status,
        "payment_status": order.payment_status,
        "shipping_status": order.shipping_status,
        "mode": order.mode,
        "type": order.type,
        "fulfillment_type": order.fulfillment_type,
        "customer_id": order.customer_id,
        "currency": order.currency,
        "subtotal": order.subtotal_cents,
        "discount_total": order.discount_total_cents,
        "shipping_total": order.shipping_total_cents,
        "tax_total": order.tax_total_cents,
        "total_amount": order.total_amount_cents,
        "total_paid": order.total_paid_cents,
        "total_refund": order.total_refund_cents,
        "payment_method": order.payment_method,
        "shipping_method": order.shipping_method,
        "note": order.note,
        "receipt_number": order.receipt_number,
        "invoice_no": order.invoice_no,
        "created_at": stamp(order.created_at),
        "updated_at": stamp(order.updated_at),
        "completed_at": stamp(order.completed_at),
        "refunded_at": stamp(order.refunded_at),
    }


def item_row(item: OrderItem) -> dict[str, Any]:
    """A line in a list of orders."""
    return {
        "id": item.pk,
        "product_id": item.product_id,
        "variation_id": item.variation_id,
        "title": item.title,
        "variation_title": item.variation_title,
        "sku": item.sku,
        "quantity": item.quantity,
        "price": item.unit_price_cents,
        "subtotal": item.subtotal_cents,
        "discount_total": item.discount_total_cents,
        "tax_amount": item.tax_amount_cents,
        "shipping_charge": item.shipping_charge_cents,
        "line_total": item.line_total_cents,
        "refund_total": item.refund_total_cents,
        "fulfilled_quantity": item.fulfilled_count,
        "restocked_quantity": item.restocked_count,
        "fulfillment_type": item.fulfillment_type,
        "payment_type": item.payment_type,
    }


def item_detail(item: OrderItem) -> dict[str, Any]:
    """A line of a single order."""
    product = {"id": item.product_id, "title": item.product.title, "sku": item.variation.sku or ""}
    return item_row(item) | {"product": product}


def transaction_row(transaction: OrderTransaction) -> dict[str, Any]:
    """A charge or a refund of an order."""
    return {
        "id": transaction.pk,
        "uuid": transaction.uuid,
        "type": transaction.type,
        "parent_id": transaction.parent_id,
        "payment_method": transaction.payment_method,
        "gateway": transaction.gateway,
        "status": transaction.status,
        "amount": transaction.amount_cents,
        "currency": transaction.currency,
        "transaction_id": transaction.vendor_charge_id,
        "reason": transaction.reason,
        "created_at": stamp(transaction.created_at),
        "updated_at": stamp(transaction.updated_at),
    }


def address_row(address: OrderAddress) -> dict[str, Any]:
    """An address of an order, its name whole and split at the first space."""
    first_name, _, last_name = address.name.partition(" ")
    return {
        "id": address.pk,
        "type": address.type,
        "name": address.name,
        "first_name": first_name,
        "last_name": last_name,
        "email": address.email,
        "phone": address.phone,
        "company_name": address.company_name,
        "address_1": address.address_1,
        "address_2": address.address_2,
        "city": address.city,
        "state": address.state,
        "postcode": address.postcode,
        "country": str(address.country),
    }


def customer_of(order: Order) -> dict[str, Any]:
    """The customer as an order shows them."""
    customer = order.customer
    return {
        "id": customer.pk,
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
    }


def order_row(order: Order, **changes: Any) -> dict[str, Any]:
    """An order in a list."""
    items = [item_row(item) for item in order.items.order_by("pk")]
    return order_scalars(order) | {"customer": customer_of(order), "order_items": items} | changes


def order_detail(order: Order, **changes: Any) -> dict[str, Any]:
    """A single order, as it stands in the database."""
    order = Order.objects.get(pk=order.pk)
    addresses = {address.type: address_row(address) for address in order.addresses.order_by("type")}
    return (
        order_scalars(order)
        | {
            "customer": customer_of(order),
            "order_items": [item_detail(item) for item in order.items.order_by("pk")],
            "transactions": [transaction_row(row) for row in order.transactions.order_by("pk")],
            "order_addresses": list(addresses.values()),
            "billing_address": addresses.get("billing"),
            "shipping_address": addresses.get("shipping"),
        }
        | changes
    )


def variation_row(variation: ProductVariation, **changes: Any) -> dict[str, Any]:
    """A variation that is sold without counting its stock."""
    return {
        "id": variation.pk,
        "title": variation.title,
        "sku": variation.sku or "",
        "price": variation.price_cents,
        "compare_price": 0,
        "fulfillment_type": "physical",
        "payment_type": "onetime",
        "is_active": True,
        "manage_stock": False,
        "backorders": False,
        "stock_status": "in-stock",
        "available": 0,
    } | changes


def product_row(product: Product, *variations: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A product with its variations."""
    return {
        "id": product.pk,
        "title": product.title,
        "slug": product.slug,
        "description": product.description,
        "status": product.status,
        "created_at": stamp(product.created_at),
        "updated_at": stamp(product.updated_at),
        "variations": list(variations),
    } | changes
