"""`create_user`: makes a user or sets the role of one, and may issue an application password on stdout."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from accounts import services
from accounts.capabilities import Role
from accounts.errors import ApplicationPasswordNameTaken
from accounts.limits import Limits, read_moment
from accounts.models import User
from fluentcart.commands import ShopCommand
from fluentcart.errors import DomainError

ROLES = {**{value: value for value in Role.values if value}, "none": Role.NONE}


class Command(ShopCommand):
    """Prints the application password, and only that, on stdout; everything else goes to stderr."""

    help = (
        "Make a user with a role. When the login exists with the same e-mail address, set its role instead. "
        "The application password is printed on stdout, and nothing else is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One positional login, and options."""
        parser.add_argument("login", help="1 to 60 letters, digits, spaces or any of _ . @ -")
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, choices=sorted(ROLES))
        parser.add_argument("--display-name", default="", help="for a new user; the login when omitted")
        parser.add_argument("--application-password", metavar="NAME", help="issue one for the application NAME")
        parser.add_argument(
            "--capability", action="append", metavar="KEY", help="that password has only this one, and others so named"
        )
        parser.add_argument(
            "--expires",
            metavar="MOMENT",
            help="that password ends then: 2030-01-31T18:00:00Z; UTC without a zone",
        )
        parser.add_argument(
            "--address", action="append", metavar="NETWORK", help="that password works only from this one, and others"
        )
        parser.add_argument("--password-stdin", action="store_true", help="read a login password for the admin")

    def handle(self, *args: Any, **options: Any) -> None:
        """All or nothing: a refused application password leaves no user and no role behind."""
        password = self.read_password() if options["password_stdin"] else None
        try:
            with transaction.atomic():
                user, is_new = self.find_or_create(options, password)
                plaintext = self.issue(user, options["application_password"], read_limits(options))
        except DomainError as error:
            raise CommandError(explain(error)) from error
        done = "Created" if is_new else "Updated"
        self.stderr.write(f"{done} user {user.login} with role {user.role or 'none'}.", style_func=str)
        if plaintext:
            self.stdout.write(plaintext)

    def find_or_create(self, options: dict[str, Any], password: str | None) -> tuple[User, bool]:
        """The user and whether it is new; an existing one must have the same e-mail address."""
        login, email, role = options["login"], options["email"], ROLES[options["role"]]
        user = User.objects.filter(login_key=login.casefold()).first()
        if user is None:
            name = options["display_name"]
            return services.create_user(login=login, email=email, role=role, display_name=name, password=password), True
        if user.email_key != email.casefold():
            raise CommandError(f"The login {user.login!r} exists with another e-mail address; nothing was changed.")
        return services.change_access(user_id=user.pk, role=role, password=password), False

    def issue(self, user: User, name: str | None, limits: Limits) -> str:
        """The plaintext of a new application password; "" when none is asked for."""
        if name is None:
            if any(limits.values()):
                raise CommandError("--capability, --expires and --address are about an --application-password.")
            return ""
        try:
            return services.issue_application_password(user_id=user.pk, name=name, limits=limits)[1]
        except ApplicationPasswordNameTaken as error:
            raise CommandError(
                f"{user.login} already has an application password named {name}: choose another name, or revoke it "
                "in the admin"
            ) from error

    def read_password(self) -> str:
        """The first line of stdin."""
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise CommandError("--password-stdin was given, and stdin is empty.")
        return password


def read_limits(options: dict[str, Any]) -> Limits:
    """What the application password is held to.

    Raises:
        InvalidFields: `--expires` is no moment.
    """
    return {
        "capabilities": options["capability"],
        "expires_at": read_moment(options["expires"]) if options["expires"] is not None else None,
        "addresses": options["address"],
    }


def explain(error: DomainError) -> str:
    """The sentences about each field, or the sentence about the whole."""
    named = [(field, " ".join(found)) for field, found in error.fields.items()]
    sentences = [told if told.startswith(f"{field} ") else f"{field}: {told}" for field, told in named]
    return "\n".join(sentences) or error.message
