"""The WordPress user and the application passwords that stand for one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from accounts.admin_permissions import capabilities_behind, capabilities_behind_app
from accounts.capabilities import Role, capabilities_of


def user_text(display_name: str, login: str, email: str) -> str:
    """What a search among users looks in: a line each, so that no term spans two of them."""
    return f"{display_name}\n{login}\n{email}".casefold()


class UserManager(BaseUserManager["User"]):
    """Makes users; names and e-mail addresses are compared without regard to case."""

    def create_user(self, login: str, email: str, password: str | None = None, **fields: Any) -> User:
        """A new user. Without a password nobody can sign in as them in a browser."""
        user = self.model(login=login, email=email, **fields)
        user.derive()
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with the super_admin role (Django's createsuperuser command)."""
        return self.create_user(login, email, password, role=Role.SUPER_ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Django's login form looks a user up by this: the login name, in any case."""
        return self.get(login_key=(username or "").casefold())


class User(AbstractBaseUser):
    """A WordPress user: staff with a role, or a shopper without one.

    `login_key` and `email_key` are the case-folded forms that the unique indexes stand on; SQLite's and
    PostgreSQL's lower() disagree beyond ASCII, Python's casefold does not.
    """

    login = models.CharField(max_length=60, unique=True)
    login_key = models.CharField(max_length=180, unique=True, editable=False)
    email = models.EmailField(max_length=192)
    email_key = models.CharField(max_length=400, unique=True, editable=False)
    first_name = models.CharField(max_length=192, blank=True)
    last_name = models.CharField(max_length=192, blank=True)
    display_name = models.CharField(max_length=250, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.NONE, blank=True)
    is_active = models.BooleanField(default=True)
    registered_at = models.DateTimeField(default=timezone.now, editable=False)
    search_text = models.TextField(
        db_default="", default="", editable=False, help_text="Display name, login and e-mail address, folded."
    )

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    # While a password with fewer capabilities stands for the user: those. Never stored.
    held_to: frozenset[str] | None = None

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]
        indexes = [
            models.Index(fields=["role"], name="user_role"),
            models.Index(fields=["login"], condition=models.Q(is_active=False), name="user_inactive"),
        ]

    def __str__(self) -> str:
        return self.login

    def derive(self) -> None:
        """Set what follows from login, e-mail and display name; to be called before every write of these."""
        self.login_key = self.login.casefold()
        self.email_key = self.email.casefold()
        self.display_name = self.display_name or self.login
        self.search_text = user_text(self.display_name, self.login, self.email)

    @property
    def capabilities(self) -> frozenset[str]:
        """The capability keys of the user's role, as far as the password in use goes; none while not active."""
        if not self.is_active:
            return frozenset()
        held = capabilities_of(self.role)
        return held if self.held_to is None else held & self.held_to

    @property
    def is_staff(self) -> bool:
        """Whether the admin lets the user in: anybody who holds a role."""
        return bool(self.capabilities)

    @property
    def is_superuser(self) -> bool:
        """Whether the user is the administrator here (decisions, "Who may do what")."""
        return "is_super_admin" in self.capabilities

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Whether the user holds a permission of Django's, as `accounts/admin_permissions.py` maps it."""
        return not self.capabilities.isdisjoint(capabilities_behind(perm))

    def has_perms(self, perm_list: Iterable[str], obj: models.Model | None = None) -> bool:
        """Whether the user holds all of the permissions."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the admin's index shows the app to the user."""
        return not self.capabilities.isdisjoint(capabilities_behind_app(app_label))

    def get_full_name(self) -> str:
        """The name that is shown."""
        return self.display_name

    def get_short_name(self) -> str:
        """The name that the admin greets."""
        return self.display_name


class ApplicationPassword(models.Model):
    """A credential of a user for one application, revocable by itself.

    `password_hash` is WordPress's `$generic$` form of BLAKE2b; it is unsalted, so it can be looked up by an
    index, and 142 random bits stand behind it.

    `capabilities`, `expires_at` and `addresses` hold it to less than its user may (`accounts/limits.py`); null is
    no limit. What the user's role loses later, the password loses too; it never gains.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="application_passwords")
    uuid = models.UUIDField(unique=True, editable=False)
    name = models.CharField(max_length=192)
    app_id = models.CharField(max_length=64, blank=True)
    password_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_ip = models.GenericIPAddressField(null=True, editable=False)
    capabilities = models.JSONField(null=True, editable=False)
    expires_at = models.DateTimeField("expires", null=True, editable=False)
    addresses = models.JSONField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="application_password_name_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.user_id})"

    @property
    def is_limited(self) -> bool:
        """Whether it is held to less than its user."""
        return not (self.capabilities is None and self.expires_at is None and self.addresses is None)


class StoredAnswer(models.Model):
    """The answer to a write that came with an Idempotency-Key; see `fluentcart/api/idempotency.py`.

    `key` is a hash of credential and key, `fingerprint` of method, path, query and body. Without a `status` the
    request was begun and has no answer yet. `held` are the capabilities of the caller at that time. The body may
    name a customer: `accounts/stored_answers.py` finds and removes it.
    """

    key = models.CharField(max_length=64, unique=True, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=300, editable=False)
    held = models.JSONField(default=list, editable=False)
    status = models.PositiveSmallIntegerField(null=True, editable=False)
    headers = models.JSONField(default=dict, editable=False)
    body = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="stored_answer_age")]

    def __str__(self) -> str:
        return f"{self.path} ({self.status or 'begun'})"
