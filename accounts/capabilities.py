"""Which role may do what: one table, the plugin's 34 keys and the three export keys of the later documents.

Source: semantics 4.1 and 4.2; decisions, "Who may do what" (the manager also holds orders/create, labels/*
and dashboard_stats/view; super_admin is the administrator here).
"""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    """What a user is to the shop; an empty role is a WordPress user who only shops."""

    NONE = "", "None"
    SUPER_ADMIN = "super_admin", "Super admin"
    MANAGER = "manager", "Manager"
    WORKER = "worker", "Worker"
    ACCOUNTANT = "accountant", "Accountant"


def _keys(area: str, *actions: str) -> frozenset[str]:
    return frozenset(f"{area}/{action}" for action in actions)


_READS = frozenset(
    f"{area}/view"
    for area in ("products", "customers", "orders", "subscriptions", "licenses", "coupons", "integrations")
)

_MANAGER = (
    _READS
    | _keys("store", "settings")
    | _keys("products", "create", "edit", "delete")
    | _keys("customers", "manage", "delete", "export")
    | _keys("orders", "create", "manage_statuses", "manage", "can_refund", "export", "delete")
    | _keys("subscriptions", "manage", "delete", "export")
    | _keys("licenses", "manage", "delete", "export")
    | _keys("coupons", "manage", "delete")
    | _keys("reports", "view", "export")
    | _keys("integrations", "manage", "delete")
    | _keys("labels", "view", "manage", "delete")
    | _keys("dashboard_stats", "view")
)

CAPABILITIES_BY_ROLE: dict[str, frozenset[str]] = {
    Role.NONE: frozenset(),
    Role.SUPER_ADMIN: _MANAGER | _keys("store", "sensitive") | {"is_super_admin"},
    Role.MANAGER: _MANAGER,
    Role.WORKER: _READS | _keys("orders", "manage_statuses") | _keys("coupons", "manage"),
    Role.ACCOUNTANT: _READS | _keys("orders", "export") | _keys("reports", "view", "export"),
}

ALL_CAPABILITIES = CAPABILITIES_BY_ROLE[Role.SUPER_ADMIN]


def capabilities_of(role: str) -> frozenset[str]:
    """The capability keys that a role holds; none for an unknown role."""
    return CAPABILITIES_BY_ROLE.get(role, frozenset())
