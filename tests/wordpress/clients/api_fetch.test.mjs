// npm `@wordpress/api-fetch` against a live service, with a browser's session cookie and nonce as in wp-admin.
import assert from "node:assert/strict";
import test from "node:test";
import apiFetch from "@wordpress/api-fetch";

const { SERVICE_URL: url, COOKIE: cookie, NONCE: nonce } = process.env;
const calls = [];
const nodeFetch = globalThis.fetch;

// What a browser does by itself: it sends the cookie of the page's own site. Every call is written down.
globalThis.fetch = async (target, options = {}) => {
  const answer = await nodeFetch(target, { ...options, headers: { ...options.headers, Cookie: cookie } });
  calls.push({ target, method: options.method ?? "GET", headers: options.headers ?? {}, answer });
  return answer;
};

apiFetch.use(apiFetch.createRootURLMiddleware(`${url}/wp-json/`));
apiFetch.nonceMiddleware = apiFetch.createNonceMiddleware(nonce);
apiFetch.use(apiFetch.nonceMiddleware);
apiFetch.nonceEndpoint = `${url}/wp-admin/admin-ajax.php?action=rest-nonce`;

test("a path is under the root, with the nonce and _locale, which is no unknown filter", async () => {
  const answer = await apiFetch({ path: "/fluent-cart/v2/customers?per_page=3" });

  assert.equal(answer.data.customers.length, 3);
  assert.equal(calls.at(-1).target, `${url}/wp-json/fluent-cart/v2/customers?per_page=3&_locale=user`);
  assert.equal(calls.at(-1).headers["X-WP-Nonce"], nonce);
  // Each answer renews the nonce, so that a page that stays open goes on working.
  assert.match(calls.at(-1).answer.headers.get("X-WP-Nonce"), /^\w+$/);
});

test("the namespace middleware finds the path too", async () => {
  const me = await apiFetch({ namespace: "wp/v2", endpoint: "users/me" });

  assert.equal(me.slug, "ada");
});

test("PUT, PATCH and DELETE travel as POST with X-HTTP-Method-Override", async () => {
  const path = "/fluent-cart/v2/customers";
  const made = await apiFetch({ path, method: "POST", data: { email: "fetch@example.com", full_name: "Fay Fetch" } });
  const one = `${path}/${made.data.customer.id}`;
  const changed = await apiFetch({ path: one, method: "PUT", data: { notes: "by PUT" } });
  assert.deepEqual([calls.at(-1).method, calls.at(-1).headers["X-HTTP-Method-Override"]], ["POST", "PUT"]);
  assert.deepEqual([changed.data.customer.notes, changed.data.customer.full_name], ["by PUT", "Fay Fetch"]);

  const gone = await apiFetch({ path: one, method: "DELETE" });

  assert.equal(calls.at(-1).headers["X-HTTP-Method-Override"], "DELETE");
  assert.equal(gone.success, true);
  await assert.rejects(apiFetch({ path: one }), { code: "customer_not_found" });
});

test("a refusal is an object with code, message and data.status", async () => {
  await assert.rejects(apiFetch({ path: "/fluent-cart/v2/customers", method: "POST", data: {} }), (error) => {
    assert.deepEqual([error.code, error.data.status], ["validation_error", 400]);
    assert.deepEqual(error.data.errors.full_name, ["Full Name field is required."]);
    return typeof error.message === "string";
  });
  await assert.rejects(apiFetch({ path: "/fluent-cart/v2/nothing" }), { code: "rest_no_route" });
});

test("parse: false gives the answer with WordPress's headers", async () => {
  const answer = await apiFetch({ path: "/wp/v2/users?per_page=1", parse: false });

  assert.ok(Number(answer.headers.get("X-WP-Total")) >= 1);
  assert.match(answer.headers.get("Link"), /rel="next"/);
});

test("per_page=-1 follows rel=next through every page", async () => {
  const everybody = await apiFetch({ path: "/wp/v2/users?per_page=-1" });

  const total = Number(calls.at(-1).answer.headers.get("X-WP-Total"));
  assert.ok(total > 100, "the demo has more users than fit into a page");
  assert.equal(new Set(everybody.map((user) => user.id)).size, total);
});

test("a nonce that is too old is fetched anew, and the call repeated", async () => {
  apiFetch.nonceMiddleware.nonce = "0123456789";

  const me = await apiFetch({ path: "/wp/v2/users/me" });

  assert.equal(me.slug, "ada");
  const [refused, renewed, repeated] = calls.slice(-3);
  assert.deepEqual([refused.answer.status, renewed.target, repeated.answer.status], [403, apiFetch.nonceEndpoint, 200]);
});

test("the cookie alone is nobody", async () => {
  const answer = await fetch(`${url}/wp-json/wp/v2/users/me`);

  assert.deepEqual([answer.status, (await answer.json()).code], [401, "rest_not_logged_in"]);
});
