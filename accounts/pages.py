"""The two pages of WordPress's admin that clients open: giving an application access, and fetching a nonce."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.encoding import iri_to_uri
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from accounts.forms import LimitsForm
from accounts.nonces import make_nonce
from fluentcart.browsers import page_policy

# What a browser would run, open or send by itself, and plain http: none of them is an app's own scheme.
REFUSED_SCHEMES = frozenset(
    (
        *("http", "ws", "wss", "ftp", "file", "mailto", "tel", "sms", "intent"),
        *("javascript", "vbscript", "data", "blob", "filesystem", "about", "view-source"),
    )
)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\\\x00-\x20\x7f]+", re.IGNORECASE)


def check_return_address(address: str) -> None:
    """Refuse an address that a password should not be handed to.

    Raises:
        ValidationError: neither https with a host, nor an app's own scheme.
    """
    try:
        parts = urlsplit(address)
        is_good = bool(_ADDRESS.fullmatch(address)) and parts.scheme not in REFUSED_SCHEMES
        if is_good and parts.scheme == "https":
            is_good = bool(parts.hostname) and parts.username is None
    except ValueError:  # a bracket that is never closed, in place of a host
        is_good = False
    if not is_good:
        raise ValidationError("The return address must be https, or in the application's own scheme.")


def with_arguments(address: str, **arguments: str) -> str:
    """An address with further arguments in its query."""
    parts = urlsplit(address)
    query = "&".join(filter(None, [parts.query, urlencode(arguments)]))
    return urlunsplit(parts._replace(query=query))


def send_back(address: str) -> HttpResponse:
    """A redirect to any scheme that `check_return_address` lets through; Django's own knows only http's."""
    response = HttpResponse(status=302)
    response["Location"] = iri_to_uri(address)
    return response


class AskForm(forms.Form):
    """What an application asks for; its name may be changed by whoever gives access."""

    app_name = forms.CharField(max_length=192, label="Name for this connection")
    app_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    success_url = forms.CharField(required=False, validators=[check_return_address], widget=forms.HiddenInput)
    reject_url = forms.CharField(required=False, validators=[check_return_address], widget=forms.HiddenInput)


class AuthorizeForm(AskForm, LimitsForm):
    """The answer: what was asked for, and what the application is held to; an application cannot ask for that."""

    field_order = list(AskForm.base_fields)
    limit_fields = list(LimitsForm.base_fields)

    def shown_limits(self) -> list[BoundField]:
        """The fields about limits, which have a place of their own on the page."""
        return [self[name] for name in self.limit_fields]

    @property
    def has_limits(self) -> bool:
        """Whether limits were given, rightly or not."""
        return any(self[name].data or name in self.errors for name in self.limit_fields) if self.is_bound else False


@method_decorator(never_cache, "dispatch")
class AuthorizePage(LoginRequiredMixin, FormView):
    """Ask whoever is signed in whether an application may act for them.

    On approval the application gets `site_url`, `user_login` and a new `password` at its success_url; without
    one the password is shown. The session and Django's CSRF token decide; nobody can frame the page.
    Source: wordpress-conventions, "authorize page"; decisions, "Who may do what" (Authorize page).
    """

    form_class = AuthorizeForm
    template_name = "accounts/authorize.html"
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """As FormView does it; browsers hold what a form is redirected to, an application's address, to the policy."""
        response = super().dispatch(request, *args, **kwargs)
        response["Content-Security-Policy"] = page_policy(form_action=None)
        return response

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The question, unless the application asks for something that nobody should grant."""
        asked = AskForm({"app_name": "An application", **request.GET.dict()})
        if not asked.is_valid():
            return self.refuse(asked)
        initial = {name: request.GET.get(name, "") for name in asked.fields}
        form = AuthorizeForm(initial=initial, user=request.user)  # type: ignore[arg-type]
        return self.render_to_response(self.get_context_data(form=form, asked=initial))

    def get_form_kwargs(self) -> dict[str, Any]:
        """See FormView; with whose password it would be."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: AuthorizeForm) -> HttpResponse:
        """Issue a password and hand it over, or say no."""
        asked = form.cleaned_data
        if "approve" not in self.request.POST:
            return self.reject(asked)
        plaintext = form.issue(name=asked["app_name"], field="app_name", app_id=str(asked["app_id"] or ""))
        return self.hand_over(asked, plaintext) if plaintext else self.form_invalid(form)

    def form_invalid(self, form: AuthorizeForm) -> HttpResponse:
        """Ask for another name or limit; refuse whatever else is wrong, for nobody can mend it here."""
        if set(form.errors) - {"app_name", *form.limit_fields}:
            return self.refuse(form)
        if "approve" not in self.request.POST:
            return self.reject(form.cleaned_data)
        asked = {name: form.data.get(name, "") for name in AskForm.base_fields}
        return self.render_to_response(self.get_context_data(form=form, asked=asked))

    def hand_over(self, asked: dict[str, Any], plaintext: str) -> HttpResponse:
        """To the application, or shown when it has no address."""
        if not asked["success_url"]:
            return self.render_to_response(self.get_context_data(plaintext=plaintext, asked=asked))
        arguments = {
            "site_url": self.request.build_absolute_uri("/").rstrip("/"),
            "user_login": self.request.user.get_username(),
            "password": plaintext.replace(" ", ""),
        }
        return send_back(with_arguments(asked["success_url"], **arguments))

    def reject(self, asked: dict[str, Any]) -> HttpResponse:
        """To the application's reject_url, to its success_url with `success=false`, or to the front page."""
        if asked["reject_url"]:
            return send_back(asked["reject_url"])
        if asked["success_url"]:
            return send_back(with_arguments(asked["success_url"], success="false"))
        return send_back("/")

    def refuse(self, form: AskForm) -> HttpResponse:
        """What is wrong with the question itself."""
        return self.render_to_response(self.get_context_data(form=form, refused=form.errors), status=400)


@never_cache
@require_safe
def ajax(request: HttpRequest) -> HttpResponse:
    """`admin-ajax.php?action=rest-nonce`: a nonce of this session as plain text; "0" as WordPress says it otherwise."""
    if request.GET.get("action") != "rest-nonce" or not request.user.is_authenticated:
        return HttpResponse("0", status=400, content_type="text/plain")
    nonce = make_nonce(user_id=request.user.pk, session_key=request.session.session_key or "")
    return HttpResponse(nonce, content_type="text/plain")
