"""The pages around the API, health, and the answers where no route or no code helps."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

from fluentcart import pages, urls
from tests.callers import V1, V2
from tests.customers.factories import UserFactory


def explode(request):
    """A defect of ours."""
    raise RuntimeError("the secret is 42")


def tell_host(request):
    """Asks for the Host header, as building an address does."""
    return HttpResponse(request.get_host())


urlpatterns = [
    path("wp-json/explode", explode),
    path("wp-json/host", tell_host),
    path("explode", explode),
    *urls.urlpatterns,
]
handler500 = urls.handler500
handler400 = urls.handler400


@pytest.mark.django_db
def test_the_front_page_leads_everywhere(client):
    page = client.get("/", HTTP_ACCEPT="text/html")

    assert page.status_code == 200
    links = re.findall(r'href="(/[^"]*)"', page.content.decode())
    assert {"/docs/v2/", "/openapi/v2.json", f"{V2}/customers", f"{V2}/orders", "/admin/"} <= set(links)
    assert {"/docs/v1/", "/openapi/v1.json", f"{V1}/customers", f"{V1}/orders"} <= set(links)
    assert all(client.get(link).status_code in (200, 302, 401) for link in links if not link.startswith("/static/"))


def test_the_front_page_is_for_people(client):
    assert client.get("/", HTTP_ACCEPT="application/json").status_code == 406


def test_the_docs_page_begins_with_the_guide(client):
    for where in ("/docs/", "/docs"):
        page = client.get(where, HTTP_ACCEPT="text/html").content.decode()

        assert "Getting started</h1>" in page
        assert '<a href="/docs/" aria-current="page">Getting started</a>' in page


def test_the_reference_is_local_and_without_inline_scripts(client):
    page = client.get("/docs/v2/", HTTP_ACCEPT="text/html")

    assert page.status_code == 200
    text = page.content.decode()
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in text
    assert not re.search(r"(src|href)=\"https?://", text)
    assert 'aria-current="page">FluentCart v2<' in text


def test_the_reference_switches_between_the_dialects(client):
    page = client.get("/docs/v1/", HTTP_ACCEPT="text/html").content.decode()
    script = client.get("/docs/v1/?script=").content.decode()

    assert 'aria-current="page">FluentCart v1<' in page
    assert '<a href="/docs/v2/">FluentCart v2</a>' in page
    assert "/openapi/v1.json" in script.replace("\\u002D", "-")


def test_the_script_of_the_reference_reads_our_document_and_keeps_no_password(client):
    script = client.get("/docs/v2/?script=")

    assert script["Content-Type"].startswith("application/javascript")
    assert "/openapi/v2.json" in script.content.decode().replace("\\u002D", "-")
    assert '"persistAuthorization": false' in script.content.decode()


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize(
    "where",
    [
        "/wp-json/nowhere",
        f"{V2}/customers/abc",
        f"{V2}/customers/-1",
        f"{V2}/customers/1/nothing",
        "/wp-json/fluent-cart",
    ],
)
def test_what_is_no_route_says_so_in_the_dialects_body(method, where):
    answer = getattr(Client(enforce_csrf_checks=True), method)(where)

    sentence = "No route was found matching the URL and request method."
    assert answer.status_code == 404
    assert answer.json() == {
        "success": False,
        "code": "rest_no_route",
        "message": sentence,
        "data": {"status": 404, "message": sentence, "errors": [{"code": 404, "message": sentence}]},
        "error": {"code": "rest_no_route", "message": sentence},
    }


@override_settings(ROOT_URLCONF="tests.test_pages")
def test_a_defect_under_the_api_answers_json_without_any_detail():
    answer = Client(raise_request_exception=False).get("/wp-json/explode")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_server_error"
    assert answer.json()["data"]["status"] == 500
    assert "42" not in answer.content.decode()
    assert "RuntimeError" not in answer.content.decode()


@override_settings(ROOT_URLCONF="tests.test_pages")
def test_a_defect_elsewhere_answers_a_page():
    answer = Client(raise_request_exception=False).get("/explode")

    assert answer.status_code == 500
    assert answer["Content-Type"].startswith("text/html")


@override_settings(ROOT_URLCONF="tests.test_pages")
def test_a_host_that_is_not_ours_is_a_400_in_json():
    answer = Client(raise_request_exception=False).get("/wp-json/host", HTTP_HOST="evil.example")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert answer.json()["message"].startswith("The Host of this request is not in ALLOWED_HOSTS")
    assert "evil" not in answer.content.decode()


def test_a_host_that_is_not_ours_is_told_on_pages_too():
    answer = Client(raise_request_exception=False).get("/docs/", HTTP_HOST="<evil>.example")

    assert answer.status_code == 400
    assert "The Host of this request is not in ALLOWED_HOSTS" in answer.content.decode()
    assert "evil" not in answer.content.decode()


@pytest.mark.django_db
class TestSigningIn:
    """With a login password, by staff or shopper."""

    def log_in(self, client, password, where="/accounts/login/", **fields):
        return client.post(where, {"username": "ada", "password": password} | fields)

    @pytest.fixture(autouse=True)
    def ada(self):
        user = UserFactory(login="ada")
        user.set_password("correct horse")
        user.save()
        return user

    def test_a_shopper_signs_in_and_goes_where_they_wanted(self, client):
        answer = self.log_in(client, "correct horse", next="/docs/")

        assert (answer.status_code, answer["Location"]) == (302, "/docs/")

    def test_nobody_is_sent_to_another_site(self, client):
        assert self.log_in(client, "correct horse", next="https://evil.example/")["Location"] == "/"

    def test_a_wrong_password_is_refused(self, client):
        answer = self.log_in(client, "wrong")

        assert answer.status_code == 200
        assert "sessionid" not in answer.cookies

    def test_too_many_wrong_passwords_wait(self, client, settings):
        settings.WRONG_PASSWORDS_MAX = 2
        for _ in range(2):
            self.log_in(client, "wrong")

        answer = self.log_in(client, "correct horse")

        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert "sessionid" not in answer.cookies

    @pytest.mark.parametrize("spelling", ["ADA", " ada", "ada\t", "\uff41da"])
    def test_another_spelling_of_the_login_is_no_further_guess(self, client, settings, spelling):
        settings.WRONG_PASSWORDS_MAX = 2
        for _ in range(2):
            self.log_in(client, "wrong", username=spelling)

        assert self.log_in(client, "correct horse").status_code == 429

    def test_a_right_password_forgets_the_wrong_ones(self, client, settings):
        settings.WRONG_PASSWORDS_MAX = 2
        for password in ("wrong", "correct horse", "wrong"):
            self.log_in(Client(), password)

        assert self.log_in(client, "correct horse").status_code == 302

    def test_the_form_is_protected(self):
        assert self.log_in(Client(enforce_csrf_checks=True), "correct horse").status_code == 403

    def test_one_logs_out_by_post_only(self, client):
        self.log_in(client, "correct horse")

        assert client.get("/accounts/logout/").status_code == 405
        assert client.post("/accounts/logout/").status_code == 302
        assert "_auth_user_id" not in client.session


def test_pages_wear_the_usual_protection(client):
    answer = client.get("/docs/")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_the_error_pages_are_ours():
    assert (urls.handler400, urls.handler500) == ("fluentcart.pages.bad_request", "fluentcart.pages.server_error")
    assert callable(pages.bad_request)
    assert callable(pages.server_error)


def test_the_admins_door_is_the_one_where_wrong_passwords_are_counted(client):
    r = client.get("/admin/login/?next=/admin/orders/")

    assert (r.status_code, r["Location"]) == (302, "/accounts/login/?next=/admin/orders/")


def test_a_shopper_is_asked_to_sign_in_as_somebody_else_and_not_sent_in_circles(client, db):
    client.force_login(UserFactory.create())

    r = client.get("/admin/", follow=True)

    assert r.status_code == 200
    assert "may not be open to that account" in r.content.decode()
