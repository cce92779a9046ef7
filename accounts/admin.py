"""Users and their application passwords in the admin; for super_admin only, as `admin_permissions.py` says."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format

from accounts import services
from accounts.forms import IssueForm, UserAddForm, UserEditForm
from accounts.models import ApplicationPassword, User
from accounts.search import find_users
from fluentcart.admin.paging import BoundedPaginator

# Roles stand for groups here (accounts/capabilities.py); Django's own would do nothing.
admin.site.unregister(Group)


class ApplicationPasswordInline(admin.TabularInline):
    """A user's application passwords: looked at and revoked here, issued on a page of its own."""

    model = ApplicationPassword
    fields = readonly_fields = (
        "name",
        "app_id",
        "created_at",
        "last_used_at",
        "last_ip",
        "may",
        "expires",
        "works_from",
    )
    ordering = ("name",)
    extra = 0
    verbose_name_plural = "application passwords (tick to revoke)"

    @admin.display(description="may")
    def may(self, password: ApplicationPassword) -> str:
        """Its capabilities, where it has fewer than its user."""
        if password.capabilities is None:
            return "all that the user may"
        return ", ".join(password.capabilities) or "nothing"

    @admin.display(description="expires")
    def expires(self, password: ApplicationPassword) -> str:
        """When it ends, or that it has."""
        if password.expires_at is None:
            return "never"
        shown = date_format(timezone.localtime(password.expires_at), "DATETIME_FORMAT")
        return f"{shown} (expired)" if password.expires_at <= timezone.now() else shown

    @admin.display(description="works from")
    def works_from(self, password: ApplicationPassword) -> str:
        """The addresses that it works from."""
        return "anywhere" if password.addresses is None else ", ".join(password.addresses)

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """The plaintext must be shown once; a form of rows cannot."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApplicationPassword | None = None) -> bool:
        """A credential is never edited."""
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """WordPress users with their role."""

    form = UserEditForm
    add_form = UserAddForm
    inlines = [ApplicationPasswordInline]
    list_display = ("login", "email", "display_name", "role", "is_active", "registered_at")
    list_filter = ("role", "is_active")
    # What is sorted by has an index; any other column would sort the whole table for each page.
    sortable_by = ("login",)
    search_fields = ("search_text",)
    search_help_text = "Name, login or e-mail address."
    ordering = ("login",)
    # Every shopper may be a user: nothing here counts them all.
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    filter_horizontal = ()
    readonly_fields = ("last_login", "registered_at")
    fieldsets = (
        (None, {"fields": ("login", "email", "password")}),
        ("Name", {"fields": ("display_name", "first_name", "last_name")}),
        ("Access", {"fields": ("role", "is_active")}),
        ("Dates", {"fields": ("registered_at", "last_login")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("login", "email", "display_name", "role")}),
        ("Sign in to the admin", {"classes": ("wide",), "fields": ("usable_password", "password1", "password2")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The same rule as in the API."""
        term = " ".join(search_term.split())
        return (find_users(queryset, term) if term else queryset), False

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        """Nobody has application passwords before they exist."""
        return list(self.inlines) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Nobody takes their own access away by mistake."""
        own = ("role", "is_active") if obj and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, *own)

    def get_urls(self) -> list[URLPattern]:
        """The admin's own pages of a user, and the one that issues an application password."""
        issue = path(
            "<int:user_id>/application-passwords/issue/",
            self.admin_site.admin_view(self.issue_view),
            name="accounts_user_issue",
        )
        return [issue, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Store the user with the keys that follow from login and e-mail address."""
        obj.derive()
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Revoke the application passwords that were ticked."""
        formset.save(commit=False)
        for password in formset.deleted_objects:
            services.revoke(user_id=password.user_id, password_uuid=password.uuid)

    def issue_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Ask for a name and limits; issue a password and show the plaintext, this once."""
        user = self.get_object(request, str(user_id))
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user is None:
            raise Http404(f"User with ID {user_id} not found")
        form = IssueForm(request.POST or None, user=user)
        plaintext = self.issue(request, user, form) if form.is_valid() else ""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Application password for {user.login}",
            "opts": self.opts,
            "original": user,
            "form": form,
            "plaintext": plaintext,
        }
        return TemplateResponse(request, "admin/accounts/user/issue.html", context)

    def issue(self, request: HttpRequest, user: User, form: IssueForm) -> str:
        """The plaintext of a new application password; "" when refused, with the reasons in the form."""
        name = form.cleaned_data["name"]
        plaintext = form.issue(name=name, field="name")
        if plaintext:
            self.log_change(request, user, f"Issued the application password “{name}”.")
        return plaintext
