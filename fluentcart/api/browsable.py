"""The browsable page: the JSON that a client gets, and forms for what the caller may do with it."""

from __future__ import annotations

import contextlib
from typing import Any

from django import forms
from django.http import QueryDict
from rest_framework.exceptions import APIException
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer
from rest_framework.request import Request, override_method
from rest_framework.utils.breadcrumbs import get_breadcrumbs

from fluentcart.api.legible import Meaning, legible, related
from fluentcart.api.rendering import OrjsonRenderer, to_json
from fluentcart.api.rows import Row
from fluentcart.api.schema import words
from fluentcart.errors import DomainError


class BrowsableRenderer(BrowsableAPIRenderer):
    """DRF's page, with raw JSON forms filled in from the Ins' examples.

    Forms ask the policy alone, through `check_permissions`: drawing a page neither counts nor spends a rate.
    There are no field-by-field forms: HTML forms cannot spell nested lists, and would send "" for what is left out.
    """

    template = "browsable.html"

    def get_default_renderer(self, view: Any) -> BaseRenderer:
        """What the page shows is what a client gets."""
        return OrjsonRenderer()

    def get_content(self, renderer: Any, data: Any, accepted_media_type: Any, renderer_context: Any) -> str:
        """The same JSON, indented, with money and moments in words beside it and links to other records."""
        if data is None:
            return ""
        out = getattr(view := renderer_context["view"], "outputs", {}).get(getattr(view, "action", None))
        # WordPress's own routes spell by functions, which tell nothing of their keys.
        tables = [row for row in out.parts.values() if isinstance(row, type) and issubclass(row, Row)] if out else []
        try:
            return legible(to_json(data).decode(), Meaning.of(tables, renderer_context["request"].path))
        except RecursionError:  # what a client once stored may be nested deeper than this can walk
            return to_json(data, indented=True).decode()

    def get_name(self, view: Any) -> str:
        """What the route does, as in the OpenAPI document."""
        return words.summary(view) or "No page here"

    def get_description(self, view: Any, status_code: int) -> str:
        """Who may call it, and how often."""
        has_tables = hasattr(view, "rate_classes") and getattr(view, "action", None) in view.outputs
        return " ".join(words.access(view)).replace("`", "") if has_tables else ""

    def get_breadcrumbs(self, request: Request) -> list[tuple[str, str]]:
        """The routes above this one, named as in the path."""
        found = [(url.rstrip("/").rpartition("/")[2], url) for _, url in get_breadcrumbs(request.path)]
        return [("Home", "/"), *found]

    def get_context(self, data: Any, accepted_media_type: Any, renderer_context: Any) -> dict[str, Any]:
        """DRF's names, without what needs an inline style or a format that the session does not open."""
        view, request = renderer_context["view"], renderer_context["request"]
        with contextlib.suppress(APIException):
            # Before forms are drawn for other methods: signing in anew for those would ask for a CSRF token.
            _ = request.user
        context: dict[str, Any] = super().get_context(data, accepted_media_type, renderer_context)
        body_form = self.get_raw_data_form(data, view, "DELETE", request)
        return context | {
            "code_style": "",
            "api_settings": {},
            "raw_data_delete_form": body_form,
            "delete_form": context["delete_form"] if body_form is None else None,
            "display_edit_forms": True,
            "related": related(request.path),
            "is_refused": context["response"].status_code in (401, 403),
        }

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        """Only whether there is a DELETE button; see the class."""
        if method != "DELETE":
            return None
        with override_method(view, request, method) as overridden:
            return self.show_form_for_method(view, method, overridden, None)

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Request) -> forms.Form | None:
        """The form for a body; None where the method is not there, not allowed to the caller, or takes none."""
        with override_method(view, request, method) as overridden:
            if not self.show_form_for_method(view, method, overridden, None):
                return None
            serializer = getattr(view, "inputs", {}).get(view.action)
        if serializer is None:
            return RawForm(initial={"_content": ""}) if method == "POST" else None
        sent = sent_body(request) if request.method == method else None
        content = sent if sent is not None else serializer.example
        return RawForm(initial={"_content": to_json(content, indented=True).decode()})


class RawForm(forms.Form):
    """A body as text; DRF's script sends it with the chosen media type."""

    _content_type = forms.ChoiceField(
        label="Media type",
        choices=[(name, name) for name in ("application/json", "application/x-www-form-urlencoded")],
        widget=forms.Select(attrs={"data-override": "content-type"}),
    )
    _content = forms.CharField(
        label="Content",
        widget=forms.Textarea(attrs={"data-override": "content", "spellcheck": "false"}),
        required=False,
    )


def sent_body(request: Request) -> Any:
    """What was just sent, so that it can be mended; None when it could not be read."""
    with contextlib.suppress(APIException, DomainError):
        return request.data.dict() if isinstance(request.data, QueryDict) else request.data
    return None
