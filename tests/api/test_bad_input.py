"""Input that broke the service once: each answers a 400 that names the field, or does what it says."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.callers import V2
from tests.customers.factories import CustomerFactory
from tests.orders.factories import OrderFactory


def errors(r):
    assert r.status_code == 400, r.content
    return r.json()["data"]["errors"]


@pytest.mark.parametrize("name", ["date_from", "date_to"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_that_utc_does_not_have_is_refused(api, name, moment):
    r = api("customers/view").get(f"{V2}/customers", {f"filters[{name}]": moment})

    assert list(errors(r)) == [f"filters.{name}"]


@pytest.mark.parametrize("end", ["9999-12-31", "9999-12-31T23:59:59Z"])
def test_a_range_may_end_with_time_itself(api, end):
    CustomerFactory()

    r = api("customers/view").get(f"{V2}/customers", {"filters[date_to]": end})

    assert r.json()["data"]["pagination"]["total"] == 1


@pytest.mark.parametrize(("end", "found"), [("2024-01-31T10:00:00Z", 1), ("2024-01-31T09:59:59Z", 0)])
def test_a_range_that_ends_with_a_shown_time_includes_its_row(api, end, found):
    OrderFactory(created_at=dt.datetime(2024, 1, 31, 10, 0, 0, 500_000, tzinfo=dt.UTC))

    r = api("orders/view").get(f"{V2}/orders", {"filters[date_to]": end})

    assert r.json()["data"]["pagination"]["total"] == found


@pytest.mark.parametrize(("direction", "places"), [("ASC", [0, 1, 2]), ("DESC", [2, 1, 0])])
def test_who_never_ordered_is_sorted_before_the_earliest_order(api, direction, places):
    days = [dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in (1, 2)]
    sorted_ids = [CustomerFactory(last_order_at=day).pk for day in (None, *days)]

    r = api("customers/view").get(f"{V2}/customers", {"order_by": "last_order_date", "order_type": direction})

    assert [row["id"] for row in r.json()["data"]["customers"]] == [sorted_ids[place] for place in places]


@pytest.mark.parametrize(
    ("digits", "page"), [("0" * 30 + "2", 2), ("0" * 5000, None), ("0" * 19 + "1" + "9" * 5000, None)]
)
def test_a_page_may_be_spelled_with_any_number_of_digits(api, digits, page):
    r = api("customers/view").get(f"{V2}/customers?page={digits}")

    if page is None:
        assert list(errors(r)) == ["page"]
    else:
        assert r.json()["data"]["pagination"]["current_page"] == page


def test_a_tab_that_is_a_list_is_refused(api):
    r = api("orders/view").get(f"{V2}/orders?active_view[]=paid")

    assert list(errors(r)) == ["active_view"]


@pytest.mark.parametrize("query", ["params[customer_only]=perhaps", "params[only]=yes", "params_customer_only=1"])
def test_a_parameter_that_is_not_understood_is_refused(api, query):
    r = api("customers/view").get(f"{V2}/customers/{CustomerFactory().pk}?{query}")

    assert list(errors(r)) == ["params"]


def test_a_query_of_more_variables_than_php_reads_is_refused_by_name(api):
    r = api("customers/view").get(f"{V2}/customers?" + "_=1&" * 1001)

    assert errors(r) == {"query": ["At most 1000 variables are read."]}


@pytest.mark.parametrize(
    ("kind", "piece"),
    [
        ("application/x-www-form-urlencoded", "a=1&"),
        ("multipart/form-data; boundary=B", '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'),
    ],
    ids=["form", "multipart"],
)
def test_a_form_of_more_variables_than_php_reads_is_refused_by_name(api, kind, piece):
    body = piece * 1001 + ("--B--\r\n" if "B" in kind else "")

    r = api("customers/manage").generic("POST", f"{V2}/customers", body, content_type=kind)

    assert errors(r) == {"body": ["At most 1000 variables are read."]}


@pytest.mark.parametrize("resource", ["customers", "orders"])
def test_everything_that_is_wrong_with_a_query_is_told_at_once(api, resource):
    query = "colour=red&page=0&per_page=x&search[]=a&filters[colour]=red&filters[status]=lost&order_by=x&order_type=y"

    r = api(f"{resource}/view").get(f"{V2}/{resource}?{query}")

    named = ["page", "per_page", "search", "filters.colour", "filters.status", "order_by", "order_type"]
    assert sorted(errors(r)) == sorted(["colour", *named])


def test_a_tab_is_told_beside_the_rest(api):
    assert set(errors(api("orders/view").get(f"{V2}/orders?active_view=all&page=0"))) == {"active_view", "page"}


def test_a_nul_under_no_name_is_refused_by_name(api):
    r = api("customers/view").get(f"{V2}/customers?=%00")

    assert errors(r) == {"query": ["A NUL character is not allowed."]}


@pytest.mark.parametrize("customer_id", [2**63, 10**30 - 1])
def test_an_id_that_no_database_holds_is_not_found(api, customer_id):
    r = api("customers/delete").delete(f"{V2}/customers/{customer_id}")

    assert (r.status_code, r.json()["code"]) == (404, "customer_not_found")


@pytest.mark.parametrize("number", [1e300, -1e300, 2.0**63])
def test_a_float_that_postgresql_would_give_back_as_a_huge_integer_is_refused(api, number):
    customer = CustomerFactory()

    r = api("customers/manage").put(f"{V2}/customers/{customer.pk}/additional-info", {"size": [{"n": number}], "a": 1})

    assert errors(r) == {"size": ["This value cannot be stored."]}
    customer.refresh_from_db()
    assert customer.additional_info == {}


def test_a_limit_for_an_account_that_no_key_can_have_is_not_found(api):
    r = api("customers/manage").put(f"/api/customers/cust_{2**63}", {"credit_limit": 15000.0})

    assert (r.status_code, r.json()["error"]["code"]) == (404, "customer_not_found")
