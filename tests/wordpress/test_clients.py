"""The clients that people use with WordPress, as published, against a live service: npm's and PyPI's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from woocommerce import API

from tests.serving import ANSWER_SECONDS, Served, serving
from tests.tls import Door, tls_door

CLIENTS = Path(__file__).with_name("clients")
NODE_SECONDS = 60
LOGIN_PASSWORD = "a long login password"

pytestmark = [pytest.mark.once, pytest.mark.slow]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop with demo data, behind a proxy that it believes; no rates, for these are not about them."""
    folder = tmp_path_factory.mktemp("clients")
    with serving(folder, WORKERS="1", FLUENTCART_RATE_LIMIT="off", TRUSTED_PROXIES="127.0.0.1") as served:
        yield served


@pytest.fixture(scope="module")
def password(shop: Served) -> str:
    """Ada's application password; she has a login password too, for the browser."""
    shop.manage("create_user", "ada", "--email", "ada@example.com", "--role", "super_admin", "--password-stdin",
                stdin=LOGIN_PASSWORD)  # fmt: skip
    return shop.create_user("ada")


@pytest.fixture(scope="module")
def door(shop: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The same shop at an https address, as behind the proxy of the README."""
    with tls_door(shop.url, tmp_path_factory.mktemp("tls")) as opened:
        yield opened


def run_node(name: str, **env: str) -> None:
    """Run one of `clients/*.test.mjs`; node's own report says what failed."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed: 'apt install nodejs npm' lets the npm clients run.")
    if not (CLIENTS / "node_modules" / "wpapi").is_dir():
        pytest.skip("The npm clients are not installed: 'make test' installs them first.")
    done = subprocess.run(
        [node, "--test", f"{name}.test.mjs"],
        cwd=CLIENTS, env=os.environ | env, check=False, capture_output=True, text=True, timeout=NODE_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^\W*pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed, done.stdout
    assert int(passed[1]) > 1, "node found no tests"


def signed_in(shop: Served) -> requests.Session:
    """A browser's session: the form is filled in as a person fills it in."""
    browser = requests.Session()
    page = f"{shop.url}/accounts/login/"
    browser.get(page, timeout=ANSWER_SECONDS)
    form = {"username": "ada", "password": LOGIN_PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    assert browser.post(page, form, allow_redirects=False, timeout=ANSWER_SECONDS).status_code == 302
    return browser


def test_wpapi_discovers_the_shop_and_works_with_it(shop: Served, password: str):
    run_node("wpapi", SERVICE_URL=shop.url, LOGIN="ada", PASSWORD=password)


def test_api_fetch_works_with_a_session_and_a_nonce(shop: Served, password: str):
    browser = signed_in(shop)
    nonce = browser.get(f"{shop.url}/wp-admin/admin-ajax.php?action=rest-nonce", timeout=ANSWER_SECONDS).text
    cookie = f"sessionid={browser.cookies['sessionid']}"

    run_node("api_fetch", SERVICE_URL=shop.url, COOKIE=cookie, NONCE=nonce)


def test_woocommerce_s_javascript_client_works_over_tls(door: Door, password: str):
    run_node(
        "woocommerce",
        TLS_URL=door.url,
        LOGIN="ada",
        PASSWORD=password,
        NODE_EXTRA_CA_CERTS=str(door.certificate),
    )


class TestWooCommerceForPython:
    """PyPI's `woocommerce`: consumer key and secret are login and application password."""

    @pytest.fixture
    def client(self, door: Door, password: str) -> API:
        return API(door.url, "ada", password, version="fluent-cart/v2", verify_ssl=str(door.certificate), timeout=30)

    def test_it_lists_with_filters_and_paging(self, client: API, door: Door):
        answer = client.get("orders", params={"per_page": 4, "filters[status]": "completed"})

        orders = answer.json()["data"]["orders"]
        assert [order["status"] for order in orders] == ["completed"] * 4
        assert int(answer.headers["X-WP-Total"]) == answer.json()["data"]["pagination"]["total"]
        assert answer.links["next"]["url"].startswith(f"{door.url}/wp-json/fluent-cart/v2/orders?")

    def test_it_makes_changes_and_deletes(self, client: API):
        made = client.post("customers", {"email": "woo-python@example.com", "full_name": "Woo Python"})
        path = f"customers/{made.json()['data']['customer']['id']}"

        changed = client.put(path, {"notes": "é"})
        gone = client.delete(path)

        assert (made.status_code, changed.status_code, gone.status_code) == (201, 200, 200)
        assert changed.json()["data"]["customer"]["notes"] == "é"
        assert client.get(path).json()["code"] == "customer_not_found"

    def test_it_sees_a_refusal_s_code_and_status(self, client: API):
        answer = client.post("customers", {"email": "no"})

        assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
        assert answer.json()["data"]["status"] == 400

    def test_credentials_in_the_address_are_nobody_s(self, door: Door, password: str):
        client = API(
            door.url, "ada", password,
            version="fluent-cart/v2", query_string_auth=True, verify_ssl=str(door.certificate), timeout=30,
        )  # fmt: skip

        answer = client.get("orders")

        assert (answer.status_code, answer.json()["code"]) == (401, "rest_not_logged_in")
