"""Which capability stands behind each of the admin's permissions: one table, from the vocabulary of the API.

Source: decisions, "Who may do what", Admin; semantics 1.1 to 1.3 (the routes' keys) and 4.1. What the table
does not name, users and application passwords among it, is for super_admin.
"""

from __future__ import annotations

from collections.abc import Mapping

Row = Mapping[str, tuple[str, ...]]

SUPER_ADMIN_ONLY = ("is_super_admin",)


def _row(*, view: str, add: str, change: str, delete: str) -> Row:
    return {"view": (view,), "add": (add,), "change": (change,), "delete": (delete,)}


_CUSTOMERS = _row(view="customers/view", add="customers/manage", change="customers/manage", delete="customers/delete")
# A contact and a profile are parts of what is managed, as their routes have it.
_BUSINESS = _row(view="customers/view", add="customers/manage", change="customers/manage", delete="customers/manage")
_LABELS = _row(view="labels/view", add="labels/manage", change="labels/manage", delete="labels/delete")
_ORDERS = _row(view="orders/view", add="orders/create", change="orders/manage", delete="orders/delete")
_ORDER_PARTS = _row(view="orders/view", add="orders/manage", change="orders/manage", delete="orders/delete")
_PRODUCTS = _row(view="products/view", add="products/create", change="products/edit", delete="products/delete")
# Every shipping route of semantics 1.3 wants store/sensitive; whoever keeps the shop's settings may look.
_SHIPPING: Row = {
    "view": ("store/sensitive", "store/settings"),
    "add": ("store/sensitive",),
    "change": ("store/sensitive",),
    "delete": ("store/sensitive",),
}

# "app.model", or "app.*" for the models of an app that have no row of their own.
ADMIN_PERMISSIONS: Mapping[str, Row] = {
    "customers.*": _CUSTOMERS,
    "customers.contact": _BUSINESS,
    "customers.businessprofile": _BUSINESS,
    "customers.label": _LABELS,
    "customers.customerlabel": _LABELS,
    "orders.order": _ORDERS,
    "orders.orderitem": _ORDER_PARTS,
    "orders.ordertransaction": _ORDER_PARTS,
    "orders.orderaddress": _ORDER_PARTS,
    "orders.product": _PRODUCTS,
    "orders.productvariation": _PRODUCTS,
    "orders.shippingzone": _SHIPPING,
    "orders.shippingmethod": _SHIPPING,
    "orders.shippingclass": _SHIPPING,
}


def capabilities_behind(permission: str) -> tuple[str, ...]:
    """The capabilities, any of which grants a permission of Django's such as "orders.change_order"."""
    app, _, codename = permission.partition(".")
    action, _, model = codename.partition("_")
    row = ADMIN_PERMISSIONS.get(f"{app}.{model}") or ADMIN_PERMISSIONS.get(f"{app}.*") or {}
    return row.get(action, SUPER_ADMIN_ONLY)


def capabilities_behind_app(app: str) -> frozenset[str]:
    """The capabilities, any of which lets somebody see a page of an app in the admin."""
    rows = [row for name, row in ADMIN_PERMISSIONS.items() if name.partition(".")[0] == app]
    return frozenset(capability for row in rows for capability in row["view"]).union(SUPER_ADMIN_ONLY)
