"""The OpenAPI document: valid, complete, and true to what the service answers."""

from __future__ import annotations

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from fluentcart.api.schema import words
from fluentcart.api.schema.document import generate
from fluentcart.urls import MOUNTS
from tests.callers import V1, V2
from tests.customers.factories import CustomerAddressFactory

METHODS = ("get", "post", "put", "delete")
BASES = {"v1": V1, "v2": V2, "b2b": "/api"}
PREFIXES = {"v1": "", "v2": "", "b2b": "cust_"}
WORDPRESS_READS = ("/customers", "/customers/{id}", "/customers/{id}/address", "/customers/get-stats/{id}")
READS = {
    "v1": WORDPRESS_READS,
    "v2": WORDPRESS_READS,
    "b2b": ("/customers", "/customers/{id}", "/customers/{id}/orders", "/customers/{id}/analytics"),
}

every_dialect = pytest.mark.parametrize("dialect", BASES, indirect=True)


@pytest.fixture(scope="module")
def dialect(request):
    """v2, where a test is not about every dialect."""
    return getattr(request, "param", "v2")


@pytest.fixture(scope="module")
def document(dialect):
    """The document of the dialect, made anew."""
    return generate(MOUNTS[dialect])


@pytest.fixture(scope="module")
def operations(document):
    """operationId -> operation."""
    return {found["operationId"]: found for path in document["paths"].values() for found in path.values()}


def routes(dialect):
    """(path, method, action, viewset) of everything that is mounted for a dialect."""
    for pattern in MOUNTS[dialect].url_patterns:
        for method in set(METHODS) & set(pattern.callback.actions):
            action = pattern.callback.actions[method]
            yield str(pattern.pattern), method, action, pattern.callback.cls


def resolved(document, schema):
    """The schema itself, or the component that it points to."""
    while "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def body_schema(operation, status="200"):
    return operation["responses"][status]["content"]["application/json"]["schema"]


def assert_fits(document, schema, body):
    """The body is what the schema describes."""
    validator = Draft202012Validator({**schema, "components": document["components"]})
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)] == []


@every_dialect
def test_the_document_is_valid_openapi_3_1(document, dialect):
    validate(document)

    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == f"FluentCart {dialect.replace('b2b', 'B2B')} API"


@every_dialect
def test_nothing_is_guessed(dialect, capsys):
    GENERATOR_STATS.reset()

    generate(MOUNTS[dialect])

    assert not GENERATOR_STATS, capsys.readouterr().err


@every_dialect
def test_every_route_is_described_once(document, dialect, operations):
    described = [(method, path) for path, found in document["paths"].items() for method in found]

    assert len(described) == len(set(described)) == len(operations) == len(list(routes(dialect)))
    assert all(path.startswith(BASES[dialect]) and not path.endswith("/") for _, path in described)


def test_operations_are_named_after_what_they_do(operations):
    assert {
        "listCustomers",
        "createCustomer",
        "getCustomer",
        "updateCustomer",
        "deleteCustomer",
        "updateCustomerAdditionalInfo",
        "getCustomerStats",
        "deleteCustomerAddress",
        "bulkCustomers",
        "createOrder",
        "updateOrder",
        "updateOrderByPost",
        "markOrderAsPaid",
        "refundOrder",
        "updateOrderStatuses",
        "listProducts",
    } <= set(operations)
    assert {tag for found in operations.values() for tag in found["tags"]} == {"Customers", "Orders", "Products"}


@pytest.mark.parametrize(
    ("docstring", "shown"),
    [
        ("Update it (semantics 7.3).\n\nMore.", "Update it."),
        ('Keep it (decisions, "The wire") as\n    it is.', "Keep it as it is."),
        ("List them (newest first).", "List them (newest first)."),
        (None, ""),
    ],
)
def test_sources_of_rules_stay_in_the_code(docstring, shown):
    assert words.public(docstring) == shown


@every_dialect
def test_every_operation_says_who_may_call_it_and_what_refuses_it(operations):
    for name, found in operations.items():
        assert "Needs the capability `" in found["description"], name
        assert found["summary"], name
        schemes = [{"applicationPassword": []}, {"sessionNonce": []}, {"browserSession": []}]
        assert found["security"] == schemes, name
        assert {"401", "403", "429"} <= set(found["responses"]), name
        assert "Retry-After" in found["responses"]["429"]["headers"], name


@every_dialect
def test_every_body_has_an_example_that_its_schema_allows(document, dialect, operations):
    bodies = {name: found["requestBody"] for name, found in operations.items() if "requestBody" in found}

    assert len(bodies) == sum(action in cls.inputs for _, _, action, cls in routes(dialect))
    for body in bodies.values():
        media = body["content"]["application/json"]
        assert_fits(document, media["schema"], media["example"])


@every_dialect
def test_every_answer_has_an_example_that_its_schema_allows(document, operations):
    for name, found in operations.items():
        for status, response in found["responses"].items():
            if status == "304":
                assert "content" not in response, name
                continue
            media = response["content"].get("application/json")
            if media is None:
                assert (name, status) in {("exportCustomers", "200"), ("exportOrders", "200")}
                continue
            examples = [media["example"]] if "example" in media else [it["value"] for it in media["examples"].values()]
            assert examples
            for example in examples:
                assert_fits(document, media["schema"], example)


def test_counted_operations_tell_the_budget(operations):
    rates = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}

    assert rates <= set(operations["listCustomers"]["responses"]["200"]["headers"])
    assert rates <= set(operations["listCustomers"]["responses"]["403"]["headers"])
    assert "headers" not in operations["listCustomers"]["responses"]["401"]
    assert set(operations["getCustomer"]["responses"]["200"]["headers"]) == {"ETag"}


def test_lists_tell_their_totals(operations):
    headers = operations["listCustomers"]["responses"]["200"]["headers"]

    assert {"X-WP-Total", "X-WP-TotalPages", "Link"} <= set(headers)
    assert "X-WP-Total" not in operations["getCustomerAddresses"]["responses"]["200"]["headers"]


def test_the_list_names_every_parameter(operations):
    names = [parameter["name"] for parameter in operations["listCustomers"]["parameters"]]

    assert names == [
        "page",
        "per_page",
        "search",
        "filters[status]",
        "filters[date_from]",
        "filters[date_to]",
        "filters[total_spent_min]",
        "filters[total_spent_max]",
        "order_by",
        "order_type",
    ]


def test_ids_of_the_path_are_numbers_from_one(operations):
    found, *headers = operations["deleteOrder"]["parameters"]

    assert (found["name"], found["in"], found["required"]) == ("order_id", "path", True)
    assert [(header["in"], header["name"]) for header in headers] == [
        ("header", "Idempotency-Key"),
        ("header", "If-Match"),
    ]
    assert found["schema"] == {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**63 - 1}


def test_a_delete_with_a_body_takes_the_id_in_the_query_too(document, operations):
    found = operations["deleteCustomerAddress"]

    media = found["requestBody"]["content"]["application/json"]
    query = [parameter["name"] for parameter in found["parameters"] if parameter["in"] == "query"]
    assert media["example"] == {"address": {"id": 2}}
    assert "required" not in found["requestBody"]
    assert query == ["id", "addressId", "address_id"]
    for spelled in ({"id": 2}, {"addressId": 2}, {"address_id": 2}, {"address": {"id": 2}}):
        assert_fits(document, media["schema"], spelled)
    assert not Draft202012Validator(resolved(document, media["schema"])).is_valid({"type": "billing"})


def test_related_data_is_optional_and_named(document, operations):
    found = operations["getCustomer"]
    schema = resolved(document, body_schema(found)["properties"]["data"]["properties"]["customer"])
    (related,) = [parameter for parameter in found["parameters"] if parameter["name"] == "with[]"]

    assert {"additional_info", "total_spent"} <= set(schema["required"])
    assert not {"orders", "addresses", "wpUser"} & set(schema["required"])
    left_out = {"labels", "selected_labels"}  # by params[customer_only]
    assert set(related["schema"]["items"]["enum"]) == set(schema["properties"]) - set(schema["required"]) - left_out


def test_envelopes_are_the_documents(operations):
    assert body_schema(operations["getCustomerAddresses"])["required"] == ["addresses"]
    assert body_schema(operations["getCustomerOrders"])["required"] == ["orders", "pagination"]
    assert body_schema(operations["getCustomerAllOrders"])["properties"]["data"]["required"] == ["data"]
    assert body_schema(operations["createCustomer"], "201")["required"] == ["success", "data", "message"]
    assert body_schema(operations["deleteOrder"])["required"] == ["success", "message"]


@pytest.mark.parametrize("dialect", ["v1"], indirect=True)
def test_envelopes_are_the_earlier_documents(operations):
    assert body_schema(operations["getCustomerAddresses"])["properties"]["data"]["required"] == ["addresses"]
    assert body_schema(operations["getCustomerAllOrders"])["properties"]["data"]["required"] == ["orders"]
    assert body_schema(operations["getCustomerStats"])["properties"]["data"]["required"] == ["stats"]
    assert body_schema(operations["createCustomer"], "201")["required"] == ["success", "data"]
    assert body_schema(operations["deleteCustomerAddress"])["required"] == ["success", "message"]


@pytest.mark.parametrize(
    ("dialect", "operation", "leads_to", "place"),
    [
        ("v2", "createCustomer", ["getCustomer", "updateCustomer", "deleteCustomer"], "/data/customer/id"),
        ("v2", "createOrder", ["getOrder", "updateOrder", "deleteOrder"], "/data/order/id"),
        ("v1", "createCustomer", ["getCustomer", "updateCustomer", "deleteCustomer"], "/data/customer/id"),
        ("b2b", "createCustomer", ["getCustomer", "updateCustomer"], "/data/id"),
        ("b2b", "createCustomerContact", ["updateCustomerContact", "deleteCustomerContact"], "/data/id"),
    ],
    indirect=["dialect"],
)
def test_what_is_created_links_to_what_takes_its_id(operations, operation, leads_to, place):
    links = operations[operation]["responses"]["201"]["links"]

    assert list(links) == leads_to
    assert set(leads_to) <= set(operations)
    assert {list(link["parameters"].values())[-1] for link in links.values()} == {f"$response.body#{place}"}


def test_conflicts_are_described(operations):
    examples = operations["deleteCustomerAddress"]["responses"]["409"]["content"]["application/json"]["examples"]

    assert set(examples) == {"primary_address", "last_address", "idempotency_key_in_use"}


@every_dialect
def test_every_component_carries_the_dialects_name(document, dialect):
    assert [name for name in document["components"]["schemas"] if dialect.upper() not in name] == []


@pytest.mark.parametrize(
    ("dialect", "path"), [(name, path) for name in READS for path in READS[name]], indirect=["dialect"]
)
def test_what_the_service_answers_is_what_the_document_says(api, document, dialect, path):
    customer = CustomerAddressFactory().customer
    template = f"{BASES[dialect]}{path}".replace("{id}", "{customer_id}")

    answered = api("customers/view").get(f"{BASES[dialect]}{path}".replace("{id}", f"{PREFIXES[dialect]}{customer.pk}"))

    assert answered.status_code == 200
    assert_fits(document, body_schema(document["paths"][template]["get"]), answered.json())


@every_dialect
def test_what_the_service_refuses_is_what_the_document_says(api, document, dialect):
    operation = document["paths"][f"{BASES[dialect]}/customers"]["post"]

    refused = api("customers/manage").post(f"{BASES[dialect]}/customers", {})

    assert_fits(document, body_schema(operation, "400"), refused.json())


@pytest.mark.parametrize("name", BASES)
def test_the_document_is_public_and_needs_no_database(client, name):
    first, second = client.get(f"/openapi/{name}.json"), client.get(f"/openapi/{name}.json")

    assert first.status_code == 200
    assert first["Content-Type"] == "application/json"
    assert first.content == second.content
    assert first.json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("name", BASES)
def test_the_docs_page_of_each_dialect_leads_to_all_three(client, name):
    page = client.get(f"/docs/{name}/", headers={"Accept": "text/html"}).content.decode()

    titles = {"v1": "FluentCart v1", "v2": "FluentCart v2", "b2b": "FluentCart B2B"}
    assert f'aria-current="page">{titles[name]}<' in page
    assert all(f'<a href="/docs/{other}/"' in page for other in titles)
    assert f"/openapi/{name}.json" in client.get(f"/docs/{name}/?script=").content.decode()


def test_tags_and_names_of_the_b2b_document():
    found = {
        operation["operationId"]: operation
        for path in generate(MOUNTS["b2b"])["paths"].values()
        for operation in path.values()
    }

    assert {tag for operation in found.values() for tag in operation["tags"]} == {"Customers"}
    assert {"201", "400", "401", "403", "429"} <= set(found["createCustomer"]["responses"])
    assert {"404", "409"} <= set(found["updateCustomer"]["responses"])
