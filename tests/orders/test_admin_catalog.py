"""The admin's pages of products and shipping: money in major units, stock that no edit overwrites, checked codes."""

from __future__ import annotations

import pytest

from accounts.capabilities import Role
from orders.models import Product, ProductVariation, ShippingClass, ShippingMethod, ShippingZone
from tests.admin_pages import errors_of, form_of, messages_of, queries_of, staff
from tests.orders.factories import (
    ProductFactory,
    ShippingClassFactory,
    ShippingMethodFactory,
    ShippingZoneFactory,
    VariationFactory,
)
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db

PRODUCTS = "/admin/orders/product/"
VARIATIONS = "/admin/orders/productvariation/"
ZONES = "/admin/orders/shippingzone/"
METHODS = "/admin/orders/shippingmethod/"
CLASSES = "/admin/orders/shippingclass/"
ZONE = {"name": "North America", "region": "included", "countries": "us, CA us", "position": 0}
METHOD = {
    "slug": "air", "title": "By air", "type": "flat_rate", "is_enabled": "on", "states": "ny ca",
    "rate_basis": "per_order", "rate_cents": "12.50", "rate_basis_points": 0, "weight_tiers": "",
    "class_aggregation": "sum_all", "position": 0,
}  # fmt: skip


@pytest.fixture
def admin():
    return staff()


def page(row) -> str:
    return f"/admin/orders/{row._meta.model_name}/{row.pk}/change/"


def edited(client, row, **changes):
    """A page's form as a browser would send it; what the product itself lacks is its first variation's."""
    form = form_of(client.get(page(row)))
    return form | {name if name in form else f"variations-0-{name}": value for name, value in changes.items()}


def product_form(**changes) -> dict[str, object]:
    form = {"title": "Mug", "slug": "mug", "status": "published", "variations-TOTAL_FORMS": 1}
    row = {
        "sku": "MUG-1", "price_cents": "19.99", "compare_price_cents": "0", "cost_cents": "5", "is_active": "on",
        "fulfillment_type": "physical", "payment_type": "onetime", "manage_stock": "on", "available_count": 7,
        "weight_grams": 300,
    }  # fmt: skip
    row |= {name: changes.pop(name) for name in list(changes) if name in row}
    return form | {"variations-INITIAL_FORMS": 0} | {f"variations-0-{name}": row[name] for name in row} | changes


@pytest.mark.parametrize(
    ("role", "products", "shipping"),
    [
        pytest.param(Role.SUPER_ADMIN, [200] * 3, [200] * 3, id="super_admin"),
        pytest.param(Role.MANAGER, [200] * 3, [200, 200, 403], id="manager"),
        pytest.param(Role.WORKER, [200, 200, 403], [403] * 3, id="worker"),
        pytest.param(Role.ACCOUNTANT, [200, 200, 403], [403] * 3, id="accountant"),
    ],
)
def test_pages_open_by_the_capability_table(role, products, shipping):
    client, product, method = staff(role), VariationFactory().product, ShippingMethodFactory()

    assert [client.get(url).status_code for url in (PRODUCTS, page(product), f"{PRODUCTS}add/")] == products
    assert [client.get(url).status_code for url in (METHODS, page(method), f"{METHODS}add/")] == shipping


def test_whoever_may_only_look_sees_money_and_no_fields():
    product, method = VariationFactory().product, ShippingMethodFactory()
    worker, manager = staff(Role.WORKER), staff(Role.MANAGER)

    assert "25.00 USD" in worker.get(page(product)).content.decode()
    assert "5.00 USD" in manager.get(page(method)).content.decode()
    assert worker.post(page(product), {"title": "x"}).status_code == 403
    assert manager.post(page(method), {"title": "x"}).status_code == 403


@pytest.mark.parametrize("url", [PRODUCTS, VARIATIONS, ZONES, METHODS, CLASSES])
def test_a_list_costs_the_same_for_many(admin, url):
    counts = []
    for more in (1, 8):
        VariationFactory.create_batch(more)
        ShippingMethodFactory.create_batch(more)
        ShippingClassFactory.create_batch(more)
        counts.append(queries_of(admin, url))

    assert counts[0] == counts[1]


def test_a_page_costs_the_same_for_many_rows(admin):
    product, zone = ProductFactory(), ShippingZoneFactory()
    counts = []
    for more in (1, 8):
        VariationFactory.create_batch(more, product=product)
        ShippingMethodFactory.create_batch(more, zone=zone)
        ShippingClassFactory.create_batch(more)
        counts.append((queries_of(admin, page(product)), queries_of(admin, page(zone))))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("term", ["ÉCHARPE", "mug-9"])
def test_a_product_is_found_by_title_in_any_case_or_sku(admin, term):
    wanted = VariationFactory(sku="MUG-9", product=ProductFactory(title="Écharpe")).product
    VariationFactory()

    r = admin.get(PRODUCTS, {"q": term})

    assert [product.pk for product in r.context["cl"].result_list] == [wanted.pk]


def test_a_product_is_made_with_its_variation_and_can_be_searched(admin):
    r = admin.post(f"{PRODUCTS}add/", product_form())

    product = Product.objects.get()
    variation = product.variations.get()
    assert r.headers["Location"] == PRODUCTS
    assert (product.search_text, variation.sku, variation.price_cents, variation.cost_cents) == (
        "mug", "MUG-1", 1999, 500,
    )  # fmt: skip
    assert (variation.manage_stock, variation.available_count) == (True, 7)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"price_cents": "19.999"}, "price_cents", id="too many decimals"),
        pytest.param({"price_cents": "free"}, "price_cents", id="no amount"),
        pytest.param({"price_cents": ""}, "price_cents", id="no price"),
        pytest.param({"sku": "TAKEN"}, "sku", id="taken sku"),
        pytest.param({"available_count": -1}, "available_count", id="below zero"),
    ],
)
def test_a_variation_that_cannot_be_is_refused_beside_the_field(admin, changes, field):
    VariationFactory(sku="TAKEN")

    r = admin.post(f"{PRODUCTS}add/", product_form(**changes))

    assert list(r.context["inline_admin_formsets"][0].formset.errors[0]) == [field]
    assert Product.objects.count() == 1


def test_a_changed_product_keeps_what_was_not_changed(admin):
    variation = VariationFactory(stock=5, sku=None)
    place(variation)
    product = variation.product

    r = admin.post(page(product), edited(admin, product, title="Écharpe", price_cents="30"))

    product.refresh_from_db()
    assert r.status_code == 302, errors_of(r)
    assert (product.title, product.search_text) == ("Écharpe", "écharpe")
    assert counters(variation) == (3, 2, 0)
    assert (variation.price_cents, variation.sku) == (3000, None)


def test_saving_a_page_gives_back_no_piece_that_was_ordered_meanwhile(admin):
    variation = VariationFactory(stock=5)
    form = edited(admin, variation.product, title="New")
    place(variation)

    r = admin.post(page(variation.product), form)

    assert r.status_code == 302
    assert counters(variation) == (3, 2, 0)


def test_a_count_that_is_out_of_date_is_refused(admin):
    variation = VariationFactory(stock=5)
    form = edited(admin, variation.product, available_count=9, title="New")
    place(variation)

    r = admin.post(page(variation.product), form)

    assert errors_of(r) == {"__all__": ["Meanwhile 3 are available. Count again."]}
    assert counters(variation) == (3, 2, 0)
    assert Product.objects.get().title != "New"


def test_a_fresh_count_is_stored(admin):
    variation = VariationFactory(stock=5)

    admin.post(page(variation.product), edited(admin, variation.product, available_count=9))

    assert counters(variation) == (9, 0, 0)


def test_a_product_that_was_ordered_stays_and_another_goes(admin):
    variation, other = VariationFactory(), VariationFactory()
    place(variation)
    form = {"action": "delete_selected", "_selected_action": [variation.product_id, other.product_id], "post": "yes"}

    r = admin.post(PRODUCTS, form, follow=True)

    name = variation.product.title
    refusal = f"{name}: {name} was ordered and stays. Make it a draft to stop selling it."
    assert messages_of(r) == ["1 product deleted.", refusal]
    assert list(ProductVariation.objects.all()) == [variation]


def test_an_ordered_variation_is_not_removed_from_its_product(admin):
    variation = VariationFactory()
    place(variation)
    form = form_of(admin.get(page(variation.product))) | {"variations-0-DELETE": "on"}

    r = admin.post(page(variation.product), form)

    assert r.status_code == 200
    assert ProductVariation.objects.get() == variation


# --- Shipping ----------------------------------------------------------------------------------


def test_a_zone_takes_a_list_of_countries(admin):
    admin.post(f"{ZONES}add/", ZONE)

    assert ShippingZone.objects.get().countries == ["US", "CA"]


@pytest.mark.parametrize("countries", ["US, XX", "USA", ""], ids=["unknown", "three letters", "none"])
def test_a_zone_without_sound_countries_is_refused(admin, countries):
    r = admin.post(f"{ZONES}add/", ZONE | {"countries": countries})

    assert list(errors_of(r)) == ["countries"]
    assert ShippingZone.objects.count() == 0


def test_a_method_takes_money_states_and_tiers(admin):
    tiers = "0-5000: 5.00\n5001-: 9.5"

    r = admin.post(f"{METHODS}add/", METHOD | {"zone": ShippingZoneFactory().pk, "weight_tiers": tiers})

    method = ShippingMethod.objects.get()
    assert r.status_code == 302
    assert (method.rate_cents, method.states) == (1250, ["NY", "CA"])
    assert method.weight_tiers == [
        {"min_grams": 0, "max_grams": 5000, "rate_cents": 500},
        {"min_grams": 5001, "max_grams": 0, "rate_cents": 950},
    ]
    assert form_of(admin.get(page(method)))["weight_tiers"] == "0-5000: 5.00\n5001-: 9.50"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"slug": "taken"}, "slug", id="taken slug"),
        pytest.param({"rate_cents": "-1"}, "rate_cents", id="negative rate"),
        pytest.param({"rate_basis": "per_weight"}, "weight_tiers", id="by weight without tiers"),
        pytest.param({"weight_tiers": "heavy: 5"}, "weight_tiers", id="no tier"),
        pytest.param({"weight_tiers": "9-5: 1"}, "weight_tiers", id="ends before it starts"),
        pytest.param({"weight_tiers": "0-5: x"}, "weight_tiers", id="no amount"),
    ],
)
def test_a_method_that_cannot_be_is_refused_beside_the_field(admin, changes, field):
    zone = ShippingMethodFactory(slug="taken").zone

    r = admin.post(f"{METHODS}add/", METHOD | {"zone": zone.pk} | changes)

    assert list(errors_of(r)) == [field]
    assert ShippingMethod.objects.count() == 1


def test_a_class_is_stored_in_minor_units(admin):
    admin.post(f"{CLASSES}add/", {"name": "Bulky", "type": "fixed", "cost_cents": "3", "cost_basis_points": 0})

    assert ShippingClass.objects.get().cost_cents == 300
