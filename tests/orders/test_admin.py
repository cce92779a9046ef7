"""The admin's pages of orders: looked at, and changed only through the services of the API."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.capabilities import Role
from orders.admin.create import NO_ADDRESS
from orders.models import Order
from tests.admin_pages import errors_of, form_of, messages_of, queries_of, staff
from tests.customers.factories import CustomerAddressFactory, CustomerFactory
from tests.orders.factories import (
    ChargeFactory,
    ItemFactory,
    OrderFactory,
    ProductFactory,
    ShippingMethodFactory,
    VariationFactory,
)
from tests.orders.shop import counters, place

pytestmark = pytest.mark.django_db

ORDERS = "/admin/orders/order/"
STEPS = ("mark-as-paid", "refund", "change-status", "change-customer", "new-customer", "addresses", "add-note")
LINES = {"lines-TOTAL_FORMS": 8, "lines-INITIAL_FORMS": 0}


@pytest.fixture
def admin():
    return staff()


def page(order: Order, name: str = "change") -> str:
    return f"{ORDERS}{order.pk}/{name}/"


def refusals_of(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def act(client, action: str, *orders: Order, **more):
    form = {"action": action, "_selected_action": [order.pk for order in orders]} | more
    return client.post(ORDERS, form, follow=True)


@pytest.mark.parametrize(
    ("role", "pages", "steps"),
    [
        pytest.param(Role.SUPER_ADMIN, [200] * 4, [200] * 7, id="super_admin"),
        pytest.param(Role.MANAGER, [200] * 4, [200] * 7, id="manager"),
        pytest.param(Role.WORKER, [200, 200, 403, 403], [403, 403, 200, 403, 403, 403, 200], id="worker"),
        pytest.param(Role.ACCOUNTANT, [200, 200, 403, 403], [403] * 7, id="accountant"),
        pytest.param(Role.NONE, [302] * 4, [302] * 7, id="nobody"),
    ],
)
def test_pages_open_by_the_capability_table(role, pages, steps):
    client, order = staff(role), OrderFactory()
    urls = [ORDERS, page(order), f"{ORDERS}add/", page(order, "delete")]

    assert [client.get(url).status_code for url in urls] == pages
    assert [client.get(page(order, step)).status_code for step in STEPS] == steps
    if role:
        html = client.get(page(order)).content.decode()
        assert [page(order, step) in html for step in STEPS] == [status == 200 for status in steps]


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT])
def test_whoever_may_only_look_moves_no_money_and_deletes_nothing(role):
    client, order = staff(role), OrderFactory()

    statuses = [client.post(page(order, step), {"note": "x"}).status_code for step in ("mark-as-paid", "refund")]
    statuses.append(client.post(page(order), {"note": "x"}).status_code)
    statuses.append(client.post(page(order, "delete"), {"post": "yes"}).status_code)
    act(client, "change_status", order, status="canceled")
    act(client, "delete_selected", order, post="yes")

    order.refresh_from_db()
    assert statuses == [403] * 4
    assert (order.status, order.note, order.deleted_at) == ("pending", "", None)


def test_a_step_needs_a_csrf_token():
    client, order = Client(enforce_csrf_checks=True), OrderFactory()
    client.cookies = staff().cookies

    assert client.post(page(order, "mark-as-paid"), {}).status_code == 403
    assert Order.objects.get().payment_status == "pending"


@pytest.mark.parametrize("term", ["INV-77", "ADA@", "mug", "id"])
def test_an_order_is_found_by_number_customer_product_or_id(admin, term):
    OrderFactory(customer=CustomerFactory(email="eve@example.com", first_name="Eve", search_text="eve@example.com"))
    wanted = OrderFactory(
        invoice_no="INV-777", search_text="inv-777", customer=CustomerFactory(search_text="ada@example.com")
    )
    ItemFactory(order=wanted, variation=VariationFactory(product=ProductFactory(title="A Mug")))

    r = admin.get(ORDERS, {"q": wanted.pk if term == "id" else term})

    assert [order.pk for order in r.context["cl"].result_list] == [wanted.pk]


def test_the_list_filters_shows_money_and_hides_deleted_orders(admin):
    paid = OrderFactory(paid=True, total_amount_cents=123456)
    OrderFactory()
    OrderFactory(paid=True, deleted_at=paid.created_at)

    r = admin.get(f"{ORDERS}?payment_status__exact=paid")

    assert [order.pk for order in r.context["cl"].result_list] == [paid.pk]
    assert "1,234.56 USD" in r.content.decode()


def test_the_pages_bear_the_shops_name(admin, settings):
    html = admin.get("/admin/").content.decode()

    assert f"{settings.SHOP_NAME} administration" in html
    assert "Django" not in html


def test_yen_have_no_decimals(admin):
    order = OrderFactory(currency="JPY", total_amount_cents=500)

    assert "500 JPY" in admin.get(page(order)).content.decode()


def test_the_list_costs_the_same_for_many(admin):
    counts = []
    for more in (1, 8):
        OrderFactory.create_batch(more)
        counts.append(queries_of(admin, ORDERS))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["change", "refund"])
def test_a_page_costs_the_same_for_many_lines(admin, name):
    order = OrderFactory(paid=True)
    counts = []
    for more in (1, 8):
        ItemFactory.create_batch(more, order=order)
        ChargeFactory.create_batch(more, order=order)
        counts.append(queries_of(admin, page(order, name)))

    assert counts[0] == counts[1]


def test_only_the_note_is_typed(admin):
    order = place()
    form = form_of(admin.get(page(order))) | {"note": "Ring twice", "total_amount_cents": 1, "status": "completed"}

    r = admin.post(page(order), form)

    stored = Order.objects.get()
    assert r.status_code == 302, errors_of(r)
    assert (stored.note, stored.total_amount_cents, stored.status) == ("Ring twice", 5000, "pending")


@pytest.mark.parametrize("status", ["completed", "canceled"])
def test_the_note_of_a_closed_order_is_only_shown(admin, status):
    order = OrderFactory(status=status, paid=True, note="As it was")

    shown = admin.get(page(order))
    admin.post(page(order), form_of(shown) | {"note": "x"})

    html = shown.content.decode()
    assert "As it was" in html
    assert 'name="note"' not in html
    assert 'name="_save"' not in html
    assert Order.objects.get().note == "As it was"


@pytest.mark.parametrize(
    ("fields", "is_offered"),
    [
        pytest.param({}, True, id="something is due"),
        pytest.param({"paid": True}, False, id="paid"),
        pytest.param({"status": "canceled"}, False, id="canceled"),
    ],
)
def test_marking_as_paid_is_offered_while_something_is_due(admin, fields, is_offered):
    order = OrderFactory(**fields)

    html = admin.get(page(order)).content.decode()

    assert (page(order, "mark-as-paid") in html) is is_offered
    assert page(order, "refund") in html


def test_the_page_for_marking_as_paid_says_what_is_due(admin):
    order = OrderFactory(total_amount_cents=123456)

    assert "Due: 1,234.56 USD." in admin.get(page(order, "mark-as-paid")).content.decode()


def test_an_order_is_marked_as_paid(admin):
    order = place(note="Keep me")

    r = admin.post(page(order, "mark-as-paid"), {"transaction_id": "T-1", "payment_method": "cash"}, follow=True)

    order.refresh_from_db()
    assert messages_of(r) == [f"{order.invoice_no} is paid: 50.00 USD."]
    assert (order.payment_status, order.note, order.payment_method) == ("paid", "Keep me", "cash")
    assert order.transactions.get().vendor_charge_id == "T-1"
    assert LogEntry.objects.get().change_message == f"{order.invoice_no} is paid: 50.00 USD."


def test_a_refusal_of_a_step_is_shown_in_its_form(admin):
    order = OrderFactory(paid=True)

    r = admin.post(page(order, "mark-as-paid"), {})

    assert refusals_of(r) == {"__all__": [f"Order with ID {order.pk} is already paid"]}
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("form", "refunded_cents", "restocked"),
    [
        pytest.param({"amount": "12.34"}, 1234, 0, id="an amount"),
        pytest.param({"quantity": 1, "restock": "on"}, 2500, 1, id="one piece, back into stock"),
        pytest.param({"quantity": 2}, 5000, 0, id="all pieces, gone"),
    ],
)
def test_money_goes_back(admin, form, refunded_cents, restocked):
    variation = VariationFactory(stock=5)
    order = place(variation)
    admin.post(page(order, "mark-as-paid"), {})
    item = order.items.get()
    fields = {f"{name}_{item.pk}" if name in ("quantity", "restock") else name: form[name] for name in form}

    r = admin.post(page(order, "refund"), fields | {"refund_method": "original_payment_method"}, follow=True)

    order.refresh_from_db()
    shown = f"{refunded_cents // 100}.{refunded_cents % 100:02} USD of {order.invoice_no} was refunded."
    assert messages_of(r)[-1] == shown
    assert order.total_refund_cents == refunded_cents
    assert counters(variation)[0] == 3 + restocked


@pytest.mark.parametrize(
    ("amount", "field"),
    [
        pytest.param("50.01", "amount", id="more than was paid"),
        pytest.param("1.234", "amount", id="too many decimals"),
        pytest.param("-1", "amount", id="negative"),
        pytest.param("1e3", "amount", id="exponent"),
        pytest.param("9" * 17, "amount", id="beyond every number"),
        pytest.param("0", "amount", id="nothing"),
    ],
)
def test_an_impossible_amount_is_refused_and_books_nothing(admin, amount, field):
    order = place()
    admin.post(page(order, "mark-as-paid"), {})

    r = admin.post(page(order, "refund"), {"amount": amount, "refund_method": "manual"})

    assert list(refusals_of(r)) == [field]
    assert order.transactions.filter(type="refund").count() == 0


def test_the_limit_of_a_refund_is_told_as_staff_read_money(admin):
    order = place()
    admin.post(page(order, "mark-as-paid"), {})
    admin.post(page(order, "refund"), {"amount": "25.00", "refund_method": "manual"})

    r = admin.post(page(order, "refund"), {"amount": "25.01", "refund_method": "manual"})

    assert refusals_of(r) == {"amount": ["At most 25.00 USD can still be refunded."]}


def test_pieces_that_came_back_already_are_refused_beside_their_line(admin):
    order = place()
    admin.post(page(order, "mark-as-paid"), {})
    field = f"quantity_{order.items.get().pk}"
    admin.post(page(order, "refund"), {field: 2, "amount": "1.00", "refund_method": "manual"})

    r = admin.post(page(order, "refund"), {field: 1, "amount": "1.00", "refund_method": "manual"})

    assert list(refusals_of(r)) == [field]


def test_a_worker_moves_an_order_but_sees_no_payment_status():
    worker, order = staff(Role.WORKER), place()
    form = {"order_status": "processing", "shipping_status": "shipped", "payment_status": "paid", "manage_stock": "on"}

    r = worker.post(page(order, "change-status"), form, follow=True)

    order.refresh_from_db()
    assert (order.status, order.shipping_status, order.payment_status) == ("processing", "shipped", "pending")
    assert messages_of(r) == [f"{order} is now: processing, pending, shipped."]
    assert "payment_status" not in worker.get(page(order, "change-status")).context["form"].fields


def test_an_order_goes_to_another_customer(admin):
    order, other = place(), CustomerFactory()

    admin.post(page(order, "change-customer"), {"customer": other.pk})

    order.refresh_from_db()
    assert order.customer == other


def test_an_inactive_customer_gets_no_order(admin):
    order, other = place(), CustomerFactory(status="inactive")

    r = admin.post(page(order, "change-customer"), {"customer": other.pk})

    assert refusals_of(r) == {"customer": [f"Customer with ID {other.pk} is inactive"]}


def test_bulk_actions_say_what_became_of_each(admin):
    one, canceled = place(), OrderFactory(status="canceled")

    r = act(admin, "change_status", one, canceled, status="on-hold")

    assert messages_of(r) == [
        "1 order set to on-hold.",
        f"Order with ID {canceled.pk} is canceled, which is final.",
    ]
    assert messages_of(act(admin, "change_status", one)) == ["Choose a status beside the action."]


def test_a_deleted_order_keeps_its_row_and_a_paid_one_stays(admin):
    one, paid = place(), OrderFactory(paid=True)

    r = act(admin, "delete_selected", one, paid, post="yes")

    assert messages_of(r)[0] == "1 order deleted."
    assert list(Order.objects.all()) == [paid]
    assert Order.with_deleted.count() == 2


# --- A new order -------------------------------------------------------------------------------


def test_a_new_order_is_priced_by_the_catalogue_and_holds_stock(admin):
    variation, other = VariationFactory(stock=5), VariationFactory(price_cents=100)
    customer = CustomerAddressFactory(is_primary=True).customer
    method = ShippingMethodFactory()
    lines = {"lines-0-variation": variation.pk, "lines-0-quantity": 2, "lines-3-variation": other.pk}
    form = LINES | lines | {"lines-3-quantity": 1, "customer": customer.pk, "shipping_method": method.slug}

    r = admin.post(f"{ORDERS}add/", form)

    order = Order.objects.get()
    assert r.headers["Location"] == page(order)
    assert (order.total_amount_cents, order.items.count(), order.customer) == (5600, 2, customer)
    assert counters(variation) == (3, 2, 0)
    assert LogEntry.objects.get().object_id == str(order.pk)


@pytest.mark.parametrize(
    ("has_address", "fulfillment", "is_warned"),
    [
        pytest.param(False, "physical", True, id="goods and no address"),
        pytest.param(True, "physical", False, id="goods and an address"),
        pytest.param(False, "digital", False, id="a download"),
    ],
)
def test_goods_without_an_address_are_warned_of(admin, has_address, fulfillment, is_warned):
    customer = CustomerFactory()
    if has_address:
        CustomerAddressFactory(customer=customer, type="shipping", is_primary=True)
    variation = VariationFactory(fulfillment_type=fulfillment)
    form = LINES | {"lines-0-variation": variation.pk, "lines-0-quantity": 1, "customer": customer.pk}

    r = admin.post(f"{ORDERS}add/", form, follow=True)

    assert (NO_ADDRESS in messages_of(r)) is is_warned
    assert Order.objects.count() == 1


def test_what_is_not_in_stock_is_refused_beside_its_line(admin):
    variation = VariationFactory(stock=1)
    form = LINES | {"lines-2-variation": variation.pk, "lines-2-quantity": 2, "customer": CustomerFactory().pk}
    first = {"lines-0-variation": VariationFactory().pk, "lines-0-quantity": 1}

    r = admin.post(f"{ORDERS}add/", form | first)

    assert [dict(line.errors) for line in r.context["lines"]][:3] == [{}, {}, {"quantity": ["Only 1 left in stock."]}]
    assert Order.objects.count() == 0
    assert counters(variation) == (1, 0, 0)


@pytest.mark.parametrize(("field", "complaint"), [("customer", "__all__"), ("", "customer")], ids=["lines", "customer"])
def test_an_order_without_lines_or_customer_is_refused(admin, field, complaint):
    r = admin.post(f"{ORDERS}add/", LINES | {field: CustomerFactory().pk, "lines-0-quantity": 1})

    assert list(refusals_of(r)) == [complaint]
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    "query",
    [
        "app_label=orders&model_name=order&field_name=customer&term=LOVE",
        "app_label=orders&model_name=orderitem&field_name=variation&term=MUG",
    ],
    ids=["customer", "variation"],
)
def test_what_an_order_needs_is_found_while_typing(admin, query):
    wanted = {
        "customer": CustomerFactory(),
        "variation": VariationFactory(product=ProductFactory(title="Mug"), title="Blue"),
    }
    field = query.partition("field_name=")[2].partition("&")[0]

    r = admin.get(f"/admin/autocomplete/?{query}")

    assert [(row["id"], row["text"]) for row in r.json()["results"]] == [(str(wanted[field].pk), str(wanted[field]))]


@pytest.mark.parametrize("field", ["order&field_name=customer", "orderitem&field_name=variation"])
def test_a_nul_is_looked_for_nowhere(admin, field):
    r = admin.get(f"/admin/autocomplete/?app_label=orders&model_name={field}&term=%00")

    assert r.json()["results"] == []


def test_addresses_of_an_order_are_changed_and_the_book_stays():
    order = OrderFactory(status="pending")
    order.addresses.create(type="billing", name="Ada", city="London", country="GB")
    url = f"/admin/orders/order/{order.pk}/addresses/"
    client = staff()
    form = client.get(url).context["form"]
    sent = {field.html_name: field.value() or "" for field in form}

    answer = client.post(url, {**sent, "billing_address.city": "Paris", "shipping_address.name": "Bob"}, follow=True)

    assert messages_of(answer) == [f"The addresses of {order} were changed."]
    billing, shipping = order.addresses.order_by("type")
    assert (billing.name, billing.city, billing.country.code) == ("Ada", "Paris", "GB")
    assert (shipping.type, shipping.name) == ("shipping", "Bob")
    assert order.customer.addresses.count() == 0


def test_addresses_of_a_closed_order_are_not_offered_and_not_changed():
    order = OrderFactory(status="completed")
    client = staff()

    answer = client.post(f"/admin/orders/order/{order.pk}/addresses/", {"billing_address.city": "Paris"})

    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()
    assert order.addresses.count() == 0
    assert "Change addresses" not in client.get(f"/admin/orders/order/{order.pk}/change/").content.decode()


def test_an_order_is_given_to_a_new_customer_or_to_nobody():
    order = OrderFactory()
    CustomerFactory(email="taken@example.com")
    url = f"/admin/orders/order/{order.pk}/new-customer/"
    client = staff()

    refused = client.post(url, {"email": "TAKEN@example.com", "first_name": "Ada"})
    before = order.customer_id
    order.refresh_from_db()
    assert order.customer_id == before
    assert refused.context["form"].errors == {"email": ["Email already exists."]}

    client.post(url, {"email": "ada@example.com", "first_name": "Ada"})
    order.refresh_from_db()

    assert order.customer.email == "ada@example.com"
