"""Rows for tests: products, shipping, and orders as the services leave them."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from orders.models import (
    Order,
    OrderItem,
    OrderTransaction,
    Product,
    ProductVariation,
    ShippingClass,
    ShippingMethod,
    ShippingZone,
)
from tests.customers.factories import CustomerFactory


class ProductFactory(DjangoModelFactory):
    """A published product."""

    class Meta:
        model = Product

    title = factory.Sequence(lambda n: f"Product {n}")
    slug = factory.Sequence(lambda n: f"product-{n}")
    search_text = factory.LazyAttribute(lambda product: product.title.casefold())


class VariationFactory(DjangoModelFactory):
    """A physical variation of 25.00 whose stock is not tracked; `stock=3` tracks three pieces."""

    class Meta:
        model = ProductVariation

    class Params:
        stock = None

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    price_cents = 2500
    manage_stock = factory.LazyAttribute(lambda variation: variation.stock is not None)
    available_count = factory.LazyAttribute(lambda variation: variation.stock or 0)


class ShippingClassFactory(DjangoModelFactory):
    """A surcharge of 1.00 a line."""

    class Meta:
        model = ShippingClass

    name = factory.Sequence(lambda n: f"Class {n}")
    cost_cents = 100


class ShippingZoneFactory(DjangoModelFactory):
    """The whole world."""

    class Meta:
        model = ShippingZone

    name = "Everywhere"


class ShippingMethodFactory(DjangoModelFactory):
    """Five units flat."""

    class Meta:
        model = ShippingMethod

    zone = factory.SubFactory(ShippingZoneFactory)
    slug = factory.Sequence(lambda n: f"method-{n}")
    title = "Standard Shipping"
    rate_cents = 500


class OrderFactory(DjangoModelFactory):
    """A pending, unpaid order of 50.00 without lines; `paid=True` is paid, processing, with a manual charge."""

    class Meta:
        model = Order
        skip_postgeneration_save = True

    class Params:
        paid = factory.Trait(
            status="processing",
            payment_status="paid",
            total_paid_cents=factory.SelfAttribute("total_amount_cents"),
            charge=factory.RelatedFactory(
                "tests.orders.factories.ChargeFactory", factory_related_name="order", status="succeeded"
            ),
        )

    customer = factory.SubFactory(CustomerFactory)
    currency = "USD"
    shipping_status = "unshipped"
    subtotal_cents = factory.SelfAttribute("total_amount_cents")
    total_amount_cents = 5000


class ItemFactory(DjangoModelFactory):
    """Two pieces for 50.00."""

    class Meta:
        model = OrderItem

    order = factory.SubFactory(OrderFactory)
    variation = factory.SubFactory(VariationFactory)
    product = factory.SelfAttribute("variation.product")
    title = factory.SelfAttribute("product.title")
    quantity = 2
    unit_price_cents = factory.SelfAttribute("variation.price_cents")
    subtotal_cents = factory.LazyAttribute(lambda item: item.unit_price_cents * item.quantity)
    line_total_cents = factory.SelfAttribute("subtotal_cents")


class ChargeFactory(DjangoModelFactory):
    """A charge of the whole order, captured by hand."""

    class Meta:
        model = OrderTransaction

    order = factory.SubFactory(OrderFactory)
    amount_cents = factory.SelfAttribute("order.total_amount_cents")
    currency = "USD"
    gateway = "manual"
