"""What is not the API: the front page, the docs, signing in, health, and answers where no route or no code helps."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import DisallowedHost
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLResolver
from django.views import csrf as defaults_csrf
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.addresses import client_address
from accounts.authentication import TOO_MANY, wrong_passwords_key
from fluentcart import guide
from fluentcart.api.dialects import B2B, Dialect, WordPress
from fluentcart.api.exceptions import translate
from fluentcart.api.outages import RETRY_SECONDS, Unavailable, is_outage, report
from fluentcart.api.schema.document import browse_roots, dialect_of, document
from fluentcart.api.wordpress.middleware import root_url
from fluentcart.bodies import STREAM
from fluentcart.browsers import page_policy
from fluentcart.counters import get_counter
from fluentcart.errors import DomainError

Mounts = Mapping[str, URLResolver]
# Whose error body answers where no view does, by the beginning of the path.
DIALECTS: Mapping[str, Dialect] = {"/wp-json": WordPress(), "/api": B2B()}
STRANGE_HOST = "The Host of this request is not in ALLOWED_HOSTS: the service does not answer under that name."


# --- For people --------------------------------------------------------------------------------


def dialect_links(mounts: Mounts, shown: str = "") -> list[dict[str, Any]]:
    """Each dialect with the addresses of its documentation and of its lists."""
    return [
        {
            "title": dialect_of(mount).title,
            "docs": f"/docs/{name}/",
            "openapi": f"/openapi/{name}.json",
            "is_shown": name == shown,
            "roots": [{"name": root.rpartition("/")[2], "url": root} for root in browse_roots(mount)],
        }
        for name, mount in mounts.items()
    ]


@require_safe
def home(request: HttpRequest, mounts: Mounts) -> HttpResponse:
    """What this is, and where to go."""
    if not request.accepts("text/html"):
        return HttpResponse("This page is HTML; the API is under /wp-json/.\n", status=406, content_type="text/plain")
    return render(request, "home.html", {"shop": settings.SHOP_NAME, "dialects": dialect_links(mounts)})


@require_safe
def openapi(request: HttpRequest, mount: URLResolver) -> HttpResponse:
    """The OpenAPI document of a dialect; public, and readable from any page."""
    response = HttpResponse(document(mount), content_type="application/json")
    response["Access-Control-Allow-Origin"] = "*"
    return response


# The docs have no forms but Swagger UI's, which a script answers.
DOCS_POLICY = page_policy(form_action="'none'")


def docs_menu(mounts: Mounts, shown: str) -> dict[str, Any]:
    """The chapters of the guide and the references, with the one that is shown marked."""
    chapters = [
        {"title": title, "url": "/docs/" if name == "start" else f"/docs/{name}/", "is_shown": name == shown}
        for name, title in guide.CHAPTERS.items()
    ]
    return {"shop": settings.SHOP_NAME, "chapters": chapters, "references": dialect_links(mounts, shown)}


@require_safe
def docs_chapter(request: HttpRequest, mounts: Mounts, chapter: str) -> HttpResponse:
    """A chapter of the guide; its examples name the address under which it is read."""
    url = root_url(request).removesuffix("/wp-json/")
    text = guide.page(chapter, url, tuple(dialect_facts(mounts)))
    context = docs_menu(mounts, chapter) | {"title": guide.CHAPTERS[chapter], "text": text}
    response = render(request, "guide.html", context)
    response["Content-Security-Policy"] = DOCS_POLICY
    return response


def dialect_facts(mounts: Mounts) -> Iterator[tuple[tuple[str, str], ...]]:
    """What the guide says of each dialect, as pairs, which a cache can remember."""
    for name, mount in mounts.items():
        spoken = dialect_of(mount)
        told = {"title": spoken.title, "docs": f"/docs/{name}/", "openapi": f"/openapi/{name}.json"}
        yield tuple((told | {"base": "/" + str(mount.pattern).rstrip("/"), "for": spoken.purpose}).items())


class ReferencePage(SpectacularSwaggerSplitView):
    """Swagger UI from local files; its script is a request of its own, so that no inline script is needed."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    template_name = "reference.html"
    mounts: Mounts = {}
    shown = ""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The page, or with `?script` its script."""
        self.url = f"/openapi/{self.shown}.json"
        self.title = f"{dialect_of(self.mounts[self.shown]).title} API"
        response: Response = super().get(request, *args, **kwargs)
        response.data |= docs_menu(self.mounts, self.shown)
        response["Content-Security-Policy"] = DOCS_POLICY
        return response


class LoginPage(auth_views.LoginView):
    """Sign in with a login password, staff or not; wrong ones are counted by address and login, and slowed down."""

    template_name = "login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As Django does it, unless too many wrong passwords came before (decisions, "Rates")."""
        wrong, seconds_left = get_counter().peek(self.counter_key())
        if wrong < settings.WRONG_PASSWORDS_MAX:
            return super().post(request, *args, **kwargs)
        response = HttpResponse(f"{TOO_MANY}\n", status=429, content_type="text/plain")
        response["Retry-After"] = str(max(seconds_left, 1))
        return response

    def form_invalid(self, form: Form) -> HttpResponse:
        """Count it."""
        get_counter().hit(self.counter_key(), settings.WRONG_PASSWORDS_WINDOW_SECONDS)
        return super().form_invalid(form)  # type: ignore[arg-type]

    def form_valid(self, form: Any) -> HttpResponse:
        """Forget the wrong ones."""
        get_counter().forget(self.counter_key())
        return super().form_valid(form)

    def counter_key(self) -> str:
        """Shared with application passwords: guessing is guessing.

        Of the login as the form reads it: every spelling that it takes for the same user is the same one here.
        """
        login = UsernameField(max_length=254).to_python(self.request.POST.get("username")) or ""
        return wrong_passwords_key(login=login, address=client_address(self.request))


# --- Where no view answers ---------------------------------------------------------------------


def dialect_at(path: str) -> Dialect | None:
    """Which dialect is spoken under a path; None where pages are for people."""
    return next((spoken for prefix, spoken in DIALECTS.items() if f"{path}/".startswith(f"{prefix}/")), None)


def refuse(dialect: Dialect, error: DomainError, status: int | None = None) -> JsonResponse:
    """A refusal of no route in particular."""
    status = status or dialect.status_of(error)
    return JsonResponse(dialect.refusal(error, status), status=status)


@csrf_exempt
def no_route(request: HttpRequest) -> HttpResponse:
    """Anything under the path of a dialect that is no route."""
    dialect = dialect_at(request.path) or WordPress()
    return refuse(dialect, DomainError("No route was found matching the URL and request method.", code="rest_no_route"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: what it refuses before any view is asked. Nothing that was sent is repeated."""
    sentence = STRANGE_HOST if isinstance(exception, DisallowedHost) else "The request could not be understood."
    if (dialect := dialect_at(request.path)) is None:
        return render(request, "400.html", {"sentence": sentence}, status=400)
    return refuse(dialect, DomainError(sentence, code="bad_request"), 400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, as Django tells it; or one that did not arrive in time, whose token nobody saw."""
    stream = request.META.get(STREAM)
    if stream is None or stream.refusal is None or (error := translate(stream.refusal)) is None:
        return defaults_csrf.csrf_failure(request, reason)
    status = WordPress().status_of(error)
    response = HttpResponse(f"{error.message}\n", status=status, content_type="text/plain")
    if isinstance(error, Unavailable):
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: our defect, without any detail of it, or a database that is away."""
    error = sys.exc_info()[1]  # Django calls this while it handles whatever a view or a middleware raised
    if error is not None and is_outage(error):
        report(error)
        return unavailable(request)
    if (dialect := dialect_at(request.path)) is None:
        return defaults.server_error(request)
    return refuse(dialect, DomainError("There has been an error on this service.", code="internal_server_error"), 500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """What is answered while the database is away: come back in some seconds."""
    dialect, error = dialect_at(request.path), Unavailable()
    response: HttpResponse
    if dialect is None:
        response = render(request, "503.html", {"sentence": error.message}, status=503)
    else:
        response = refuse(dialect, error)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
