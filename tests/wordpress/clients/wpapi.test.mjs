// npm `wpapi` against a live service: discovery, routes from the index, with[], filters, paging, errors.
import assert from "node:assert/strict";
import test from "node:test";
import WPAPI from "wpapi";

const { SERVICE_URL: url, LOGIN: username, PASSWORD: password } = process.env;

test("everything by wpapi", async (t) => {
  // The front page's Link header leads to the index, and the index's routes become methods.
  const site = (await WPAPI.discover(`${url}/`)).auth({ username, password });
  const shop = site.namespace("fluent-cart/v2");

  await t.test("methods are made from the index", () => {
    for (const name of ["customers", "orders", "products"]) assert.equal(typeof shop[name], "function", name);
  });

  await t.test("a list has its paging in _paging, and next leads on", async () => {
    const first = await shop.customers().perPage(2).page(1);
    assert.equal(first.data.customers.length, 2);
    assert.equal(first._paging.total, first.data.pagination.total);
    assert.equal(first._paging.totalPages, first.data.pagination.total_pages);
    const second = await first._paging.next.auth({ username, password });
    assert.equal(second.data.pagination.current_page, 2);
    assert.ok(second._paging.prev);
    assert.notDeepEqual(second.data.customers, first.data.customers);
  });

  await t.test("with[] brings orders and addresses along", async () => {
    const { customer } = (await shop.customers().customerId(1).param("with", ["orders", "addresses"])).data;
    assert.equal(customer.id, 1);
    assert.ok(customer.orders.length > 0);
    assert.equal(customer.addresses.length, 3);
  });

  await t.test("filters are an object", async () => {
    const { orders } = (await shop.orders().param("filters", { status: "completed" }).perPage(5)).data;
    assert.equal(orders.length, 5);
    assert.ok(orders.every((order) => order.status === "completed"));
  });

  await t.test("search is a method of its own", async () => {
    const { customers } = (await shop.customers().search("john")).data;
    assert.ok(customers.length > 0);
  });

  await t.test("a record is made, changed and deleted", async () => {
    const made = (await shop.customers().create({ email: "wpapi@example.com", full_name: "Wanda Api" })).data.customer;
    assert.equal(made.last_name, "Api");
    const changed = (await shop.customers().customerId(made.id).update({ city: "Zürich" })).data.customer;
    assert.deepEqual([changed.city, changed.full_name], ["Zürich", "Wanda Api"]);
    assert.equal((await shop.customers().customerId(made.id).delete()).success, true);
  });

  await t.test("an error has WordPress's code and status", async () => {
    await assert.rejects(async () => await shop.customers().customerId(99999), {
      code: "customer_not_found",
      data: { status: 404, message: "Customer not found", errors: [{ code: 404, message: "Customer with ID 99999 not found" }] },
    });
    await assert.rejects(async () => await shop.customers().create({ email: "no" }), (error) => {
      assert.deepEqual([error.code, error.data.status], ["validation_error", 400]);
      assert.ok(error.data.errors.email.length > 0);
      return true;
    });
    const nobody = new WPAPI({ endpoint: `${url}/wp-json` });
    await assert.rejects(async () => await nobody.users().me(), { code: "rest_not_logged_in" });
  });

  await t.test("a route can be registered by hand too", async () => {
    const own = new WPAPI({ endpoint: `${url}/wp-json`, username, password });
    own.customers = own.registerRoute("fluent-cart/v2", "/customers/(?P<id>[0-9]+)", { params: ["with"] });
    assert.equal((await own.customers().id(1)).data.customer.id, 1);
  });
});
