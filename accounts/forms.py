"""The admin's forms for users and application passwords; the rules they ask are in `accounts/services.py`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from accounts import services
from accounts.models import User
from fluentcart.errors import InvalidFields


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


class IssueForm(forms.Form):
    """What an application password is for."""

    name = forms.CharField(max_length=192, label="Application", help_text="Unique for this user.")
