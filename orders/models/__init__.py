"""Orders with their items, transactions and addresses; the catalogue; shipping."""

from orders.models.address import OrderAddress
from orders.models.catalog import Fulfillment, PaymentType, Product, ProductStatus, ProductVariation
from orders.models.item import OrderItem
from orders.models.number import NumberCounter
from orders.models.order import Order
from orders.models.shipping import (
    ClassAggregation,
    MethodType,
    RateBasis,
    ShippingClass,
    ShippingMethod,
    ShippingZone,
    SurchargeType,
    ZoneRegion,
)
from orders.models.tally import OrderTally, OrderTallyDelta, OrderTermTally, OrderTermTallyDelta
from orders.models.transaction import OrderTransaction

__all__ = [
    "ClassAggregation",
    "Fulfillment",
    "MethodType",
    "NumberCounter",
    "Order",
    "OrderAddress",
    "OrderItem",
    "OrderTally",
    "OrderTallyDelta",
    "OrderTermTally",
    "OrderTermTallyDelta",
    "OrderTransaction",
    "PaymentType",
    "Product",
    "ProductStatus",
    "ProductVariation",
    "RateBasis",
    "ShippingClass",
    "ShippingMethod",
    "ShippingZone",
    "SurchargeType",
    "ZoneRegion",
]
