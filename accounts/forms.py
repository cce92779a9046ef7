"""Forms for users and application passwords; the rules they ask are in `accounts/services.py` and `limits.py`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from accounts import services
from accounts.limits import Limits
from accounts.models import User
from fluentcart.errors import DomainError, InvalidFields


class _AsksServices(forms.ModelForm):
    """Refuses what `services.refuse_invalid_user` refuses, beside the fields that it is about."""

    def clean(self) -> dict[str, Any] | None:
        """Login and e-mail address well-formed, and free in any case of letters."""
        cleaned = super().clean()
        if "login" in self.cleaned_data and "email" in self.cleaned_data:
            try:
                services.refuse_invalid_user(
                    login=self.cleaned_data["login"],
                    email=self.cleaned_data["email"],
                    role=self.cleaned_data.get("role", self.instance.role),
                    user_id=self.instance.pk,
                )
            except InvalidFields as refused:
                for field, sentences in refused.fields.items():
                    self.add_error(field if field in self.fields else None, sentences)
        return cleaned


class UserAddForm(_AsksServices, AdminUserCreationForm):
    """A new user; a login password is only for those who sign in to the admin."""

    class Meta:
        model = User
        fields = ("login", "email", "display_name", "role")


class UserEditForm(_AsksServices, UserChangeForm):
    """An existing user; the password is changed on a page of its own."""

    class Meta:
        model = User
        fields = ("login", "email", "password", "display_name", "first_name", "last_name", "role", "is_active")


class LimitsForm(forms.Form):
    """What a new application password is held to. What is left empty is no limit."""

    capabilities = forms.MultipleChoiceField(
        required=False,
        label="Only these capabilities",
        help_text="None ticked: all that the user's role holds, now and later.",
        widget=forms.CheckboxSelectMultiple,
    )
    expires = forms.DateTimeField(
        required=False,
        label="Expires",
        help_text="Empty: never.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    addresses = forms.CharField(
        required=False,
        max_length=5000,
        label="Only from these addresses",
        help_text="IPv4 or IPv6 addresses or networks, such as 203.0.113.7 or 2001:db8::/32, a line each. Empty: any.",
        widget=forms.Textarea(attrs={"rows": 3, "cols": 40, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        choices = [(key, key) for key in sorted(user.capabilities)]
        self.fields["capabilities"].choices = choices  # type: ignore[attr-defined]

    def limits(self) -> Limits:
        """What was asked for, once the form is valid."""
        cleaned = self.cleaned_data
        return {
            "capabilities": cleaned["capabilities"] or None,
            "expires_at": cleaned["expires"],
            "addresses": cleaned["addresses"].replace(",", " ").split() or None,
        }

    def issue(self, *, name: str, field: str, app_id: str = "") -> str:
        """The plaintext of a new application password of the user; "" when refused, with the reasons in the form.

        Args:
            field: under which of the form's fields a refused name is told.
        """
        try:
            return services.issue_application_password(
                user_id=self.user.pk, name=name, app_id=app_id, limits=self.limits()
            )[1]
        except DomainError as error:
            for refused, sentences in (error.fields or {"name": [error.message]}).items():
                self.add_error(refused if refused in self.fields else field, sentences)
            return ""


class IssueForm(LimitsForm):
    """What an application password is for, and what it is held to."""

    field_order = ["name", "capabilities", "expires", "addresses"]
    name = forms.CharField(max_length=192, label="Application", help_text="Unique for this user.")
