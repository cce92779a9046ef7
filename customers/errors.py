"""What can be refused about customers, their addresses and their users."""

from __future__ import annotations

from fluentcart.errors import DomainError, InvalidFields, NotFound

EMAIL_TAKEN = "Email already exists."
EMAIL_MALFORMED = "Email must be a valid email address."

FieldSentences = dict[str, list[str]]

# A lone refusal of the e-mail address has a code of its own (decisions, "The wire").
_EMAIL_CODES = {EMAIL_TAKEN: "email_already_exists", EMAIL_MALFORMED: "invalid_email"}


class CustomerNotFound(NotFound):
    """No customer has this id."""

    def __init__(self, customer_id: object) -> None:
        super().__init__("customer", customer_id)


class AddressNotFound(NotFound):
    """The customer has no address with this id, whoever else may have it."""

    def __init__(self, address_id: object) -> None:
        super().__init__("address", address_id)


class ContactNotFound(NotFound):
    """The customer has no contact with this id, whoever else may have it."""

    def __init__(self, contact_id: object) -> None:
        super().__init__("contact", contact_id)


class InvalidUser(DomainError):
    """The user does not exist, or may not be linked to this customer."""

    code = "invalid_user"

    def __init__(self, message: str, *, field_sentence: str | None = None) -> None:
        super().__init__(message, fields={"user_id": [field_sentence or f"{message}."]})


class UserCreationFailed(DomainError):
    """The user account that was asked for could not be made; nothing was stored."""

    code = "user_creation_failed"

    def __init__(self) -> None:
        super().__init__("Failed to create WordPress user")


class PrimaryAddress(DomainError):
    """A primary address cannot be deleted."""

    code = "primary_address"

    def __init__(self) -> None:
        super().__init__("A primary address cannot be deleted. Make another address primary first.")


class LastAddress(DomainError):
    """The only address of a customer cannot be deleted."""

    code = "last_address"

    def __init__(self) -> None:
        super().__init__("The last address of a customer cannot be deleted.")


def refuse(errors: FieldSentences) -> None:
    """Raise what stands in `errors`, with the code that it deserves; return when it is empty.

    Raises:
        InvalidFields: `email_already_exists` or `invalid_email` when that is all that is wrong, else
            `validation_error`.
    """
    if not errors:
        return
    lone = errors["email"] if list(errors) == ["email"] else []
    raise InvalidFields(errors, code=_EMAIL_CODES.get(lone[0]) if len(lone) == 1 else None)


def email_taken() -> InvalidFields:
    """Another customer has this e-mail address."""
    return InvalidFields.of("email", EMAIL_TAKEN, code=_EMAIL_CODES[EMAIL_TAKEN])
