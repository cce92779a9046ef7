"""Where the shop sends to, how, and for how much. The rules over these rows are in `orders/shipping.py`."""

from __future__ import annotations

from django.db import models


class ZoneRegion(models.TextChoices):
    """Which countries a zone covers; one country is a selection of one."""

    ALL = "all", "The whole world"
    INCLUDED = "included", "Only the listed countries"
    EXCLUDED = "excluded", "All but the listed countries"


class MethodType(models.TextChoices):
    """Semantics 2.3."""

    FLAT_RATE = "flat_rate", "Flat rate"
    FREE_SHIPPING = "free_shipping", "Free shipping"
    LOCAL_PICKUP = "local_pickup", "Local pickup"


class RateBasis(models.TextChoices):
    """What a method's rate is multiplied with (semantics 7.11, `configure_rate`)."""

    PER_ORDER = "per_order", "Once per order"
    PER_ITEM = "per_item", "Per piece"
    PER_PRICE = "per_price", "A percentage of the physical subtotal"
    PER_WEIGHT = "per_weight", "By weight tier"


class ClassAggregation(models.TextChoices):
    """How the surcharges of shipping classes add up (semantics 7.11)."""

    SUM_ALL = "sum_all", "The sum of all"
    HIGHEST_CLASS = "highest_class", "Only the highest"


class SurchargeType(models.TextChoices):
    """How a shipping class charges."""

    FIXED = "fixed", "An amount"
    PERCENTAGE = "percentage", "A percentage of the unit price"


class ShippingClass(models.Model):
    """A surcharge for things that are hard to send.

    `cost_cents` counts when `type` is fixed, `cost_basis_points` (hundredths of a percent) when it is a percentage.
    """

    name = models.CharField(max_length=192, unique=True)
    description = models.CharField(max_length=500, blank=True)
    type = models.CharField(max_length=20, choices=SurchargeType, default=SurchargeType.FIXED)
    cost_cents = models.PositiveBigIntegerField(default=0)
    cost_basis_points = models.PositiveIntegerField(default=0, help_text="250 is 2.5 percent.")
    per_item = models.BooleanField(default=False, help_text="Charge for every piece, not once a line.")

    class Meta:
        verbose_name_plural = "shipping classes"
        constraints = [
            models.CheckConstraint(condition=models.Q(type__in=SurchargeType.values), name="shipping_class_type_known"),
        ]

    def __str__(self) -> str:
        return self.name


class ShippingZone(models.Model):
    """A set of countries with shipping methods of its own. `countries` is a list of ISO codes."""

    name = models.CharField(max_length=192)
    region = models.CharField(max_length=20, choices=ZoneRegion, default=ZoneRegion.ALL)
    countries = models.JSONField(default=list, blank=True, help_text='A list of ISO codes: ["US", "CA"].')
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(region__in=ZoneRegion.values), name="zone_region_known"),
        ]

    def __str__(self) -> str:
        return self.name


class ShippingMethod(models.Model):
    """A way to send an order; `slug` is the `id` that the orders document shows ("standard").

    `rate_cents` counts per order or per piece, `rate_basis_points` per price, and `weight_tiers`
    ([{"min_grams": 0, "max_grams": 5000, "rate_cents": 500}], a max of 0 is open) per weight.
    `states` limits the method to those states of the zone's countries; empty means all.
    """

    zone = models.ForeignKey(ShippingZone, on_delete=models.CASCADE, related_name="methods")
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=192)
    description = models.CharField(max_length=500, blank=True)
    estimated_days = models.CharField(max_length=50, blank=True, help_text='A range such as "3-5".')
    type = models.CharField(max_length=20, choices=MethodType, default=MethodType.FLAT_RATE)
    is_enabled = models.BooleanField(default=True)
    states = models.JSONField(default=list, blank=True)
    rate_basis = models.CharField(max_length=20, choices=RateBasis, default=RateBasis.PER_ORDER)
    rate_cents = models.PositiveBigIntegerField(default=0)
    rate_basis_points = models.PositiveIntegerField(default=0, help_text="250 is 2.5 percent.")
    weight_tiers = models.JSONField(default=list, blank=True)
    class_aggregation = models.CharField(max_length=20, choices=ClassAggregation, default=ClassAggregation.SUM_ALL)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(type__in=MethodType.values), name="method_type_known"),
            models.CheckConstraint(condition=models.Q(rate_basis__in=RateBasis.values), name="method_rate_basis_known"),
            models.CheckConstraint(
                condition=models.Q(class_aggregation__in=ClassAggregation.values),
                name="method_class_aggregation_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title
