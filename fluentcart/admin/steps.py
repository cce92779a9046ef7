"""Pages on which staff do one thing to one object: a form, and the service behind it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from fluentcart.admin import add_refusal
from fluentcart.deadlocks import tried_again
from fluentcart.errors import DomainError

TEMPLATE = "admin/step.html"


class Step(forms.Form):
    """A form about one object; a subclass says what it does."""

    slug: ClassVar[str]
    title: ClassVar[str]
    is_one_transaction: ClassVar[bool] = True  # so that it can be tried again as a whole

    @property
    def introduction(self) -> str:
        """What to know before the form is filled in."""
        return ""

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields in groups, each with a heading; one group without a heading unless a subclass has more."""
        return [("", list(self))]

    def carry_out(self) -> str:
        """Call the service with what was typed.

        Returns:
            What was done, for people to read.

        Raises:
            DomainError: the service refused.
        """
        raise NotImplementedError

    def show(self, error: DomainError) -> None:
        """Say in the form why the service refused."""
        add_refusal(self, error)


class StepPages:
    """What the admin of a model needs to take steps; to be mixed in before ModelAdmin."""

    def step_page(self, request: HttpRequest, original: Any, form: Step) -> HttpResponse:
        """Ask for what a step needs, or take it and lead back to the object. Opens no transaction of its own."""
        opts = self.opts  # type: ignore[attr-defined]
        if form.is_valid() and self._take(request, original, form):
            return redirect(f"admin:{opts.app_label}_{opts.model_name}_change", original.pk)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": f"{form.title}: {original}",
            "opts": opts,
            "original": original,
            "form": form,
            "step_title": form.title,
            "media": self.media + form.media,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, TEMPLATE, context)

    def _take(self, request: HttpRequest, original: Any, form: Step) -> bool:
        """Whether the service did it; the reason stands in the form otherwise."""
        carry_out = tried_again(form.carry_out) if form.is_one_transaction else form.carry_out
        try:
            sentence = carry_out()
        except DomainError as error:
            form.show(error)
            return False
        self.log_change(request, original, sentence)  # type: ignore[attr-defined]
        self.message_user(request, sentence, messages.SUCCESS)  # type: ignore[attr-defined]
        return True
