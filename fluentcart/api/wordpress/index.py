"""The public indexes: what this site is, its namespaces, and every route with what it takes, from the URLconf."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, re_path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from fluentcart.api.wordpress.arguments import Args, body_arguments, path_arguments, query_arguments
from fluentcart.api.wordpress.middleware import root_url

Namespaces = Mapping[str, URLResolver]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
AUTHORIZE_PATH = "wp-admin/authorize-application.php"

_GROUP = re.compile(r"\(\?P<(\w+)>((?:[^()\[\]]|\[[^\]]*\])*)\)")
_REPEATS = re.compile(r"\{1,\d+\}")


class IndexPage(APIView):
    """Answers anybody; credentials that are sent all the same must be good ones."""

    permission_classes = [AllowAny]
    namespaces: Namespaces = {}

    def get(self, request: Request, namespace: str = "") -> HttpResponse:
        """The index of the site, or of one namespace."""
        chosen = tuple(self.namespaces.items())
        return HttpResponse(index_json(root_url(request._request), namespace, chosen), content_type="application/json")

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """An index describes itself."""
        return self.get(request, *args, **kwargs)


def index_routes(namespaces: Namespaces) -> list[URLPattern]:
    """The addresses of the indexes, to stand behind the namespaces' own routes."""
    view = IndexPage.as_view(namespaces=namespaces)
    names = "|".join(re.escape(name) for name in namespaces)
    return [re_path(r"^wp-json/?\Z", view, name="wp_index"), re_path(rf"^wp-json/(?P<namespace>{names})/?\Z", view)]


@lru_cache(maxsize=32)
def index_json(root: str, namespace: str, namespaces: tuple[tuple[str, URLResolver], ...]) -> bytes:
    """An index as JSON; it depends on nothing but the address under which the site was asked."""
    found = dict(namespaces)
    body = namespace_index(root, namespace, found[namespace]) if namespace else site_index(root, found)
    return orjson.dumps(body)


def site_index(root: str, namespaces: Namespaces) -> dict[str, Any]:
    """What `/wp-json/` answers."""
    home = root.removesuffix("/wp-json/")
    routes = {"/": _entry("", root, [_endpoint("GET", {"context": _default("view")})])}
    for name, mount in namespaces.items():
        routes |= routes_of(root, name, mount)
    return {
        "name": settings.SHOP_NAME,
        "description": "Customers and orders of a shop, as FluentCart's API tells them.",
        "url": home,
        "home": home,
        "gmt_offset": 0,
        "timezone_string": settings.TIME_ZONE,
        "namespaces": list(namespaces),
        "authentication": {"application-passwords": {"endpoints": {"authorization": f"{home}/{AUTHORIZE_PATH}"}}},
        "routes": routes,
        "_links": {"help": [{"href": f"{home}/docs/"}]},
    }


def namespace_index(root: str, name: str, mount: URLResolver) -> dict[str, Any]:
    """What `/wp-json/fluent-cart/v2` answers."""
    return {"namespace": name, "routes": routes_of(root, name, mount), "_links": {"up": [{"href": root}]}}


def routes_of(root: str, name: str, mount: URLResolver) -> dict[str, Any]:
    """Route as a regular expression -> what it takes, for everything under a mount."""
    args = {"namespace": _default(name), "context": _default("view")}
    routes = {f"/{name}": _entry(name, f"{root}{name}", [_endpoint("GET", args)])}
    for pattern in mount.url_patterns:
        assert isinstance(pattern, URLPattern)
        path, variables = readable(pattern)
        href = f"{root}{name}/{path}" if not variables else ""
        routes[f"/{name}/{path}"] = _entry(name, href, list(endpoints(pattern.callback, path_arguments(variables))))
    return routes


def readable(pattern: URLPattern) -> tuple[str, list[tuple[str, str]]]:
    """A path as WordPress writes it, `customers/(?P<customerId>[0-9]+)`, and (name, pattern) of its variables."""
    names = getattr(pattern.callback.cls, "path_names", {})  # type: ignore[attr-defined]
    variables: list[tuple[str, str]] = []

    def rename(found: re.Match[str]) -> str:
        name = names.get(found[1]) or re.sub(r"_(\w)", lambda letter: letter[1].upper(), found[1])
        variables.append((name, _REPEATS.sub("+", found[2])))
        return f"(?P<{name}>{variables[-1][1]})"

    text = pattern.pattern.regex.pattern.removeprefix("^").removesuffix(r"/?\Z")
    return _GROUP.sub(rename, text), variables


def endpoints(callback: Any, in_path: Args) -> Iterator[dict[str, Any]]:
    """One for each method of a route."""
    viewset = callback.cls
    for method in METHODS:
        if (action := callback.actions.get(method.lower())) is None:
            continue
        listing = viewset.listings.get(action)
        parameters = (*(listing.parameters() if listing else ()), *viewset.parameters.get(action, ()))
        body = body_arguments(viewset.inputs[action]) if action in viewset.inputs else {}
        yield _endpoint(method, in_path | query_arguments(parameters) | body)


def _entry(namespace: str, href: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """A route; its own address is told where it has only one."""
    methods = [method for endpoint in found for method in endpoint["methods"]]
    entry: dict[str, Any] = {"namespace": namespace, "methods": methods, "endpoints": found}
    return entry | {"_links": {"self": [{"href": href}]}} if href else entry


def _endpoint(method: str, args: Args) -> dict[str, Any]:
    return {"methods": [method], "args": args}


def _default(value: str) -> dict[str, Any]:
    return {"default": value, "required": False}
