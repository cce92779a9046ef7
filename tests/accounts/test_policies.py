"""Route tables: shut by default, 401 for nobody, 403 for the wrong body; and the admin by the same table."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.exceptions import NotAuthenticated, PermissionDenied

from accounts.capabilities import ALL_CAPABILITIES, Role
from accounts.models import User
from accounts.policies import NobodyPolicy, RoutePolicy, holds, required

STAFF = [role for role in Role if role]


class Policy(RoutePolicy):
    """Reads for many, export for two kinds, and a row that nobody may use."""

    any_of = {
        "list": ("customers/view",),
        "export": ("customers/export", "orders/export"),
        "closed": (),
    }


def user(role: str, *, is_active: bool = True) -> User:
    return User(login=role or "shopper", role=role, is_active=is_active)


def ask(caller, action, policy=Policy):
    return policy().has_permission(SimpleNamespace(user=caller), SimpleNamespace(action=action))


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("list", set(STAFF)),
        ("export", {Role.SUPER_ADMIN, Role.MANAGER, Role.ACCOUNTANT}),
        ("metadata", set(STAFF)),
        ("closed", set()),
        ("missing", set()),
        (None, set()),
    ],
)
@pytest.mark.parametrize("role", list(Role))
def test_an_action_is_open_to_those_who_hold_any_of_its_capabilities(action, allowed, role):
    if role in allowed:
        assert ask(user(role), action) is True
        return
    with pytest.raises(PermissionDenied) as refused:
        ask(user(role), action)
    assert refused.value.get_codes() == "insufficient_permissions"


@pytest.mark.parametrize("action", ["list", "export", "metadata", "closed", "missing", None])
def test_nobody_is_asked_to_sign_in(action):
    with pytest.raises(NotAuthenticated):
        ask(AnonymousUser(), action)


def test_an_inactive_user_holds_nothing():
    assert not holds(user(Role.SUPER_ADMIN, is_active=False), *ALL_CAPABILITIES)


def test_options_are_shut_where_every_action_is():
    class Shut(RoutePolicy):
        any_of = {"list": ()}

    with pytest.raises(PermissionDenied):
        ask(user(Role.SUPER_ADMIN), "metadata", Shut)


@pytest.mark.parametrize("row", [("customers/veiw",), "customers/view"], ids=["misspelled", "not a tuple"])
def test_a_table_with_a_mistake_does_not_start(row):
    with pytest.raises(ValueError, match="is not a tuple of known capabilities"):
        type("Wrong", (RoutePolicy,), {"any_of": {"list": row}})


def test_a_view_without_a_policy_is_shut():
    with pytest.raises(PermissionDenied):
        ask(user(Role.SUPER_ADMIN), "list", NobodyPolicy)
    with pytest.raises(NotAuthenticated):
        ask(AnonymousUser(), "list", NobodyPolicy)


def test_an_effect_beyond_the_route_can_be_required():
    required(user(Role.MANAGER), "orders/manage")
    required(user(Role.WORKER), "orders/manage", "orders/manage_statuses")
    with pytest.raises(PermissionDenied):
        required(user(Role.WORKER), "orders/manage")
    with pytest.raises(PermissionDenied):
        required(user(Role.SUPER_ADMIN))


# --- The admin's permissions -----------------------------------------------------------------------

S, M, W, A = STAFF
EVERYBODY = {S, M, W, A}
BOSSES = {S, M}
MATRIX = {
    "customers.view_customer": EVERYBODY,
    "customers.add_customer": BOSSES,
    "customers.change_customer": BOSSES,
    "customers.delete_customer": BOSSES,
    "customers.view_customeraddress": EVERYBODY,
    "customers.change_customeraddress": BOSSES,
    "customers.view_label": BOSSES,
    "customers.add_label": BOSSES,
    "customers.delete_customerlabel": BOSSES,
    "orders.view_order": EVERYBODY,
    "orders.add_order": BOSSES,
    "orders.change_order": BOSSES,
    "orders.delete_order": BOSSES,
    "orders.view_ordertransaction": EVERYBODY,
    "orders.change_orderitem": BOSSES,
    "orders.delete_orderaddress": BOSSES,
    "orders.view_product": EVERYBODY,
    "orders.add_product": BOSSES,
    "orders.change_productvariation": BOSSES,
    "orders.delete_product": BOSSES,
    "orders.view_shippingzone": BOSSES,
    "orders.add_shippingmethod": {S},
    "orders.change_shippingclass": {S},
    "orders.delete_shippingzone": {S},
    "orders.view_numbercounter": {S},
    "accounts.view_user": {S},
    "accounts.add_user": {S},
    "accounts.change_user": {S},
    "accounts.delete_applicationpassword": {S},
    "auth.view_group": {S},
    "admin.view_logentry": {S},
    "nonsense": {S},
}


@pytest.mark.parametrize("permission", MATRIX)
def test_the_admin_goes_by_the_same_capabilities(permission):
    assert {role for role in Role if user(role).has_perm(permission)} == MATRIX[permission]


@pytest.mark.parametrize(
    ("app", "shown_to"),
    [("customers", EVERYBODY), ("orders", EVERYBODY), ("accounts", {S}), ("auth", {S})],
)
def test_the_admin_shows_an_app_to_those_who_may_see_a_page_of_it(app, shown_to):
    assert {role for role in Role if user(role).has_module_perms(app)} == shown_to


def test_all_of_several_permissions_are_needed():
    assert user(Role.WORKER).has_perms(["orders.view_order", "customers.view_customer"])
    assert not user(Role.WORKER).has_perms(["orders.view_order", "customers.change_customer"])


def test_an_inactive_administrator_has_no_permission():
    assert not user(Role.SUPER_ADMIN, is_active=False).has_perm("accounts.view_user")
    assert not user(Role.SUPER_ADMIN, is_active=False).is_staff
