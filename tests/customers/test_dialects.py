"""One shop, three dialects: a customer made in one is whole in the others."""

from __future__ import annotations

import pytest

from customers.models import Customer
from tests.callers import V1, V2

B2B = "/api"
PERSON = {"email": "jane@example.com", "phone": "+1234567890"}
LOCALITY = {"city": "Queens", "state": "NY", "country": "US"}
ADDRESS = {"address_1": "789 New St", "postcode": "11301", **LOCALITY}
PLACE = {"line1": "789 New St", "postal_code": "11301", **LOCALITY}


def make_in_v1(client):
    """Jane, with a billing address."""
    names = {"first_name": "Jane", "last_name": "Smith"}
    made = client.post(f"{V1}/customers", PERSON | names).json()["data"]["customer"]
    client.post(f"{V1}/customers/{made['id']}/address", ADDRESS | names)


def make_in_v2(client):
    """Jane, with a billing address."""
    made = client.post(f"{V2}/customers", PERSON | {"full_name": "Jane Smith"}).json()["data"]["customer"]
    address = ADDRESS | {"name": "Jane Smith", "email": PERSON["email"]}
    client.post(f"{V2}/customers/{made['id']}/address", address)


def make_in_b2b(client):
    """Jane, with a billing address; she is her own company's contact."""
    contact = {"name": "Jane Smith", "email": PERSON["email"], "is_primary": True}
    body = PERSON | {"name": "Jane Smith", "billing_address": PLACE, "contacts": [contact]}
    assert client.post(f"{B2B}/customers", body).status_code == 201


@pytest.mark.parametrize("make", [make_in_v1, make_in_v2, make_in_b2b])
def test_a_customer_made_in_one_dialect_is_whole_in_the_others(api, make):
    client = api.everything()
    make(client)
    pk = Customer.objects.get().pk

    in_v1 = client.get(f"{V1}/customers/{pk}").json()["data"]["customer"]
    in_v2 = client.get(f"{V2}/customers/{pk}?with[]=addresses").json()["data"]["customer"]
    in_b2b = client.get(f"{B2B}/customers/cust_{pk}").json()["data"]

    assert in_v1 == {name: value for name, value in in_v2.items() if name not in ("labels", "selected_labels")}
    assert in_v1 | PERSON | {"first_name": "Jane", "last_name": "Smith", "full_name": "Jane Smith"} == in_v1
    assert [row | ADDRESS | {"type": "billing", "is_primary": True} for row in in_v1["addresses"]] == in_v1["addresses"]
    assert len(in_v1["addresses"]) == 1
    assert in_b2b | PERSON | {"id": f"cust_{pk}", "name": "Jane Smith"} == in_b2b
    assert in_b2b["billing_address"] | PLACE == in_b2b["billing_address"]


def test_a_change_in_one_dialect_shows_in_the_others(api):
    client = api.everything()
    make_in_v1(client)
    pk = Customer.objects.get().pk

    client.put(f"{V2}/customers/{pk}", {"full_name": "Jane Doe", "phone": "+44"})

    shown = client.get(f"{V1}/customers/{pk}").json()["data"]["customer"]
    assert (shown["first_name"], shown["last_name"], shown["phone"]) == ("Jane", "Doe", "+44")
    assert client.get(f"{B2B}/customers/cust_{pk}").json()["data"]["phone"] == "+44"


def test_a_person_sent_back_whole_does_not_become_a_company(api):
    client = api.everything()
    make_in_v1(client)
    pk = Customer.objects.get().pk
    whole = client.get(f"{B2B}/customers/cust_{pk}").json()["data"]
    del whole["contacts"]

    client.put(f"{B2B}/customers/cust_{pk}", whole)
    client.put(f"{V1}/customers/{pk}", {"last_name": "Doe"})

    assert client.get(f"{B2B}/customers/cust_{pk}").json()["data"]["name"] == "Jane Doe"
