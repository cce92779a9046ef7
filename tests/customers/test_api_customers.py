"""Customers over HTTP as the v2 document spells them: list, create, get, update, delete, statistics, info."""

from __future__ import annotations

import datetime as dt

import pytest

from customers.models import Customer, CustomerLabel
from tests.callers import V2
from tests.customers.bodies import customer_detail, customer_row, refusal
from tests.customers.factories import CustomerFactory, LabelFactory, UserFactory

URL = f"{V2}/customers"


def ids(response):
    """The ids of a list, in its order."""
    return [row["id"] for row in response.json()["data"]["customers"]]


def make(first_name, last_name, **fields):
    """A customer whose search text fits the name."""
    return CustomerFactory(first_name=first_name, last_name=last_name, **fields)


# --- List --------------------------------------------------------------------------------------


def test_the_list_has_the_documents_body(api):
    customer = CustomerFactory()

    r = api("customers/view").get(URL)

    assert r.status_code == 200
    assert r.json() == {
        "success": True,
        "data": {
            "customers": [customer_row(customer)],
            "pagination": {"current_page": 1, "per_page": 10, "total": 1, "total_pages": 1},
        },
    }
    assert (r["X-WP-Total"], r["X-WP-TotalPages"]) == ("1", "1")


def test_the_list_is_newest_first_and_pages_do_not_overlap(api):
    made = [CustomerFactory().pk for _ in range(5)]
    client = api("customers/view")

    pages = [ids(client.get(URL, {"page": page, "per_page": 2})) for page in (1, 2, 3, 4)]

    assert pages == [[made[4], made[3]], [made[2], made[1]], [made[0]], []]


def test_a_page_links_to_its_neighbours_and_keeps_the_other_arguments(api):
    for _ in range(3):
        CustomerFactory()

    r = api("customers/view").get(f"{URL}?per_page=1&page=2&filters[status]=active")

    base = f"http://testserver{URL}?per_page=1&page={{}}&filters[status]=active"
    assert r["Link"] == f'<{base.format(1)}>; rel="prev", <{base.format(3)}>; rel="next"'


def test_more_than_a_hundred_a_page_are_cut_to_a_hundred(api):
    assert api("customers/view").get(URL, {"per_page": 500}).json()["data"]["pagination"]["per_page"] == 100


@pytest.mark.parametrize(
    "term",
    ["grace", "HOPPER", "grace hopper", "hopper grace", "race hop", "grace@navy.example.com", "navy", "ID"],
)
def test_a_search_finds_name_in_either_order_email_and_id(api, term):
    found = make("Grace", "Hopper", email="grace@navy.example.com")
    make("Alan", "Turing", email="alan@bletchley.example.com")

    r = api("customers/view").get(URL, {"search": str(found.pk) if term == "ID" else term})

    assert ids(r) == [found.pk]


@pytest.mark.parametrize("term", ["%", "_", "50%", "\\"])
def test_a_search_takes_wildcards_literally(api, term):
    CustomerFactory()

    assert ids(api("customers/view").get(URL, {"search": term})) == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("filters[status]=inactive", ["b"]),
        ("filters[status]=active,inactive", ["b", "a"]),
        ("filters[date_from]=2024-06-01", ["b"]),
        ("filters[date_to]=2024-01-31", ["a"]),
        ("filters[date_to]=2024-01-30", []),
        ("filters[total_spent_min]=1000&filters[total_spent_max]=1000", ["a"]),
        ("filters[total_spent_min]=1001", ["b"]),
        ('filters={"status":"active"}', ["a"]),
    ],
)
def test_each_filter_narrows_the_list(api, filters, expected):
    a = CustomerFactory(total_spent_cents=1000, created_at=dt.datetime(2024, 1, 31, 23, 59, tzinfo=dt.UTC))
    b = CustomerFactory(total_spent_cents=5000, status="inactive", created_at=dt.datetime(2024, 7, 1, tzinfo=dt.UTC))

    r = api("customers/view").get(f"{URL}?{filters}")

    assert ids(r) == [{"a": a.pk, "b": b.pk}[name] for name in expected]
    assert r.json()["data"]["pagination"]["total"] == len(expected)


@pytest.mark.parametrize("names", [("order_by", "order_type"), ("sort_by", "sort_type"), ("orderby", "order")])
def test_a_sort_is_understood_in_three_spellings(api, names):
    rich, poor = CustomerFactory(total_spent_cents=9), CustomerFactory(total_spent_cents=1)

    r = api("customers/view").get(URL, {names[0]: "total_spent", names[1]: "asc"})

    assert ids(r) == [poor.pk, rich.pk]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=99999999999999999999", "page"),
        ("per_page=0", "per_page"),
        ("per_page=-1", "per_page"),
        ("per_page[]=1", "per_page"),
        ("order_by=password", "order_by"),
        ("order_type=sideways", "order_type"),
        ("filters[color]=red", "filters.color"),
        ("filters[status]=archived", "filters.status"),
        ("filters[status][a]=1", "filters.status"),
        ("filters[date_from]=yesterday", "filters.date_from"),
        ("filters[date_from]=2024-02-30", "filters.date_from"),
        ("filters[date_from]=2024-02-02&filters[date_to]=2024-02-01", "filters.date_to"),
        ("filters[total_spent_min]=1.5", "filters.total_spent_min"),
        ("filters[total_spent_min]=9223372036854775808", "filters.total_spent_min"),
        ("filters[total_spent_min]=5&filters[total_spent_max]=4", "filters.total_spent_max"),
        ("filters=nonsense", "filters"),
        ("colour=red", "colour"),
        ("search[]=a", "search"),
        ("search=a%00b", "search"),
        ("search=" + "a" * 201, "search"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(api, query, field):
    r = api("customers/view").get(f"{URL}?{query}")

    assert r.status_code == 400
    assert r.json()["code"] == "validation_error"
    assert list(r.json()["data"]["errors"]) == [field]


@pytest.mark.parametrize("query", ["_locale=user", "context=edit", "offset=0", "include=1", "rest_route=/x"])
def test_what_wordpress_clients_always_send_is_let_through(api, query):
    assert api("customers/view").get(f"{URL}?{query}").status_code == 200


def test_the_list_takes_as_many_queries_for_nine_as_for_one(api, django_assert_num_queries):
    client = api("customers/view")
    CustomerFactory()
    with django_assert_num_queries(2):
        client.get(URL)
    for _ in range(8):
        CustomerFactory()

    with django_assert_num_queries(2):
        client.get(URL)


# --- Create ------------------------------------------------------------------------------------


def test_the_documents_example_creates_a_customer_and_a_user(api):
    r = api("customers/manage").post(
        URL,
        {
            "email": "newcustomer@example.com",
            "full_name": "Jane Smith",
            "city": "New York",
            "status": "active",
            "notes": "VIP customer",
            "country": "US",
            "state": "NY",
            "postcode": "10001",
            "wp_user": "yes",
        },
    )

    made = Customer.objects.get()
    assert r.status_code == 201
    assert r.json() == {
        "success": True,
        "data": {
            "customer": customer_detail(
                made,
                email="newcustomer@example.com",
                first_name="Jane",
                last_name="Smith",
                full_name="Jane Smith",
                city="New York",
                notes="VIP customer",
                country="US",
                country_name="United States of America",
                state="NY",
                postcode="10001",
                user_id=made.user.pk,
            )
        },
        "message": "Customer created successfully!",
    }
    assert made.user.email == "newcustomer@example.com"


def test_a_form_body_creates_a_customer_too(api):
    r = api("customers/manage").generic(
        "POST",
        URL,
        "email=ada%40example.com&full_name=Ada+King&additional_info[company]=Engine",
        content_type="application/x-www-form-urlencoded",
    )

    assert r.status_code == 201
    assert r.json()["data"]["customer"]["additional_info"] == {"company": "Engine"}


def test_a_taken_email_is_refused_and_not_stored(api):
    CustomerFactory(email="ada@example.com")

    r = api("customers/manage").post(URL, {"email": "ADA@example.com", "full_name": "Ada"})

    assert r.status_code == 400
    assert r.json() == refusal(
        "email_already_exists", "Validation failed", 400, fields={"email": ["Email already exists."]}
    )
    assert Customer.objects.count() == 1


def test_the_documents_validation_example_names_both_fields(api):
    CustomerFactory(email="ada@example.com")

    r = api("customers/manage").post(URL, {"email": "ada@example.com"})

    fields = {"email": ["Email already exists."], "full_name": ["Full Name field is required."]}
    assert r.json() == refusal("validation_error", "Validation failed", 400, fields=fields)


def test_a_lone_malformed_email_has_a_code_of_its_own(api):
    r = api("customers/manage").post(URL, {"email": "nonsense", "full_name": "Ada"})

    assert (r.status_code, r.json()["code"]) == (400, "invalid_email")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", None),
        ("email", ["a@example.com"]),
        ("email", {"a": 1}),
        ("email", "a" * 250 + "@example.com"),
        ("full_name", "a" * 256),
        ("full_name", "   "),
        ("full_name", "nul\x00"),
        ("full_name", "\ud800"),
        ("full_name", True),
        ("status", "archived"),
        ("status", 1),
        ("country", "USA"),
        ("country", "XX"),
        ("city", "a" * 193),
        ("postcode", ["1"]),
        ("user_id", "abc"),
        ("user_id", 0),
        ("user_id", -1),
        ("user_id", 2**63),
        ("user_id", 1.5),
        ("wp_user", "maybe"),
        ("notes", "a" * 10_001),
        ("additional_info", [1]),
        ("additional_info", {"a": "\x00"}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_field_is_refused_by_name_and_nothing_is_stored(api, field, value):
    body = {"email": "ada@example.com", "full_name": "Ada"} | {field: value}

    r = api("customers/manage").post(URL, body)

    assert r.status_code == 400, r.content
    assert list(r.json()["data"]["errors"]) == [field]
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "rest_invalid_json"),
        ('{"email": NaN}', 400, "rest_invalid_json"),
        ("[1, 2]", 400, "validation_error"),
        ('"text"', 400, "validation_error"),
        ("[" * 100_000, 400, "rest_invalid_json"),
        ('{"a":' * 70 + "1" + "}" * 70, 400, "rest_invalid_json"),
        ('{"notes": "' + "a" * (10 * 1024 * 1024) + '"}', 413, "body_too_large"),
    ],
    ids=["broken", "nan", "list", "text", "deep-list", "deep-object", "10-MB"],
)
def test_a_body_that_is_no_json_object_is_refused(api, body, status, code):
    r = api("customers/manage").generic("POST", URL, body, content_type="application/json")

    assert (r.status_code, r.json()["code"]) == (status, code)


def test_an_unknown_media_type_is_refused(api):
    r = api("customers/manage").generic("POST", URL, "<a/>", content_type="application/xml")

    assert (r.status_code, r.json()["code"]) == (415, "unsupported_media_type")


# --- Get ---------------------------------------------------------------------------------------


def test_a_customer_comes_with_labels(api):
    customer, label = CustomerFactory(), LabelFactory(value="VIP")
    link = CustomerLabel.objects.create(customer=customer, label=label)

    r = api("customers/view").get(f"{URL}/{customer.pk}")

    labels = [{"id": link.pk, "label_id": label.pk, "name": "VIP"}]
    assert r.status_code == 200
    assert r.json() == {
        "success": True,
        "data": {"customer": customer_detail(customer, labels=labels, selected_labels=[label.pk])},
    }


@pytest.mark.parametrize(
    "query", ["params[customer_only]=yes", "params.customer_only=yes", 'params={"customer_only":"yes"}']
)
def test_customer_only_leaves_the_labels_out(api, query):
    customer = CustomerFactory()

    r = api("customers/view").get(f"{URL}/{customer.pk}?{query}")

    expected = customer_detail(customer)
    del expected["labels"], expected["selected_labels"]
    assert r.json()["data"]["customer"] == expected


def test_an_unknown_relation_is_refused_and_says_what_there_is(api):
    r = api("customers/view").get(f"{URL}/{CustomerFactory().pk}?with[]=passwords")

    assert r.status_code == 400
    assert "orders, addresses" in r.json()["data"]["errors"]["with"][0]


def test_the_linked_user_shows_nothing_secret(api):
    user = UserFactory(login="ada", email="ada@example.com", display_name="Ada")
    customer = CustomerFactory(user=user)

    r = api("customers/view").get(f"{URL}/{customer.pk}?with[]=wpUser")

    shown = {"id": user.pk, "display_name": "Ada", "user_email": "ada@example.com", "user_login": "ada"}
    assert r.json()["data"]["customer"]["wpUser"] == shown


@pytest.mark.parametrize("customer_id", [0, 999, 2**63, 10**25])
def test_an_unknown_customer_is_not_found(api, customer_id):
    r = api("customers/view").get(f"{URL}/{customer_id}")

    assert r.status_code == 404
    assert r.json()["code"] == "customer_not_found"
    assert r.json()["data"]["message"] == "Customer not found"


def test_the_documents_not_found_body(api):
    r = api("customers/view").get(f"{URL}/999")

    assert r.json() == refusal(
        "customer_not_found", "Customer with ID 999 not found", 404, summary="Customer not found"
    )


# --- Update ------------------------------------------------------------------------------------


def test_the_documents_example_updates_a_customer(api):
    customer = CustomerFactory(email="customer@example.com", phone="+1")

    r = api("customers/manage").put(
        f"{URL}/{customer.pk}",
        {
            "email": "customer@example.com",
            "full_name": "John Doe Updated",
            "status": "active",
            "notes": "Updated notes",
            "city": "New York",
        },
    )

    customer.refresh_from_db()
    assert r.status_code == 200
    assert r.json() == {
        "success": True,
        "data": {
            "customer": customer_detail(
                customer,
                first_name="John",
                last_name="Doe Updated",
                full_name="John Doe Updated",
                notes="Updated notes",
                city="New York",
                phone="+1",
            )
        },
        "message": "Customer updated successfully!",
    }


def test_an_update_keeps_what_is_not_sent(api):
    customer = CustomerFactory(notes="kept", city="Kept")

    api("customers/manage").put(f"{URL}/{customer.pk}", {"phone": "+44"})

    customer.refresh_from_db()
    assert (customer.notes, customer.city, customer.phone, customer.first_name) == ("kept", "Kept", "+44", "Ada")


def test_an_update_to_somebody_elses_email_changes_nothing(api):
    CustomerFactory(email="taken@example.com")
    customer = CustomerFactory(email="mine@example.com")

    r = api("customers/manage").put(f"{URL}/{customer.pk}", {"email": "Taken@example.com", "notes": "new"})

    customer.refresh_from_db()
    assert (r.status_code, r.json()["code"]) == (400, "email_already_exists")
    assert (customer.email, customer.notes) == ("mine@example.com", "")


def test_read_only_fields_in_a_body_change_nothing(api):
    customer = CustomerFactory()
    sent = {"id": 5, "uuid": "x", "total_spent": 9, "order_count": 9, "ltv": 9, "aov": 9, "created_at": "2020-01-01"}

    api("customers/manage").put(f"{URL}/{customer.pk}", sent)

    fresh = Customer.objects.get()
    assert (fresh.pk, fresh.uuid, fresh.total_spent_cents, fresh.order_count) == (customer.pk, customer.uuid, 0, 0)
    assert fresh.created_at == customer.created_at


# --- Delete, statistics, additional information ----------------------------------------------------


def test_a_customer_without_orders_is_deleted(api):
    customer = CustomerFactory()

    r = api("customers/delete").delete(f"{URL}/{customer.pk}")

    assert r.json() == {"success": True, "data": {"message": "Customer deleted successfully"}}
    assert not Customer.objects.exists()


def test_statistics_are_the_documents_widgets_and_the_earlier_documents_object(api):
    when = dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC)
    customer = CustomerFactory(
        total_spent_cents=5000, order_count=3, average_order_value_cents=1667, first_order_at=when, last_order_at=when
    )

    r = api("customers/view").get(f"{URL}/get-stats/{customer.pk}")

    assert r.json() == {
        "success": True,
        "data": {
            "widgets": [
                {"title": "Total Spent", "value": 5000, "currency": "USD"},
                {"title": "Order Count", "value": 3},
                {"title": "Average Order Value", "value": 1667, "currency": "USD"},
            ],
            "stats": {
                "total_spent": 5000,
                "order_count": 3,
                "average_order_value": 1667,
                "first_order_date": "2024-01-01T10:00:00Z",
                "last_order_date": "2024-01-01T10:00:00Z",
            },
        },
    }


def test_a_recount_mends_statistics_that_are_wrong(api):
    customer = CustomerFactory(total_spent_cents=5000, order_count=3)

    r = api("customers/manage").post(f"{URL}/{customer.pk}/recalculate-ltv")

    shown = r.json()["data"]["customer"]
    assert (shown["total_spent"], shown["order_count"]) == (0, 0)
    assert r.json()["message"] == "Statistics recalculated successfully!"


def test_additional_information_is_merged_and_null_removes(api):
    customer = CustomerFactory(additional_info={"company": "Old", "kept": 1, "gone": 2})
    sent = {"company": "Updated Corp", "notes": "Updated VIP customer", "custom_field_1": "Custom value", "gone": None}

    r = api("customers/manage").put(f"{URL}/{customer.pk}/additional-info", sent)

    customer.refresh_from_db()
    info = {"company": "Updated Corp", "kept": 1, "notes": "Updated VIP customer", "custom_field_1": "Custom value"}
    assert r.json() == {"success": True, "data": {"customer": customer_detail(customer, additional_info=info)}}
    assert (customer.additional_info, customer.notes) == (info, "")


def test_labels_in_the_additional_information_are_synced(api):
    customer, old, new = CustomerFactory(), LabelFactory(), LabelFactory()
    CustomerLabel.objects.create(customer=customer, label=old)

    r = api("customers/manage").put(f"{URL}/{customer.pk}/additional-info", {"labels": [new.pk]})

    assert r.json()["data"]["customer"]["selected_labels"] == [new.pk]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "additional_info"),
        ({"labels": [999]}, "labels"),
        ({"labels": "x"}, "labels"),
        ({"a": "\x00"}, "additional_info"),
    ],
)
def test_additional_information_that_cannot_be_stored_is_refused(api, body, field):
    customer = CustomerFactory(additional_info={"kept": 1})

    r = api("customers/manage").put(f"{URL}/{customer.pk}/additional-info", body)

    customer.refresh_from_db()
    assert (r.status_code, list(r.json()["data"]["errors"])) == (400, [field])
    assert customer.additional_info == {"kept": 1}


# --- Routes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/", "/1", "/1/", "/get-stats/1", "/get-stats/1/"])
def test_every_path_works_with_and_without_a_slash(api, path):
    CustomerFactory(pk=1)

    assert api("customers/view").get(f"{URL}{path}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "/1"), ("PUT", ""), ("GET", "/abc"), ("GET", "/-1"), ("GET", "/1/x")]
)
def test_a_wrong_method_or_path_is_no_route(api, method, path):
    r = api("customers/view").send(method, f"{URL}{path}")

    message = "No route was found matching the URL and request method."
    assert r.json() == refusal("rest_no_route", message, 404)
