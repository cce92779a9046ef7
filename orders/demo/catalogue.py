"""What the demo shop sells and how it sends it: a table of products, and the rows made from it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.text import slugify

from orders.demo.writing import Row, moment

PHYSICAL, DIGITAL = "physical", "digital"

# Product: id, title, fulfillment, status, description; then lines of
# "variation title | sku | price in minor units | weight in grams | stock when it is managed".
# Ids and prices of product 456 are the documents'; further words after the stock: backorders, inactive, subscription.
CATALOGUE = """
1 Canvas Tote Bag: physical published; Heavy cotton, printed by hand.
  Natural | TOTE-NAT | 1800 | 240 | 160
  Black | TOTE-BLK | 1800 | 240 | 95
2 Enamel Mug: physical published; Holds 350 ml and survives the campfire.
  White | MUG-WHT | 1450 | 310 | 220
  Navy | MUG-NVY | 1450 | 310 | 0
  Forest | MUG-FOR | 1450 | 310 | 48
3 Linen Apron: physical published; Washed linen with two pockets.
  Sand | APRON-SND | 4200 | 380 | 35
  Olive | APRON-OLV | 4200 | 380 | 12
4 Fountain Pen: physical published; Steel nib, refillable.
  Fine | PEN-F | 5900 | 45 | 60
  Medium | PEN-M | 5900 | 45 | 55
  Broad | PEN-B | 5900 | 45 | 8
5 Dot Grid Notebook: physical published; 160 pages that lie flat.
  A5 | NOTE-A5 | 1500 | 260 |
  B5 | NOTE-B5 | 1900 | 340 |
6 Desk Lamp: physical published; Brass arm, warm light.
  | LAMP-01 | 12900 | 1900 | 18
7 Wool Blanket: physical published; Woven in a small mill.
  Grey | BLANKET-GRY | 9900 | 1400 | 25
  Rust | BLANKET-RST | 9900 | 1400 | 0 | backorders
8 Ceramic Planter: physical published; Glazed, with a saucer.
  Small | PLANT-S | 2400 | 700 | 70
  Medium | PLANT-M | 3600 | 1300 | 44
  Large | PLANT-L | 5400 | 2600 | 9
9 Coffee Beans: physical published; Roasted on Mondays.
  250 g | COFFEE-250 | 1190 | 270 |
  1 kg | COFFEE-1000 | 3890 | 1040 |
10 Pour-Over Set: physical published; Dripper, carafe and forty filters.
  | POUR-01 | 4900 | 950 | 30
11 Merino Socks: physical published; Two pairs.
  S | SOCK-S | 2200 | 90 | 130
  M | SOCK-M | 2200 | 90 | 145
  L | SOCK-L | 2200 | 90 | 80
12 Rain Jacket: physical published; Light, packs into its pocket.
  S | JACKET-S | 14900 | 420 | 14
  M | JACKET-M | 14900 | 420 | 20
  L | JACKET-L | 14900 | 420 | 11
  XL | JACKET-XL | 14900 | 420 | 0
13 Hiking Backpack: physical published; 28 litres.
  Moss | PACK-MOSS | 11900 | 980 | 22
  Slate | PACK-SLATE | 11900 | 980 | 17
14 Water Bottle: physical published; Keeps cold for a day.
  500 ml | BOTTLE-500 | 2600 | 290 | 240
  750 ml | BOTTLE-750 | 3100 | 360 | 180
15 Board Game: physical published; For two to five, half an hour.
  | GAME-01 | 3900 | 1100 | 40
16 Jigsaw Puzzle: physical published; A thousand pieces.
  Harbour | PUZZLE-HRB | 2300 | 640 | 33
  Orchard | PUZZLE-ORC | 2300 | 640 | 28
17 Scented Candle: physical published; Burns for forty hours.
  Cedar | CANDLE-CED | 2100 | 330 |
  Fig | CANDLE-FIG | 2100 | 330 |
18 Hand Soap: physical published; Olive oil, no perfume.
  | SOAP-01 | 890 | 120 | 400
19 Standing Desk: physical published; Oak top; comes in two parcels.
  120 cm | DESK-120 | 48900 | 32000 | 6 | bulky
  160 cm | DESK-160 | 56900 | 39000 | 4 | bulky
20 Office Chair: physical published; Adjustable in every direction.
  | CHAIR-01 | 32900 | 17000 | 7 | bulky
21 Watercolour E-Book: digital published; 84 pages, PDF and EPUB.
  | EBOOK-WATER | 1000 | 0 |
22 Typography Course: digital published; Six hours of video.
  Basic | COURSE-TYPE-B | 4900 | 0 |
  With feedback | COURSE-TYPE-F | 14900 | 0 | 90
23 Icon Set: digital published; 600 icons, SVG and font.
  Personal | ICON-P | 1900 | 0 |
  Team | ICON-T | 7900 | 0 |
24 Photo Presets: digital published; Twelve looks.
  | PRESET-12 | 2900 | 0 |
25 Recipe Planner: digital published; A spreadsheet that writes the shopping list.
  | PLANNER-01 | 700 | 0 |
26 Ambient Album: digital published; Nine tracks, FLAC.
  | ALBUM-01 | 1200 | 0 |
27 WordPress Theme: digital published; One year of updates.
  Single site | THEME-1 | 5900 | 0 |
  Unlimited | THEME-U | 19900 | 0 |
28 Online Workshop: digital published; Live, twenty seats.
  Spring | WORKSHOP-SPR | 8900 | 0 | 20
  Autumn | WORKSHOP-AUT | 8900 | 0 | 14
29 Coffee Club: physical published; A bag every month.
  Monthly | CLUB-M | 1490 | 270 | | subscription
30 Prototype Keyboard: physical draft; Not for sale yet.
  | KEYBOARD-0 | 19900 | 900 | 2
31 Wall Calendar: physical private; Last year's, for friends of the house.
  | CALENDAR-OLD | 500 | 300 | | inactive
456 Sample Product: physical published; The product that the API documents use.
  | SP-001 | 2500 | 500 |
"""
FIXED_VARIATION_IDS = {"SP-001": 789}
BULKY_CLASS_ID = 1


class Variation(NamedTuple):
    """What an order line needs to know about a variation; `stock` is None when it is not managed."""

    id: int
    product_id: int
    product_title: str
    title: str
    sku: str
    price_cents: int
    grams: int
    fulfillment: str
    stock: int | None
    words: frozenset[str]
    is_for_sale: bool


class Product(NamedTuple):
    """A product of the table above."""

    id: int
    title: str
    fulfillment: str
    status: str
    description: str


def read_product(line: str) -> Product:
    """One line such as "1 Canvas Tote Bag: physical published; Heavy cotton." """
    head, _, rest = line.partition(": ")
    number, _, title = head.partition(" ")
    kind, _, description = rest.partition("; ")
    fulfillment, status = kind.split()
    return Product(int(number), title, fulfillment, status, description)


def read_variation(line: str, product: Product, variation_id: int) -> Variation:
    """One indented line such as "Natural | TOTE-NAT | 1800 | 240 | 160 | backorders"."""
    title, sku, price, grams, stock, *words = (cell.strip() for cell in line.split("|"))
    return Variation(
        FIXED_VARIATION_IDS.get(sku, variation_id),
        product.id,
        product.title,
        title,
        sku,
        int(price),
        int(grams),
        product.fulfillment,
        int(stock) if stock else None,
        frozenset(words),
        product.status == "published" and not {"inactive", "subscription"}.intersection(words),
    )


def read_catalogue() -> tuple[list[Product], list[Variation]]:
    """The table above as products and variations; variations are numbered from 1 but for the documents' own."""
    products: list[Product] = []
    variations: list[Variation] = []
    for line in CATALOGUE.strip().splitlines():
        if line.startswith(" "):
            variations.append(read_variation(line, products[-1], len(variations) + 1))
        else:
            products.append(read_product(line))
    return products, variations


PRODUCTS, VARIATIONS = read_catalogue()
BY_SKU = {variation.sku: variation for variation in VARIATIONS}
PRODUCT_FIELDS = "id title slug description status search_text created_at updated_at"
VARIATION_FIELDS = (
    "id product_id title sku price_cents compare_price_cents cost_cents fulfillment_type payment_type is_active"
    " manage_stock backorders available_count weight_grams shipping_class_id created_at updated_at"
)


def product_rows(created: int) -> list[Row]:
    """Rows of PRODUCT_FIELDS."""
    when = moment(created)
    return [
        (p.id, p.title, slugify(p.title), p.description, p.status, p.title.casefold(), when, when) for p in PRODUCTS
    ]


def variation_rows(created: int) -> list[Row]:
    """Rows of VARIATION_FIELDS. Held and committed pieces are counted once the orders are known."""
    when = moment(created)
    return [
        (
            v.id,
            v.product_id,
            v.title,
            v.sku,
            v.price_cents,
            v.price_cents * 5 // 4 if v.id % 7 == 0 else 0,
            v.price_cents * 2 // 5,
            v.fulfillment,
            "subscription" if "subscription" in v.words else "onetime",
            "inactive" not in v.words,
            v.stock is not None,
            "backorders" in v.words,
            v.stock or 0,
            v.grams,
            BULKY_CLASS_ID if "bulky" in v.words else None,
            when,
            when,
        )
        for v in VARIATIONS
    ]


LABELS = ("VIP", "Newsletter", "Returning", "Wholesale", "Press")
# Only these two methods: the orders document lists exactly them, for any address.
ZONE_FIELDS, ZONES = "id name", [(1, "Everywhere")]
CLASS_FIELDS = "id name description cost_cents per_item"
CLASSES = [(BULKY_CLASS_ID, "Bulky", "Comes with a truck.", 2500, True)]
METHOD_FIELDS = "id zone_id slug title description estimated_days rate_cents position"
METHODS = [
    (1, 1, "standard", "Standard Shipping", "Standard ground shipping", "3-5", 500, 0),
    (2, 1, "express", "Express Shipping", "Express shipping", "1-2", 1000, 1),
]
SHIPPING_RATES = {slug: rate for _, _, slug, _, _, _, rate, _ in METHODS}
