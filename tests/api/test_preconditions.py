"""ETag, If-None-Match and If-Match: nobody overwrites what they have not seen."""

from __future__ import annotations

import pytest

from customers.models import Customer
from fluentcart.api.views import ApiViewSet
from orders.models import Order
from tests.callers import V1, V2
from tests.customers.factories import CustomerFactory
from tests.orders.factories import VariationFactory
from tests.orders.shop import paid_order, place
from tests.test_policies import ROUTES

pytestmark = pytest.mark.django_db

STALE = '"0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"'
CHANGES = {
    "v1 customer": {"first_name": "Ada", "last_name": "King"},
    "v2 customer": {"full_name": "Ada King", "email": "ada@example.com"},
    "b2b customer": {"name": "Analytical Engines"},
    "v1 order": {"note": "Ring twice"},
    "v2 order": {"note": "Ring twice"},
}


# The reads of the three dialects whose address ends in an id; an export's ends in a token, and streams a list.
SINGLES = [
    (path, viewset, action)
    for path, method, viewset, action in ROUTES
    if method == "get" and path.endswith("999") and action != "export" and viewset.dialect.name in ("v1", "v2", "b2b")
]


@pytest.fixture(params=CHANGES)
def resource(request):
    """The address of a resource, and a change of it."""
    customer = CustomerFactory(email="ada@example.com")
    order = place(customer=customer)
    return {
        "v1 customer": f"{V1}/customers/{customer.pk}",
        "v2 customer": f"{V2}/customers/{customer.pk}",
        "b2b customer": f"/api/customers/cust_{customer.pk}",
        "v1 order": f"{V1}/orders/{order.pk}",
        "v2 order": f"{V2}/orders/{order.pk}",
    }[request.param], CHANGES[request.param]


class TestEverySingleResource:
    @pytest.fixture
    def ids(self):
        """Which row stands at the end of which address."""
        order = place()
        return {"customers": order.customer_id, "get-stats": order.customer_id, "orders": order.pk,
                "products": order.items.get().product_id}  # fmt: skip

    @pytest.mark.parametrize(("path", "viewset", "action"), SINGLES, ids=[path for path, _, _ in SINGLES])
    def test_tells_a_tag_and_when_it_is_known(self, api, ids, path, viewset, action):
        name = path.split("/")[-2]
        prefix = next(iter(viewset.id_prefixes.values()), "")
        address = f"{path.removesuffix('999')}{prefix}{ids[name]}"
        client = api.everything()
        first = client.get(address)

        again = client.get(address, HTTP_IF_NONE_MATCH=first["ETag"])
        other = client.get(address, HTTP_IF_NONE_MATCH=STALE)

        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert (other.status_code, other.content, other["ETag"]) == (200, first.content, first["ETag"])

    def test_that_is_written_at_its_address_honours_if_match(self):
        addresses = {path for path, _, _ in SINGLES}
        writes = [
            (path, viewset(action=action), method)
            for path, method, viewset, action in ROUTES
            if path in addresses and method in ("put", "delete")
        ]

        assert {(path, method) for path, view, method in writes if not view.checks_state} == set()
        assert {type(view) for _, view, _ in writes if type(view).lock_resource is ApiViewSet.lock_resource} == set()
        assert len(writes) >= 9

    def test_is_one_of_these(self):
        names = {(viewset.dialect.name, path.split("/")[-2]) for path, viewset, _ in SINGLES}

        assert names == {
            ("v1", "customers"), ("v1", "get-stats"), ("v1", "orders"), ("v1", "products"),
            ("v2", "customers"), ("v2", "get-stats"), ("v2", "orders"), ("v2", "products"),
            ("b2b", "customers"),
        }  # fmt: skip

    def test_of_a_product_changes_with_what_it_shows(self, api):
        variation = VariationFactory(stock=5)
        address = f"{V2}/products/{variation.product_id}"
        client = api.everything()
        tag = client.get(address)["ETag"]
        place(variation)

        assert client.get(address, HTTP_IF_NONE_MATCH=tag).status_code == 200


class TestReads:
    def test_of_what_the_client_has_answer_304_without_a_body(self, api, resource):
        client = api.everything()
        tag = client.get(resource[0])["ETag"]

        again = client.get(resource[0], HTTP_IF_NONE_MATCH=f'"other", {tag}')

        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)

    def test_of_what_has_changed_answer_it(self, api, resource):
        client = api.everything()
        tag = client.get(resource[0])["ETag"]
        assert client.put(*resource).status_code == 200

        again = client.get(resource[0], HTTP_IF_NONE_MATCH=tag)

        assert again.status_code == 200
        assert again["ETag"] != tag

    def test_of_other_fields_have_another_tag_of_the_same_state(self, api):
        order = place()
        client = api.everything()
        whole = client.get(f"{V2}/orders/{order.pk}")["ETag"]

        part = client.get(f"{V2}/orders/{order.pk}?_fields=id")["ETag"]

        assert part != whole
        assert part.partition(".")[0] == whole.partition(".")[0]

    def test_without_the_capability_tell_no_tag(self, api, resource):
        r = api("labels/view").get(resource[0], HTTP_IF_NONE_MATCH="*")

        assert (r.status_code, "ETag" in r) == (403, False)


class TestWrites:
    def test_of_what_was_seen_are_done(self, api, resource):
        client = api.everything()
        tag = client.get(resource[0])["ETag"]

        assert client.put(*resource, HTTP_IF_MATCH=tag).status_code == 200

    @pytest.mark.parametrize("tag", [STALE, "W/{}", '""', "{}x"], ids=["stale", "weak", "empty", "malformed"])
    def test_of_what_was_not_seen_change_nothing(self, api, resource, tag):
        client = api.everything()
        seen = client.get(resource[0])

        r = client.put(*resource, HTTP_IF_MATCH=tag.format(seen["ETag"]))

        assert r.status_code == 412
        assert client.get(resource[0]).content == seen.content

    def test_of_two_who_saw_the_same_only_the_first_is_done(self, api, resource):
        client = api.everything()
        tag = client.get(resource[0])["ETag"]

        assert client.put(*resource, HTTP_IF_MATCH=tag).status_code == 200
        assert client.put(*resource, HTTP_IF_MATCH=tag).status_code == 412

    def test_tell_the_tag_for_the_next_one_where_they_answer_all(self, api, resource):
        client = api.everything()
        told = client.put(*resource).get("ETag")

        if told is not None:
            assert told.partition(".")[0] == client.get(resource[0])["ETag"].partition(".")[0]
            assert client.put(*resource, HTTP_IF_MATCH=told).status_code == 200

    def test_of_whatever_is_there_need_something_there(self, api):
        client = api.everything()
        order = place()

        assert client.put(f"{V2}/orders/{order.pk}", CHANGES["v2 order"], HTTP_IF_MATCH="*").status_code == 200
        assert client.put(f"{V2}/orders/999999", CHANGES["v2 order"], HTTP_IF_MATCH="*").status_code == 412

    def test_of_one_who_may_not_are_refused_before_anything_is_compared(self, api, resource):
        assert api("labels/view").put(*resource, HTTP_IF_MATCH=STALE).status_code == 403

    def test_that_delete_are_checked_too(self, api):
        client = api.everything()
        order, customer = place(), CustomerFactory()
        for path in (f"{V2}/orders/{order.pk}", f"{V2}/customers/{customer.pk}"):
            tag = client.get(path)["ETag"]
            assert client.delete(path, HTTP_IF_MATCH=STALE).status_code == 412
            assert client.delete(path, HTTP_IF_MATCH=tag).status_code == 200

        assert not Order.objects.filter(pk=order.pk).exists()
        assert not Customer.objects.filter(pk=customer.pk).exists()

    def test_that_were_refused_by_a_rule_leave_nothing(self, api):
        order = paid_order()
        client = api.everything()
        seen = client.get(f"{V2}/orders/{order.pk}")

        assert client.delete(f"{V2}/orders/{order.pk}", HTTP_IF_MATCH=seen["ETag"]).status_code == 409
        assert client.get(f"{V2}/orders/{order.pk}").content == seen.content

    def test_with_a_key_are_replayed_though_the_tag_is_old_by_then(self, api, resource):
        client = api.everything()
        sent = {"HTTP_IF_MATCH": client.get(resource[0])["ETag"], "HTTP_IDEMPOTENCY_KEY": "one"}
        first = client.put(*resource, **sent)

        again = client.put(*resource, **sent)

        assert (first.status_code, again.content, again["Idempotent-Replayed"]) == (200, first.content, "true")
