// npm `@woocommerce/woocommerce-rest-api` over TLS: consumer key and secret are login and application password.
import assert from "node:assert/strict";
import test from "node:test";
import module from "@woocommerce/woocommerce-rest-api";

const WooCommerceRestApi = module.default ?? module;
const { TLS_URL: url, LOGIN: consumerKey, PASSWORD: consumerSecret } = process.env;
const options = { url, consumerKey, consumerSecret, version: "fluent-cart/v2" };

test("a list, with filters as nested objects", async () => {
  const shop = new WooCommerceRestApi(options);

  const { data, headers } = await shop.get("orders", { per_page: 4, filters: { status: "completed" } });

  assert.equal(data.data.orders.length, 4);
  assert.ok(data.data.orders.every((order) => order.status === "completed"));
  assert.equal(headers["x-wp-total"], String(data.data.pagination.total));
  assert.ok(headers.link.startsWith(`<${url}/wp-json/fluent-cart/v2/orders?`), headers.link);
});

test("a record is made, changed, read and deleted", async () => {
  const shop = new WooCommerceRestApi(options);
  const made = await shop.post("customers", { email: "woo-js@example.com", full_name: "Woo Js" });
  assert.equal(made.status, 201);
  const path = `customers/${made.data.data.customer.id}`;

  assert.equal((await shop.put(path, { notes: "é" })).data.data.customer.notes, "é");
  assert.equal((await shop.get(path)).data.data.customer.full_name, "Woo Js");
  assert.equal((await shop.delete(path)).data.success, true);
});

test("an error is axios's, with our body", async () => {
  await assert.rejects(new WooCommerceRestApi(options).get("orders/99999"), (error) => {
    assert.deepEqual([error.response.status, error.response.data.code], [404, "order_not_found"]);
    return true;
  });
});

test("credentials in the address are refused: they would stand in every log", async () => {
  await assert.rejects(new WooCommerceRestApi({ ...options, queryStringAuth: true }).get("orders"), (error) => {
    assert.deepEqual([error.response.status, error.response.data.code], [401, "rest_not_logged_in"]);
    return true;
  });
});
