"""What customer routes may refuse beyond bad input and a missing customer, by example; for the OpenAPI document."""

from __future__ import annotations

from customers.errors import (
    EMAIL_MALFORMED,
    AddressNotFound,
    InvalidUser,
    LastAddress,
    PrimaryAddress,
    UserCreationFailed,
    email_taken,
)
from fluentcart.errors import DomainError, InvalidFields
from orders.errors import CustomerHasOrders, OrderNotFound

_EMAIL = (email_taken(), InvalidFields.of("email", EMAIL_MALFORMED, code="invalid_email"))
_USER = InvalidUser("Can not attach user", field_sentence="The customer already has a user.")

REFUSALS: dict[str, tuple[DomainError, ...]] = {
    "create": (*_EMAIL, InvalidUser("User with ID 999 not found"), UserCreationFailed()),
    "update": (*_EMAIL, _USER),
    "destroy": (CustomerHasOrders(1),),
    "create_address": (_EMAIL[1], OrderNotFound(999)),
    "update_address": (_EMAIL[1], AddressNotFound(999), OrderNotFound(999)),
    "delete_address": (AddressNotFound(999), PrimaryAddress(), LastAddress()),
    "make_primary": (AddressNotFound(999),),
    "attach_user": (_USER,),
}
