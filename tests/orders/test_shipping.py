"""Which shipping methods apply and what they cost."""

import pytest

from fluentcart.errors import InvalidFields
from orders.errors import InvalidProduct
from orders.models import ShippingClass, ShippingMethod, ShippingZone
from orders.services.shipping import list_methods, quote
from orders.shipping import ShippedLine, method_cost, method_serves, offers, zone_covers
from tests.orders.factories import (
    ShippingClassFactory,
    ShippingMethodFactory,
    ShippingZoneFactory,
    VariationFactory,
)
from tests.orders.shop import line


@pytest.mark.parametrize(
    ("region", "countries", "country", "is_covered"),
    [
        ("all", [], "FR", True),
        ("included", ["US", "CA"], "US", True),
        ("included", ["US", "CA"], "FR", False),
        ("included", [], "US", False),
        ("excluded", ["US"], "US", False),
        ("excluded", ["US"], "FR", True),
    ],
)
def test_a_zone_covers_its_countries(region, countries, country, is_covered):
    assert zone_covers(ShippingZone(region=region, countries=countries), country) is is_covered


@pytest.mark.parametrize(
    ("columns", "state", "serves"),
    [
        ({}, "NY", True),
        ({"states": ["NY", "NJ"]}, "ny", True),
        ({"states": ["NY"]}, "CA", False),
        ({"states": ["NY"]}, "", False),
        ({"is_enabled": False}, "NY", False),
    ],
)
def test_a_method_serves_its_states_while_it_is_enabled(columns, state, serves):
    method = ShippingMethod(zone=ShippingZone(), **columns)

    assert method_serves(method, country="US", state=state) is serves


TIERS = [
    {"min_grams": 0, "max_grams": 1000, "rate_cents": 300},
    {"min_grams": 1001, "max_grams": 5000, "rate_cents": 700},
]
OPEN_TIER = [{"min_grams": 0, "max_grams": 0, "rate_cents": 900}]


@pytest.mark.parametrize(
    ("columns", "cost"),
    [
        pytest.param({"rate_cents": 500}, 500, id="per order"),
        pytest.param({"rate_cents": 500, "type": "free_shipping"}, 0, id="free"),
        pytest.param({"rate_cents": 500, "rate_basis": "per_item"}, 1500, id="per piece"),
        pytest.param({"rate_basis": "per_price", "rate_basis_points": 250}, 75, id="2.5 percent of 3000"),
        pytest.param({"rate_basis": "per_weight", "weight_tiers": TIERS}, 700, id="the tier of 1200 grams"),
        pytest.param({"rate_basis": "per_weight", "weight_tiers": TIERS[:1]}, None, id="too heavy for every tier"),
        pytest.param({"rate_basis": "per_weight", "weight_tiers": OPEN_TIER}, 900, id="an open tier"),
    ],
)
def test_what_a_method_costs(columns, cost):
    lines = [ShippedLine(True, quantity=3, unit_price_cents=1000, weight_grams=400)]

    assert method_cost(ShippingMethod(**columns), lines) == cost


@pytest.mark.parametrize(("aggregation", "cost"), [("sum_all", 500 + 100 + 75), ("highest_class", 500 + 100)])
def test_shipping_classes_add_their_surcharges(aggregation, cost):
    fixed = ShippingClass(type="fixed", cost_cents=100)
    percentage = ShippingClass(type="percentage", cost_basis_points=250, per_item=True)
    lines = [
        ShippedLine(True, quantity=3, unit_price_cents=1000, shipping_class=fixed),
        ShippedLine(True, quantity=3, unit_price_cents=1000, shipping_class=percentage),
    ]

    assert method_cost(ShippingMethod(rate_cents=500, class_aggregation=aggregation), lines) == cost


def test_nothing_applies_to_digital_lines_and_they_cost_nothing_beside_physical_ones():
    method = ShippingMethod(zone=ShippingZone(), rate_basis="per_item", rate_cents=100)
    digital = ShippedLine(False, quantity=5, unit_price_cents=1000)
    physical = ShippedLine(True, quantity=2, unit_price_cents=1000)

    assert offers([method], lines=[digital], country="US", state="") == []
    assert [offer.cost_cents for offer in offers([method], lines=[digital, physical], country="US", state="")] == [200]


@pytest.mark.django_db
class TestRows:
    def test_a_quote_lists_what_applies_in_the_shop_s_order(self):
        ShippingMethodFactory(slug="express", rate_cents=1000)
        ShippingMethodFactory(slug="standard", rate_cents=500)
        ShippingMethodFactory(slug="first", rate_cents=9000, zone=ShippingZoneFactory(position=0), position=0)
        ShippingMethod.objects.exclude(slug="first").update(position=1)
        ShippingMethodFactory(slug="off", is_enabled=False)
        ShippingMethodFactory(slug="abroad", zone=ShippingZoneFactory(region="excluded", countries=["US"]))

        found = quote(items=[line(VariationFactory(), 2)], country="us", state="NY", postcode="10001")

        assert [(o.method.slug, o.cost_cents) for o in found] == [
            ("first", 9000), ("standard", 500), ("express", 1000),
        ]  # fmt: skip

    @pytest.mark.parametrize("count", [1, 9])
    def test_a_quote_is_two_queries(self, django_assert_num_queries, count):
        lines = [line(VariationFactory(shipping_class=ShippingClassFactory())) for _ in range(count)]
        for _ in range(count):
            ShippingMethodFactory()

        with django_assert_num_queries(2):
            found = quote(items=lines, country="US")

        assert [o.cost_cents for o in found] == [500 + 100 * count] * count

    def test_a_quote_refuses_an_unknown_variation(self):
        with pytest.raises(InvalidProduct) as refusal:
            quote(items=[{"product_id": 1, "variation_id": 2**70, "quantity": 1}], country="US")

        assert refusal.value.code == "invalid_product"
        assert list(refusal.value.fields) == ["items[0].variation_id"]

    def test_a_quote_refuses_no_items(self):
        with pytest.raises(InvalidFields) as refusal:
            quote(items=[], country="US")

        assert list(refusal.value.fields) == ["items"]

    def test_the_list_shows_all_methods_or_those_of_a_country_or_the_cost_of_items(self):
        ShippingMethodFactory(
            slug="us", rate_basis="per_item", zone=ShippingZoneFactory(region="included", countries=["US"])
        )
        ShippingMethodFactory(slug="world", type="free_shipping")
        items = [line(VariationFactory(), 3)]

        shown = [
            [(o.method.slug, o.cost_cents) for o in found]
            for found in (list_methods(), list_methods(country="fr"), list_methods(country="US", items=items))
        ]

        assert shown == [[("world", 0), ("us", 500)], [("world", 0)], [("world", 0), ("us", 1500)]]
