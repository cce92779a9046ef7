"""What each of WordPress's own routes does: who one is, and the application passwords of a user."""

from __future__ import annotations

import uuid as uuids
from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django.db.models.expressions import Expression, OrderBy
from django.db.models.functions import Lower
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api import wp
from accounts.models import ApplicationPassword, User
from accounts.policies import ApplicationPasswordPolicy, UserPolicy, holds
from accounts.search import find_users
from fluentcart.api.dialects import Out
from fluentcart.api.listing import PAGE_PARAMETERS, Parameter, check_names, read_search
from fluentcart.api.pagination import paginate
from fluentcart.api.views import ApiViewSet
from fluentcart.api.wordpress.middleware import root_url
from fluentcart.errors import DomainError, InvalidFields, NotFound

# WordPress's sort fields -> what they sort by; names in any case, for databases differ in how they sort capitals.
SORTS: dict[str, Expression | F] = {
    "name": Lower("display_name"),
    "id": F("pk"),
    "email": F("email_key"),
    "slug": F("login_key"),
    "registered_date": F("registered_at"),
}
LIMITED = "An application password with limits cannot make, change or revoke application passwords."
USER = wp.Spelling(wp.user)
PASSWORD = wp.Spelling(wp.application_password)


class WordPressViewSet(ApiViewSet):
    """What the routes share: whose they are about, and who may ask.

    A user's own affairs are theirs and the administrator's (decisions, "Application passwords"). Everybody
    else is refused before anyone looks whether the user exists.
    """

    dialect = wp.WordPressUsers()
    resource = "users"
    # Their answers hold new passwords (decisions, "Application passwords").
    keeps_answers = False
    # Action -> WordPress's code and sentence for "not your affair".
    strangers: ClassVar[dict[str, tuple[str, str]]] = {}
    # What WordPress calls the variables of the paths, for the index.
    path_names: ClassVar[dict[str, str]] = {}

    @property
    def root(self) -> str:
        """Where the API begins."""
        return root_url(self.request._request)

    @property
    def sees_everybody(self) -> bool:
        """Whether the caller is the administrator."""
        return holds(self.request.user, "is_super_admin")

    def the_user(self, user: str) -> User:
        """The user of the path: a number, or `me`.

        Raises:
            DomainError: somebody else's affairs, and the caller is no administrator.
            NotFound: there is no such user.
        """
        own_id = self.request.user.pk
        if user == "me" or int(user) == own_id:
            return self.request.user  # type: ignore[return-value]
        if not self.sees_everybody:
            code, sentence = self.strangers[self.action]
            raise DomainError(sentence, code=code)
        found = User.objects.filter(pk=int(user)).first()
        if found is None:
            raise NotFound("user", user)
        return found


class UserViewSet(WordPressViewSet):
    """By these a client learns that its credentials work, and whose they are."""

    permission_classes = [UserPolicy]
    parameters = {
        "list": (
            *PAGE_PARAMETERS,
            Parameter("search", {"type": "string"}, "Name, login or e-mail."),
            Parameter("orderby", {"type": "string", "enum": list(SORTS), "default": "name"}, "Sort field."),
            Parameter("order", {"type": "string", "enum": ["asc", "desc"], "default": "asc"}, "Sort direction."),
        ),
        "me": (),
        "retrieve": (),
    }
    outputs = {
        "list": Out("users", USER, many=True, envelope=wp.itself),
        "me": Out("user", USER, envelope=wp.itself),
        "retrieve": Out("user", USER, envelope=wp.itself),
    }
    path_names = {"user": "id"}
    strangers = {"retrieve": ("rest_user_cannot_view", "Sorry, you are not allowed to list users.")}

    @property
    def shape(self) -> dict[str, Any]:
        """How users are shown: `edit` shows more; a caller only ever gets to users of whom they may see it."""
        context = "edit" if self.query.get("context") == "edit" else "view"
        return {"root": self.root, "caller": self.the_user("me"), "context": context}

    def list(self, request: Request) -> Response:
        """List users: all of them for the administrator, oneself for everybody else."""
        page = paginate(self.visible().order_by(*self.order()), self.query, self.dialect)
        return self.reply(page, **self.shape)

    def me(self, request: Request) -> Response:
        """Get the user that is signed in."""
        return self.reply(self.the_user("me"), **self.shape)

    def retrieve(self, request: Request, user: str) -> Response:
        """Get a user."""
        return self.reply(self.the_user(user), **self.shape)

    def order(self) -> tuple[OrderBy, str]:
        """The columns to sort by.

        Raises:
            InvalidFields: names what may be sorted by.
        """
        name, direction = self.query.get("orderby", "name"), self.query.get("order", "asc")
        if not isinstance(name, str) or name not in SORTS:
            raise InvalidFields.of("orderby", f"orderby is not one of {', '.join(SORTS)}.")
        if direction not in ("asc", "desc"):
            raise InvalidFields.of("order", "order is not one of asc, desc.")
        is_down = direction == "desc"
        return OrderBy(SORTS[name], descending=is_down), "-pk" if is_down else "pk"

    def visible(self) -> QuerySet[User]:
        """The users that the caller may see and that the search matches."""
        seen = User.objects.all() if self.sees_everybody else User.objects.filter(pk=self.the_user("me").pk)
        term = read_search(self.query)
        return find_users(seen, term) if term else seen


class ApplicationPasswordViewSet(WordPressViewSet):
    """A user's application passwords."""

    path_names = {"user": "user_id"}
    permission_classes = [ApplicationPasswordPolicy]
    inputs = {"create": wp.ApplicationPasswordIn, "update": wp.ApplicationPasswordChanges}
    outputs = {
        "list": Out("passwords", PASSWORD, many=True, envelope=wp.itself),
        "create": Out("password", PASSWORD, envelope=wp.itself, status=201),
        "retrieve": Out("password", PASSWORD, envelope=wp.itself),
        "introspect": Out("password", PASSWORD, envelope=wp.itself),
        "update": Out("password", PASSWORD, envelope=wp.itself),
        "destroy": Out("previous", PASSWORD, envelope=wp.deleted),
        "destroy_all": Out("count", int, envelope=wp.deleted),
    }
    strangers = {
        action: (code, f"Sorry, you are not allowed to {what} for this user.")
        for action, code, what in (
            ("list", "rest_cannot_list_application_passwords", "list application passwords"),
            ("create", "rest_cannot_create_application_passwords", "create application passwords"),
            ("retrieve", "rest_cannot_read_application_password", "read this application password"),
            ("introspect", "rest_cannot_introspect_app_password", "introspect application passwords"),
            ("update", "rest_cannot_edit_application_password", "edit this application password"),
            ("destroy", "rest_cannot_delete_application_password", "delete this application password"),
            ("destroy_all", "rest_cannot_delete_application_passwords", "delete application passwords"),
        )
    }

    def body(self, **context: Any) -> dict[str, Any]:
        """See ApiViewSet; a limit in the query would be none, so nothing may stand there.

        Raises:
            InvalidFields: as there, or something stands in the query.
        """
        check_names(self.query, ())
        return super().body(**context)

    def list(self, request: Request, user: str) -> Response:
        """List the application passwords."""
        found = ApplicationPassword.objects.filter(user_id=self.the_user(user).pk).order_by("pk")
        return self.reply(found, root=self.root)

    def create(self, request: Request, user: str) -> Response:
        """Issue an application password, and show its plaintext this once."""
        owner = self.the_user(user)
        self.refuse_limited()
        made, plaintext = services.issue_application_password(user_id=owner.pk, **self.body())
        response = self.reply(made, root=self.root, plaintext=plaintext)
        response["Location"] = wp.password_url(made, root=self.root)
        return response

    def retrieve(self, request: Request, user: str, uuid: str) -> Response:
        """Get an application password."""
        return self.reply(self.the_password(user, uuid), root=self.root)

    def introspect(self, request: Request, user: str) -> Response:
        """Get the application password that this request was signed with."""
        used: Any = request.auth
        if not isinstance(used, ApplicationPassword) or used.user_id != self.the_user(user).pk:
            sentence = "Cannot introspect application password."
            raise DomainError(sentence, code="rest_no_authenticated_app_password")
        return self.reply(used, root=self.root)

    def update(self, request: Request, user: str, uuid: str) -> Response:
        """Rename an application password, or change its limits; what is not sent stays."""
        found = self.the_password(user, uuid)
        self.refuse_limited()
        changed = services.update_application_password(user_id=found.user_id, password_uuid=found.uuid, **self.body())
        return self.reply(changed, root=self.root)

    def destroy(self, request: Request, user: str, uuid: str) -> Response:
        """Revoke an application password; one with limits may revoke itself."""
        found = self.the_password(user, uuid)
        if found != request.auth:
            self.refuse_limited()
        services.revoke(user_id=found.user_id, password_uuid=found.uuid)
        return self.reply(found, root=self.root)

    def destroy_all(self, request: Request, user: str) -> Response:
        """Revoke every application password of the user."""
        owner = self.the_user(user)
        self.refuse_limited()
        return self.reply(services.revoke_all(user_id=owner.pk))

    def refuse_limited(self) -> None:
        """Let nobody shed the limits of the password in use by another one (decisions, "Application passwords").

        Raises:
            DomainError: the password in use has limits.
        """
        used = self.request.auth
        if isinstance(used, ApplicationPassword) and used.is_limited:
            raise DomainError(LIMITED, code=self.strangers[self.action][0])

    def the_password(self, user: str, uuid: str) -> ApplicationPassword:
        """The application password of the path.

        Raises:
            NotFound: the user has none of that UUID.
        """
        owner = self.the_user(user)
        try:
            known = uuids.UUID(uuid)
        except ValueError as error:
            raise NotFound("application_password", uuid) from error
        return services.find_application_password(user_id=owner.pk, password_uuid=known)
