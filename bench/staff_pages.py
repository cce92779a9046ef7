"""Every page of the admin that staff can open: read from the registered pages, so that a new one is among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

# The second page of a list, and the last one that is shown of a long one.
DEEP_PAGES = (2, 200)
# What a page wants to be asked.
QUERIES = {"attachable-users/": "?app_label=customers&model_name=customer&field_name=user&term=user"}
# Django's own ways from a primary key to a page, and a page that only says where it has moved.
_KEY = re.compile(r"<(?:\w+:)?\w+>")


@dataclass(frozen=True)
class Site:
    """What the addresses are made of.

    Args:
        site: the admin's site.
        user: who looks; a super_admin sees everything.
        keys: "app.model" -> the primary key of the row whose pages are opened; models without one are left out.
        terms: "app.model" -> what is searched for in its list; "" -> in any other.
    """

    site: Any
    user: Any
    keys: Mapping[str, Any]
    terms: Mapping[str, Sequence[str]]

    def terms_of(self, label: str) -> Sequence[str]:
        """What is searched for among the rows of a model."""
        return self.terms.get(label, self.terms.get("", ()))


def pages(shop: Site) -> Iterator[tuple[str, str]]:
    """(name, address) of every page that is opened by GET, lists with every filter, search and sort they offer."""
    yield "start", "/admin/"
    for model, model_admin in shop.site._registry.items():
        label = model._meta.label_lower
        base = f"/admin/{label.replace('.', '/')}/"
        for route in routes(model_admin):
            if route == "":
                yield from list_pages(shop, model_admin, label, base)
            elif not _KEY.search(route):
                yield f"{label} {route.strip('/')}", base + route + QUERIES.get(route, "")
            elif label in shop.keys:
                yield f"{label} {route.rpartition('>')[2].strip('/')}", base + _KEY.sub(str(shop.keys[label]), route)
    yield from autocompletes(shop)


def routes(model_admin: Any) -> list[str]:
    """The pages of a model, below its base: "", "add/", "<path:object_id>/change/"."""
    return list(dict.fromkeys(str(url.pattern) for url in model_admin.get_urls() if url.name))


def list_pages(shop: Site, model_admin: Any, label: str, base: str) -> Iterator[tuple[str, str]]:
    """A list as it opens, its deep pages, each choice of each filter, each column to sort by, searches."""
    changes = changelist(model_admin, shop.user, base)
    yield f"{label} list", base
    for page in DEEP_PAGES:
        yield f"{label} page {page}", f"{base}?{urlencode({'p': page})}"
    filters = {
        f"{spec.title}: {choice['display']}": choice["query_string"].lstrip("?")
        for spec in changes.filter_specs
        for choice in spec.choices(changes)
    }
    filters = {name: query for name, query in filters.items() if query}
    for name, query in filters.items():
        yield f"{label} filter {name}", f"{base}?{query}"
    for place, column in enumerate(changes.list_display):
        if column in changes.sortable_by:
            for sign in ("", "-"):
                yield f"{label} sort {sign}{column}", f"{base}?{urlencode({'o': f'{sign}{place}'})}"
    for term in shop.terms_of(label) if changes.search_fields else ():
        yield f"{label} search {term}", f"{base}?{urlencode({'q': term})}"
        for name, query in list(filters.items())[:1]:
            yield f"{label} search {term}, {name}", f"{base}?{urlencode({'q': term})}&{query}"


def changelist(model_admin: Any, user: Any, base: str) -> Any:
    """The list as Django's admin knows it."""
    from django.test import RequestFactory

    request = RequestFactory().get(base)
    request.user = user
    return model_admin.get_changelist_instance(request)


def autocompletes(shop: Site) -> Iterator[tuple[str, str]]:
    """What a field that completes asks, for each foreign key to rows that can be searched for."""
    from django.apps import apps

    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            remote = shop.site._registry.get(field.remote_field.model) if field.remote_field else None
            if remote is None or not remote.search_fields:
                continue
            names = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
            label = remote.model._meta.label_lower
            for term in ("", *shop.terms_of(label)):
                name = f"{model._meta.label_lower} complete {field.name} {term}".strip()
                yield name, f"/admin/autocomplete/?{urlencode(names | {'term': term})}"
