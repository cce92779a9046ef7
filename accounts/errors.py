"""What can be refused about users and their application passwords."""

from __future__ import annotations

from fluentcart.errors import DomainError


class ApplicationPasswordNameTaken(DomainError):
    """The user has an application password of that name already (wordpress-conventions, application passwords)."""

    code = "application_password_duplicate_name"

    def __init__(self, name: str) -> None:
        sentence = "Each application name should be unique."
        super().__init__(f"{sentence} {name!r} is taken.", summary=sentence, fields={"name": [sentence]})
